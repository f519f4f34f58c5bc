"""Fetches the files that came with a message from its platform, before and outside the transaction that places it."""

import asyncio
from datetime import timedelta

from omnibot.channel import Channel, InboundFile, Unavailable, Undeliverable
from omnibot.domain.value import dataclass
from omnibot.files import UNKNOWN, Files, Kept, NotKept

LIMIT = timedelta(seconds=90)  # for all files of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that is here, or why it is not."""

    name: str
    kept: Kept | None
    media_type: str
    size: int  # bytes
    problem: str | None


async def fetch_all(channel: Channel, files: tuple[InboundFile, ...], to: Files, *, is_last: bool) -> list[Fetched]:
    """Every file, one after the other. One that will never come does not keep the message back; neither does, on the
    last try, one whose platform does not answer. Raises Unavailable on an earlier try, and then keeps nothing."""
    fetched: list[Fetched] = []
    try:
        for file in files:
            fetched.append(await _fetch(channel, file, to, LIMIT / len(files), is_last=is_last))  # noqa: PERF401 (undone below)
    except BaseException:
        for one in fetched:
            if one.kept is not None:
                to.remove(one.kept.key)
        raise
    return fetched


async def _fetch(channel: Channel, file: InboundFile, to: Files, limit: timedelta, *, is_last: bool) -> Fetched:
    if file.problem is not None:
        return _missing(file, file.problem)
    try:
        kept = await _keep(channel, file, to, limit)
    except (NotKept, Undeliverable) as error:
        return _missing(file, error.why)
    except Unavailable as error:
        if not is_last:
            raise
        return _missing(file, error.why)
    return Fetched(name=file.name, kept=kept, media_type=kept.media_type, size=kept.size, problem=None)


async def _keep(channel: Channel, file: InboundFile, to: Files, limit: timedelta) -> Kept:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await to.keep(channel.fetch(file))
    except TimeoutError:
        raise Unavailable("the platform did not hand it over in time") from None


def _missing(file: InboundFile, why: str) -> Fetched:
    return Fetched(name=file.name, kept=None, media_type=UNKNOWN, size=file.size or 0, problem=why)
