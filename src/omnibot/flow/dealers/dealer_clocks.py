"""What a dealer owes on a case: an answer, a plan, the end. Only the customer's yes stops the clock of the plan."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain import calendar
from omnibot.domain.dealers.dealer_case import DealerCase, Stage
from omnibot.domain.promise import Happening, Holder, Outcome, Promise, PromiseKind, reopened
from omnibot.domain.rules import Rule, own_time
from omnibot.flow.desk import Desk
from omnibot.flow.owe import happened, owe
from omnibot.store import calendars, promises

REPLY, PLAN, CLOSING = PromiseKind.DEALER_REPLY, PromiseKind.DEALER_PLAN, PromiseKind.DEALER_CLOSING
KINDS = (REPLY, PLAN, CLOSING)


def reply_due(desk: Desk, rule: Rule, now: datetime) -> datetime:
    return calendar.due(now, _allowance(desk, rule, REPLY, now), desk.policy.calendar_for(REPLY))


def keep(
    tx: Connection, desk: Desk, before: DealerCase | None, case: DealerCase, rule: Rule, now: datetime
) -> datetime | None:
    """Start and stop the clocks for one move; returns when the next step is due."""
    if before is None or case.n != before.n:
        _happened(tx, Happening.DEALER_LEFT, case, now)
        _owe(tx, desk, KINDS, case, rule, now)
        return _owed(tx, case, REPLY)
    match case.stage:
        case Stage.OFFERED:
            _owe_answer_again(tx, case, now)
        case Stage.ACCEPTED if before.stage is Stage.OFFERED:
            _happened(tx, Happening.DEALER_REPLIED, case, now)
        case Stage.ACCEPTED if case.details.reopened > before.details.reopened:
            _owe(tx, desk, (PLAN, CLOSING), case, rule, now)
        case Stage.DECLINED:
            _happened(tx, Happening.DEALER_REPLIED, case, now)
            _happened(tx, Happening.DEALER_LEFT, case, now)
        case Stage.TIMED_OUT:
            _happened(tx, Happening.DEALER_SILENT, case, now)
        case Stage.WITHDRAWN:
            _happened(tx, Happening.DEALER_LEFT, case, now)
        case Stage.PROPOSED:
            _happened(tx, Happening.PLAN_PROPOSED, case, now)
        case Stage.AGREED:
            _happened(tx, Happening.PLAN_AGREED, case, now)
        case Stage.REPORTED:
            _happened(tx, Happening.DEALER_DONE, case, now)
    return _owed(tx, case, *KINDS)


def answered(tx: Connection, case: DealerCase) -> Promise | None:
    """The answer that was owed and has been given."""
    kept = (one for one in promises.of_ticket(tx, case.ticket_id) if one.kind is REPLY and one.outcome is Outcome.KEPT)
    return max((one for one in kept if one.holder_id == case.dealer_id), key=lambda one: one.id, default=None)


def _owe_answer_again(tx: Connection, case: DealerCase, now: datetime) -> None:
    """The acceptance was undone: the same clock runs on, as if it had never stood still."""
    kept = answered(tx, case)
    if kept is not None:
        promises.save(tx, reopened(kept, calendars.get(tx, kept.calendar)))
        promises.note(tx, kept.id, "reopened", now=now, why=Happening.DEALER_UNDID.value)


def _owe(
    tx: Connection, desk: Desk, kinds: tuple[PromiseKind, ...], case: DealerCase, rule: Rule, now: datetime
) -> None:
    for kind in kinds:
        owe(
            tx,
            desk,
            kind,
            now=now,
            holder=Holder.DEALER,
            holder_id=case.dealer_id,
            ticket_id=case.ticket_id,
            allowance=_allowance(desk, rule, kind, now),
        )


def _allowance(desk: Desk, rule: Rule, kind: PromiseKind, now: datetime) -> timedelta:
    """The rule's own time or, where it names none, everybody's."""
    return own_time(rule, kind) or desk.policy.at(now).allowance(kind)


def _happened(tx: Connection, happening: Happening, case: DealerCase, now: datetime) -> None:
    happened(tx, happening, ticket_id=case.ticket_id, now=now)


def _owed(tx: Connection, case: DealerCase, *kinds: PromiseKind) -> datetime | None:
    """When the next of these is due."""
    open_ones = [one for one in promises.of_ticket(tx, case.ticket_id) if one.kind in kinds and one.is_open]
    return min((one.due_at for one in open_ones), default=None)
