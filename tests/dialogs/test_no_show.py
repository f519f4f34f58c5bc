"""Nobody came to a booked visit: the customer says so, and dealer, team and scorecard have it; the promises stand."""

from pathlib import Path

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.flow import book_visit
from tests.dialogs.dealer_chat import hears, sees
from tests.dialogs.dealing import Case, is_told, open_chat, presses, service, system
from tests.office import Opener

TALK = {
    "en": {
        "plan": "plan Tuesday 14:00, replace the pump",
        "agree": "Agree",
        "booked": "booked, we come tomorrow at 14:00",
        "says": "Your technician did not come!",
        "sorry": "we are sorry that nobody came today at 14:00",
        "ask": "the customer says that nobody came",
        "card": "Nobody came",
        "team": "and waits for other times",
        "times": "times Thu 9-11",
        "when": "when may we visit you?",
        "pick": "ok",
        "again": "booked, we come on Thursday at 09:00",
    },
    "zh-Hans": {
        "plan": "方案 周二下午两点上门换水泵",
        "agree": "同意",
        "booked": "已预约，我们将于明天 14:00",
        "says": "师傅没来！",
        "sorry": "没有人上门，非常抱歉",
        "ask": "客户说",
        "card": "没有人上门：客户在等新的时间",
        "team": "正在等新的时间",
        "times": "时间 周四上午9点到11点",
        "when": "您什么时候方便我们上门",
        "pick": "好的",
        "again": "已预约，我们将于周四 09:00",
    },
}


async def test_who_waited_in_vain_says_so_and_gets_other_times(case: Case, language: str) -> None:
    t, chat = TALK[language], case.chat
    office, agent, visitor = chat.office, case.agent, case.visitor
    await case.nils_says(t["plan"])
    await presses(visitor, t["agree"])
    await is_told(visitor, t["booked"])
    before = await promised(agent, case.number)
    told = len(await system(visitor))
    await visitor.says(t["says"])  # the time is not over
    await office.settled()
    assert not any(t["sorry"] in line for line in (await system(visitor))[told:])
    assert (await agent.get(f"/dealers/{case.dealer_id}/scorecard"))["no_shows"] == 0
    office.clock.advance(hours=32)
    await visitor.says(t["says"])
    await is_told(visitor, t["sorry"])
    await hears(chat, "Nord", t["ask"])
    await sees(chat, "Nord", t["card"])
    notes = [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert any(t["team"] in note for note in notes)
    office.clock.advance(minutes=1)  # a scorecard ends now, and what happens now is not in it
    assert (await agent.get(f"/dealers/{case.dealer_id}/scorecard"))["no_shows"] == 1
    [line] = (await agent.get("/bookings?wanted=true"))["items"]
    assert (line["booking"]["stage"], line["booking"]["no_shows"], line["dealer"]) == ("not_come", 1, "Nord")
    assert await promised(agent, case.number) == before
    await visitor.says(t["says"])  # once more: it counts once
    await office.settled()
    office.clock.advance(minutes=1)  # a scorecard ends now, and what happens now is not in it
    assert (await agent.get(f"/dealers/{case.dealer_id}/scorecard"))["no_shows"] == 1
    await case.nils_says(t["times"])
    await is_told(visitor, t["when"])
    await visitor.says(t["pick"])
    await is_told(visitor, t["again"])


async def promised(agent: object, number: str) -> list[tuple[str, str, str | None]]:
    """The dealer's clocks: kind, due, outcome."""
    clocks = (await agent.get(f"/tickets/{number}"))["clocks"]  # type: ignore[attr-defined]
    return [(one["kind"], one["due_at"], one["outcome"]) for one in clocks if one["kind"] == "dealer_closing"]


async def test_a_case_that_is_done_before_its_visit_reminds_of_nothing(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    chat = await open_chat("telegram", open_office, telegram, slack, service=service(tmp_path))
    office = chat.office
    agent = await office.agent("Ada")
    visitor = await office.visitor()
    number = await agent.opens_ticket(visitor, "Noise")
    slot = {"starts_at": "2026-06-03T14:00:00Z", "ends_at": "2026-06-03T15:00:00Z"}
    await agent.post(f"/tickets/{number}/slots", {"slots": [slot]})
    await visitor.says("ok")
    await is_told(visitor, "booked, we come")
    await agent.post(f"/tickets/{number}/resolve", {"text": "It was the cable."})
    office.clock.advance(hours=40)
    await book_visit.step(office.application.desk, office.clock.now())
    assert not any("reminder" in line for line in await system(visitor))
