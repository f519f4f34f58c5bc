"""Promises of a ticket through any life: whatever people do and however the clock jumps, each step is taken once, nothing
breaks while it pauses, and what is due is what the calendar says."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from omnibot.domain import calendar as reckoning
from omnibot.domain import escalation, promise
from omnibot.domain import ticket as domain
from omnibot.domain.calendar import Calendar, Hours, always_open
from omnibot.domain.escalation import LADDER, Audience, Broke, Escalated, Notice, Step, Warned
from omnibot.domain.promise import Happening, Holder, Outcome, Promise, PromiseKind
from omnibot.domain.ticket import Awaited, Change, Priority, Ticket, TicketStatus

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(zone=BERLIN, week=((Hours(opening=time(9), closing=time(17)),),) * 5 + ((), ()))
ALLOWED = {PromiseKind.RESOLUTION: 480, PromiseKind.DEALER_REPLY: 720, PromiseKind.DEALER_PLAN: 7200}
BY_PRIORITY = {Priority.URGENT: 480, Priority.HIGH: 1440, Priority.NORMAL: 4320, Priority.LOW: 7200}


class LifeOfPromises(RuleBasedStateMachine):
    """A ticket with three promises, as `flow.change_ticket` and the watcher of clocks treat them."""

    now: datetime
    ticket: Ticket
    promises: dict[int, Promise]
    taken: dict[int, list[Step]]
    calendar: Calendar

    @initialize(calendar=st.sampled_from([OFFICE, always_open(BERLIN)]))
    def open(self, calendar: Calendar) -> None:
        self.now, self.calendar = NOW, calendar
        self.ticket = Ticket(
            id=1,
            number="100014",
            contact_id=1,
            conversation_id=1,
            subject="Leak",
            category=None,
            priority=Priority.URGENT,
            status=TicketStatus.NEW,
            opened_at=NOW,
        )
        self.promises, self.taken = {}, {}
        for kind, minutes in ALLOWED.items():
            self.make(kind, minutes)

    def make(self, kind: PromiseKind, minutes: int) -> None:
        id = len(self.promises) + 1
        made = Promise(
            id=id,
            kind=kind,
            holder=Holder.US,
            started_at=self.now,
            allowance=timedelta(minutes=minutes),
            due_at=self.now,
        )
        self.promises[id], self.taken[id] = promise.planned(made, self.calendar), []

    @rule(minutes=st.integers(1, 3000))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(hours=st.sampled_from([-24, -1, 1, 24]))
    def jump(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(workers=st.integers(1, 3))
    def watch(self, workers: int) -> None:
        for id in list(self.promises) * workers:
            before = self.promises[id]
            after, steps = escalation.advance(before, self.calendar, LADDER, self.now)
            if before.is_paused or not before.is_open:
                assert steps == ()
            for step in steps:
                assert escalation.tell(step, after)
            self.promises[id] = after
            self.taken[id] += steps

    @rule(
        change=st.sampled_from(
            [
                domain.Started(),
                domain.PutOnHold(text="?", awaited=Awaited.CUSTOMER),
                domain.PutOnHold(text="?", awaited=Awaited.PARTS),
                domain.Answered(),
                domain.Resolved(),
                domain.Reopened(),
                domain.Prioritised(priority=Priority.LOW),
                domain.Prioritised(priority=Priority.URGENT),
            ]
        )
    )
    def change(self, change: Change) -> None:
        before = self.ticket
        after = domain.after(before, change, self.now)
        if not isinstance(after, Ticket):
            return
        self.ticket = after
        if before.is_open and not after.is_open:
            self.tell(Happening.RESOLVED)
        elif after.is_open and not before.is_open:
            self.make(PromiseKind.RESOLUTION, BY_PRIORITY[after.priority])
        elif isinstance(change, domain.PutOnHold):
            self.tell(Happening.HELD, change.awaited.value)
        elif before.status is TicketStatus.PENDING and after.status is not TicketStatus.PENDING:
            self.tell(Happening.WENT_ON)
        elif before.priority is not after.priority:
            allowance = timedelta(minutes=BY_PRIORITY[after.priority])
            for id, one in self.promises.items():
                if one.kind is PromiseKind.RESOLUTION and one.is_open:
                    self.promises[id] = promise.reprioritised(one, allowance, self.calendar, self.now)
                    assert self.promises[id].broken_at == one.broken_at
                    self.taken[id] = [step for step in self.taken[id] if not isinstance(step, Warned)]  # another plan

    @rule(
        happening=st.sampled_from(
            [Happening.DEALER_REPLIED, Happening.PLAN_PROPOSED, Happening.PLAN_AGREED, Happening.DEALER_LEFT]
        )
    )
    def hear(self, happening: Happening) -> None:
        before = {one.id: one for one in self.promises.values() if one.kind is PromiseKind.DEALER_PLAN}
        self.tell(happening)
        if happening not in (Happening.PLAN_AGREED, Happening.DEALER_LEFT):
            assert all(self.promises[id] == one for id, one in before.items())

    @rule()
    def take_up(self) -> None:
        for id, one in self.promises.items():
            if one.is_open and one.broken_at:
                self.promises[id] = escalation.acknowledged(one, 7, self.calendar, LADDER, self.now)

    def tell(self, happening: Happening, why: str = "") -> None:
        self.promises = {
            id: promise.after(one, happening, self.calendar, self.now, why) for id, one in self.promises.items()
        }

    @invariant()
    def each_step_is_taken_once_and_in_order(self) -> None:
        for steps in self.taken.values():
            warnings = [step.percent for step in steps if isinstance(step, Warned)]
            assert warnings in ([], [50], [80], [50, 80])
            assert sum(isinstance(step, Broke) for step in steps) <= 1
            rungs = [step.rung for step in steps if isinstance(step, Escalated)]
            assert rungs == list(range(2, 2 + len(rungs)))

    @invariant()
    def what_runs_is_due_as_the_calendar_says(self) -> None:
        for one in self.promises.values():
            if one.is_open and not one.is_paused and one.allowance is not None:
                assert one.due_at == reckoning.due(one.started_at, one.allowance, self.calendar, one.pauses)
            if one.is_paused or not one.is_open:
                assert one.wake_at is None

    @invariant()
    def the_work_stands_still_exactly_while_the_ticket_waits(self) -> None:
        for one in self.promises.values():
            if one.kind is PromiseKind.RESOLUTION and one.is_open and not one.broken_at:
                assert one.is_paused == (self.ticket.status is TicketStatus.PENDING)
            if one.kind in (PromiseKind.DEALER_REPLY, PromiseKind.DEALER_PLAN):
                assert not one.pauses

    @invariant()
    def what_is_over_says_how(self) -> None:
        for one in self.promises.values():
            assert (one.outcome is None) == one.is_open
            if one.outcome is Outcome.KEPT:
                assert one.broken_at is None
            if one.outcome is Outcome.BROKEN:
                assert one.broken_at is not None
        is_owed = [one for one in self.promises.values() if one.kind is PromiseKind.RESOLUTION and one.is_open]
        assert len(is_owed) == self.ticket.is_open


TestLifeOfPromises = LifeOfPromises.TestCase
TestLifeOfPromises.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def a_spoken_one() -> Promise:
    return Promise(
        kind=PromiseKind.SPOKEN, holder=Holder.AGENT, holder_id=7, started_at=NOW, due_at=NOW + timedelta(hours=2)
    )


def test_who_is_told_of_what_an_agent_said() -> None:
    said = a_spoken_one()
    assert [told.what for told in escalation.tell(Warned(percent=50), said)] == [Notice.NUDGE]
    assert [told.to for told in escalation.tell(Broke(), said)] == [Audience.CUSTOMER, Audience.HOLDER]
    assert [told.to for told in escalation.tell(Broke(), replace(said, told_at=NOW))] == [Audience.HOLDER]


def test_what_the_customer_owes_is_only_shown() -> None:
    owed = replace(a_spoken_one(), holder=Holder.CUSTOMER)
    after, steps = escalation.advance(promise.planned(owed, OFFICE), OFFICE, LADDER, NOW + timedelta(days=9))
    assert [type(step) for step in steps] == [Warned, Warned, Broke]
    assert after.wake_at is None
    assert [told for step in steps for told in escalation.tell(step, after)] == []
