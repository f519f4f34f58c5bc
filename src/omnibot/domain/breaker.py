"""Leaves another system alone while it does not answer, and tries it again from time to time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from omnibot.domain.value import dataclass

FAILURES = 3  # in a row, until it is left alone
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`rests_until`: nobody asks before. One question then shows whether it is back."""

    failures: int = 0
    rests_until: datetime | None = None

    def may_ask(self, now: datetime) -> bool:
        return self.rests_until is None or now >= self.rests_until

    def after_failure(self, now: datetime) -> Self:
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, failures=failures)
        rest = min(FIRST_REST * 2 ** min(failures - FAILURES, 10), LONGEST_REST)
        return replace(self, failures=failures, rests_until=now + rest)

    def after_answer(self) -> Self:
        return replace(self, failures=0, rests_until=None)
