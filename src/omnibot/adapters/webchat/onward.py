"""The way from the web chat to another channel: which there are, and a link for this visitor."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, Struct

from omnibot.channel import ChannelError
from omnibot.problem import Problem


class Inviter(Protocol):
    """What the core offers."""

    def labels(self) -> Mapping[str, str]:
        """What people call the channels that a link can open, by name."""

    async def invite(self, conversation_id: int, channel_name: str) -> str | None:
        """A one-time link; None where there is none."""


class Continue(Struct, forbid_unknown_fields=True, frozen=True):
    channel: Annotated[str, Meta(min_length=1, max_length=100)]


class OnwardJson(Struct, frozen=True):
    channel: str
    label: str


class LinkJson(Struct, frozen=True):
    url: str


decoder = msgspec.json.Decoder(Continue)


def offered(inviter: Inviter) -> list[OnwardJson]:
    return [OnwardJson(channel, label) for channel, label in sorted(inviter.labels().items())]


async def link(inviter: Inviter, conversation_id: int, wanted: Continue) -> LinkJson:
    """Raises Problem."""
    try:
        url = await inviter.invite(conversation_id, wanted.channel)
    except ChannelError:
        raise Problem(503, "that channel cannot be reached now; try again later", retry_after=10) from None
    if url is None:
        raise Problem(422, "no link opens that channel")
    return LinkJson(url)
