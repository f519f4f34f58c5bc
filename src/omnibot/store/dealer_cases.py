"""Cases in dealers' hands, and what became of each offer: scorecards are counted from these rows."""

from collections.abc import Iterable
from datetime import datetime
from statistics import median

import msgspec
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.booking import Booking
from omnibot.domain.dealers.dealer_case import DealerCase, Details, Stage, is_settled
from omnibot.domain.promise import Holder
from omnibot.domain.value import dataclass
from omnibot.store.schema import bookings, dealer_cases, dealer_offers, promises

_bookings = msgspec.json.Decoder(Booking)
_details_decoder = msgspec.json.Decoder(Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One dealer that was asked, and its answer: accepted, declined, timed_out or withdrawn; None: not yet."""

    n: int
    dealer_id: int
    offered_at: datetime
    answered_at: datetime | None
    answer: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """What became of the offers of a time. Times are medians in seconds; None where nothing was measured."""

    offered: int
    accepted: int
    declined: int
    timed_out: int
    closed: int
    reopened: int
    no_shows: int  # visits to which nobody of the dealer's came, as customers say
    promises_kept: int
    promises_broken: int
    seconds_to_answer: float | None
    seconds_to_agreement: float | None
    seconds_to_closing: float | None


def get(tx: Connection, ticket_id: int) -> DealerCase | None:
    return _one(tx, select(dealer_cases).where(dealer_cases.c.ticket_id == ticket_id))


def lock(tx: Connection, ticket_id: int) -> DealerCase | None:
    """The case as it is now; nobody else changes it before this transaction ends."""
    return _one(tx, select(dealer_cases).where(dealer_cases.c.ticket_id == ticket_id).with_for_update(key_share=True))


def add(tx: Connection, case: DealerCase) -> None:
    """The first offer."""
    tx.execute(dealer_cases.insert(), _row(case))
    _add_offer(tx, case)


def save(tx: Connection, before: DealerCase, case: DealerCase, *, reason: str | None = None) -> bool:
    """Write what became of a case. False, and nothing is written, if somebody else moved it meanwhile: of many who accept
    at once exactly one does."""
    row = _row(case)
    unmoved = (
        (dealer_cases.c.ticket_id == before.ticket_id)
        & (dealer_cases.c.n == before.n)
        & (dealer_cases.c.stage == before.stage.value)
        & (dealer_cases.c.changed_at == before.changed_at)
    )
    if tx.execute(sa.update(dealer_cases).where(unmoved).values(row)).rowcount != 1:
        return False
    if case.n != before.n:
        _add_offer(tx, case)
    else:
        _note(tx, before, case, reason)
    return True


def offers(tx: Connection, ticket_id: int) -> list[Offer]:
    """Who was asked, in order."""
    query = select(dealer_offers).where(dealer_offers.c.ticket_id == ticket_id).order_by(dealer_offers.c.n)
    names = Offer.__dataclass_fields__
    return [Offer(**{name: row[name] for name in names}) for row in tx.execute(query).mappings()]


def unanswered(tx: Connection, now: datetime, *, limit: int = 100) -> list[int]:
    """Tickets whose dealer has not answered in time, the oldest first."""
    query = (
        select(dealer_cases.c.ticket_id)
        .where(dealer_cases.c.stage == Stage.OFFERED.value, dealer_cases.c.answer_due_at <= now)
        .order_by(dealer_cases.c.answer_due_at)
        .limit(limit)
    )
    return [row[0] for row in tx.execute(query)]


def of_dealer(tx: Connection, dealer_id: int, stages: Iterable[Stage], *, limit: int = 100) -> list[DealerCase]:
    """The longest unchanged first."""
    query = (
        select(dealer_cases)
        .where(dealer_cases.c.dealer_id == dealer_id, dealer_cases.c.stage.in_([stage.value for stage in stages]))
        .order_by(dealer_cases.c.changed_at)
        .limit(limit)
    )
    return [_of_row(row) for row in tx.execute(query).mappings()]


def oldest_offers(tx: Connection) -> dict[int, datetime]:
    """By dealer, since when it has the first of its open cases."""
    this = (dealer_offers.c.ticket_id == dealer_cases.c.ticket_id) & (dealer_offers.c.n == dealer_cases.c.n)
    query = (
        select(dealer_cases.c.dealer_id, sa.func.min(dealer_offers.c.offered_at, type_=dealer_offers.c.offered_at.type))
        .join(dealer_offers, this)
        .where(dealer_cases.c.stage.in_([stage.value for stage in Stage if not is_settled(stage)]))
        .group_by(dealer_cases.c.dealer_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def scorecard(tx: Connection, dealer_id: int, *, since: datetime, until: datetime) -> Scorecard:
    """Of the offers made, and the promises started, in [since, until)."""
    offered = dealer_offers.c.offered_at
    rows = (
        tx.execute(
            select(dealer_offers).where(dealer_offers.c.dealer_id == dealer_id, offered >= since, offered < until)
        )
        .mappings()
        .all()
    )
    owed = tx.execute(
        select(promises.c.outcome, promises.c.broken_at).where(
            promises.c.holder == Holder.DEALER.value,
            promises.c.holder_id == dealer_id,
            promises.c.started_at >= since,
            promises.c.started_at < until,
        )
    ).all()
    answers = [row["answer"] for row in rows]
    return Scorecard(
        offered=len(rows),
        accepted=answers.count(Stage.ACCEPTED.value),
        declined=answers.count(Stage.DECLINED.value),
        timed_out=answers.count(Stage.TIMED_OUT.value),
        closed=sum(1 for row in rows if row["closed_at"] is not None),
        reopened=sum(row["reopened"] for row in rows),
        no_shows=_no_shows(tx, dealer_id, since, until),
        promises_kept=sum(1 for outcome, broken_at in owed if outcome == "kept" and broken_at is None),
        promises_broken=sum(1 for outcome, broken_at in owed if broken_at is not None or outcome == "broken"),
        seconds_to_answer=_median(rows, "offered_at", "answered_at"),
        seconds_to_agreement=_median(rows, "answered_at", "agreed_at"),
        seconds_to_closing=_median(rows, "answered_at", "closed_at"),
    )


def _no_shows(tx: Connection, dealer_id: int, since: datetime, until: datetime) -> int:
    """Said in [since, until)."""
    own = select(dealer_offers.c.ticket_id).where(dealer_offers.c.dealer_id == dealer_id)
    states = tx.execute(select(bookings.c.state).where(bookings.c.ticket_id.in_(own))).scalars()
    missed = (one for state in states for one in _bookings.decode(state).no_shows)
    return sum(1 for one in missed if one.dealer_id == dealer_id and since <= one.at < until)


def _median(rows: Iterable[sa.RowMapping], begin: str, end: str) -> float | None:
    spans = [(row[end] - row[begin]).total_seconds() for row in rows if row[begin] and row[end]]
    return median(spans) if spans else None


def _add_offer(tx: Connection, case: DealerCase) -> None:
    values = {
        "ticket_id": case.ticket_id,
        "n": case.n,
        "dealer_id": case.dealer_id,
        "offered_at": case.changed_at,
        "reopened": 0,
    }
    tx.execute(dealer_offers.insert(), values)


def _note(tx: Connection, before: DealerCase, case: DealerCase, reason: str | None) -> None:
    """What the move says about the offer."""
    values: dict[str, object] = {}
    at = case.changed_at
    if case.stage is Stage.OFFERED:  # an acceptance was undone
        values = {"answered_at": None, "answer": None, "reason": None, "member_id": None}
    elif before.stage is Stage.OFFERED:
        values = {"answered_at": at, "answer": case.stage.value, "reason": reason, "member_id": case.member_id}
    elif case.stage is Stage.AGREED:
        values = {"agreed_at": at}
    elif case.stage is Stage.CLOSED:
        values = {"closed_at": at}
    elif case.details.reopened > before.details.reopened:
        values = {"reopened": dealer_offers.c.reopened + 1, "closed_at": None}
    if values:
        this = (dealer_offers.c.ticket_id == case.ticket_id) & (dealer_offers.c.n == case.n)
        tx.execute(sa.update(dealer_offers).where(this).values(values))


def _row(case: DealerCase) -> dict[str, object]:
    return {
        "ticket_id": case.ticket_id,
        "n": case.n,
        "dealer_id": case.dealer_id,
        "stage": case.stage.value,
        "member_id": case.member_id,
        "answer_due_at": case.answer_due_at,
        "details": msgspec.json.encode(case.details).decode(),
        "changed_at": case.changed_at,
    }


def _one(tx: Connection, query: "sa.Select[tuple[object, ...]]") -> DealerCase | None:
    row = tx.execute(query).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: sa.RowMapping) -> DealerCase:
    return DealerCase(**{**row, "stage": Stage(row["stage"]), "details": _details_decoder.decode(row["details"])})
