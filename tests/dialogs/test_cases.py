"""Tickets as customers live them: a number, news without asking, and the right to object."""

import pytest

from omnibot.domain.language import Language
from omnibot.flow import keep_promises
from tests.office import Agent, Json, Office, Visitor

FIRST_NUMBER = "10001-4"


@pytest.fixture
async def number(visitor: Visitor, agent: Agent) -> str:
    """A ticket of the visitor's; its number was told."""
    opened = await agent.opens_ticket(visitor, "Drum does not turn")
    await visitor.hears(f"system: {opened}")
    return opened


@pytest.fixture
async def resolved(visitor: Visitor, agent: Agent, number: str) -> str:
    await agent.resolves(number, "We replaced the belt.")
    await visitor.hears("system: resolved")
    return number


async def status_of(agent: Agent, number: str) -> str:
    ticket: Json = (await agent.get(f"/tickets/{number}"))["ticket"]
    return str(ticket["status"])


async def test_the_number_of_a_new_ticket_is_told(visitor: Visitor, agent: Agent) -> None:
    assert await agent.opens_ticket(visitor, "Drum does not turn") == FIRST_NUMBER
    await visitor.hears(f"system: Your case number is {FIRST_NUMBER} (Drum does not turn).")


@pytest.mark.parametrize("language", [Language.ZH_HANS, Language.ZH_HANT])
async def test_the_number_is_told_in_the_customers_language(office: Office, agent: Agent, language: Language) -> None:
    visitor = await office.visitor(language.value)
    opened = await agent.opens_ticket(visitor, "E1")
    told = office.words(language)(
        "Your case number is {number} ({subject}). We keep you posted right here.", number=opened, subject="E1"
    )
    assert told.isascii() is False
    await visitor.hears(f"system: {told}")


async def test_a_subject_is_shown_as_written_never_as_markup(visitor: Visitor, agent: Agent) -> None:
    await agent.opens_ticket(visitor, "<b>*not* [bold](https://example.com)</b>")
    [line] = await visitor.hears("system: Your case number")
    assert "<b>" not in line["html"]
    assert "<em>" not in line["html"]
    assert "<a " not in line["html"]


QUESTIONS = ["where is my case?", "any updates?", "我的工单到哪了", FIRST_NUMBER, "10001 4", "case １０００１－４"]


@pytest.mark.parametrize("owner", ["bot", "queued", "open", "closed"])
async def test_where_is_my_case_is_answered_at_any_time(
    visitor: Visitor, agent: Agent, number: str, owner: str
) -> None:
    if owner != "bot":
        await visitor.says("talk to a person")
        await visitor.hears("system: Of course")
    if owner == "open":
        await agent.takes(visitor)
        await visitor.hears("system: Ada")
    if owner == "closed":
        await agent.closes(visitor)
        await visitor.hears("system: closed")
    for question in QUESTIONS:
        await visitor.says(question)
        [line] = await visitor.hears(f"system: {number}")
        assert "Drum does not turn" in line["text"]


async def test_the_status_follows_the_work(visitor: Visitor, agent: Agent, number: str) -> None:
    await agent.post(f"/tickets/{number}/events", {"kind": "start"})
    await visitor.hears("system: we are working on it")
    await visitor.says("where is my case?")
    await visitor.hears("system: we are working on it")


async def test_other_peoples_numbers_are_nobodys(office: Office, visitor: Visitor, agent: Agent, number: str) -> None:
    stranger = await office.visitor()
    await stranger.says(f"where is {number}?")
    [line] = await stranger.hears("system: I find no case of yours")
    assert "Drum" not in line["text"]
    unknown = await office.visitor()
    await unknown.says("where is 10012-8?")
    [other] = await unknown.hears("system: I find no case of yours")
    assert other["text"] == line["text"]


async def test_a_mistyped_number_is_not_taken_for_another_one(visitor: Visitor, number: str) -> None:
    await visitor.says("where is case 10001-5?")
    [line] = await visitor.hears("bot: ")
    assert "Drum" not in line["text"]


async def test_each_visible_change_is_told_and_no_other(visitor: Visitor, agent: Agent, number: str) -> None:
    tab = await visitor.tab()
    events = f"/tickets/{number}/events"
    await agent.post(events, {"kind": "start"})
    await agent.post(events, {"kind": "comment", "text": "SECRET supplier is late", "visible": False})
    await agent.post(events, {"kind": "comment", "text": "The belt is on its way.", "visible": True})
    await agent.post(events, {"kind": "hold", "text": "Please send a photo."})
    await agent.post(events, {"kind": "prioritise", "text": "high"})
    await agent.post(f"/tickets/{number}/assign", {"agent_id": agent.id})
    await agent.post(f"/tickets/{number}/report", {"cause": "SECRET", "solution": "SECRET", "prevention": "SECRET"})
    await agent.resolves(number)
    news = (
        "system: we are working on it",
        "system: The belt is on its way.",
        "system: Please send a photo.",
        "system: resolved",
    )
    await tab.hears(*news)
    await visitor.hears(*news)
    assert "SECRET" not in str(await visitor.transcript())
    tab.close()


