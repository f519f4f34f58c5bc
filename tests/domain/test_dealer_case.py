"""A case in a dealer's hands: every move in every stage, and what must hold whatever people do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers.dealer_case import (
    REOPEN_WINDOW,
    DealerCase,
    Details,
    Move,
    Plan,
    Refused,
    Report,
    Stage,
    after,
    missing,
)
from tests.office import MONDAY

DUE = MONDAY + timedelta(hours=12)
PLAN = Plan(text="We change the pump", visit_at=MONDAY + timedelta(days=3))
REPORT = Report(cause="The pump was worn out", solution="We put in a new pump", prevention="Clean the filter monthly")

MOVES: dict[type, Move] = {
    type(move): move
    for move in (
        domain.Offered(dealer_id=2, answer_due_at=DUE + timedelta(hours=12)),
        domain.Accepted(member_id=7),
        domain.AcceptUndone(answer_due_at=DUE),
        domain.Declined(reason="No technician this week"),
        domain.TimedOut(),
        domain.PlanProposed(plan=PLAN),
        domain.PlanAgreed(),
        domain.OtherTime(wish="on Friday"),
        domain.TalkToUs(),
        domain.ArrivedOnSite(),
        domain.NobodyThere(),
        domain.Done(report=REPORT),
        domain.Confirmed(),
        domain.Objected(text="It leaks again"),
        domain.Withdrawn(reason="The customer asked for somebody else"),
    )
}

# From each stage: which moves are possible, and where they lead.
POSSIBLE: dict[Stage, dict[type, Stage]] = {
    Stage.OFFERED: {
        domain.Accepted: Stage.ACCEPTED,
        domain.Declined: Stage.DECLINED,
        domain.TimedOut: Stage.TIMED_OUT,
        domain.Withdrawn: Stage.WITHDRAWN,
    },
    Stage.DECLINED: {domain.Offered: Stage.OFFERED, domain.Withdrawn: Stage.WITHDRAWN},
    Stage.TIMED_OUT: {domain.Offered: Stage.OFFERED, domain.Withdrawn: Stage.WITHDRAWN},
    Stage.ACCEPTED: {domain.PlanProposed: Stage.PROPOSED, domain.Withdrawn: Stage.WITHDRAWN},
    Stage.PROPOSED: {
        domain.PlanProposed: Stage.PROPOSED,
        domain.PlanAgreed: Stage.AGREED,
        domain.OtherTime: Stage.ACCEPTED,
        domain.TalkToUs: Stage.PROPOSED,
        domain.Withdrawn: Stage.WITHDRAWN,
    },
    Stage.AGREED: {
        domain.PlanProposed: Stage.PROPOSED,
        domain.OtherTime: Stage.ACCEPTED,
        domain.ArrivedOnSite: Stage.ON_SITE,
        domain.Done: Stage.REPORTED,
        domain.Withdrawn: Stage.WITHDRAWN,
    },
    Stage.ON_SITE: {domain.NobodyThere: Stage.AGREED, domain.Done: Stage.REPORTED, domain.Withdrawn: Stage.WITHDRAWN},
    Stage.REPORTED: {
        domain.Confirmed: Stage.CLOSED,
        domain.Objected: Stage.ACCEPTED,
        domain.Withdrawn: Stage.WITHDRAWN,
    },
    Stage.CLOSED: {domain.Objected: Stage.ACCEPTED},
    Stage.WITHDRAWN: {domain.Offered: Stage.OFFERED},
}


def case_in(stage: Stage) -> DealerCase:
    is_open_offer = stage is Stage.OFFERED
    return DealerCase(
        ticket_id=1,
        n=3,
        dealer_id=1,
        stage=stage,
        changed_at=MONDAY,
        answer_due_at=DUE if is_open_offer else None,
        member_id=7 if stage in (*domain.WITH_DEALER, Stage.REPORTED, Stage.CLOSED) else None,
        details=Details(closed_at=MONDAY if stage is Stage.CLOSED else None),
    )


def test_the_table_names_every_stage_and_every_move() -> None:
    assert set(POSSIBLE) == set(Stage)
    assert set(MOVES) == set(get_args(Move))


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: type(move).__name__)
@pytest.mark.parametrize("stage", list(Stage))
def test_each_move_in_each_stage_leads_where_it_should_or_is_refused_in_words(stage: Stage, move: Move) -> None:
    made = after(case_in(stage), move, DUE)
    expected = POSSIBLE[stage].get(type(move))
    if expected is None:
        assert isinstance(made, Refused)
        assert made.why.endswith(".")
    else:
        assert isinstance(made, DealerCase)
        assert made.stage is expected


def test_an_acceptance_is_undone_while_nothing_has_followed_from_it() -> None:
    accepted, undo = case_in(Stage.ACCEPTED), domain.AcceptUndone(answer_due_at=DUE)
    soon, late = MONDAY + domain.UNDO_WINDOW, MONDAY + domain.UNDO_WINDOW + timedelta(seconds=1)
    made = after(accepted, undo, soon)
    assert isinstance(made, DealerCase)
    assert (made.stage, made.member_id, made.answer_due_at, made.n) == (Stage.OFFERED, None, DUE, accepted.n)
    for refused in (
        after(accepted, undo, late),
        after(replace(accepted, details=Details(plan=PLAN)), undo, soon),
        after(replace(accepted, details=Details(reopened=1)), undo, soon),
    ):
        assert isinstance(refused, Refused)


def test_an_offer_does_not_time_out_early() -> None:
    assert isinstance(after(case_in(Stage.OFFERED), domain.TimedOut(), DUE - timedelta(seconds=1)), Refused)


def test_the_next_offer_has_the_next_number_and_forgets_who_accepted() -> None:
    declined = after(case_in(Stage.OFFERED), domain.Declined(reason="no"), MONDAY)
    assert isinstance(declined, DealerCase)
    offered = after(declined, MOVES[domain.Offered], MONDAY)
    assert isinstance(offered, DealerCase)
    assert (offered.n, offered.dealer_id, offered.member_id) == (4, 2, None)


def test_only_the_customer_s_yes_agrees() -> None:
    proposed = case_in(Stage.PROPOSED)
    for move in MOVES.values():
        made = after(proposed, move, MONDAY)
        if isinstance(made, DealerCase) and made.stage is Stage.AGREED:
            assert isinstance(move, domain.PlanAgreed)


def test_an_objection_goes_to_the_same_dealer_and_counts_within_the_window() -> None:
    closed = case_in(Stage.CLOSED)
    again = after(closed, domain.Objected(text="leaks"), MONDAY + REOPEN_WINDOW)
    assert isinstance(again, DealerCase)
    assert (again.dealer_id, again.member_id, again.details.reopened) == (1, 7, 1)
    assert again.details.report is None
    late = after(closed, domain.Objected(text="leaks"), MONDAY + REOPEN_WINDOW + timedelta(seconds=1))
    assert isinstance(late, Refused)


@pytest.mark.parametrize(
    ("report", "lacking"),
    [
        (REPORT, ()),
        (replace(REPORT, cause="ok"), ("cause",)),
        (replace(REPORT, cause="......................"), ("cause",)),
        (replace(REPORT, cause="aaaaaaaaaaaaaaa"), ("cause",)),
        (replace(REPORT, prevention=REPORT.cause), ("prevention",)),
        (replace(REPORT, prevention=REPORT.cause.upper() + "!"), ("prevention",)),
        (Report(cause="", solution=" ", prevention="-"), ("cause", "solution", "prevention")),
        (Report(cause="水泵磨损", solution="更换新水泵", prevention="每月清洗过滤器"), ()),
        (replace(REPORT, solution="好的"), ("solution",)),
    ],
)
def test_poor_reports_bounce_with_what_is_missing(report: Report, lacking: tuple[str, ...]) -> None:
    assert missing(report) == lacking
    made = after(case_in(Stage.ON_SITE), domain.Done(report=report), MONDAY)
    assert (made.missing if isinstance(made, Refused) else ()) == lacking


def test_photos_are_asked_for_where_they_are_needed() -> None:
    assert missing(REPORT, photos=1) == ("photos",)
    assert missing(replace(REPORT, photos=1), photos=1) == ()


def test_a_decline_without_a_reason_and_a_plan_in_the_past_are_refused() -> None:
    assert isinstance(after(case_in(Stage.OFFERED), domain.Declined(reason=" "), MONDAY), Refused)
    past = domain.PlanProposed(plan=Plan(text="We come", visit_at=MONDAY - timedelta(hours=1)))
    assert isinstance(after(case_in(Stage.ACCEPTED), past, MONDAY), Refused)


class AnyCourse(RuleBasedStateMachine):
    """Anything that anybody may do, in any order, with time passing."""

    @initialize()
    def begin(self) -> None:
        self.now = MONDAY
        self.case = domain.offered(1, 1, answer_due_at=DUE, now=MONDAY)
        self.agreed = False
        self.objections = 0

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(move=st.sampled_from(list(MOVES.values())), dealer=st.integers(1, 4))
    def something_happens(self, move: Any, dealer: int) -> None:
        if isinstance(move, domain.Offered):
            move = domain.Offered(dealer_id=dealer, answer_due_at=self.now + timedelta(hours=12))
        if isinstance(move, domain.PlanProposed):
            move = domain.PlanProposed(plan=Plan(text="We change the pump", visit_at=self.now + timedelta(days=1)))
        before, made = self.case, after(self.case, move, self.now)
        if isinstance(made, Refused):
            return
        if isinstance(move, domain.PlanAgreed):
            self.agreed = True
        if isinstance(move, domain.Offered | domain.PlanProposed | domain.OtherTime | domain.Objected):
            self.agreed = False
        self.objections += isinstance(move, domain.Objected)
        assert made.n == before.n + isinstance(move, domain.Offered)
        assert made.ticket_id == before.ticket_id
        assert made.dealer_id == before.dealer_id or isinstance(move, domain.Offered)
        self.case = made

    @precondition(lambda self: self.case.stage is Stage.OFFERED)
    @rule()
    def the_second_to_accept_is_refused(self) -> None:
        accepted = after(self.case, domain.Accepted(member_id=7), self.now)
        assert isinstance(accepted, DealerCase)
        assert isinstance(after(accepted, domain.Accepted(member_id=8), self.now), Refused)

    @invariant()
    def what_must_hold(self) -> None:
        stage = self.case.stage
        assert (self.case.answer_due_at is not None) == (stage is Stage.OFFERED)
        if stage in (*domain.WITH_DEALER, Stage.REPORTED, Stage.CLOSED):
            assert self.case.member_id is not None  # somebody of the dealer answers for it
        if stage in (Stage.AGREED, Stage.ON_SITE, Stage.REPORTED, Stage.CLOSED):
            assert self.agreed  # nobody visits or ends it without the customer's yes
            assert self.case.details.plan is not None
        if stage in (Stage.REPORTED, Stage.CLOSED):
            assert self.case.details.report is not None
            assert missing(self.case.details.report) == ()
        assert self.case.details.reopened == self.objections


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
