"""How somebody in a group where people work is answered: silently where the platform can, otherwise aloud."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage
from omnibot.domain.group import Group
from omnibot.domain.message import Message
from omnibot.domain.value import dataclass
from omnibot.flow.guards import Unowned
from omnibot.store import cards, inbox, notices
from omnibot.store.cards import Card
from omnibot.store.inbox import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """The event has its outcome. `whisper` is for whoever said it; the conversation, if any, looks different now, and its
    customer has heard `said`."""

    whisper: str | None = None
    conversation_id: int | None = None
    said: tuple[Message, ...] = ()


def answer(
    tx: Connection, group: Group, card: Card | None, parsed: InboundMessage, text: str | None, now: datetime
) -> None:
    """Say aloud what cannot be told to one person alone."""
    if not text:
        return
    answers = parsed.message_id or next(iter(parsed.references), None)
    if card is not None:
        cards.add_line(tx, group, card, text, answers=answers, now=now)
    else:
        notices.add(tx, parsed.address, text, answers=answers, now=now)


def answer_privately(tx: Connection, parsed: InboundMessage, text: str, now: datetime) -> None:
    """The same in a private chat."""
    notices.add(tx, parsed.address, text, now=now)


def finish(tx: Connection, head: Waiting, outcome: str, attended: Attended) -> Attended:
    id = attended.conversation_id
    is_ours = inbox.finish_about(tx, head.id, outcome, conversation_id=id) if id else inbox.finish(tx, head.id, outcome)
    if not is_ours:
        raise Unowned
    return attended
