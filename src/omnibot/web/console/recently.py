"""What changed lately in this process, for pages that were drawn, or away, while it did."""

import secrets
from collections import deque
from itertools import islice

from omnibot.doorbell import Typing, Update

REMEMBERED = 1000  # changes; a page that missed more draws itself anew
EVERYTHING = 0  # in place of a conversation


class Recently:
    """The last changes, numbered, so that a page hears what came while it was drawn or its connection was lost."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)  # numbers of another process say nothing here
        self._last = 0
        self._changes: deque[int] = deque(maxlen=REMEMBERED)

    def note(self, update: Update) -> None:
        if not isinstance(update, Typing):
            self._last += 1
            self._changes.append(update.conversation_id)

    @property
    def mark(self) -> str:
        """Where we are now."""
        return f"{self._run}-{self._last}"

    def since(self, mark: str) -> list[int]:
        """The conversations that have changed since; `EVERYTHING` if that is not known any more."""
        run, _, number = mark.partition("-")
        if run != self._run or not (number.isascii() and number.isdigit()):
            return [EVERYTHING]
        missed = self._last - int(number)
        if not 0 <= missed <= len(self._changes):
            return [EVERYTHING]
        return list(dict.fromkeys(islice(reversed(self._changes), missed)))
