"""A case in a dealer's hands: offered, accepted, planned, done, confirmed. Pure: a case and a move give the next case, or a
refusal in words.

    offered ─▶ accepted ─▶ proposed ─▶ agreed ─▶ on_site ─▶ reported ─▶ closed
       │ declined, timed_out: the next dealer is offered it        ▲         │ reopened: the same dealer, and it counts
       ▼                                                           └─────────┘ objected
    withdrawn: it came back to us
"""

import re
from collections.abc import Iterable
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from omnibot.domain.value import dataclass

LEAST_WORDS = 8  # characters of a part of a report; Chinese says as much in half of them
REOPEN_WINDOW = timedelta(days=30)
UNDO_WINDOW = timedelta(minutes=15)  # in which a press by mistake can be taken back


class Stage(StrEnum):
    """Where the case stands."""

    OFFERED = "offered"  # the dealer has not answered
    DECLINED = "declined"  # the dealer said no; it waits for the next one
    TIMED_OUT = "timed_out"  # the dealer did not answer in time; it waits for the next one
    ACCEPTED = "accepted"  # the dealer has it and is to propose a plan
    PROPOSED = "proposed"  # the customer is asked about the plan
    AGREED = "agreed"  # the customer said yes
    ON_SITE = "on_site"  # somebody of the dealer is there
    REPORTED = "reported"  # done, with a report; the customer may object
    CLOSED = "closed"  # the customer confirmed, or was silent
    WITHDRAWN = "withdrawn"  # it came back to us


