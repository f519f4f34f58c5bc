"""The addresses (Apprise URLs) of groups that can only be told things and were registered in the console. They are secrets:
they stand here alone, and people see them masked."""

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.store import channels
from omnibot.store.schema import channel_state

CHANNEL = "one-way"  # of all such groups; the chat is the group's name
_PREFIX = "url:"


def key_of(chat: str) -> str:
    """Under which the channel finds the group's address in what it remembers."""
    return _PREFIX + chat


def keep(tx: Connection, chat: str, url: str) -> None:
    channels.remember(tx, CHANNEL, key_of(chat), url)


def forget(tx: Connection, chat: str) -> None:
    channels.forget(tx, CHANNEL, key_of(chat))


def addresses(tx: Connection) -> dict[str, str]:
    """By the names of the groups."""
    query = select(channel_state.c.key, channel_state.c.value)
    found = tx.execute(query.where(channel_state.c.channel == CHANNEL, channel_state.c.key.startswith(_PREFIX))).all()
    return {key.removeprefix(_PREFIX): value for key, value in found}
