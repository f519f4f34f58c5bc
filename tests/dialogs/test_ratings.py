"""Customers are asked how it went: once, at a good moment, on their own channel; whatever they answer changes nothing else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from omnibot.domain.language import Language
from omnibot.flow.rating import ask
from tests.office import Agent, Office, Visitor

ASKED = "How was our help?"
GOOD, VERY_GOOD, BAD = "★★★★ good", "★★★★★ very good", "★★ bad"


@pytest.fixture
async def office(open_office):  # type: ignore[no-untyped-def]
    return await open_office(rating={"enabled": True})


async def pass_time(office: Office, **parts: float) -> None:
    await ask.step(office.application.desk, office.clock.advance(**parts))


async def helped(office: Office, visitor: Visitor, agent: Agent) -> None:
    """A person has answered, and closes the conversation."""
    await visitor.says("I want to talk to a person")
    await office.settled()
    await agent.replies(visitor, "Done, it is fixed.")
    await agent.closes(visitor)
    await visitor.hears("system: ", "system: joins", "agent: Done", "system: closed")


async def rating_of(visitor: Visitor, agent: Agent) -> dict[str, object]:
    found: list[dict[str, object]] = (await agent.sees(visitor))["ratings"]
    return found[0]


async def test_a_button_rates_and_nothing_else_happens(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=4)
    await visitor.hears_nothing()
    await pass_time(office, minutes=2)
    [asked] = await visitor.hears(f"system: {ASKED}")
    assert [choice["label"].count("★") for choice in asked["choices"]] == [1, 2, 3, 4, 5]
    await visitor.presses(GOOD)
    await visitor.hears("system: Thank you for your rating!")
    seen = await agent.sees(visitor)
    assert seen["conversation"]["status"] == "closed"
    assert (seen["ratings"][0]["score"], seen["ratings"][0]["agent_name"]) == (4, "Ada")
    await pass_time(office, days=60)
    await visitor.hears_nothing()


async def test_a_number_with_a_word_rates_and_a_further_word_is_kept(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears(f"system: {ASKED}")
    await visitor.says("5")
    await visitor.hears("system: just write it here")
    await visitor.says("Ada was quick and friendly")
    await visitor.hears("system: Thank you, that helps us")
    found = await rating_of(visitor, agent)
    assert (found["score"], found["comment"]) == (5, "Ada was quick and friendly")
    assert (await agent.sees(visitor))["conversation"]["status"] == "closed"
    await visitor.says("How do I get an invoice?")
    await visitor.hears("bot: invoice")


@pytest.mark.parametrize(
    ("said", "expected"), [("4 - very quick", (4, "very quick")), ("3/5", (3, None)), ("1 star!", (1, None))]
)
async def test_ways_to_say_a_score(
    said: str, expected: tuple[int, str | None], office: Office, visitor: Visitor, agent: Agent
) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.says(said)
    await office.settled()
    found = await rating_of(visitor, agent)
    assert (found["score"], found["comment"]) == expected


async def test_a_question_is_no_rating(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears(f"system: {ASKED}")
    await visitor.says("How do I get an invoice?")
    await visitor.hears("bot: invoice")
    await visitor.says("5")  # the question stands no longer; the button still counts
    await office.settled()
    assert (await rating_of(visitor, agent))["score"] is None
    await visitor.presses(VERY_GOOD)
    await office.settled()
    assert (await rating_of(visitor, agent))["score"] == 5


async def test_a_second_press_changes_it_for_a_day(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.presses(GOOD)
    await visitor.presses(BAD)
    await visitor.hears(f"system: {ASKED}", "system: Thank you for your rating!", "system: now 2 of 5")
    await pass_time(office, hours=25)
    await visitor.presses(VERY_GOOD)
    await visitor.hears("system: stays as it is")
    assert (await rating_of(visitor, agent))["score"] == 2


async def test_who_is_not_content_is_offered_a_person(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.presses(BAD)
    await visitor.hears(f"system: {ASKED}", "system: sorry that it was not better")
    assert (await agent.sees(visitor))["conversation"]["status"] == "closed"
    await visitor.presses("Talk to a person")
    await office.settled()
    assert (await agent.sees(visitor))["conversation"]["status"] == "queued"


async def test_nobody_is_asked_twice_in_a_month(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears(f"system: {ASKED}")
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears_nothing()
    await pass_time(office, days=30)
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears(f"system: {ASKED}")


async def test_another_open_question_comes_first(office: Office, visitor: Visitor, agent: Agent) -> None:
    await helped(office, visitor, agent)
    await visitor.says("How do I get an invoice?")
    await visitor.hears("bot: Did that help?")
    await pass_time(office, minutes=6)
    await visitor.hears_nothing()
    await visitor.presses("Yes, thanks")
    await visitor.hears("bot: You are welcome")
    await pass_time(office, minutes=11)
    await visitor.hears(f"system: {ASKED}")


async def test_a_case_is_asked_about_once_though_it_is_resolved_and_closed(
    office: Office, visitor: Visitor, agent: Agent, supervisor: Agent
) -> None:
    await visitor.says("I want to talk to a person")
    await office.settled()
    await agent.takes(visitor)
    number = await agent.opens_ticket(visitor, "Broken door")
    await agent.resolves(number, "The hinge was loose.")
    await agent.closes(visitor)
    await visitor.hears("system: ", "system: joins", f"system: {number}", "system: hinge", "system: closed")
    await pass_time(office, minutes=6)
    await visitor.hears(f"system: How did we do with case {number} (Broken door)?")
    await visitor.presses(VERY_GOOD)
    await visitor.hears("system: Thank you for your rating!")
    assert (await agent.get(f"/tickets/{number}"))["rating"]["score"] == 5
    await agent.post(f"/tickets/{number}/events", {"kind": "close", "text": ""})
    await pass_time(office, days=40)
    await visitor.hears("system: is closed")
    report = await supervisor.get("/ratings/report?by=agent&days=90")
    assert [(row["name"], row["asked"], row["rated"], row["mean"]) for row in report["rows"]] == [("Ada", 1, 1, 5.0)]
    listed = await supervisor.get("/ratings")
    assert [(row["score"], row["ticket"]) for row in listed["items"]] == [(5, number)]


async def test_a_case_that_is_open_again_is_not_asked_about(office: Office, visitor: Visitor, agent: Agent) -> None:
    await visitor.says("I want to talk to a person")
    await office.settled()
    await agent.takes(visitor)
    number = await agent.opens_ticket(visitor, "Broken door")
    await agent.resolves(number)
    await agent.hands_back(visitor)
    await visitor.says("No, it is still broken")
    await office.settled()
    await visitor.hears("system: ", "system: ", "system: ", "system: resolved", "system: back", "system: ", "system: ")
    await pass_time(office, minutes=6)
    await visitor.hears_nothing()


async def test_the_last_answer_of_the_bot_is_rated_with_it(office: Office, visitor: Visitor, agent: Agent) -> None:
    await visitor.says("How do I get an invoice?")
    await visitor.hears("bot: Did that help?")
    entry = office.application.desk.matcher.match(
        "How do I get an invoice?", language=Language.EN, today=office.clock.now().date()
    )
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.presses(BAD)
    await office.settled()
    boss = await office.agent("Margaret", Role.SUPERVISOR)
    [row] = (await boss.get("/ratings/report?by=entry"))["rows"]
    assert (row["key"], row["mean"]) == (entry.candidates[0].entry_id, 2.0)


async def test_ratings_by_entry_lead_to_the_entry(office: Office, visitor: Visitor, agent: Agent) -> None:
    await visitor.says("How do I get an invoice?")
    await visitor.hears("bot: Did that help?")
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.presses(GOOD)
    await office.settled()
    access = office.application.access
    cookie = {"Cookie": f"{access.cookie}={await access.open_session(agent.id, 'sign_in')}"}

    async def page(path: str) -> str:
        async with office.http.get(path, headers=cookie) as response:
            assert response.status == 200
            return await response.text()

    [(link, question)] = re.findall(
        r'href="(/console/knowledge/entries/[^"]+)">([^<]+)<', await page("/console/ratings?by=entry")
    )
    assert question in await page(link)


async def test_it_is_asked_in_chinese(office: Office, agent: Agent) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("转人工")
    await office.settled()
    await agent.replies(visitor, "好了")
    await agent.closes(visitor)
    await pass_time(office, minutes=6)
    await visitor.says("5分，很快")
    await office.settled()
    said = [line["text"] for line in await visitor.transcript() if line["author"] == "system"]
    assert "您对我们的服务满意吗" in said[-2]
    assert "感谢您的评价" in said[-1]
    found = await rating_of(visitor, agent)
    assert (found["score"], found["comment"]) == (5, "很快")


async def test_it_can_be_switched_off(open_office, clock) -> None:  # type: ignore[no-untyped-def]
    office = await open_office(rating={"enabled": False})
    visitor, agent = await office.visitor(), await office.agent("Ada")
    await helped(office, visitor, agent)
    await pass_time(office, minutes=6)
    await visitor.hears_nothing()


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


async def test_on_telegram_by_a_button(open_office, telegram: FakeTelegram, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    section = {"token": TOKEN, "api_base": telegram.url, "mode": "polling"}
    office = await open_office(rating={"enabled": True}, telegram=section, server={"data_dir": str(tmp_path)})
    agent = await office.agent("Ada")

    async def hears(*words: str) -> None:
        await telegram.until(lambda: any(all(word in line for word in words) for line in telegram.heard(7)))

    await telegram.say("I want to talk to a person")
    await hears("takes over")
    [line] = (await agent.get("/conversations?status=queued"))["items"]
    await agent.post(f"/conversations/{line['id']}/messages", {"text": "Done."})
    await agent.post(f"/conversations/{line['id']}/close")
    await hears("closed")
    await pass_time(office, minutes=6)
    await hears(ASKED)
    await telegram.press(GOOD)
    await hears("Thank you for your rating!")
    seen = await agent.get(f"/conversations/{line['id']}")
    assert (seen["ratings"][0]["score"], seen["conversation"]["status"]) == (4, "closed")
