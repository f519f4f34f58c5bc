"""The copy of a conversation that somebody asks for."""

from enum import StrEnum


class Refused(StrEnum):
    """Why no copy goes out, for people."""

    NOTHING_SAID = "nothing has been said yet"
    ADDRESS_HAS_ENOUGH = "this address has had enough copies today"
    VISITOR_HAS_ENOUGH = "you have had enough copies today"
    BUSY = "too many copies are asked for just now"
