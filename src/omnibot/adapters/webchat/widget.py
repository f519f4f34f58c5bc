"""The widget's script: its newest version under one address for all, and each version for ever under an address of its own,
so that a page may name its hash (Subresource Integrity) and an update of ours stops nobody's chat."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

from omnibot.adapters.webchat import wire
from omnibot.domain.language import Language
from omnibot.domain.regex import regex
from omnibot.texts import Texts

SOURCE = Path(__file__).parent / "static" / "widget.js"
FOLDER = "widgets"  # below the data folder; a version has some 100 kB
_NAME = regex(r"[0-9a-f]{32}\.js")


class Widget:
    """The version of this process, and the earlier ones in the data folder."""

    def __init__(self, texts: Texts, data_dir: Path) -> None:
        tables = {language.value: texts.table(language) for language in (Language.ZH_HANS, Language.ZH_HANT)}
        self.source = b"const OMNIBOT_TEXTS = %s;\n%s" % (wire.encode(tables), SOURCE.read_bytes())
        digest = hashlib.sha384(self.source).digest()
        self.integrity = "sha384-" + base64.b64encode(digest).decode()
        self.path = f"/widget/{digest.hex()[:32]}.js"
        self._folder = data_dir / FOLDER

    def tag(self, public_url: str) -> str:
        """What goes into a page that wants this version and no other."""
        return f'<script src="{public_url}{self.path}" integrity="{self.integrity}" crossorigin="anonymous" async></script>'

    def keep(self) -> None:
        """Write this version down, if it is new: pages may name it when we have another."""
        path = self._folder / Path(self.path).name
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / f"{secrets.token_hex(8)}.new"  # several processes may begin at once
        scratch.write_bytes(self.source)
        os.replace(scratch, path)

    def kept(self, name: str) -> bytes | None:
        """An earlier version."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
