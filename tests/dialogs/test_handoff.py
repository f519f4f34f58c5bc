"""When the bot gives a conversation to people, what it says then, and that it is silent afterwards."""

from typing import Any

import pytest

from omnibot.domain.conversation import HandoffReason
from omnibot.domain.language import Language
from omnibot.flow import word
from omnibot.store.transactions import Unavailable
from tests.office import Agent, ManualClock, Office, Opener, Visitor

OFFICE_HOURS = {"hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}


def sentence(office: Office, reason: HandoffReason, language: Language = Language.EN) -> str:
    """What the catalogue has for a handoff at this moment."""
    return word.handoff(office.words(language), reason, office.application.desk.policy, office.clock.now())


WISHES = [
    "talk to a person",
    "i want a real human please",
    "representitive",
    "stop bot",
    "customer service",
    "转人工",
    "人工客服",
    "我要找真人",
    "轉人工",
    "有人吗",
]


async def test_whoever_asks_for_a_person_in_whatever_words_gets_one(office: Office) -> None:
    for wish in WISHES:
        visitor = await office.visitor("en" if wish.isascii() else "zh-Hans")
        await visitor.says(wish)
        [line] = await visitor.hears("system: ")
        assert line["text"] in {sentence(office, HandoffReason.ASKED, language) for language in Language}, wish


async def test_no_match_is_handed_over_with_one_honest_sentence(visitor: Visitor, office: Office) -> None:
    await visitor.says("Who won the world cup?")
    [line] = await visitor.hears("system: 10 minutes")
    assert line["text"] == sentence(office, HandoffReason.NO_MATCH)


async def test_a_chinese_customer_is_handed_over_in_chinese(office: Office) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("帮我写一首诗")
    await visitor.hears(f"system: {sentence(office, HandoffReason.NO_MATCH, Language.ZH_HANS)}")


async def test_a_database_that_was_away_for_a_moment_is_asked_again_before_any_sweep(
    visitor: Visitor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = office.application.store
    run, refused = store.run, []

    async def refuse_once(body: Any, **lock: Any) -> Any:
        if lock.get("lock") == visitor.conversation_id and not refused:
            refused.append(body)
            raise Unavailable("the statement took too long")
        return await run(body, **lock)

    monkeypatch.setattr(store, "run", refuse_once)
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")  # the clock stands still: nothing is old enough for the sweep
    assert len(refused) == 1


async def test_a_bot_that_breaks_hands_over_at_once(visitor: Visitor, office: Office) -> None:
    office.break_the_bot()
    await visitor.says("How do I clean the filter?")
    [line] = await visitor.hears("system: Something went wrong on our side")
    assert line["text"] == sentence(office, HandoffReason.BOT_ERROR)


async def test_a_button_that_breaks_the_bot_hands_over_too(visitor: Visitor, office: Office) -> None:
    await visitor.says("machine does not work")
    [line] = await visitor.hears("bot: Did you mean one of these?")
    office.break_the_bot()
    await visitor.presses(line["choices"][0]["label"])
    await visitor.hears("system: Something went wrong on our side")


async def test_out_of_hours_the_sentence_says_when_people_are_back(open_office: Opener, clock: ManualClock) -> None:
    office = await open_office(service=OFFICE_HOURS, server={"timezone": "Europe/Berlin"})
    visitor = await office.visitor()
    clock.advance(hours=12)  # Monday, 23:00 in Berlin
    await visitor.says("talk to a person")
    await visitor.hears("system: tomorrow at 09:00 (Europe/Berlin)")


async def test_on_friday_evening_people_are_back_on_monday(open_office: Opener, clock: ManualClock) -> None:
    office = await open_office(service=OFFICE_HOURS)
    visitor = await office.visitor()
    clock.advance(days=4, hours=10)  # Friday, 19:00
    await visitor.says("talk to a person")
    await visitor.hears("system: on Monday at 09:00 (UTC)")


async def test_within_hours_the_sentence_says_in_how_many_minutes(open_office: Opener) -> None:
    office = await open_office(service=OFFICE_HOURS | {"first_reply_minutes": 7})
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: within about 7 minutes")


async def test_after_the_handoff_the_bot_is_silent_whatever_is_said(visitor: Visitor) -> None:
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    for words in ("How do I clean the filter?", "hello", "thanks", "no", "talk to a person", "hello?"):
        await visitor.says(words)
    await visitor.hears_nothing()


async def test_the_button_of_an_earlier_answer_does_not_wake_the_bot(visitor: Visitor) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    await visitor.presses("No")
    await visitor.hears("system: that button does nothing any more")


async def test_people_see_the_question_and_what_the_bot_tried(visitor: Visitor, agent: Agent) -> None:
    await visitor.says("machine does not work")
    await visitor.hears("bot: Did you mean one of these?")
    await visitor.says("Who won the world cup?")
    await visitor.hears("system: takes over")
    handoff = (await agent.sees(visitor))["handoff"]
    assert handoff["reason"] in ("no_match", "second_failure")
    assert handoff["question"] == "Who won the world cup?"
    assert [tried["decision"] for tried in handoff["tried"]] == ["suggest", "hand_off"]


async def test_what_a_customer_writes_while_being_handed_over_reaches_people_in_order(
    visitor: Visitor, agent: Agent
) -> None:
    words = ["talk to a person", "my washer leaks", "and it smells", "are you there?"]
    for text in words:
        await visitor.says(text)
    await visitor.hears("system: Of course")
    transcript = (await agent.sees(visitor))["transcript"]
    assert [line["text"] for line in transcript if line["author"] == "customer"] == words
    assert [line["seq"] for line in transcript] == sorted(line["seq"] for line in transcript)


async def test_the_status_tells_place_in_the_queue_and_who_joined(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    earlier = await office.visitor()
    await earlier.says("talk to a person")
    await earlier.hears("system: Of course")
    office.clock.advance(seconds=1)
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    resumed = await office.visitor(token=visitor.token)
    assert resumed.session["status"]["status"] == "queued"
    assert resumed.session["status"]["position"] == 2
    await agent.takes(visitor)
    resumed = await office.visitor(token=visitor.token)
    assert resumed.session["status"] == {"status": "open", "agent_name": "Ada", "read": 0}


async def test_a_ticket_that_is_asked_for_beats_what_the_faq_knows(office: Office, agent: Agent) -> None:
    for language, wish in (("zh-Hans", "我要建工单：烤箱显示E4"), ("en", "Open a ticket: what does error E4 mean?")):
        visitor = await office.visitor(language)
        await visitor.says(wish)
        [line] = await visitor.hears("system: ")
        assert line["text"] in {sentence(office, HandoffReason.ASKED, spoken) for spoken in Language}, wish
        seen = await agent.sees(visitor)
        assert seen["handoff"]["reason"] == "asked", wish
        assert [line["text"] for line in seen["transcript"] if line["author"] == "customer"] == [wish]


async def test_a_press_that_comes_after_people_have_it_is_seen_by_them_and_answered_honestly(
    office: Office, agent: Agent
) -> None:
    for language, yes in (("en", "Yes, thanks"), ("zh-Hans", "有帮助，谢谢")):
        visitor, words = await office.visitor(language), office.words(Language(language))
        await visitor.says("E4" if language == "en" else "洗衣机显示E4是什么意思？")
        [answer] = await visitor.hears("bot: ")
        assert all(choice["needs_bot"] for choice in answer["choices"])
        await visitor.says("talk to a person" if language == "en" else "转人工")
        await visitor.hears("system: ")
        await visitor.presses(words("No"))
        waiting = (
            "You are in line for a person, so that button does nothing any more. Write here what they should know."
        )
        await visitor.hears(f"system: {words(waiting)}")
        await agent.takes(visitor)
        await visitor.hears("system: ")
        await visitor.presses(yes)
        taken = "A person has taken over, so that button does nothing any more. Write to them right here."
        await visitor.hears(f"system: {words(taken)}")
        seen = await agent.sees(visitor)
        assert seen["conversation"]["status"] == "open"
        assert [line["text"] for line in seen["transcript"] if line["author"] == "customer"][-2:] == [words("No"), yes]
