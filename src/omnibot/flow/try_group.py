"""A test message to a group, past the outbox: whoever asks sits before the screen, and nobody else waits for it."""

import asyncio
from datetime import datetime

from omnibot.channel import Channel, ChannelError, OutboundMessage
from omnibot.domain.group import Group
from omnibot.domain.message import Author
from omnibot.texts import Words

PATIENCE = 20.0  # seconds


async def try_group(channel: Channel, group: Group, words: Words, now: datetime) -> str | None:
    """Why it was not sent; None where the group's system has taken it."""
    message = OutboundMessage(
        id=f"test.{group.id}.{now.timestamp():.0f}",
        address=group.address,
        author=Author.SYSTEM,
        author_name=None,
        text=words("This is a test. What we have to tell this group will stand here."),
        choices=(),
        at=now,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await channel.send(message)
    except ChannelError as error:
        return error.why
    except TimeoutError:
        return "the platform did not answer in time"
    return None
