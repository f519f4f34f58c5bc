"""Who takes part in the dialogs."""

from collections.abc import AsyncIterator

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from tests.dialogs.house import House
from tests.office import Agent, ManualClock, Office, Visitor


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


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture
async def slack(clock: ManualClock) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack(now=lambda: int(clock.now().timestamp()))  # a signature is good for five minutes
    await fake.start()
    yield fake
    await fake.stop()
