"""A visit on both sides: picked by words, offered from the dealer's group; nobody is there, and another time is found."""

import pytest

from omnibot.flow import book_visit
from tests.dialogs.dealer_chat import hears, sees
from tests.dialogs.dealing import Case, is_told, presses, system
from tests.office import Agent, Office, Visitor

SLOTS = [
    {"starts_at": f"2026-06-{day}T{hour}:00:00Z", "ends_at": f"2026-06-{day}T{hour + 1}:00:00Z"}
    for day, hour in (("02", 14), ("03", 14), ("03", 16))
]


@pytest.mark.parametrize(("language", "unclear", "which", "words", "booked"), [
    ("en", "Wednesday", "which of these", "Wednesday at 4 pm please", "booked, we come on Wednesday at 16:00"),
    ("zh-Hans", "周三下午", "哪个时间适合您", "周三下午四点吧", "已预约，我们将于周三 16:00"),
])  # fmt: skip
async def test_words_pick_a_time_whoever_has_the_conversation(
    office: Office, agent: Agent, language: str, unclear: str, which: str, words: str, booked: str
) -> None:
    visitor = await office.visitor(language)
    number = await agent.opens_ticket(visitor, "Leak")
    await agent.takes(visitor)
    await agent.post(f"/tickets/{number}/slots", {"slots": SLOTS})
    await visitor.says("Tuesday morning nobody came to me" if language == "en" else "周二上午没人来")
    await office.settled()
    assert (await agent.get("/bookings?stage=booked"))["items"] == []
    await visitor.says(unclear)
    await is_told(visitor, which)
    await visitor.says(words)
    await is_told(visitor, booked)
    [line] = (await agent.get("/bookings?stage=booked&from=2026-06-03T00:00:00Z"))["items"]
    assert (line["ticket"], line["booking"]["slot"]) == (number, SLOTS[2])
    told = len(await system(visitor))
    await visitor.says(words)  # it is booked: now the words are for the agent
    await office.settled()
    assert len(await system(visitor)) == told


async def test_none_of_the_times_suits_and_the_team_hears_of_it(office: Office, agent: Agent, visitor: Visitor) -> None:
    number = await agent.opens_ticket(visitor, "Leak")
    await agent.post(f"/tickets/{number}/slots", {"slots": SLOTS})
    await visitor.says("none of these")
    await is_told(visitor, "we ask for other times")
    [line] = (await agent.get("/bookings?wanted=true"))["items"]
    assert line["ticket"] == number
    notes = [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert any("waits for other times" in note for note in notes)
    await presses(visitor, "None of these")
    await is_told(visitor, "already")
    await visitor.says("Where is my case?")
    await is_told(visitor, "other times for the visit have been asked for")
    later = [{"starts_at": "2026-06-05T10:00:00Z", "ends_at": "2026-06-05T12:00:00Z"}]
    await agent.post(f"/tickets/{number}/slots", {"slots": later})
    await visitor.says("ok")
    await is_told(visitor, "booked, we come on Friday at 10:00")
    assert (await agent.get("/bookings?wanted=true"))["items"] == []


TALK = {
    "en": {
        "plan": "plan Tuesday 14:00, replace the pump",
        "agree": "Agree",
        "booked": "booked, we come tomorrow at 14:00",
        "card": "Visit booked",
        "early": "has not begun",
        "no show": "no show",
        "noted": "Noted.",
        "missed": "we met nobody at our visit",
        "unclear": "times sometime next week",
        "not understood": "I did not understand these times",
        "times": "Thu 9-11; Fri 14:00-16:00",
        "offered": "The customer is asked to pick",
        "ask": "when may we visit you?",
        "pick": "Friday afternoon",
        "again": "booked, we come on Friday at 14:00",
        "where": "Where is my case?",
        "truth": "the visit is booked on Friday at 14:00",
        "another": "Another time",
        "which": "which of these times",
        "none": "None of these",
        "needs": "the customer needs other times",
    },
    "zh-Hans": {
        "plan": "方案 周二下午两点上门换水泵",
        "agree": "同意",
        "booked": "已预约，我们将于明天 14:00",
        "card": "已约上门",
        "early": "has not begun",
        "no show": "客户不在",
        "noted": "已记录",
        "missed": "没有遇到您",
        "unclear": "时间 下周什么时候都行",
        "not understood": "没看懂这些时间",
        "times": "周四上午9点到11点；周五下午2点到4点",
        "offered": "已请客户选择",
        "ask": "您什么时候方便我们上门",
        "pick": "周五下午",
        "again": "已预约，我们将于周五 14:00",
        "where": "我的工单到哪了",
        "truth": "上门时间已约定：周五 14:00",
        "another": "换个时间",
        "which": "哪个时间适合您",
        "none": "都不合适",
        "needs": "客户需要其他时间",
    },
}


async def test_a_dealer_books_a_visit_meets_nobody_and_finds_another_time(case: Case, language: str) -> None:
    t, chat = TALK[language], case.chat
    office, agent, visitor = chat.office, case.agent, case.visitor
    await case.nils_says(t["plan"])
    await presses(visitor, t["agree"])
    await is_told(visitor, t["booked"])
    await sees(chat, "Nord", t["card"])
    await book_visit.step(office.application.desk, office.clock.now())
    files = [line["attachments"][0]["name"] for line in await visitor.transcript() if line.get("attachments")]
    assert files == [f"{case.number.replace('-', '')}.ics"]
    await case.nils_says(t["no show"])
    seen = await agent.get("/bookings")
    assert seen["items"][0]["booking"]["stage"] == "booked"  # it had not begun
    office.clock.advance(hours=30)
    await case.nils_says(t["no show"])
    await is_told(visitor, t["missed"])
    await hears(chat, "Nord", t["needs"])
    [line] = (await agent.get("/bookings?wanted=true"))["items"]
    assert (line["booking"]["missed"], line["dealer"]) == (1, "Nord")
    await case.nils_says(t["unclear"])
    prompt = await hears(chat, "Nord", t["not understood"])
    await chat.says("Nord", "Nils", t["times"], to=prompt)
    await is_told(visitor, t["ask"])
    await visitor.says(t["pick"])
    await is_told(visitor, t["again"])
    await visitor.says(t["where"])
    await is_told(visitor, t["truth"])
    await presses(visitor, t["another"])
    await is_told(visitor, t["which"])
    await presses(visitor, t["none"])
    await office.settled()
    [line] = (await agent.get("/bookings?wanted=true"))["items"]
    assert line["booking"]["stage"] == "booked"  # it stands until another one is picked
