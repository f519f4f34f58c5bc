"""Files in the data folder: written under a random name, durable before the database says that they are there.

What a file is, is found out from its first bytes; what its sender calls it is only a name. The database knows the rest
(`store/files.py`).
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from omnibot.domain import movie, picture
from omnibot.domain.value import dataclass

HEAD = 512  # bytes that tell what a file is
UNKNOWN = "application/octet-stream"
# Shown inside our pages; everything else is downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Where the mark stands, the mark, and what it means: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern and on.
_MARKS = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),  # also what office programs write
    (0, b"OggS\x00", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (8, b"WAVE", "audio/wave"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)


class NotKept(Exception):
    """The file may not stay; `why` is for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooLarge(NotKept):
    """For its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file on the disk."""

    key: str  # its name in the folder
    media_type: str
    size: int  # bytes
    sha256: str


class Files:
    """The folder."""

    def __init__(
        self, data_dir: Path, *, size_limit: int, types: tuple[str, ...], cleans_pictures: bool = True
    ) -> None:
        """`size_limit` in bytes; `types` are patterns such as "image/*"; `cleans_pictures` of where they were taken."""
        self.data_dir = data_dir
        self._folder = data_dir / "files"
        self._size_limit = size_limit
        self._types = types
        self._cleans_pictures = cleans_pictures

    async def keep(self, chunks: AsyncIterator[bytes]) -> Kept:
        """Write a file; returns when it would survive a power cut. Raises NotKept, and then leaves nothing."""
        key = secrets.token_hex(16)
        path = self.path(key)
        handle = self._create(path)
        try:
            with os.fdopen(handle, "wb") as file:
                kept = await self._write(file.fileno(), chunks, key)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        await _in_thread(_flush_folder, path.parent)
        return kept

    def path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def older_than(self, at: datetime) -> Iterator[str]:
        """The keys of what was written before then."""
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < at.timestamp():
                    yield path.name

    def remove(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    async def _write(self, handle: int, chunks: AsyncIterator[bytes], key: str) -> Kept:
        digest, size, head = hashlib.sha256(), 0, b""
        limited = self._limited(chunks)
        async for chunk in _cleaned(limited) if self._cleans_pictures else limited:
            size += len(chunk)
            if len(head) < HEAD:
                head += chunk[: HEAD - len(head)]
            digest.update(chunk)
            await _in_thread(_write_all, handle, chunk)
        media_type = sniff(head)
        if not any(fnmatch(media_type, pattern) for pattern in self._types):
            raise NotKept(f"files of this kind are not taken ({media_type})")
        await _in_thread(os.fsync, handle)
        return Kept(key=key, media_type=media_type, size=size, sha256=digest.hexdigest())

    async def _limited(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in chunks:
            received += len(chunk)
            if received > self._size_limit:
                raise TooLarge(f"larger than {self._size_limit // 1_000_000} MB")
            yield chunk

    def _create(self, path: Path) -> int:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


async def _cleaned(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pictures and videos without what they say beside what they show; anything else as it is."""
    head: bytes | None = b""  # None: it is known what it is
    cleaner = None
    async for chunk in chunks:
        piece = chunk
        if head is not None:
            piece = head = head + chunk
            if len(head) < picture.NEEDED:
                continue
            cleaner, head = picture.cleaner(head) or movie.cleaner(head), None
        if passed := cleaner.feed(piece) if cleaner else piece:
            yield passed
    if head:
        yield head
    if cleaner and (rest := cleaner.close()):
        yield rest


def sniff(head: bytes) -> str:
    """What a file is by its first bytes. Never something that a browser would run."""
    for offset, mark, media_type in _MARKS:
        if head[offset : offset + len(mark)] == mark:
            return media_type
    # The head may end in the middle of a character.
    return "text/plain" if head and b"\0" not in head and _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > HEAD - 4
    return True


async def _in_thread(act: Callable[..., object], *arguments: object) -> None:
    """To its end, also when we are cancelled: a thread must not write to a handle that is closed, or another file's."""
    acting = asyncio.ensure_future(asyncio.to_thread(act, *arguments))
    try:
        await asyncio.shield(acting)
    except asyncio.CancelledError:
        await asyncio.wait([acting])
        raise


def _write_all(handle: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(handle, chunk) :]


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
