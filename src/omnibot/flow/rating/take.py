"""Keeps what a customer answers to "how did we do?". Nothing else happens: no ticket reopens, nobody is handed on."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain import rating as domain
from omnibot.domain.conversation import Conversation
from omnibot.domain.decision import PERSON
from omnibot.domain.message import Author, Choice, Message
from omnibot.domain.rating import Rate, Rating
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn
from omnibot.flow.say import say
from omnibot.store import conversations, ratings
from omnibot.texts import Words


def take(tx: Connection, desk: Desk, given: Rate, following: Conversation, *, now: datetime) -> list[Message]:
    """The score or the word, once; `following` is the conversation with what the bot remembers from now on. Raises MovedOn."""
    current = conversations.lock(tx, following.id)
    if current is None:
        raise MovedOn
    conversations.keep_bot_state(tx, current.id, following.bot)
    words = desk.texts.of(following.language)
    text, choices = _answered(tx, desk, given, current, words, now)
    kept = replace(current, language=following.language)
    return [say(tx, desk, kept, author=Author.SYSTEM, text=text, choices=choices, now=now)]


def _answered(
    tx: Connection, desk: Desk, given: Rate, current: Conversation, words: Words, now: datetime
) -> tuple[str, tuple[Choice, ...]]:
    found = ratings.lock(tx, given.id)
    if found is None or found.conversation_id != current.id or found.asked_at is None:
        return words("This question is no longer open; nothing has changed."), ()
    if given.comment:
        ratings.comment(tx, found.id, given.comment)
    if given.score is None:
        return words("Thank you, that helps us to do better."), ()
    if not domain.may_change(found, desk.policy.rating, now):
        return words("Thank you. Your rating is with us already and stays as it is."), ()
    ratings.rate(tx, found.id, score=given.score, now=now)
    return _thanks(words, found, given, current)


def _thanks(words: Words, found: Rating, given: Rate, current: Conversation) -> tuple[str, tuple[Choice, ...]]:
    if found.score is not None:
        return words("Thank you. Your rating is now {score} of 5.", score=given.score), ()
    is_poor = given.score is not None and given.score <= domain.POOR
    person = (Choice(id=PERSON, label=words("Talk to a person")),) if is_poor and not current.is_with_people else ()
    sorry = words("Thank you for telling us, and sorry that it was not better.")
    text = sorry if is_poor else words("Thank you for your rating!")
    if not given.comment:
        text = f"{text} {words('If you want to tell us why, just write it here.')}"
    return text, person
