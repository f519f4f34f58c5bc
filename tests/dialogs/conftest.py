"""Who takes part in the dialogs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from tests.dialogs.dealing import Case, accepted_case, open_chat, service
from tests.dialogs.house import House
from tests.office import Agent, ManualClock, Office, Opener, Visitor


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
    async with House() as made:
        yield made


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


@pytest.fixture(params=["en", "zh-Hans"])
def language(request: pytest.FixtureRequest) -> str:
    spoken: str = request.param
    return spoken


@pytest.fixture(params=["telegram", "slack"])
async def case(
    request: pytest.FixtureRequest,
    language: str,
    open_office: Opener,
    telegram: FakeTelegram,
    slack: FakeSlack,
    tmp_path: Path,
) -> Case:
    """What a dealer has accepted in its group on that platform; everybody in it speaks that language."""
    server = {"language": language}
    chat = await open_chat(request.param, open_office, telegram, slack, service=service(tmp_path), server=server)
    return await accepted_case(chat, language)
