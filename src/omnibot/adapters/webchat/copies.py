"""A copy of the visitor's own chat by mail."""

from typing import Annotated, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from omnibot.domain.transcript import Refused
from omnibot.problem import Problem

# Something that mail can be sent to: RFC 5321's lengths, no comments, no quotes, a domain with a dot.
_LABEL = r"[^\s<>@,;:\"()\[\]\\.\x00-\x1f]{1,63}"
_ADDRESS = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})+$(?!\n)"
AN_HOUR = 3600.0  # seconds after which it is worth asking again


class Copies(Protocol):
    """What the core offers."""

    @property
    def is_offered(self) -> bool:
        """Whether there is a channel for it."""

    async def send(self, conversation_id: int, address: str, zone: ZoneInfo | None) -> Refused | None:
        """None once it is queued."""


class WantCopy(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`timezone` as IANA names it: by which clock the visitor reads times."""

    address: Annotated[str, Meta(max_length=254, pattern=_ADDRESS)]
    timezone: Annotated[str, Meta(max_length=64)] | None = None


decoder = msgspec.json.Decoder(WantCopy)


async def send(copies: Copies, conversation_id: int, wanted: WantCopy) -> None:
    """Raises Problem."""
    if not copies.is_offered:
        raise Problem(422, "no copies are sent by mail here")
    match await copies.send(conversation_id, wanted.address, _zone(wanted.timezone)):
        case None:
            return
        case Refused.NOTHING_SAID as refused:
            raise Problem(422, refused.value)
        case refused:
            raise Problem(429, refused.value, retry_after=AN_HOUR)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None  # a browser may know a zone that we do not
