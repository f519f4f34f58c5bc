"""Offers to go on elsewhere: a link that opens another channel with a one-time code already said."""

from collections.abc import Mapping
from functools import partial

from omnibot.channel import Channel, Invites
from omnibot.clock import Clock
from omnibot.domain.value import dataclass
from omnibot.flow import link
from omnibot.flow.desk import Desk
from omnibot.store import codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviter:
    """Knows the channels that can be opened by a link."""

    desk: Desk
    channels: Mapping[str, Channel]
    clock: Clock

    def labels(self) -> dict[str, str]:
        """What people call them, by the channel's name."""
        return {name: channel.label for name, channel in self.channels.items() if isinstance(channel, Invites)}

    async def invite(self, conversation_id: int, channel_name: str) -> str | None:
        """The link with which the conversation goes on there; None where no link opens it. Raises ChannelError."""
        channel = self.channels.get(channel_name)
        if not isinstance(channel, Invites):
            return None
        code = codes.new_code()
        url = await channel.invitation(code)
        now = self.clock.now()
        keep = partial(link.keep_code, code=code, conversation_id=conversation_id, wish=link.CONTINUE, now=now)
        await self.desk.store.run(keep)
        return url
