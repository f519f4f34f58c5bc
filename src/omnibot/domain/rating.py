"""How a customer rates what was done: when to ask, and what counts as an answer. Pure."""

import re
from datetime import datetime, timedelta
from enum import Enum, auto

from omnibot.domain.conversation import BotState, Conversation, Status
from omnibot.domain.message import Author, Message
from omnibot.domain.regex import regex
from omnibot.domain.ticket import Ticket
from omnibot.domain.value import dataclass

RATE = "rate:"  # begins the id of a button; the rating's id and the score follow: "rate:17:5"
BEST = 5
POOR = 2  # from here on down a person is offered
LONGEST_COMMENT = 2_000  # characters
RETRY = timedelta(minutes=10)  # while another question stands
PATIENCE = timedelta(days=2)  # after which nobody remembers what is to be rated


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingPolicy:
    """What the operator decided."""

    is_on: bool = True
    delay: timedelta = timedelta(minutes=5)  # after the end: nobody is asked in the same breath
    every: timedelta = timedelta(days=30)  # a customer is asked at most once in this time
    change_within: timedelta = timedelta(days=1)  # in which another press changes the rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A question "how did we do?" and what became of it."""

    id: int
    conversation_id: int
    ticket_id: int | None
    wanted_at: datetime
    ask_at: datetime | None = None
    asked_at: datetime | None = None
    score: int | None = None
    comment: str | None = None
    rated_at: datetime | None = None
    agent_id: int | None = None
    dealer_id: int | None = None
    team: str | None = None
    entry_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a customer said to the question. Without a score it is a word to an earlier one."""

    score: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The decision to keep an answer, given by a button, a number or a word."""

    id: int  # of the rating
    score: int | None = None
    comment: str = ""


class Turn(Enum):
    """Whether the moment to ask has come."""

    ASK = auto()
    WAIT = auto()  # another question stands, or somebody is about to answer
    DROP = auto()  # it is not over after all, was asked lately, or too long ago


def turn(
    rating: Rating,
    conversation: Conversation,
    newest: Message | None,
    ticket: Ticket | None,
    *,
    was_asked_lately: bool,
    can_be_reached: bool,
    now: datetime,
) -> Turn:
    """Whether to ask now. `newest` is the newest message of the conversation, `ticket` the one that the rating is about."""
    is_over = ticket is None or not ticket.is_open
    if not is_over or was_asked_lately or not can_be_reached or now - rating.wanted_at > PATIENCE:
        return Turn.DROP
    return Turn.WAIT if _is_busy(conversation, newest) else Turn.ASK


def _is_busy(conversation: Conversation, newest: Message | None) -> bool:
    bot = conversation.bot
    if conversation.status is Status.QUEUED or conversation.waiting_since is not None:
        return True
    if bot.form is not None or bot.visit is not None or bot.wanted is not None:
        return True
    if newest is None:
        return False
    # A customer whose words nobody has answered, a question with buttons, an agent in mid-talk.
    is_with_agent = conversation.status is Status.OPEN and newest.author is Author.AGENT
    return newest.author is Author.CUSTOMER or bool(newest.choices) or is_with_agent


_SCORE = regex(
    r"(?P<score>[1-5])(?: ?(?:/ ?5|stars?|points?|of 5|out of 5|分|星|颗星))?(?: ?[.,:;!~…。，：；！、–—-]+ ?(?P<word>.*))?",
    re.DOTALL,
)


def said(text: str) -> Said | None:
    """The score in a text that stands alone or before a mark ("5", "4 stars, quick", "5分，很快"); else None: "2 of my ovens
    are broken" is no rating."""
    found = _SCORE.fullmatch(text.strip().casefold())
    if found is None:
        return None
    word = text.strip()[found.start("word") :].strip() if found["word"] else ""
    return Said(score=int(found["score"]), comment=word[:LONGEST_COMMENT])


def rate(bot: BotState, choice: str | None, said: Said | None) -> Rate | None:
    """A press counts wherever and whenever; what was typed, only right after it was asked for."""
    if choice is not None and choice.startswith(RATE):
        found = pressed(choice)
        return Rate(id=found[0], score=found[1]) if found else Rate(id=0)
    asked = bot.to_rate or bot.rated
    return Rate(id=asked, score=said.score, comment=said.comment) if said is not None and asked is not None else None


def pressed(choice: str) -> tuple[int, int] | None:
    """Rating and score of a button's id; None for any other id."""
    parts = choice.removeprefix(RATE).split(":")
    if not choice.startswith(RATE) or len(parts) != 2 or not all(part.isdecimal() and len(part) < 16 for part in parts):
        return None
    id, score = map(int, parts)
    return (id, score) if 1 <= score <= BEST else None


def may_change(rating: Rating, policy: RatingPolicy, now: datetime) -> bool:
    """Whether an answer still counts: the first always does."""
    return rating.rated_at is None or now - rating.rated_at <= policy.change_within
