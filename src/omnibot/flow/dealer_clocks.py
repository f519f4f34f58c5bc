"""What a dealer owes on a case: an answer, a plan, the end. Only the customer's yes stops the clock of the plan."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain.dealer_case import DealerCase, Stage
from omnibot.domain.promise import Holder, Outcome, PromiseKind
from omnibot.domain.rules import Rule
from omnibot.store import promises

REPLY, PLAN, CLOSING = PromiseKind.DEALER_REPLY, PromiseKind.DEALER_PLAN, PromiseKind.DEALER_CLOSING
KINDS = (REPLY, PLAN, CLOSING)


def reply_due(rule: Rule, now: datetime) -> datetime:
    return now + timedelta(hours=rule.dealer_reply_hours)


def keep(tx: Connection, before: DealerCase | None, case: DealerCase, rule: Rule, now: datetime) -> datetime | None:
    """Start and stop the clocks for one move; returns when the next step is due."""
    if before is None or case.n != before.n:
        promises.end_kinds(tx, case.ticket_id, KINDS, Outcome.WAIVED, now)
        due = case.answer_due_at or reply_due(rule, now)
        _make(tx, REPLY, case, due, now)
        _make(tx, PLAN, case, now + timedelta(days=rule.dealer_plan_days), now)
        _make(tx, CLOSING, case, now + timedelta(days=rule.dealer_closing_days), now)
        return due
    match case.stage:
        case Stage.ACCEPTED if before.stage is Stage.OFFERED:
            _end(tx, REPLY, case, Outcome.KEPT, now)
        case Stage.ACCEPTED if case.details.reopened > before.details.reopened:
            _make(tx, PLAN, case, now + timedelta(days=rule.dealer_plan_days), now)
            _make(tx, CLOSING, case, now + timedelta(days=rule.dealer_closing_days), now)
        case Stage.DECLINED:
            _end(tx, REPLY, case, Outcome.KEPT, now)
            promises.end_kinds(tx, case.ticket_id, (PLAN, CLOSING), Outcome.WAIVED, now)
        case Stage.TIMED_OUT:
            _end(tx, REPLY, case, Outcome.BROKEN, now)
            promises.end_kinds(tx, case.ticket_id, (PLAN, CLOSING), Outcome.WAIVED, now)
        case Stage.WITHDRAWN:
            promises.end_kinds(tx, case.ticket_id, KINDS, Outcome.WAIVED, now)
        case Stage.AGREED:
            _end(tx, PLAN, case, Outcome.KEPT, now)
        case Stage.REPORTED:
            _end(tx, CLOSING, case, Outcome.KEPT, now)
    return _owed(tx, case)


def _make(tx: Connection, kind: PromiseKind, case: DealerCase, due_at: datetime, now: datetime) -> None:
    promises.make(
        tx, kind, now=now, due_at=due_at, ticket_id=case.ticket_id, holder=Holder.DEALER, holder_id=case.dealer_id
    )


def _end(tx: Connection, kind: PromiseKind, case: DealerCase, outcome: Outcome, now: datetime) -> None:
    promises.end_kinds(tx, case.ticket_id, (kind,), outcome, now)


def _owed(tx: Connection, case: DealerCase) -> datetime | None:
    """When the next thing that the dealer owes is due."""
    open_ones = [one for one in promises.of_ticket(tx, case.ticket_id) if one.kind in KINDS and one.ended_at is None]
    return min((one.due_at for one in open_ones), default=None)
