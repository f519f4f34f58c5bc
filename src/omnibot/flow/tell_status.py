"""What the customer is told of who has the conversation, and of how long it takes."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain import calendar
from omnibot.domain.conversation import Conversation, Standing, Status
from omnibot.domain.language import Language
from omnibot.domain.surge.wait import Wait
from omnibot.flow import word
from omnibot.flow.desk import Desk
from omnibot.flow.surge import tell_wait
from omnibot.store import conversations, read_marks, users


def standing(tx: Connection, desk: Desk, id: int, now: datetime) -> Standing | None:
    """None if there is no such conversation."""
    conversation = conversations.get(tx, id)
    if conversation is None:
        return None
    read = read_by_staff(tx, desk, id)
    if conversation.status is Status.OPEN and conversation.agent_id is not None:
        agent = users.get(tx, conversation.agent_id)
        return Standing(conversation=conversation, agent_name=agent.name if agent else None, read=read)
    if conversation.status is Status.QUEUED:
        waiting = tell_wait.look(tx, desk.stopwatch, desk.policy, desk.rules, conversation, now)
        expected = _expected(desk, conversation, waiting, now)
        return Standing(conversation=conversation, position=waiting.place, expected=expected, read=read)
    return Standing(conversation=conversation, read=read)


def read_by_staff(tx: Connection, desk: Desk, id: int) -> int | None:
    """Up to which seq; None where the operator does not want it known."""
    return read_marks.of(tx, id).staff if desk.tells_reading else None


def _expected(desk: Desk, conversation: Conversation, waiting: Wait, now: datetime) -> str:
    if waiting.expected is None:
        return reply_time(desk, conversation.language, now)
    words = desk.texts.of(conversation.language)
    return words("It takes {length} at present.", length=tell_wait.length(words, waiting.expected))


def reply_time(desk: Desk, language: Language, now: datetime) -> str:
    """When a person answers somebody who asks now."""
    words, policy = desk.texts.of(language), desk.policy.at(now)
    if calendar.is_open(policy.calendar, now):
        return words(
            "A person answers within about {minutes} minutes.", minutes=policy.first_reply // timedelta(minutes=1)
        )
    opens = calendar.next_opening(policy.calendar, now)
    return words("People are back {when}.", when=word.moment(words, opens, now, policy.calendar.zone))
