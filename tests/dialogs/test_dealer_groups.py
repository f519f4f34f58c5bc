"""Dealers work from their group chat: the card, who may press, what is asked, and who is told what."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from tests.dialogs.dealer_chat import (
    DealerChat,
    SlackDealers,
    TelegramDealers,
    cards,
    hears,
    is_told,
    sees,
    set_up,
)
from tests.office import Agent, Office, Visitor

Opener = Callable[..., Awaitable[Office]]
RULES = """
[[categories]]
name = "repair"
keywords = ["leak", "漏水"]
[[teams]]
name = "repairs"
[[rules]]
name = "repairs"
when = { category = ["repair"] }
dealers = true
team = "repairs"
"""


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


def service(folder: Path) -> dict[str, Any]:
    """Settings with rules that give repairs to dealers."""
    path = folder / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    return {"rules": str(path)}


async def open_chat(
    kind: str, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, **sections: Any
) -> DealerChat:
    if kind == "telegram":
        account = {"token": TOKEN, "api_base": telegram.url}
        return TelegramDealers(await open_office(telegram=account, **sections), telegram)
    keys = {"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET}
    office = await open_office(slack=keys, **sections)
    slack.events_url = f"{office.url}/channels/slack/default"
    return SlackDealers(office, slack)


@pytest.fixture(params=["telegram", "slack"])
async def chat(
    request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> DealerChat:
    return await open_chat(request.param, open_office, telegram, slack, service=service(tmp_path))


@pytest.fixture
async def office(chat: DealerChat) -> Office:
    return chat.office


async def add_dealer(supervisor: Agent, name: str, **profile: Any) -> int:
    made = await supervisor.post("/dealers", {"name": name, **profile}, status=201)
    return int(made["dealer"]["id"])


@pytest.fixture
async def dealers(chat: DealerChat, supervisor: Agent) -> dict[str, int]:
    """Nord with Nils and Nora, Mitte with Mia."""
    ids = {name: await add_dealer(supervisor, name) for name in ("Nord", "Mitte")}
    await set_up(chat, "Nord", ids["Nord"], "Nils", "Nora")
    await set_up(chat, "Mitte", ids["Mitte"], "Mia")
    return ids


async def test_a_case_goes_its_way_by_buttons(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak", description="Call me: +49 30 901820, it leaks")
    card = await sees(chat, "Nord", "New", number, "leak", buttons=["Accept", "Decline", "Ask HQ"])
    assert "901820" not in card["text"]
    assert await chat.presses("Nord", "Nils", "Accept") == ""
    await sees(chat, "Nord", "Accepted", "Nils", buttons=["Propose plan", "Ask HQ"])
    await is_told(chat, "Nils", number, "901820")
    await chat.presses("Nord", "Nils", "Propose plan")
    prompt = await hears(chat, "Nord", "Nils, what will you do, and when?")
    await chat.says("Nord", "Nils", "Tuesday 14:00, replace the pump", to=prompt)
    await sees(chat, "Nord", "is asked about the plan", "Tuesday 14:00, replace the pump")
    await visitor.presses("Agree")
    card = await sees(chat, "Nord", "has agreed", buttons=["On site", "Done", "Propose plan", "Ask HQ"])
    await chat.presses("Nord", "Nils", "On site")
    await sees(chat, "Nord", "On site", buttons=["Done", "Ask HQ"])
    await chat.presses("Nord", "Nils", "Done")
    prompt = await hears(chat, "Nord", "What was the cause?")
    await chat.says("Nord", "Nils", "ok", to=prompt)
    await hears(chat, "Nord", "says too little")
    await chat.says("Nord", "Nils", "The pump was worn out", to=prompt)
    prompt = await hears(chat, "Nord", "What have you done about it?")
    await chat.says("Nord", "Nils", "We put in a new pump", to=prompt)
    prompt = await hears(chat, "Nord", "What prevents it")
    await chat.says("Nord", "Nils", "Clean the filter every month", to=prompt)
    prompt = await hears(chat, "Nord", "Please post photos")
    await chat.posts_photo("Nord", "Nils", to=prompt)
    await sees(chat, "Nord", "Done", "new pump", "1 of yours")
    assert len(cards(chat, "Nord")) == 1
    await visitor.presses("Yes, it is done")
    await sees(chat, "Nord", "Closed", buttons=[])
    assert (await agent.get(f"/tickets/{number}"))["ticket"]["status"] == "closed"
