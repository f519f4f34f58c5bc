"""The raw mails, kept as files in the data folder. A file is named by its content: the same mail again is the same file, and
nothing that the sender chose becomes part of a path."""

import hashlib
import os
import re
import secrets
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


class Originals:
    """Blocking; called in threads."""

    def __init__(self, data_dir: Path, account: str) -> None:
        self._below = f"mail/{account}"
        self._folder = data_dir / self._below

    def keep(self, raw: bytes) -> str:
        """Store a mail; returns its name when it is on the disk for good."""
        digest = hashlib.sha256(raw).hexdigest()
        name = f"{digest[:2]}/{digest[2:]}"
        path = self.path(name)
        if path.exists():
            return name
        is_new_folder = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        with draft.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
        if is_new_folder:
            _sync(self._folder)
        return name

    def path(self, name: str) -> Path:
        """Where a mail is. Raises ValueError for what is no name of ours."""
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        return self._folder / name

    def below_data(self, name: str) -> str:
        """Where a mail is, for `RawEvent.original`."""
        return f"{self._below}/{name}"

    def scratch(self) -> Path:
        """A place for a part that is taken out for a moment."""
        folder = self._folder / "parts"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / secrets.token_hex(16)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
