"""What becomes of promises: who is warned, who is told, what pauses a clock, and what the customer hears first."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from omnibot.domain.access import Role
from omnibot.domain.promise import Happening, Holder, PromiseKind
from omnibot.flow import keep_promises, owe
from omnibot.store import promises
from tests.office import MONDAY, Agent, Json, ManualClock, Office, Visitor

STEP_MINUTES = 1


async def passes(office: Office, **time: float) -> None:
    """Time goes by, and the watcher looks at each minute of it."""
    end = office.clock.now() + timedelta(**time)
    while office.clock.now() < end:
        office.clock.advance(minutes=STEP_MINUTES)
        await watch(office)


async def watch(office: Office) -> None:
    await keep_promises.step(office.application.desk, office.clock.now())


async def kinds(office: Office, id: int) -> list[str]:
    """What happened to a promise, in order."""
    events = await office.application.store.read(partial(promises.events, promise_ids=[id]))
    return [
        f"{event.kind} {event.detail.get('percent') or event.detail.get('to') or ''}".strip() for event in events[id]
    ]


async def notes(agent: Agent, visitor: Visitor) -> list[str]:
    return [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]


async def clock_of(agent: Agent, visitor: Visitor) -> Json:
    [clock] = (await agent.sees(visitor))["clocks"]
    found: Json = clock
    return found


@pytest.fixture
async def queued(visitor: Visitor) -> Visitor:
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    return visitor


WHOLE_LIFE = ["made", "warned 50", "warned 80", "broken 100", "escalated team_lead", "escalated supervisor"]


async def test_warnings_breach_and_ladder_come_once_and_in_order(office: Office, queued: Visitor, agent: Agent) -> None:
    clock = await clock_of(agent, queued)
    await passes(office, minutes=40)
    assert await kinds(office, clock["id"]) == WHOLE_LIFE
    await passes(office, minutes=60)
    assert await kinds(office, clock["id"]) == [*WHOLE_LIFE, "escalated on_call"]
    said = await notes(agent, queued)
    assert ["Most of the time is over" in said[0], "Broken promise" in said[1]] == [True, True]
    assert [line.rpartition("Told: ")[2] for line in said[2:]] == [
        "the team lead.",
        "the supervisors.",
        "who is on call.",
    ]


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1)])
async def test_a_clock_that_jumps_repeats_nothing_and_passes_nobody_over(
    office: Office, queued: Visitor, agent: Agent, jump: timedelta
) -> None:
    clock = await clock_of(agent, queued)
    office.clock.advance(seconds=jump.total_seconds())
    await watch(office)
    office.clock.advance(seconds=-jump.total_seconds())
    await watch(office)
    assert await kinds(office, clock["id"]) == WHOLE_LIFE[:4]
    assert len(await notes(agent, queued)) == 1  # the worst of it; not that half of the time was over
    await passes(office, minutes=9)
    assert await kinds(office, clock["id"]) == WHOLE_LIFE[:4]


async def test_two_workers_take_each_step_once(
    open_office: Callable[..., Awaitable[Office]], office: Office, queued: Visitor, agent: Agent
) -> None:
    clock = await clock_of(agent, queued)
    other = await open_office()
    for _ in range(40):
        office.clock.advance(minutes=1)
        await asyncio.gather(watch(office), watch(other), watch(office), watch(other))
    assert await kinds(office, clock["id"]) == WHOLE_LIFE
    assert len(await notes(agent, queued)) == 4


async def test_an_acknowledgement_holds_the_ladder_for_a_while(office: Office, queued: Visitor, agent: Agent) -> None:
    clock = await clock_of(agent, queued)
    await agent.post(f"/promises/{clock['id']}/acknowledge", status=409)
    await passes(office, minutes=11)
    taken = await agent.post(f"/promises/{clock['id']}/acknowledge")
    assert taken["acknowledged_by"] == "Ada"
    await passes(office, minutes=59)
    assert await kinds(office, clock["id"]) == [*WHOLE_LIFE[:4], "acknowledged"]
    await passes(office, minutes=2)
    assert (await kinds(office, clock["id"]))[-1] == "escalated team_lead"


async def test_a_reply_ends_the_ladder(office: Office, queued: Visitor, agent: Agent) -> None:
    clock = await clock_of(agent, queued)
    await passes(office, minutes=11)
    await agent.replies(queued, "Sorry, here I am")
    await passes(office, minutes=60)
    assert await kinds(office, clock["id"]) == [*WHOLE_LIFE[:4], "broken"]


async def test_a_vip_is_answered_in_three_minutes(office: Office, visitor: Visitor, supervisor: Agent) -> None:
    contact_id = (await supervisor.sees(visitor))["contact"]["id"]
    patch = {"headers": supervisor.headers, "json": {"tier": "vip"}}
    assert (await office.call("PATCH", f"/api/v1/contacts/{contact_id}", **patch))["tier"] == "vip"
    await office.call("PATCH", f"/api/v1/contacts/{contact_id}", status=409, **patch | {"json": {"tier": "gold"}})
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    assert datetime.fromisoformat((await clock_of(supervisor, visitor))["due_at"]) == MONDAY + timedelta(minutes=3)


async def test_a_clock_stands_while_the_ticket_waits_for_the_customer(
    office: Office, queued: Visitor, agent: Agent
) -> None:
    await agent.replies(queued, "I look into it")
    number = await agent.opens_ticket(queued, "Leak", priority="urgent")  # 8 hours
    office.clock.advance(hours=2)
    held = {"kind": "hold", "text": "Which serial number?"}
    [clock] = (await agent.post(f"/tickets/{number}/events", held))["clocks"]
    assert clock["paused"]
    assert [line["kind"] for line in clock["why"]] == ["counted", "paused"]
    await watch(office)
    office.clock.advance(hours=30)
    await watch(office)
    await queued.says("It is 4711-0815")
    await office.settled()
    detail = await agent.get(f"/tickets/{number}")
    [clock] = detail["clocks"]
    assert (clock["paused"], clock["broken_at"], detail["ticket"]["status"]) == (False, None, "open")
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(hours=38)
    assert [line["kind"] for line in clock["why"]] == ["counted", "paused", "counted"]
    assert [event["kind"] for event in clock["history"]] == ["made", "paused", "resumed"]


async def test_a_clock_that_waits_for_parts_goes_on_when_somebody_says_so(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "Leak")
    await agent.post(f"/tickets/{number}/events", {"kind": "hold", "text": "Pump ordered", "awaited": "parts"})
    office.clock.advance(days=5)
    await visitor.says("talk to a person")
    await office.settled()
    [clock] = (await agent.get(f"/tickets/{number}"))["clocks"]
    assert clock["pauses"][0]["why"] == "parts"
    assert clock["paused"]  # the customer's words bring no pump
    [clock] = (await agent.post(f"/tickets/{number}/events", {"kind": "start"}))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(days=8)


async def test_time_that_has_passed_counts_when_a_case_becomes_more_urgent(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "Leak", priority="low")
    office.clock.advance(hours=2)
    [clock] = (await agent.post(f"/tickets/{number}/events", {"kind": "prioritise", "text": "urgent"}))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(hours=8)
    await agent.post(f"/tickets/{number}/events", {"kind": "prioritise", "text": "low"})
    office.clock.advance(days=2)
    [clock] = (await agent.post(f"/tickets/{number}/events", {"kind": "prioritise", "text": "urgent"}))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == office.clock.now() + timedelta(hours=8)
    assert clock["broken_at"] is None


async def test_a_merged_ticket_lets_the_other_count_from_its_beginning(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    first = await agent.opens_ticket(visitor, "Leak")
    office.clock.advance(hours=5)
    second = await agent.opens_ticket(visitor, "Water on the floor")
    await agent.post(f"/tickets/{first}/merge", {"into": first}, status=409)
    merged = await agent.post(f"/tickets/{first}/merge", {"into": second})
    assert (merged["ticket"]["status"], merged["clocks"][0]["outcome"]) == ("closed", "waived")
    [clock] = (await agent.get(f"/tickets/{second}"))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(days=3)
    assert (await visitor.transcript())[-1]["text"].startswith(f"Case {first} goes on as case {second}")


async def test_merging_a_ticket_on_hold_leaves_its_pause_out(office: Office, visitor: Visitor, agent: Agent) -> None:
    first = await agent.opens_ticket(visitor, "Leak")
    await agent.post(f"/tickets/{first}/events", {"kind": "hold", "text": "Pump ordered", "awaited": "parts"})
    office.clock.advance(hours=5)
    second = await agent.opens_ticket(visitor, "Water on the floor")
    await agent.post(f"/tickets/{first}/merge", {"into": second})
    [clock] = (await agent.get(f"/tickets/{second}"))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(days=3, hours=5)
    assert not clock["paused"]


async def test_a_running_clock_keeps_its_policy_until_it_is_planned_anew(
    open_office: Callable[..., Awaitable[Office]], office: Office, visitor: Visitor, agent: Agent, supervisor: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "Leak", priority="urgent")
    await office.application.supervisor.stop(patience=0)
    hours = {day: ["09:00-13:00"] for day in ("mon", "tue", "wed")}
    edited = await open_office(service={"hours": hours, "resolution_minutes": {"urgent": 360}})
    ada = await edited.agent("Bo", Role.SUPERVISOR)
    [clock] = (await ada.get(f"/tickets/{number}"))["clocks"]
    assert datetime.fromisoformat(clock["due_at"]) == MONDAY + timedelta(hours=8)
    planned = await ada.post(f"/promises/{clock['id']}/replan")
    assert datetime.fromisoformat(planned["due_at"]) == MONDAY + timedelta(days=1, hours=2)
    assert planned["history"][-1]["detail"]["due_before"].startswith("2026-06-01T17:00")


async def test_a_policy_of_a_later_day_counts_for_what_begins_then(
    open_office: Callable[..., Awaitable[Office]], clock: ManualClock
) -> None:
    dated = {"2026-06-02": {"resolution_urgent_minutes": 60, "first_reply_minutes": 5}}
    office = await open_office(service={"policies": dated})
    ada, bo = await office.agent("Ada"), await office.agent("Bo", Role.SUPERVISOR)

    async def opened() -> Json:
        number = await ada.opens_ticket(await office.visitor(), "Leak", priority="urgent")
        [due] = (await ada.get(f"/tickets/{number}"))["clocks"]
        found: Json = due
        return found

    today = await opened()
    length = datetime.fromisoformat(today["due_at"]) - MONDAY
    assert length > timedelta(hours=1)
    clock.advance(minutes=45)
    assert (await ada.get(f"/promises/{today['id']}/replan"))["due_at_then"] == today["due_at"]
    now = clock.advance(days=1, minutes=-45)
    tomorrow = await opened()
    assert datetime.fromisoformat(tomorrow["due_at"]) == now + timedelta(hours=1)
    [before] = [one for one in (await ada.get("/promises"))["items"] if one["promise"]["id"] == tomorrow["id"]]
    assert before["promise"]["due_at"] == tomorrow["due_at"]
    seen = await ada.get(f"/promises/{tomorrow['id']}/replan")
    assert (seen["due_at"], seen["due_at_then"], seen["is_over"]) == (tomorrow["due_at"], tomorrow["due_at"], False)
    await ada.post(f"/promises/{tomorrow['id']}/replan", status=403)
    await bo.post(f"/promises/{tomorrow['id']}/replan")
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    [told] = await visitor.hears("system: Of course")
    assert "within about 5 minutes" in told["text"]


# What is said.


@pytest.fixture
async def promised(office: Office, queued: Visitor, agent: Agent) -> Json:
    """The agent promised a call by 11:00 and confirmed the offer."""
    [offer] = (await agent.replies(queued, "We look into it. We'll call you by 11:00."))["offers"]
    for impossible in ("2026-06-01T08:00:00Z", "9999-12-31T23:59:59-05:00"):
        over = {"due_at": impossible}
        await agent.post(f"/conversations/{queued.conversation_id}/promises", over, status=409)
    made: Json = await agent.post(f"/conversations/{queued.conversation_id}/promises", offer, status=201)
    return made


async def test_what_an_agent_says_is_offered_and_becomes_his_promise(
    office: Office, queued: Visitor, agent: Agent, promised: Json
) -> None:
    assert (promised["holder_name"], promised["text"]) == ("Ada", "We'll call you by 11:00.")
    assert datetime.fromisoformat(promised["due_at"]) == MONDAY + timedelta(hours=2)
    listed = await agent.get("/promises?holder=me")
    assert [one["promise"]["id"] for one in listed["items"]] == [promised["id"]]
    assert (await agent.replies(queued, "Can you send a photo?"))["offers"] == []


async def test_the_owner_is_nudged_and_the_customer_hears_it_from_us_once(
    office: Office, queued: Visitor, agent: Agent, promised: Json
) -> None:
    await queued.hears("system: Ada", "agent: We look")
    await passes(office, minutes=119)
    assert len([line for line in await notes(agent, queued) if "For Ada: you promised" in line]) == 2
    await queued.hears_nothing()
    await passes(office, minutes=300)
    [sorry] = await queued.hears("system: We promised you “We'll call you by 11:00.” today at 11:00 (UTC)")
    assert "We have no new time yet" in sorry["text"]


async def test_the_apology_names_the_new_time_that_the_agent_gave(
    office: Office, queued: Visitor, agent: Agent, promised: Json
) -> None:
    office.clock.advance(minutes=110)
    later = {"text": "by 13:00", "due_at": (MONDAY + timedelta(hours=4)).isoformat()}
    await agent.post(f"/conversations/{queued.conversation_id}/promises", later, status=201)
    await passes(office, minutes=12)
    assert "The new time is today at 13:00 (UTC)." in (await queued.transcript())[-1]["text"]


async def test_what_is_kept_moved_or_waived_brings_no_apology(
    office: Office, queued: Visitor, agent: Agent, promised: Json
) -> None:
    moved = await agent.post(
        f"/promises/{promised['id']}/move",
        {"due_at": (MONDAY + timedelta(hours=3)).isoformat(), "reason": "technician is ill"},
    )
    assert moved["follows_id"] == promised["id"]
    said = (await queued.transcript())[-1]["text"]
    assert "It will be today at 12:00 (UTC) instead" in said
    assert "technician" not in said
    assert (await agent.post(f"/promises/{moved['id']}/keep"))["outcome"] == "kept"
    await agent.post(f"/promises/{moved['id']}/keep", status=409)
    count = len(await queued.transcript())
    await passes(office, minutes=200)
    assert len(await queued.transcript()) == count


async def test_a_closed_conversation_does_not_forget_what_was_said(
    office: Office, queued: Visitor, agent: Agent, promised: Json
) -> None:
    await agent.closes(queued)
    await passes(office, minutes=121)
    assert (await queued.transcript())[-1]["text"].startswith("We promised you")


async def test_in_chinese_too(office: Office, agent: Agent) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("转人工")
    await office.settled()
    [offer] = (await agent.replies(visitor, "您好，今天上午十一点前给您回电话。"))["offers"]
    assert datetime.fromisoformat(offer["due_at"]) == MONDAY + timedelta(hours=2)
    await agent.post(f"/conversations/{visitor.conversation_id}/promises", offer, status=201)
    await passes(office, minutes=121)
    said = (await visitor.transcript())[-1]["text"]
    assert said.startswith("我们曾向您承诺“您好，今天上午十一点前给您回电话。”")
    assert said.endswith("非常抱歉。 目前还没有新的时间；我们已提醒客服团队，有消息会在这里告诉您。")


# Dealers.


async def dealer_owes(office: Office, number: str, agent: Agent) -> dict[PromiseKind, Json]:
    """What a dealer owes when a case goes to it."""
    ticket_id = (await agent.get(f"/tickets/{number}"))["ticket"]["id"]
    desk, now = office.application.desk, office.clock.now()
    for kind in (PromiseKind.DEALER_REPLY, PromiseKind.DEALER_PLAN, PromiseKind.DEALER_CLOSING):
        body = partial(owe.owe, desk=desk, kind=kind, now=now, holder=Holder.DEALER, holder_id=7, ticket_id=ticket_id)
        await office.application.store.run(body)
    found = (await agent.get(f"/tickets/{number}"))["clocks"]
    return {PromiseKind(clock["kind"]): clock for clock in found}


async def test_a_dealers_plan_is_kept_by_the_customers_yes_and_by_nothing_else(
    office: Office, visitor: Visitor, agent: Agent
) -> None:
    number = await agent.opens_ticket(visitor, "Leak")
    owed = await dealer_owes(office, number, agent)
    days = {kind: datetime.fromisoformat(clock["due_at"]) - MONDAY for kind, clock in owed.items()}
    assert days[PromiseKind.DEALER_REPLY] == timedelta(hours=12)
    assert days[PromiseKind.DEALER_PLAN] == timedelta(days=5)
    assert days[PromiseKind.DEALER_CLOSING] == timedelta(days=15)
    ticket_id = owed[PromiseKind.DEALER_PLAN]["ticket_id"]

    async def outcomes(happening: Happening) -> list[str | None]:
        tell = partial(owe.happened, happening=happening, ticket_id=ticket_id, now=office.clock.advance(hours=1))
        await office.application.store.run(tell)
        clocks = (await agent.get(f"/tickets/{number}"))["clocks"]
        return [clock["outcome"] for clock in clocks if clock["kind"].startswith("dealer")]

    assert await outcomes(Happening.DEALER_REPLIED) == ["kept", None, None]
    assert await outcomes(Happening.PLAN_PROPOSED) == ["kept", None, None]
    assert await outcomes(Happening.HELD) == ["kept", None, None]
    assert await outcomes(Happening.WENT_ON) == ["kept", None, None]
    assert await outcomes(Happening.PLAN_AGREED) == ["kept", "kept", None]
    assert await outcomes(Happening.DEALER_DONE) == ["kept", "kept", "kept"]


@pytest.mark.usefixtures("clock")
async def test_a_silent_dealer_breaks_the_reply_after_twelve_hours(
    office: Office, visitor: Visitor, agent: Agent, clock: ManualClock
) -> None:
    number = await agent.opens_ticket(visitor, "Leak")
    owed = await dealer_owes(office, number, agent)
    for hours in (6, 4, 2):
        clock.advance(hours=hours)
        await watch(office)
    assert await kinds(office, owed[PromiseKind.DEALER_REPLY]["id"]) == ["made", "warned 50", "warned 80", "broken 100"]
    [broken] = (await agent.get("/promises?state=broken"))["items"]
    assert (broken["promise"]["kind"], broken["ticket"]) == ("dealer_reply", number)
