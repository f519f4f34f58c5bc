"""A case in dealers' hands, as the customer hears of it: who has it, and what happens by when."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers.dealer_case import DealerCase, Move, Plan, Refused, Report, Stage
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.flow import find_owner, keep_promises
from omnibot.flow.dealers import hand_to_dealer
from omnibot.flow.say import announce
from omnibot.store import dealer_cases, groups
from tests.office import MONDAY, Agent, Office, Visitor

RULES = """
[[categories]]
name = "repair"
keywords = ["leak", "漏水"]
[[tiers]]
name = "vip"
[[teams]]
name = "repairs"
members = ["ada@example.com"]
[[rules]]
name = "repairs"
when = { category = ["repair"] }
dealers = true
team = "repairs"
priority = "high"
"""
REPORT = Report(cause="The pump was worn out", solution="We put in a new pump", prevention="Clean the filter monthly")


class Desk:
    """Dealers by name, and what they do; the cards will call the same."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ids: dict[str, int] = {}

    async def add(self, supervisor: Agent, name: str, **profile: Any) -> int:
        made = await supervisor.post("/dealers", {"name": name, **profile}, status=201)
        self.ids[name] = made["dealer"]["id"]
        await self.office.application.store.run(partial(give_a_group, dealer_id=self.ids[name]))
        return self.ids[name]

    async def moves(self, number: str, made: Move, **more: Any) -> DealerCase | Refused | None:
        desk, now = self.office.application.desk, self.office.clock.now()
        case, said = await desk.store.run(lambda tx: hand_to_dealer.move(tx, desk, number, made, now=now, **more))
        if said:
            announce(desk, said[0].conversation_id, said)
        return case


def give_a_group(tx: Connection, dealer_id: int) -> None:
    address = Address(channel="push", chat=f"g{dealer_id}")
    groups.register(tx, address, GroupRole.DEALER, dealer_id=dealer_id, language=Language.EN, by=None, now=MONDAY)


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Office:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    return await open_office(service={"rules": str(path)})


@pytest.fixture
async def desk(office: Office, supervisor: Agent) -> Desk:
    made = Desk(office)
    await made.add(supervisor, "Nord")
    await made.add(supervisor, "Mitte")
    return made


