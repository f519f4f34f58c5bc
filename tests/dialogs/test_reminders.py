"""People are reminded of the dates of FAQ entries: the team in its group, whoever owns an entry in private. Each date once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.access import Role
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.flow.knowledge import remind_editors
from omnibot.store import groups
from tests.dialogs.staff_chat import SlackChat, TelegramChat, enrol
from tests.dialogs.test_staff_chat import on_slack, on_telegram
from tests.office import Agent, Office, Opener, eventually

Chat = TelegramChat | SlackChat


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture(params=["telegram", "slack"])
async def chat(request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack) -> Chat:
    if request.param == "slack":
        return await on_slack(open_office, slack)
    return await on_telegram(open_office, telegram)


def in_group(chat: Chat) -> list[str]:
    if isinstance(chat, TelegramChat):
        return chat.fake.heard(chat.GROUP)
    return chat.fake.chat(chat.GROUP).said()


def in_private(chat: Chat, who: str) -> list[str]:
    if isinstance(chat, TelegramChat):
        return chat.fake.heard(chat.PEOPLE[who])
    return chat.fake.chat(f"D{chat.PEOPLE[who][1:]}").said()


async def hears(said: Callable[[], list[str]], *words: str) -> str:
    """The text that has all this, as soon as it is there."""

    def found() -> list[str]:
        return [text for text in said() if all(word in text for word in words)]

    async def is_there() -> bool:
        return bool(found())

    try:
        await eventually(is_there, "it is said")
    except AssertionError:
        raise AssertionError(f"{words} in {said()}") from None
    return found()[0]


async def remind(office: Office) -> int:
    return await remind_editors.step(office.application.desk, office.clock.now())


def register(office: Office) -> Callable[[Connection], Group]:
    address = Address(channel="telegram", chat="-1001")
    now = office.clock.now()
    return partial(groups.register, address=address, role=GroupRole.STAFF, language=Language.EN, by=None, now=now)


async def publish(supervisor: Agent, id: str, **changes: object) -> None:
    await supervisor.patch(f"/faq/entries/{id}", changes)
    await supervisor.post(f"/faq/entries/{id}/publish", {})


async def test_the_team_and_the_owner_are_reminded_once_of_each_date(chat: Chat) -> None:
    office = chat.office
    ada = (await enrol(chat, "Ada"))["Ada"]
    supervisor = await office.agent("Margaret", Role.SUPERVISOR)
    await publish(supervisor, "descale", review_by="2026-06-01", owner_id=ada.id)
    await publish(supervisor, "bad-smell", valid_until="2026-06-05", owner_id=None)
    # Two processes may look at the same moment.
    assert sorted(await asyncio.gather(remind(office), remind(office))) == [0, 1]
    text = await hears(partial(in_group, chat), "FAQ answers to look at: 1", "ends on 2026-06-05")
    assert "console/knowledge?state=due" in text
    assert "again" not in text

    office.clock.advance(days=1)
    assert await remind(office) == 1
    await hears(partial(in_group, chat), "descale", "was to be read again by 2026-06-01")
    own = await hears(partial(in_private, chat, "Ada"), "descale", "was to be read again by 2026-06-01")
    assert "ends on" not in own
    assert await remind(office) == 0
    listed = (await ada.get("/faq/entries?due=true"))["items"]
    assert {one["id"] for one in listed} == {"descale", "bad-smell"}

    await publish(supervisor, "descale", review_by="2026-06-02")
    (group,) = await office.application.store.read(partial(groups.in_force, role=GroupRole.STAFF))
    await office.application.store.run(partial(groups.set_language, id=group.id, language=Language.ZH_HANS))
    office.clock.advance(days=1)
    assert await remind(office) == 1
    await hears(partial(in_group, chat), "待查看的知识库条目：1", "怎么除水垢", "应于 2026-06-02 前复核")
    assert await remind(office) == 0


async def test_a_draft_reminds_of_nothing_and_what_nobody_can_hear_waits(office: Office, supervisor: Agent) -> None:
    await supervisor.patch("/faq/entries/descale", {"review_by": "2026-05-01"})
    assert await remind(office) == 0
    await supervisor.post("/faq/entries/descale/publish", {})
    assert await remind(office) == 0  # there is no group yet
    await office.application.store.run(register(office))
    assert await remind(office) == 1
    assert await remind(office) == 0


async def test_people_are_left_alone_at_night(office: Office, supervisor: Agent) -> None:
    await publish(supervisor, "descale", review_by="2026-05-01")
    await office.application.store.run(register(office))
    office.clock.advance(hours=15)
    assert await remind(office) == 0
    office.clock.advance(hours=9)
    assert await remind(office) == 1
