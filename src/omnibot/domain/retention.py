"""How long what is kept for. None: for ever."""

from datetime import timedelta

from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Numbers from RELIABILITY unless the operator says otherwise."""

    conversations: timedelta | None  # since their last message, unless people have them or a ticket is open
    raw: timedelta | None  # what platforms sent, as they sent it
    originals: timedelta | None  # raw mails and the like, which are files
    dead: timedelta | None  # raw events that nobody could read
