"""A clock that can be put forward, so that nobody has to wait twelve hours to see a promise break."""

from datetime import datetime, timedelta

from omnibot.clock import SystemClock


class TimeMachine:
    """The machine's wall clock and what was added to it. It never goes back: what has happened has happened."""

    def __init__(self) -> None:
        self._wall = SystemClock()
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return self._wall.now() + self.ahead

    def forward(self, step: timedelta) -> None:
        """Raises ValueError for a step back."""
        if step <= timedelta(0):
            raise ValueError(step)
        self.ahead += step