async def test_news_reaches_the_conversation_it_began_in_and_no_other(
    office: Office, visitor: Visitor, agent: Agent, number: str
) -> None:
    other = await office.visitor()
    await agent.resolves(number)
    await visitor.hears("system: resolved")
    assert await other.transcript() == []


async def test_thanks_does_not_reopen(visitor: Visitor, agent: Agent, resolved: str) -> None:
    for thanks in ("thanks", "thank you so much!", "great, that works", "谢谢"):
        await visitor.says(thanks)
    await visitor.hears("bot: ", "bot: ", "bot: ", "bot: ")
    assert await status_of(agent, resolved) == "resolved"


async def test_an_objection_in_time_reopens_the_same_ticket(visitor: Visitor, agent: Agent, resolved: str) -> None:
    await visitor.says("it still does not turn")
    await visitor.hears("system: sorry", f"system: {resolved} is open again")
    assert await status_of(agent, resolved) == "open"
    assert (await agent.sees(visitor))["conversation"]["status"] == "queued"


async def test_an_objection_reopens_also_while_an_agent_has_the_conversation(visitor: Visitor, agent: Agent) -> None:
    number = await agent.opens_ticket(visitor, "Drum does not turn")
    await agent.takes(visitor)
    await agent.resolves(number)
    await visitor.hears(f"system: {number}", "system: joins", "system: resolved")
    await visitor.says("fine, see you")
    await visitor.says("oh no, it still does not turn")
    await visitor.hears(f"system: {number} is open again")
    assert await status_of(agent, number) == "open"
    seen = (await agent.sees(visitor))["conversation"]
    assert (seen["status"], seen["assignee_id"]) == ("open", agent.id)


async def test_after_the_window_an_objection_before_an_agent_opens_one_linked_ticket(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "Drum does not turn")
    await agent.takes(visitor)
    await agent.resolves(number)
    office.clock.advance(days=15)
    await visitor.says("it still does not turn")
    await visitor.says("still nothing")
    await visitor.hears(f"system: {number}", "system: joins", "system: resolved", "system: This continues")
    await visitor.hears_nothing()
    assert len((await agent.get("/tickets"))["items"]) == 2


async def test_a_new_question_after_the_resolution_is_just_answered(
    visitor: Visitor, agent: Agent, resolved: str
) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    assert await status_of(agent, resolved) == "resolved"


async def test_an_objection_after_the_window_opens_a_linked_ticket(
    office: Office, visitor: Visitor, agent: Agent, resolved: str
) -> None:
    office.clock.advance(days=15)
    await visitor.says("it still does not turn")
    lines = await visitor.hears("system: ", "system: This continues your earlier case.")
    following = (await agent.get("/tickets"))["items"][0]
    assert following["number"] in lines[1]["text"]
    assert following["follows"] == resolved
    assert await status_of(agent, resolved) == "resolved"


async def test_a_resolved_ticket_closes_by_itself_and_quietly(
    office: Office, visitor: Visitor, agent: Agent, resolved: str
) -> None:
    desk = office.application.desk
    await keep_promises.close_silent_tickets(desk, office.clock.advance(days=13))
    assert await status_of(agent, resolved) == "resolved"
    await keep_promises.close_silent_tickets(desk, office.clock.advance(days=1))
    assert await status_of(agent, resolved) == "closed"
    await visitor.hears_nothing()
    await visitor.says("it still does not turn")
    await visitor.hears("system: ", "system: This continues your earlier case.")


async def test_a_closed_ticket_takes_no_more_work(visitor: Visitor, agent: Agent, number: str) -> None:
    await agent.post(f"/tickets/{number}/events", {"kind": "close"})
    await visitor.hears("system: closed")
    await agent.post(f"/tickets/{number}/reopen", {}, status=409)
    await agent.post(f"/tickets/{number}/resolve", {}, status=409)
    await visitor.hears_nothing()


async def test_an_agent_reopens_and_the_customer_hears_it(visitor: Visitor, agent: Agent, resolved: str) -> None:
    await agent.post(f"/tickets/{resolved}/reopen", {"text": "The belt slipped."})
    await visitor.hears("system: open again")
    # From now on there is nothing to object to.
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")


async def test_who_waits_for_a_person_and_asks_for_the_case_hears_where_the_question_is(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    await visitor.says("Talk to a person")
    await visitor.hears("system: ")
    await visitor.says("Where is my case?")
    [told] = await visitor.hears("system: There is no case number yet, but your question is with our people.")
    assert "within about 10 minutes" in told["text"]
    await agent.takes(visitor)
    await visitor.hears("system: Ada")
    await visitor.says("Where is my case?")
    await visitor.hears("system: There is no case number yet. Ada has your question and answers here.")


async def test_who_waits_in_chinese_hears_it_in_chinese(office: Office) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("转人工")
    await visitor.hears("system: ")
    await visitor.says("我的工单到哪了")
    await visitor.hears("system: 您的问题还没有工单号，但已转给客服人员。")
