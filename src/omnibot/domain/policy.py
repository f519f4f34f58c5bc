"""What the operator decided: thresholds, hours, and the times promised."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from typing import Self

from omnibot.domain.calendar import Calendar, always_open
from omnibot.domain.discretion import Discretion
from omnibot.domain.escalation import LADDER, Ladder
from omnibot.domain.promise import PromiseKind
from omnibot.domain.rating import RatingPolicy
from omnibot.domain.surge.policy import SurgePolicy
from omnibot.domain.ticket import Priority
from omnibot.domain.value import dataclass

DEALER_TARGETS = {
    PromiseKind.DEALER_REPLY: timedelta(hours=12),
    PromiseKind.DEALER_PLAN: timedelta(days=5),
    PromiseKind.DEALER_CLOSING: timedelta(days=15),
}


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


OPENLY = Discretion()


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is promised from the beginning of a day on, where it is other than before."""

    since: date
    times: Mapping[PromiseKind, timedelta] = field(default_factory=dict)
    resolution: Mapping[Priority, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Read once at start, passed to every decision."""

    answer_threshold: float  # 0..1; a candidate at or above it is the answer
    suggest_threshold: float  # 0..1; candidates at or above it may be offered
    answer_margin: float = 0.0  # 0..1; how far the answer's score has to be above the next candidate's
    calibration: int | None = (
        None  # the version of the thresholds that were applied in the console; None: the settings'
    )
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
    dealer: Mapping[PromiseKind, timedelta] = field(default_factory=lambda: DEALER_TARGETS)
    tiers: Mapping[str, Mapping[PromiseKind, timedelta]] = field(default_factory=dict)  # where a tier has its own
    calendars: Mapping[str, Calendar] = field(default_factory=dict)  # by name, beside the team's own
    calendar_of: Mapping[PromiseKind, str] = field(default_factory=dict)  # by name, where it is not the usual one
    ladder: Ladder = LADDER
    report_photos: int = 1  # that a dealer's report needs
    discretion: Discretion = OPENLY
    rating: RatingPolicy = field(default_factory=RatingPolicy)
    surge: SurgePolicy = field(default_factory=SurgePolicy)
    dated: tuple[Targets, ...] = ()  # the earliest first; each counts from its day on

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(answer=self.answer_threshold, suggest=self.suggest_threshold, margin=self.answer_margin)

    def calibrated(self, thresholds: Thresholds, *, by: int) -> Self:
        """With these thresholds, which are those of a calibration."""
        return replace(
            self,
            answer_threshold=thresholds.answer,
            suggest_threshold=thresholds.suggest,
            answer_margin=thresholds.margin,
            calibration=by,
        )

    def at(self, now: datetime) -> Self:
        """The policy for what begins at `now`. Clocks that run keep what they began with."""
        if not self.dated:
            return self
        today = now.astimezone(self.calendar.zone).date()
        changed = self
        for targets in self.dated:
            if targets.since <= today:
                times = {kind: targets.times[kind] for kind in DEALER_TARGETS if kind in targets.times}
                changed = replace(
                    changed,
                    first_reply=targets.times.get(PromiseKind.FIRST_REPLY, changed.first_reply),
                    next_reply=targets.times.get(PromiseKind.NEXT_REPLY, changed.next_reply),
                    resolution={**changed.resolution, **targets.resolution},
                    dealer={**changed.dealer, **times},
                )
        return changed

    def allowance(
        self, kind: PromiseKind, *, tier: str | None = None, priority: Priority = Priority.NORMAL
    ) -> timedelta:
        """The open time for a promise; what a tier does not name is as for everybody."""
        own = self.tiers.get(tier or "", {})
        if kind in own:
            return own[kind]
        match kind:
            case PromiseKind.FIRST_REPLY:
                return self.first_reply
            case PromiseKind.NEXT_REPLY:
                return self.next_reply
            case PromiseKind.RESOLUTION:
                return self.resolution[priority]
            case PromiseKind.DEALER_REPLY | PromiseKind.DEALER_PLAN | PromiseKind.DEALER_CLOSING:
                return self.dealer[kind]
            case PromiseKind.SPOKEN | PromiseKind.WRITE_BACK:
                raise ValueError("what was said names its own time")

    def calendar_for(self, kind: PromiseKind) -> Calendar:
        """By which a promise of that kind runs: the team's hours, or round the clock for dealers, unless one is named."""
        if kind in self.calendar_of:
            return self.calendars[self.calendar_of[kind]]
        return always_open(self.calendar.zone) if kind in DEALER_TARGETS else self.calendar
