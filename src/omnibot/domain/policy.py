"""What the operator decided: thresholds, hours, and the times promised."""

from dataclasses import dataclass
from datetime import timedelta

from omnibot.domain.calendar import Calendar
from omnibot.domain.ticket import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When the FAQ answers: shares from 0 to 1, as in `Policy`."""

    answer: float
    suggest: float
    margin: float


# By `faq.preset`; docs/faq.md has what each gives and gives up.
PRESETS = {
    "balanced": Thresholds(answer=0.62, suggest=0.35, margin=0.06),
    "strict": Thresholds(answer=0.7, suggest=0.4, margin=0.12),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Read once at start, passed to every decision."""

    answer_threshold: float  # 0..1; a candidate at or above it is the answer
    suggest_threshold: float  # 0..1; candidates at or above it may be offered
    answer_margin: float = 0.0  # 0..1; how far the answer's score has to be above the next candidate's
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
