"""A question that a customer asked the bot, and what became of it. Read from transcripts (`flow.look_back`), never stored."""

from datetime import datetime
from enum import StrEnum

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass


class Fate(StrEnum):
    """How a question ended, as far as the transcript tells."""

    ANSWERED = "answered"  # an answer was given and nothing was said about it
    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"
    OFFERED = "offered"  # likely questions were offered and none was chosen
    UNANSWERED = "unanswered"  # nothing near enough was known


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    conversation_id: int
    seq: int  # of the customer's message
    text: str
    language: Language
    at: datetime
    fate: Fate
    entry_id: str | None = None  # the entry whose answer was given
    led_to_human: bool = False
    is_marked_wrong: bool = False  # a colleague said so of the answer
    reply: str | None = None  # what a person then answered
    replies: int = 0  # how much people had to write in that conversation afterwards
    names: tuple[str, ...] = ()  # of who talked, to be masked

    @property
    def is_badly_rated(self) -> bool:
        return self.fate is Fate.DID_NOT_HELP or self.is_marked_wrong

    @property
    def is_open(self) -> bool:
        """Whether the FAQ failed here: nothing was found, or what was found was wrong."""
        return self.fate is Fate.UNANSWERED or self.is_badly_rated or (self.fate is Fate.OFFERED and self.led_to_human)
