"""How far the two sides of a conversation have read what the other said."""

from datetime import datetime

from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMarks:
    """Up to which seq, and since when that is known; 0: nothing that is known of."""

    customer: int = 0
    customer_at: datetime | None = None
    staff: int = 0  # whoever of them looked
    staff_at: datetime | None = None


UNREAD = ReadMarks()