async def test_the_way_of_a_case_through_two_dealers(
    office: Office, desk: Desk, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await visitor.hears(
        "system: Your case number is",
        f"system: Case {number} goes to Nord, who answers today at 21:00 (UTC) at the latest.",
    )
    seen = await agent.get(f"/tickets/{number}")
    assert seen["ticket"]["priority"] == "high"
    assignment = seen["assignment"]
    assert (assignment["team"], assignment["dealer_name"], assignment["dealer_stage"]) == ("repairs", "Nord", "offered")
    assert assignment["first_agent_name"] == "Ada"
    assert assignment["why_not"][0]["candidate"] == "Mitte"
    office.clock.advance(hours=12)
    await find_owner.time_out_dealers(office.application.desk, office.clock.now())
    await visitor.hears(
        f"system: Case {number} now goes to Mitte instead, who answers tomorrow at 09:00 (UTC) at the latest."
    )
    await desk.moves(number, domain.Accepted(member_id=7))
    await visitor.hears(
        f"system: Case {number}: Mitte has it and agrees a plan with you, on Saturday at 21:00 (UTC) at the latest."
    )
    assert isinstance(await desk.moves(number, domain.Done(report=REPORT)), Refused)
    await desk.moves(number, domain.PlanProposed(plan=Plan(text="We change the pump on Wednesday at 9")))
    await visitor.hears(f"system: Case {number}: Mitte proposes: We change the pump on Wednesday at 9")
    clocks = (await agent.get(f"/tickets/{number}"))["clocks"]
    [plan] = [one for one in clocks if one["kind"] == "dealer_plan" and one["outcome"] is None]
    await visitor.presses("Agree")
    await visitor.hears(f"system: Case {number}: agreed. Mitte does it on 2026-06-16 at 21:00 (UTC) at the latest.")
    await desk.moves(number, domain.ArrivedOnSite())
    await visitor.hears(f"system: Case {number}: Mitte is there now.")
    poor = await desk.moves(number, domain.Done(report=Report(cause="ok", solution="done", prevention="-")))
    assert isinstance(poor, Refused)
    assert poor.missing == ("cause", "solution", "prevention")
    await desk.moves(number, domain.Done(report=REPORT))
    await visitor.hears(f"system: Case {number} is resolved.")
    await visitor.says("It still leaks!")
    await visitor.hears("system: I am sorry", f"system: Case {number} is open again.")
    seen = await agent.get(f"/tickets/{number}")
    assert (seen["assignment"]["dealer_name"], seen["assignment"]["dealer_stage"]) == ("Mitte", "accepted")
    assert [one["answer"] for one in seen["assignment"]["offers"]] == ["timed_out", "accepted"]
    office.clock.advance(minutes=1)
    card = await agent.get(f"/dealers/{desk.ids['Mitte']}/scorecard")
    assert (card["offered"], card["accepted"], card["reopened"]) == (1, 1, 1)
    assert card["promises_kept"] == 3
    assert card["promises_broken"] == 0
    assert card["seconds_to_answer"] == 0.0
    late = await agent.get(f"/dealers/{desk.ids['Nord']}/scorecard?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z")
    assert (late["timed_out"], late["promises_broken"]) == (1, 1)
    assert plan["outcome"] is None


async def test_the_same_in_chinese(office: Office, desk: Desk, agent: Agent) -> None:
    visitor = await office.visitor("zh-Hans")
    number = await agent.opens_ticket(visitor, "洗衣机漏水")
    await visitor.hears("system: ", f"system: 工单 {number} 已交给Nord，对方会在今天 21:00（UTC）前答复。")
    await desk.moves(number, domain.Declined(reason="本周没有师傅"))
    await visitor.hears(f"system: 工单 {number} 现改由Mitte处理")
    await desk.moves(number, domain.Accepted(member_id=7))
    await visitor.hears(f"system: 工单 {number}：Mitte已接单")
    await desk.moves(number, domain.PlanProposed(plan=Plan(text="周三上午换水泵")))
    await visitor.hears(f"system: 工单 {number}：Mitte提议：周三上午换水泵")
    await visitor.presses("同意")
    await visitor.hears(f"system: 工单 {number}：方案已确认")


async def test_whoever_does_not_agree_gets_a_person(office: Office, desk: Desk, visitor: Visitor, agent: Agent) -> None:
    await agent.post("/me/away", {"away": True})  # or the queue would give Ada the conversation in the middle of it
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await visitor.hears("system: Your case number", "system: Case")
    await desk.moves(number, domain.Accepted(member_id=7))
    await desk.moves(number, domain.PlanProposed(plan=Plan(text="On Wednesday")))
    await visitor.hears("system: Case", "system: Case")
    await visitor.presses("Talk to us")
    await visitor.hears("system: Of course: our service team takes over from here")
    seen = await agent.get(f"/tickets/{number}")
    assert seen["assignment"]["dealer_stage"] == "proposed"
    await visitor.presses("Another time")
    await visitor.hears(f"system: Case {number}: we tell Nord that you need another time.")
    assert (await agent.get(f"/tickets/{number}"))["assignment"]["dealer_stage"] == "accepted"
    await visitor.presses("Agree")
    await visitor.hears("system: This plan is no longer the current one; nothing has changed.")
    await desk.moves(number, domain.PlanProposed(plan=Plan(text="On Friday")))
    await visitor.hears(f"system: Case {number}: Nord proposes: On Friday")
    await visitor.presses("Agree")
    await visitor.hears(f"system: Case {number}: agreed.")


async def test_when_no_dealer_is_left_the_team_has_it_and_nothing_is_promised_in_their_name(
    office: Office, desk: Desk, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    for _ in range(2):
        await desk.moves(number, domain.Declined(reason="No technician this week"))
    seen = await agent.get(f"/tickets/{number}")
    assert (seen["assignment"]["team"], seen["assignment"]["dealer_id"]) == ("repairs", None)
    assert "no dealer can take it" in seen["assignment"]["why"]
    assert [one for one in seen["clocks"] if one["kind"].startswith("dealer_") and one["outcome"] is None] == []
    assert [one["answer"] for one in seen["assignment"]["offers"]] == ["declined", "declined"]


async def test_people_move_a_case_by_hand_and_each_hand_over_is_in_the_time_line(
    office: Office, desk: Desk, visitor: Visitor, agent: Agent, colleague: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "An invoice is missing")
    await colleague.post(f"/tickets/{number}/assign", {"dealer_id": desk.ids["Nord"]})
    await colleague.post(f"/tickets/{number}/assign", {"dealer_id": desk.ids["Mitte"]})
    await colleague.post(f"/tickets/{number}/assign", {"team": "repairs"})
    await colleague.post(f"/tickets/{number}/assign", {"agent_id": colleague.id})
    seen = await agent.get(f"/tickets/{number}")
    assert [one["kind"] for one in seen["timeline"]] == ["opened", "passed_on", "passed_on", "passed_on", "assigned"]
    assert [one["by_name"] for one in seen["timeline"][1:]] == ["Grace"] * 4
    assert [one["answer"] for one in seen["assignment"]["offers"]] == ["withdrawn", "withdrawn"]
    assert seen["assignment"]["first_agent_name"] == "Ada"
    assert seen["ticket"]["assignee_id"] == colleague.id
    for wrong in ({}, {"team": "x"}, {"dealer_id": 4711}, {"team": "repairs", "agent_id": agent.id}):
        await agent.post(f"/tickets/{number}/assign", wrong, status=422)
    await agent.resolves(number)
    await agent.post(f"/tickets/{number}/assign", {"team": "repairs"}, status=409)


async def test_silence_closes_the_dealer_s_case_too(office: Office, desk: Desk, visitor: Visitor, agent: Agent) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    for made in (
        domain.Accepted(member_id=7),
        domain.PlanProposed(plan=Plan(text="On Wednesday")),
        domain.PlanAgreed(),
        domain.Done(report=REPORT),
    ):
        assert isinstance(await desk.moves(number, made), DealerCase)
    office.clock.advance(days=15)
    await keep_promises.close_silent_tickets(office.application.desk, office.clock.now())
    seen = await agent.get(f"/tickets/{number}")
    assert (seen["ticket"]["status"], seen["assignment"]["dealer_stage"]) == ("closed", "closed")
    assert (await agent.get(f"/dealers/{desk.ids['Nord']}"))["dealer"]["open_cases"] == 0


async def test_of_twenty_who_accept_at_once_exactly_one_does(
    office: Office, desk: Desk, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    for n_try in range(2):
        answers = await asyncio.gather(*(desk.moves(number, domain.Accepted(member_id=n), n=1) for n in range(1, 21)))
        office.clock.advance(hours=1)
        winners = [one for one in answers if isinstance(one, DealerCase)]
        assert len(winners) == (1 if n_try == 0 else 0)
        assert sum(isinstance(one, Refused) for one in answers) == 20 - len(winners)
        if winners:
            first = winners[0].member_id
    kept = await office.application.store.read(partial(dealer_cases.get, ticket_id=1))
    assert kept is not None
    assert (kept.stage, kept.member_id) == (Stage.ACCEPTED, first)
    told = [line for line in await visitor.transcript() if "has it and agrees a plan" in line["text"]]
    assert len(told) == 1


async def test_a_claim_that_looked_before_another_was_written_does_not_win(
    office: Office, desk: Desk, visitor: Visitor, agent: Agent
) -> None:
    """The look and the write of each lie in transactions of their own: only the outer WHERE stands between them."""
    await agent.opens_ticket(visitor, "The washer has a leak")
    store, now = office.application.store, office.clock.now()
    before = await store.read(partial(dealer_cases.get, ticket_id=1))
    assert before is not None

    async def claim(member_id: int) -> bool:
        after = domain.after(before, domain.Accepted(member_id=member_id), now)
        assert isinstance(after, DealerCase)
        return await store.run(partial(dealer_cases.save, before=before, case=after))

    assert sorted(await asyncio.gather(*(claim(n) for n in range(1, 21)))) == [False] * 19 + [True]


async def test_dealers_are_added_changed_and_retired(office: Office, agent: Agent, supervisor: Agent) -> None:
    body = {
        "name": "Nord",
        "regions": ["DE-BE"],
        "language": "zh-Hans",
        "hours": {"mon": ["09:00-17:00"]},
        "timezone": "Europe/Berlin",
    }
    await agent.post("/dealers", body, status=403)
    made = (await supervisor.post("/dealers", body, status=201))["dealer"]
    assert (made["regions"], made["hours"], made["capacity"]) == (["DE-BE"], {"mon": ["09:00-17:00"]}, 20)
    await supervisor.post("/dealers", body, status=409)
    await supervisor.post("/dealers", {"name": "X", "timezone": "Mars/Base"}, status=422)
    await supervisor.post("/dealers", {"name": "X", "hours": {"mon": ["9-17"]}}, status=422)
    await supervisor.post("/dealers", {"name": "X", "hours": {"moon": ["09:00-17:00"]}}, status=422)
    path = f"/dealers/{made['id']}"
    changed = await office.call(
        "PATCH", f"/api/v1{path}", headers=supervisor.headers, json={"capacity": 3, "retired": True}
    )
    assert (changed["dealer"]["capacity"], changed["dealer"]["regions"]) == (3, ["DE-BE"])
    assert changed["dealer"]["retired_at"] is not None
    for kind in ("member", "group"):
        code = await supervisor.post(f"{path}/codes", {"kind": kind}, status=201)
        assert len(code["code"]) == 9
    await agent.post(f"{path}/codes", {"kind": "member"}, status=403)
    assert [one["name"] for one in (await agent.get("/dealers"))["items"]] == ["Nord"]
    for wrong in ("/dealers/4711", "/dealers/4711/scorecard"):
        await agent.get(wrong, status=404)


async def test_a_dealer_without_a_group_is_passed_over(
    office: Office, supervisor: Agent, visitor: Visitor, agent: Agent
) -> None:
    await supervisor.post("/dealers", {"name": "Silent"}, status=201)
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    assignment = (await agent.get(f"/tickets/{number}"))["assignment"]
    assert assignment["dealer_id"] is None
    assert assignment["why_not"] == [{"candidate": "Silent", "reason": "has no group to be told in"}]
