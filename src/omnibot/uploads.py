"""Files over HTTP: taken from a multipart body piece by piece, and served so that no browser runs what is in them."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from urllib.parse import quote

from aiohttp import BodyPartReader, hdrs, web

from omnibot.domain.message import Attachment
from omnibot.files import SHOWN, UNKNOWN, Files, NotKept, TooLarge
from omnibot.problem import Problem
from omnibot.store import files as stored_files
from omnibot.store.files import StoredFile
from omnibot.store.transactions import Store

PIECE = 64 * 1024  # bytes
NAME_LENGTH = 200


async def take(
    request: web.Request,
    *,
    store: Store,
    files: Files,
    conversation_id: int,
    uploaded_by: int | None,
    now: datetime,
) -> Attachment:
    """Keep the part named `file`, for a later message of this conversation. Raises Problem: 413 for one that is too
    large, 415 for a kind that is not taken."""
    name, pieces = await _part(request)
    try:
        kept = await files.keep(pieces)
    except NotKept as error:
        raise Problem(413 if isinstance(error, TooLarge) else 415, f"the file is not taken: {error.why}") from None
    except ValueError as error:
        raise Problem(400, f"the body is not valid multipart: {error}") from None
    note = partial(
        stored_files.add,
        conversation_id=conversation_id,
        name=name,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        key=kept.key,
        uploaded_by=uploaded_by,
        now=now,
    )
    return await store.run(note)  # what is left where this fails is tidied away


async def _part(request: web.Request) -> tuple[str, AsyncIterator[bytes]]:
    if request.content_type != "multipart/form-data":
        raise Problem(415, "send the file as multipart/form-data")
    try:
        part = await (await request.multipart()).next()
    except (ValueError, AssertionError) as error:
        raise Problem(400, f"the body is not valid multipart: {error}") from None
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Problem(422, "send one part that is named file")
    return _clean(part.filename or ""), _pieces(part)


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(PIECE):
        yield bytes(piece)


def _clean(name: str) -> str:
    """The last part of a path, without what no screen shows."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable()).strip()
    return shown[-NAME_LENGTH:] or "file"


def serve(stored: StoredFile | None, files: Files) -> web.FileResponse:
    """The bytes; pictures are shown, everything else is downloaded. Raises Problem 404."""
    if stored is None or stored.key is None or not files.path(stored.key).exists():
        raise Problem(404, "there is no such file")
    attachment = stored.attachment
    way = "inline" if attachment.media_type in SHOWN else "attachment"
    return web.FileResponse(
        files.path(stored.key),
        headers={
            hdrs.CONTENT_TYPE: attachment.media_type,
            hdrs.CONTENT_DISPOSITION: f"{way}; filename*=UTF-8''{quote(attachment.name, safe='')}",
            hdrs.CACHE_CONTROL: "private, max-age=3600",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",  # the widget's own pages; the token is what lets them in
        },
    )


def serve_original(below: str | None, files: Files) -> web.FileResponse:
    """What a message came as, for a download. Raises Problem 404."""
    path = files.data_dir / below if below else None
    if path is None or not path.exists():
        raise Problem(404, "there is no such file, or it is not kept any more")
    return web.FileResponse(
        path,
        headers={
            hdrs.CONTENT_TYPE: UNKNOWN,
            hdrs.CONTENT_DISPOSITION: f"attachment; filename={path.name[:16]}.eml",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
