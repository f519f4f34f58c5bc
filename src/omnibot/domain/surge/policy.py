"""What the operator decided for the hours in which many come at once."""

from datetime import timedelta

from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgePolicy:
    least: int = 5  # customers with equal questions, from which an incident is proposed; 0: never
    window: timedelta = timedelta(minutes=60)  # within which they have asked
    call_back_from: timedelta = timedelta(minutes=30)  # expected wait, from which a call-back is offered
