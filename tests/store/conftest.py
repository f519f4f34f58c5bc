"""Rows that the store's tests start from."""

from datetime import datetime
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.conversation import Conversation
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store import contacts, conversations, users
from omnibot.store.transactions import Store
from tests.office import MONDAY


def open_conversation(tx: Connection, chat: str, *, channel: str = "push", now: datetime = MONDAY) -> Conversation:
    contact = contacts.add(tx, language=Language.EN, now=now)
    address = Address(channel=channel, chat=chat)
    return conversations.open_at(tx, address, contact_id=contact.id, language=Language.EN, page_url=None, now=now)


def hire(tx: Connection, name: str) -> User:
    user = users.add(tx, email=f"{name}@example.com", name=name, role=Role.AGENT, password_hash=None, now=MONDAY)
    assert user is not None
    return user


@pytest.fixture
async def conversation(store: Store) -> Conversation:
    """One with the bot, in which nobody has spoken."""
    return await store.run(partial(open_conversation, chat="a"))


@pytest.fixture
async def ada(store: Store) -> User:
    return await store.run(partial(hire, name="ada"))
