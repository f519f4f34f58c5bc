"""What the operator decided: thresholds, hours, and the times promised."""

from dataclasses import dataclass
from datetime import timedelta

from omnibot.domain.calendar import Calendar
from omnibot.domain.ticket import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Read once at start, passed to every decision."""

    answer_threshold: float  # 0..1; a candidate at or above it is the answer
    suggest_threshold: float  # 0..1; candidates at or above it may be offered
    team: str  # how the service team is called towards contacts
    calendar: Calendar
    first_reply: timedelta  # open time until a person answers after a handoff
    next_reply: timedelta  # open time until a person answers a further message
    resolution: dict[Priority, timedelta]  # open time until a ticket is resolved
    reopen_window: timedelta  # an answer to a resolved ticket reopens it this long, later it opens a linked one
    close_after: timedelta  # a resolved ticket closes by itself after this silence
    automatic_per_hour: int  # messages that no person wrote, to one contact on one channel; then people look
    failures_before_handoff: int = 2
    suggestions: int = 3
