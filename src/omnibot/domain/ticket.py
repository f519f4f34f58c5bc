"""A ticket and what can happen to it. `after` is pure: a ticket and a change give the next ticket, or a refusal in words."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.value import dataclass


class TicketStatus(StrEnum):
    """Where the work stands."""

    NEW = "new"  # nobody has started
    OPEN = "open"  # somebody works on it
    PENDING = "pending"  # waiting for the contact, or for parts
    RESOLVED = "resolved"  # done, the contact may still object
    CLOSED = "closed"  # done for good


class Priority(StrEnum):
    """How much it matters; decides the time allowed for the resolution."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class By(StrEnum):
    """Who made a change."""

    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"
    DEALER = "dealer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The piece of work. `number` is what people quote: digits with a check digit."""

    id: int
    number: str
    contact_id: int
    conversation_id: int | None
    subject: str
    category: str | None
    priority: Priority
    status: TicketStatus
    opened_at: datetime
    agent_id: int | None = None
    follows_id: int | None = None  # the closed ticket that this one continues
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    changes: int = 0  # how many, which is also the number of the newest

    @property
    def is_open(self) -> bool:
        return self.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commented:
    text: str
    visible: bool  # to the contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Somebody works on it, again or for the first time."""

    text: str = ""


class Awaited(StrEnum):
    """What a ticket on hold waits for."""

    CUSTOMER = "customer"  # its clocks go on when they answer
    PARTS = "parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnHold:
    """Waiting; `text` says for what."""

    text: str
    awaited: Awaited = Awaited.CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The contact said what the ticket waited for, or something else: somebody has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """It is the same case as another one, which goes on."""

    into: str  # the other's number


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    agent_id: int
    agent_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prioritised:
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """How it was mended, for the file."""

    cause: str
    solution: str
    prevention: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """To a team or a dealer. `after` is how the dealer before it ended: declined, timed out, withdrawn."""

    team: str | None = None
    dealer_id: int | None = None
    dealer_name: str | None = None
    answer_by: datetime | None = None
    after: Stage | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerMoved:
    """The dealer, or the customer about its plan, did something. `n` is the number of the offer, `by_when` what comes next."""

    n: int
    dealer_id: int
    dealer_name: str
    stage: Stage
    text: str = ""
    by_when: datetime | None = None


Change = (
    Opened
    | Commented
    | Started
    | PutOnHold
    | Answered
    | Assigned
    | Prioritised
    | Resolved
    | Reopened
    | Closed
    | Merged
    | Reported
    | PassedOn
    | DealerMoved
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change as it stands in the time line. `n` counts from 1 within the ticket."""

    n: int
    change: Change
    by: By
    by_id: int | None
    by_name: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The change does not fit the ticket's state; `why` is for the person who tried."""

    why: str


def after(ticket: Ticket, change: Change, now: datetime) -> Ticket | Refused:
    """The ticket once `change` has happened."""
    if ticket.status is TicketStatus.CLOSED and not isinstance(change, Commented | Reported | DealerMoved):
        return Refused("The ticket is closed. Open a new one that follows it.")
    following = replace(ticket, changes=ticket.changes + 1)
    match change:
        case Opened() | Commented() | Reported() | DealerMoved():
            return following
        case PassedOn():
            return replace(following, status=TicketStatus.OPEN) if ticket.is_open else Refused("Reopen it first.")
        case Started():
            return replace(following, status=TicketStatus.OPEN) if ticket.is_open else Refused("Reopen it first.")
        case PutOnHold():
            return replace(following, status=TicketStatus.PENDING) if ticket.is_open else Refused("Reopen it first.")
        case Answered():
            if ticket.status is not TicketStatus.PENDING:
                return Refused("It does not wait for the customer.")
            return replace(following, status=TicketStatus.OPEN)
        case Assigned(agent_id=agent_id):
            status = TicketStatus.OPEN if ticket.status is TicketStatus.NEW else ticket.status
            return replace(following, agent_id=agent_id, status=status)
        case Prioritised(priority=priority):
            return replace(following, priority=priority)
        case Resolved():
            if not ticket.is_open:
                return Refused("It is resolved already.")
            return replace(following, status=TicketStatus.RESOLVED, resolved_at=now)
        case Reopened():
            if ticket.is_open:
                return Refused("It is open already.")
            return replace(following, status=TicketStatus.OPEN, resolved_at=None)
        case Closed() | Merged():
            return replace(following, status=TicketStatus.CLOSED, closed_at=now)
    assert_never(change)


def is_visible(change: Change) -> bool:
    """Whether the contact hears of it."""
    match change:
        case Commented(visible=visible):
            return visible
        case Assigned() | Prioritised() | Reported() | Answered():
            return False
        case PassedOn(dealer_id=dealer_id):
            return dealer_id is not None
        case DealerMoved(stage=stage):
            return stage in (Stage.OFFERED, Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE)
        case Opened() | Started() | PutOnHold() | Resolved() | Reopened() | Closed() | Merged():
            return True
    assert_never(change)
