"""A time-bound commitment: who holds it, since when, until when, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PromiseKind(StrEnum):
    """What was promised."""

    FIRST_REPLY = "first_reply"  # a person answers after the handoff
    NEXT_REPLY = "next_reply"  # a person answers the contact's next message
    RESOLUTION = "resolution"  # a ticket is resolved
    DEALER_REPLY = "dealer_reply"  # the dealer answers: accepts or declines
    DEALER_PLAN = "dealer_plan"  # the customer has agreed to the dealer's plan
    DEALER_CLOSING = "dealer_closing"  # the dealer has done it and reported


class Holder(StrEnum):
    """Who has to keep it."""

    US = "us"  # the team, nobody in particular
    AGENT = "agent"
    DEALER = "dealer"


class Outcome(StrEnum):
    """How it ended; an open promise has none."""

    KEPT = "kept"
    BROKEN = "broken"  # recorded at the moment it broke, once
    WAIVED = "waived"  # no longer owed: handed back to the bot, or closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One row that clocks, queue order and warnings all read."""

    id: int
    kind: PromiseKind
    holder: Holder
    holder_id: int | None
    conversation_id: int | None
    ticket_id: int | None
    started_at: datetime
    due_at: datetime
    outcome: Outcome | None = None
    broken_at: datetime | None = None
    ended_at: datetime | None = None
