"""Thresholds that people applied after they had asked the bot their own examples; the next version replaces them."""

from datetime import datetime

from omnibot.domain.policy import Policy, Thresholds
from omnibot.domain.value import dataclass

SETTINGS = 0  # as a version: what the settings say


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A version, the first one is 1. Of the examples only their numbers are kept: they may be customers' words."""

    n: int
    thresholds: Thresholds | None  # None: those of the settings decide again
    forbidden: int = 0  # how many examples must not be answered
    wanted: int = 0  # how many came with their entry
    note: str = ""
    restores: int | None = None  # the version that was brought back
    author_id: int
    author_name: str
    at: datetime


class StandingPolicy:
    """The policy by which one process decides, one object for good: the settings', with the thresholds that were applied last.

    A change is one assignment of a new value.
    """

    def __init__(self, settled: Policy) -> None:
        self.settled = settled  # as the settings say
        self.policy = settled

    def take(self, calibration: Calibration | None) -> None:
        """The newest version; None: there is none."""
        if calibration is None or calibration.thresholds is None:
            self.policy = self.settled
        else:
            self.policy = self.settled.calibrated(calibration.thresholds, by=calibration.n)
