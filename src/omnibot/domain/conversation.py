"""Who owns a conversation, and how that changes. Each change of owner raises the epoch; an older epoch may no longer speak."""

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.value import dataclass, hot


class Status(StrEnum):
    """The owner, as people see it."""

    BOT = "bot"  # the bot answers
    QUEUED = "queued"  # handed to people, nobody has taken it yet
    OPEN = "open"  # an agent has it
    CLOSED = "closed"  # done; the contact's next message gives it back to the bot


class HandoffReason(StrEnum):
    """Why the bot gave a conversation to people."""

    ASKED = "asked"  # the contact asked for a person
    NO_MATCH = "no_match"  # no FAQ entry is near
    SECOND_FAILURE = "second_failure"  # the bot failed twice
    BOT_ERROR = "bot_error"  # the bot broke
    REOPENED = "reopened"  # the contact answered to a resolved ticket
    RELEASED = "released"  # an agent put it back into the queue
    UNDELIVERED = "undelivered"  # what an agent wrote did not arrive
    TOO_MANY = "too_many"  # so much was said automatically that the other side may be a machine
    SPLIT = "split"  # an agent made it of a message that began another subject
    COPIED = "copied"  # somebody wrote who had a copy, not the contact
    UNREADABLE = "unreadable"  # what came in could not be processed; it waits for a person to look at


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class BotState:
    """What the bot remembers of its own attempts since it last got the conversation."""

    failures: int = 0  # unsure matches and answers that did not help
    suggested: bool = False  # "did you mean" is asked once
    last_entry: str | None = None  # the FAQ entry answered last
    unhelpful: tuple[str, ...] = ()  # entry ids that the contact said did not help
    wanted: str | None = None  # the fact that the contact was asked for, ...
    wanted_for: str | None = None  # ... and the FAQ entry whose answer needs it
    resolved_ticket: int | None = None  # the contact was last told that this ticket is resolved
    form: str | None = None  # the form whose question stands, see `domain.form`
    offered: tuple[str, ...] = ()  # forms that were offered in place of a person: once
    to_rate: int | None = None  # the rating that was asked for last, until the contact says anything
    rated: int | None = None  # the rating just given, to which a word may follow
    visit: int | None = None  # the ticket for whose visit times are offered, so that words may pick one

    @property
    def is_in_mid_talk(self) -> bool:
        """Whether the next words may answer a question of the bot's, so that they stand for themselves."""
        return any(one is not None for one in (self.form, self.visit, self.to_rate, self.rated))

    def asked_to_rate(self, rating_id: int) -> "BotState":
        """The question stands: a bare number answers it."""
        return replace(self, to_rate=rating_id, rated=None)

    def after_rating(self, rated: int | None) -> "BotState":
        """The question stands no longer; a word to `rated` may follow."""
        if (self.to_rate, self.rated) == (None, rated):
            return self
        return replace(self, to_rate=None, rated=rated)


_WITH_PEOPLE = frozenset((Status.QUEUED, Status.OPEN))


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All messages with one contact at one address."""

    id: int
    contact_id: int
    address: Address
    status: Status
    epoch: int
    last_seq: int  # of the newest message or note; raised in the transaction that adds one
    language: Language
    created_at: datetime
    agent_id: int | None = None  # set exactly while OPEN
    waiting_since: datetime | None = None  # when the contact last spoke without a human answer; set while people own it
    due_at: datetime | None = None  # of the promise that breaks first
    reason: HandoffReason | None = None  # of the last handoff
    bot: BotState = field(default_factory=BotState)

    @property
    def is_with_people(self) -> bool:
        return self.status in _WITH_PEOPLE

    def _owned(self, status: Status, agent_id: int | None) -> Self:
        return replace(self, status=status, agent_id=agent_id, epoch=self.epoch + 1)

    def handed_off(self, reason: HandoffReason, now: datetime) -> Self:
        """Nobody in particular: the bot is silent and the queue shows it."""
        return replace(self._owned(Status.QUEUED, None), reason=reason, waiting_since=self.waiting_since or now)

    def taken(self, agent_id: int) -> Self:
        return self._owned(Status.OPEN, agent_id)

    def continuing(self, other: "Conversation") -> Self:
        """As `other` stands: the same owner, and what is owed there is owed here."""
        owned = self._owned(other.status, other.agent_id)
        return replace(
            owned,
            waiting_since=other.waiting_since,
            due_at=other.due_at,
            reason=other.reason,
            bot=other.bot,
            language=other.language,
        )

    def handed_back(self) -> Self:
        """The bot starts afresh, but still knows which ticket was resolved and which times wait for an answer."""
        fresh = BotState(resolved_ticket=self.bot.resolved_ticket, visit=self.bot.visit)
        return replace(self._owned(Status.BOT, None), bot=fresh, reason=None, waiting_since=None, due_at=None)

    def closed(self) -> Self:
        return replace(self.handed_back(), status=Status.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the customer may know of who has the conversation."""

    conversation: Conversation
    agent_name: str | None = None
    position: int | None = None  # in the queue, 1 is next
    expected: str | None = None  # when somebody answers, in words
    read: int | None = None  # up to which seq people have read; None: nobody is told