WITH_DEALER = (Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE)
WITH_NOBODY = (Stage.DECLINED, Stage.TIMED_OUT, Stage.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the dealer wants to do, and when."""

    text: str
    visit_at: datetime | None = None  # what the words name, if they name one time; booked with the customer's yes
    visit_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How it was mended. `photos` is how many came with it."""

    cause: str
    solution: str
    prevention: str
    photos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What was said on the way."""

    plan: Plan | None = None
    wish: str | None = None  # why the customer did not agree, or which time suits better
    report: Report | None = None
    reopened: int = 0
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerCase:
    """`n` is the number of the offer: what was said under an older one does nothing."""

    ticket_id: int
    n: int
    dealer_id: int
    stage: Stage
    changed_at: datetime
    answer_due_at: datetime | None = None  # of an open offer
    member_id: int | None = None  # who accepted
    details: Details = field(default_factory=Details)


# What may happen


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """To another dealer, or to the same one again."""

    dealer_id: int
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    member_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptUndone:
    """It was accepted by mistake: the same offer stands again, with the time for the answer that it had."""

    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProposed:
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAgreed:
    """By the customer: nobody else's yes stops the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTime:
    """The customer wants another time."""

    wish: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkToUs:
    """The customer wants to talk to us about the plan; it stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedOnSite:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyThere:
    """Whoever was on site met nobody; the plan stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """By the customer, or by silence for as long as a resolved ticket waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """It is not right: within the window the same dealer has it again, and it counts."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """We take it back."""

    reason: str


Move = (
    Offered
    | Accepted
    | AcceptUndone
    | Declined
    | TimedOut
    | PlanProposed
    | PlanAgreed
    | OtherTime
    | TalkToUs
    | ArrivedOnSite
    | NobodyThere
    | Done
    | Confirmed
    | Objected
    | Withdrawn
)


@dataclass(frozen=True, slots=True)
class Refused:
    """The move does not fit; `why` is for the person who tried, `missing` what a report lacks."""

    why: str
    missing: tuple[str, ...] = ()


def offered(ticket_id: int, dealer_id: int, *, answer_due_at: datetime, now: datetime) -> DealerCase:
    """The first offer of a case."""
    return DealerCase(
        ticket_id=ticket_id,
        n=1,
        dealer_id=dealer_id,
        stage=Stage.OFFERED,
        changed_at=now,
        answer_due_at=answer_due_at,
    )


def after(
    case: DealerCase, move: Move, now: datetime, *, photos: int = 0, window: timedelta = REOPEN_WINDOW
) -> DealerCase | Refused:
    """The case once `move` has happened. `photos` is how many a report needs, `window` how long an objection reopens."""
    stage, details = case.stage, case.details

    def at(next_stage: Stage, **changed: object) -> DealerCase:
        return replace(case, stage=next_stage, changed_at=now, **changed)  # type: ignore[arg-type]  # fields by name

    match move:
        case Offered(dealer_id=dealer_id, answer_due_at=due):
            if stage not in WITH_NOBODY:
                return Refused("A dealer has it. Take it back first.")
            # Whoever gets it next starts anew; what the customer wished is still so.
            fresh = Details(wish=details.wish, reopened=details.reopened)
            return at(
                Stage.OFFERED, n=case.n + 1, dealer_id=dealer_id, answer_due_at=due, member_id=None, details=fresh
            )
        case Accepted(member_id=member_id):
            if stage is not Stage.OFFERED:
                return Refused(_NOT_OFFERED.get(stage, "It has been accepted already."))
            return at(Stage.ACCEPTED, member_id=member_id, answer_due_at=None)
        case AcceptUndone(answer_due_at=due):
            # Whatever happened since would be undone with it.
            if stage is not Stage.ACCEPTED or details.plan is not None or details.reopened:
                return Refused("Something has happened since. Ask us to take it back.")
            if now - case.changed_at > UNDO_WINDOW:
                return Refused("It was accepted too long ago. Ask us to take it back.")
            return at(Stage.OFFERED, member_id=None, answer_due_at=due)
        case Declined(reason=reason):
            if stage is not Stage.OFFERED:
                return Refused(_NOT_OFFERED.get(stage, "It has been accepted already. Ask us to take it back."))
            if not reason.strip():
                return Refused("Say why, in a few words.", ("reason",))
            return at(Stage.DECLINED, answer_due_at=None)
        case TimedOut():
            if stage is not Stage.OFFERED:
                return Refused("It has been answered.")
            if case.answer_due_at is None or now < case.answer_due_at:
                return Refused("There is still time.")
            return at(Stage.TIMED_OUT, answer_due_at=None)
        case PlanProposed(plan=plan):
            if stage not in (Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED):
                return Refused("A plan can be proposed between accepting and the visit.")
            if not plan.text.strip():
                return Refused("Say what you will do, and when.", ("plan",))
            if plan.visit_at is not None and plan.visit_at <= now:
                return Refused("The visit lies in the past.", ("visit_at",))
            return at(Stage.PROPOSED, details=replace(details, plan=plan))
        case PlanAgreed():
            if stage is not Stage.PROPOSED:
                return Refused("There is no plan to agree to.")
            return at(Stage.AGREED, details=replace(details, wish=None))
        case OtherTime(wish=wish):
            if stage not in (Stage.PROPOSED, Stage.AGREED):
                return Refused("There is no plan to change.")
            return at(Stage.ACCEPTED, details=replace(details, wish=wish))
        case TalkToUs():
            return case if stage is Stage.PROPOSED else Refused("There is no plan to talk about.")
        case ArrivedOnSite():
            if stage is not Stage.AGREED:
                return Refused("The customer has not agreed to a plan yet.")
            return at(Stage.ON_SITE)
        case NobodyThere():
            return at(Stage.AGREED) if stage is Stage.ON_SITE else Refused("Nobody is on site.")
        case Done(report=report):
            if stage not in (Stage.AGREED, Stage.ON_SITE):
                return Refused("The customer has not agreed to a plan yet.")
            if lacking := missing(report, photos=photos):
                return Refused("The report is not complete.", lacking)
            return at(Stage.REPORTED, details=replace(details, report=report))
        case Confirmed():
            if stage is not Stage.REPORTED:
                return Refused("Nothing has been reported as done.")
            return at(Stage.CLOSED, details=replace(details, closed_at=now))
        case Objected(text=text):
            if stage not in (Stage.REPORTED, Stage.CLOSED):
                return Refused("The dealer is still at it.")
            if details.closed_at is not None and now - details.closed_at > window:
                return Refused("It was closed too long ago. Open a new case that follows it.")
            again = Details(wish=text, reopened=details.reopened + 1)
            return at(Stage.ACCEPTED, details=again)
        case Withdrawn():
            if stage in (Stage.CLOSED, Stage.WITHDRAWN):
                return Refused("No dealer has it.")
            return at(Stage.WITHDRAWN, answer_due_at=None, member_id=None)
    assert_never(move)


_NOT_OFFERED = {
    Stage.DECLINED: "It has been declined.",
    Stage.TIMED_OUT: "It came too late: the case goes to somebody else.",
    Stage.WITHDRAWN: "The case was taken back.",
    Stage.CLOSED: "The case is closed.",
}


def missing(report: Report, *, photos: int = 0) -> tuple[str, ...]:
    """What a report lacks: parts that say nothing, parts that repeat another one, photos."""
    parts = {"cause": report.cause, "solution": report.solution, "prevention": report.prevention}
    lacking = [name for name, text in parts.items() if not says_something(text)]
    said: set[str] = set()
    for name, text in parts.items():
        plain = _plain(text)
        if plain in said and name not in lacking:
            lacking.append(name)
        said.add(plain)
    if report.photos < photos:
        lacking.append("photos")
    return tuple(lacking)


def says_something(text: str) -> bool:
    """Whether there is more in it than "done", "n/a", "......" or one letter again and again."""
    plain = _plain(text)
    wide = sum(1 for character in plain if not character.isascii())
    return len(plain) + wide >= LEAST_WORDS and len(set(plain)) > 3


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def is_settled(stage: Stage) -> bool:
    """Whether it takes none of the dealer's capacity any more."""
    return stage in (Stage.CLOSED, *WITH_NOBODY)


def tried(offers: Iterable[tuple[int, str | None]]) -> frozenset[int]:
    """The dealers who have said no, or nothing, to this case. `offers` are dealers and their answers."""
    return frozenset(dealer_id for dealer_id, answer in offers if answer in (Stage.DECLINED, Stage.TIMED_OUT))
