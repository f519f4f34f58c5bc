"""Who takes part in the dialogs."""

from collections.abc import AsyncIterator

import pytest

from omnibot.domain.access import Role
from tests.dialogs.house import House
from tests.office import Agent, Office, Visitor


@pytest.fixture
async def visitor(office: Office) -> Visitor:
    """A customer who speaks English."""
    return await office.visitor()


@pytest.fixture
async def agent(office: Office) -> Agent:
    return await office.agent("Ada")


@pytest.fixture
async def colleague(office: Office) -> Agent:
    return await office.agent("Grace")


@pytest.fixture
async def supervisor(office: Office) -> Agent:
    return await office.agent("Margaret", Role.SUPERVISOR)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.mailbox.start()
    await made.post.start()
    yield made
    await made.mailbox.stop()
    await made.post.stop()
