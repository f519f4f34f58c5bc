"""Style sheets and scripts, read once. Their address names their content, so browsers keep them and never mix versions."""

import hashlib
import mimetypes
import re
from pathlib import Path

from aiohttp import hdrs, web

_FOLDER = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
# What a script gives to `words` or `mark`: the sentences a page has to bring along.
_SAID = re.compile(r'\b(?:words|mark)\(\s*"((?:[^"\\]|\\.)*)"')


class Assets:
    """The files of `static/`."""

    def __init__(self) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.is_file()}
        version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        self.base = f"/console/static/{version}"
        self.sentences = sorted(
            {
                sentence.replace('\\"', '"')
                for name, content in self._files.items()
                if name.endswith(".js")
                for sentence in _SAID.findall(content.decode())
            }
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/console/static/{version}/{name}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        is_current = request.path.startswith(self.base + "/")
        response = web.Response(body=content, content_type=kind, charset="utf-8" if kind.startswith("text/") else None)
        response.headers[hdrs.CACHE_CONTROL] = _FOREVER if is_current else "no-cache"
        response.enable_compression()
        return response
