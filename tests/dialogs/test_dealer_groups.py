"""Dealers work from their group chat: the card, who may press, what is asked, and who is told what."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from omnibot.demo import slack_wire, telegram_wire
from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.domain.access import Role
from omnibot.flow.dealers import tell_digest
from tests import office as offices
from tests.dialogs.dealer_chat import (
    DealerChat,
    TelegramDealers,
    cards,
    enrol,
    hears,
    is_told,
    sees,
    set_up,
)
from tests.dialogs.dealing import add_dealer, open_chat, service
from tests.office import Agent, ManualClock, Office, Opener, Visitor


@pytest.fixture(params=["telegram", "slack"])
async def chat(
    request: pytest.FixtureRequest, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> DealerChat:
    return await open_chat(request.param, open_office, telegram, slack, service=service(tmp_path))


@pytest.fixture
async def office(chat: DealerChat) -> Office:
    return chat.office


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
    await sees(chat, "Nord", "Accepted", "Nils", buttons=["Propose plan", "Offer times", "Undo", "Ask HQ"])
    await is_told(chat, "Nils", number, "901820")
    await chat.presses("Nord", "Nils", "Propose plan")
    prompt = await hears(chat, "Nord", "Nils, what will you do, and when?")
    await chat.says("Nord", "Nils", "Tuesday 14:00, replace the pump", to=prompt)
    await sees(chat, "Nord", "is asked about the plan", "Tuesday 14:00, replace the pump")
    await visitor.presses("Agree")
    card = await sees(
        chat, "Nord", "has agreed", buttons=["On site", "Done", "Offer times", "Propose plan", "Ask HQ", "Nobody there"]
    )
    await chat.presses("Nord", "Nils", "On site")
    await sees(chat, "Nord", "On site", buttons=["Done", "Ask HQ", "Nobody there"])
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


async def test_only_a_member_of_that_dealer_in_that_group_may_press(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    card = await sees(chat, "Nord", "New", number)
    assert "do not know you" in await chat.presses("Nord", "Guest", "Accept")
    assert "another company" in await chat.presses("Nord", "Mia", "Accept")
    for _ in range(2):
        await chat.says("Nord", "Guest", "accept", to=card)
    await hears(chat, "Nord", "do not know you") if isinstance(chat, TelegramDealers) else None
    [nora] = [one for one in (await agent.get(f"/dealers/{dealers['Nord']}"))["members"] if one["name"] == "Nora"]
    admin = await chat.office.agent("Root", Role.ADMIN)
    await chat.office.call("DELETE", f"/api/v1/members/{nora['id']}", headers=admin.headers, status=204)
    assert "do not know you" in await chat.presses("Nord", "Nora", "Accept")
    await sees(chat, "Nord", "New", buttons=["Accept", "Decline", "Ask HQ"])
    assert await chat.presses("Nord", "Nils", "Accept") == ""
    await sees(chat, "Nord", "Accepted", "Nils")


async def test_a_press_that_overtakes_the_platform_s_answer_counts(
    chat: DealerChat,
    dealers: dict[str, int],
    visitor: Visitor,
    agent: Agent,
    telegram: FakeTelegram,
    slack: FakeSlack,
) -> None:
    telegram.plan("sendMessage", *[telegram_wire.Late(seconds=0.6)] * 3)
    slack.plan("chat.postMessage", *[slack_wire.Late(0.6)] * 3)
    await agent.opens_ticket(visitor, "The washer has a leak")
    await sees(chat, "Nord", "New")
    assert await chat.presses("Nord", "Nils", "Accept") == ""
    await sees(chat, "Nord", "Accepted", "Nils")


async def test_machines_anonymous_people_and_copies_do_nothing(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    chat = await open_chat("telegram", open_office, telegram, slack, service=service(tmp_path))
    assert isinstance(chat, TelegramDealers)
    supervisor, agent = await chat.office.agent("Margaret", Role.SUPERVISOR), await chat.office.agent("Ada")
    await set_up(chat, "Nord", await add_dealer(supervisor, "Nord"), "Nils")
    await agent.opens_ticket(await chat.office.visitor(), "The washer has a leak")
    await sees(chat, "Nord", "New")
    forwarded = {"type": "user", "sender_user": {"id": 501, "is_bot": False, "first_name": "Nils"}, "date": 1}
    assert "copy of the card" in await chat.presses("Nord", "Nils", "Accept", forward_origin=forwarded)
    assert "Only people" in await chat.presses("Nord", "Nils", "Accept", is_bot=True)
    chat.people["Anonymous"] = 1087968824
    assert "anonymous" in await chat.presses("Nord", "Anonymous", "Accept", is_bot=True)
    pressed = await telegram.press("Accept", chat=chat.group("Nord"), sender=501)
    await telegram.all_confirmed()
    await sees(chat, "Nord", "Accepted", "Nils")
    telegram.waiting.append(pressed)  # the same press once more
    await chat.says_in_private("Nils", "hello")
    seen = await agent.get("/tickets?status=open")
    assert len([one for one in seen["items"] if one["subject"] == "The washer has a leak"]) == 1
    await sees(chat, "Nord", "Accepted", "Nils", buttons=["Propose plan", "Offer times", "Undo", "Ask HQ"])


async def test_of_twenty_who_press_at_once_one_has_it_and_the_others_hear_who(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    people = [f"P{number}" for number in range(20)]
    for name in people:
        await enrol(chat, name, dealers["Nord"])
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await sees(chat, "Nord", "New")
    answers = await asyncio.gather(*(chat.presses("Nord", name, "Accept") for name in people))
    card = await sees(chat, "Nord", "Accepted")
    winners = [name for name in people if f"({name})" in card["text"]]
    assert len(winners) == 1
    told = [text for text in chat.whispers() if "was quicker" in text]
    assert len(told) == 19, answers
    assert all(winners[0] in text for text in told)
    heard = [line for line in await visitor.transcript() if "has it and agrees a plan" in line["text"]]
    assert len(heard) == 1
    offers = (await agent.get(f"/tickets/{number}"))["assignment"]["offers"]
    assert [one["answer"] for one in offers] == ["accepted"]


async def test_a_decline_needs_a_reason_and_moves_the_card(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await visitor.hears("system: Your case number", f"system: Case {number} goes to Nord")
    card = await sees(chat, "Nord", "New")
    await chat.presses("Nord", "Nils", "Decline")
    prompt = await hears(chat, "Nord", "why can you not take it?")
    await chat.says("Nord", "Nora", "I could do it on Friday", to=prompt)  # was not asked
    await chat.says("Nord", "Nils", "No technician this week", to=prompt)
    await sees(chat, "Nord", "Declined", number, buttons=[])
    await visitor.hears(f"system: Case {number} now goes to Mitte instead")
    await sees(chat, "Mitte", "New", number, buttons=["Accept", "Decline", "Ask HQ"])
    await chat.says("Nord", "Nora", "accept", to=card)
    await chat.says(
        "Mitte", "Mia", f"accept {number}" if isinstance(chat, TelegramDealers) else f"<@U0BOT> accept {number}"
    )
    await sees(chat, "Mitte", "Accepted", "Mia")
    seen = await agent.get(f"/tickets/{number}")
    assert [one["answer"] for one in seen["assignment"]["offers"]] == ["declined", "accepted"]


async def test_a_question_goes_to_us_and_the_answer_comes_back(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    card = await sees(chat, "Nord", "New")
    await chat.says("Nord", "Nils", "ask is it under warranty?", to=card)
    notes = [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert any("Nils of Nord asks" in text and "is it under warranty?" in text for text in notes)
    await agent.notes(visitor, f"@dealer {number} Yes, until December")
    await hears(chat, "Nord", "Ada: Yes, until December")
    await visitor.hears("system: Your case number", "system: Case")


async def test_a_group_that_removes_the_bot_leaves_the_case_visible_and_owned(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    chat = await open_chat("telegram", open_office, telegram, slack, service=service(tmp_path))
    supervisor, agent = await chat.office.agent("Margaret", Role.SUPERVISOR), await chat.office.agent("Ada")
    ids = {name: await add_dealer(supervisor, name) for name in ("Nord", "Silent")}
    await set_up(chat, "Nord", ids["Nord"], "Nils")
    visitor = await chat.office.visitor()
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await sees(chat, "Nord", "New")
    await agent.post(f"/tickets/{number}/assign", {"dealer_id": ids["Silent"]}, status=409)
    me = {"user": telegram.me}
    about = {"chat": {"id": chat.group("Nord"), "type": "supergroup"}, "from": {"id": 501, "is_bot": False}, "date": 1}
    removed = {"old_chat_member": me | {"status": "member"}, "new_chat_member": me | {"status": "kicked"}}
    await telegram.push({"my_chat_member": about | removed})
    await telegram.all_confirmed()
    await chat.office.settled()
    notes = [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert any("whose group cannot be reached any more" in text and number in text for text in notes)
    seen = await agent.get(f"/tickets/{number}")
    assert (seen["assignment"]["dealer_name"], seen["assignment"]["dealer_stage"]) == ("Nord", "offered")
    back = {"old_chat_member": me | {"status": "kicked"}, "new_chat_member": me | {"status": "member"}}
    await telegram.push({"my_chat_member": about | back})
    await telegram.all_confirmed()
    await chat.presses("Nord", "Nils", "Accept")
    await sees(chat, "Nord", "Accepted", "Nils")


async def test_a_digest_comes_once_a_morning(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await sees(chat, "Nord", "New")
    await chat.presses("Nord", "Nils", "Accept")  # or the case is another dealer's in the morning
    await sees(chat, "Nord", "Accepted")
    desk, clock = chat.office.application.desk, chat.office.clock
    await tell_digest.step(desk, clock.now())
    assert not any("Your open cases" in post["text"] for post in chat.posts("Nord"))  # it has just come
    clock.advance(hours=23)
    await asyncio.gather(*(tell_digest.step(desk, clock.now()) for _ in range(3)))  # as several workers do
    line = await hears(chat, "Nord", "Your open cases: 1")
    assert number in line["text"]
    assert len([post for post in chat.posts("Nord") if "Your open cases" in post["text"]]) == 1


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    database_url: str, clock: ManualClock, telegram: FakeTelegram, tmp_path: Path
) -> None:
    sections = {"telegram": {"token": TOKEN, "api_base": telegram.url}, "service": service(tmp_path)}
    first = await offices.open_office(database_url, clock, **sections)
    chat = TelegramDealers(first, telegram)
    supervisor, agent = await first.agent("Margaret", Role.SUPERVISOR), await first.agent("Ada")
    await set_up(chat, "Nord", await add_dealer(supervisor, "Nord"), "Nils")
    number = await agent.opens_ticket(await first.visitor(), "The washer has a leak")
    await sees(chat, "Nord", "New")
    first.application.deliverer.stopped["telegram"] = "for the test"
    await telegram.press("Accept", chat=chat.group("Nord"), sender=501)
    await first.close()
    chat.office = await offices.open_office(database_url, clock, **sections)
    try:
        card = await sees(chat, "Nord", "Accepted", "Nils", number)
        await is_told(chat, "Nils", number)
        await chat.presses("Nord", "Nils", "Propose plan")
        prompt = await hears(chat, "Nord", "what will you do, and when?")
        await chat.says("Nord", "Nils", "Tuesday, a new pump", to=prompt)
        assert (await sees(chat, "Nord", "Tuesday, a new pump"))["id"] == card["id"]
        assert len([text for text in chat.heard_in_private("Nils") if number in text]) == 1
    finally:
        await chat.office.close()


async def test_an_acceptance_by_mistake_is_taken_back(
    chat: DealerChat, dealers: dict[str, int], visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    card = await sees(chat, "Nord", "New", number)

    async def answer_clock() -> dict[str, Any]:
        clocks = (await agent.get(f"/tickets/{number}"))["clocks"]
        return [one for one in clocks if one["kind"] == "dealer_reply"][-1]

    due = (await answer_clock())["due_at"]
    await chat.says("Nord", "Nils", "accept", to=card)
    await sees(chat, "Nord", "Accepted", "Nils")
    chat.office.clock.advance(minutes=10)
    await chat.says("Nord", "Nils", "undo", to=card)
    await sees(chat, "Nord", "New: who takes it?", buttons=["Accept", "Decline", "Ask HQ"])
    clock = await answer_clock()
    assert (clock["due_at"], clock["outcome"]) == (due, None)
    told = [line["text"] for line in await visitor.transcript() if line["author"] == "system"]
    assert "Nord has not taken it yet after all" in told[-1]
    [offer] = (await agent.get(f"/tickets/{number}"))["assignment"]["offers"]
    assert offer["answer"] is None
    await chat.says("Nord", "Nora", "accept", to=card)
    await sees(chat, "Nord", "Accepted", "Nora")
    chat.office.clock.advance(minutes=20)
    await chat.says("Nord", "Nora", "undo", to=card)
    await chat.office.settled()
    await sees(chat, "Nord", "Accepted", "Nora")
    assert (await answer_clock())["outcome"] == "kept"
