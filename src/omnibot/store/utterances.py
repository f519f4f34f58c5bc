"""What customers say where the channel keeps the transcript itself: accepted and placed at once, many in a few statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Attachment, Author, Message
from omnibot.domain.triage import Explanation
from omnibot.domain.value import hot
from omnibot.store import conversations, files, inbox, messages
from omnibot.store.inbox import PlacedEvent


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A customer's words that their channel places in the transcript in the moment it accepts them."""

    channel: str
    conversation_id: int
    client_id: str
    text: str
    chosen: str | None = None
    files: tuple[Attachment, ...] = ()

    @property
    def external_id(self) -> str:
        return f"{self.conversation_id}:{self.client_id}"

    @property
    def lane(self) -> str:
        return f"{self.channel}:{self.conversation_id}"


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An utterance as the message that it is to be, with its conversation as it stands with it."""

    said: Utterance
    conversation: Conversation
    message: Message


def accept(tx: Connection, utterances: list[Utterance], now: datetime) -> list[int | None]:
    """Keep many at once, of one channel and each of another conversation; returns the seq of each (None: no such conversation).

    An utterance seen before gets its first seq again and leaves nothing but a gap in the numbering.
    """
    seqs = conversations.count_next(tx, [said.conversation_id for said in utterances])
    there = [said for said in utterances if said.conversation_id in seqs]
    first = keep(tx, [(said, seqs[said.conversation_id], None) for said in there], now)
    fresh = [said for said in there if said.external_id not in first]
    write(tx, [_message(said, seqs[said.conversation_id], now) for said in fresh])
    return [first.get(said.external_id, seqs.get(said.conversation_id)) for said in utterances]


def place(tx: Connection, utterances: list[Utterance], now: datetime) -> list[Placed]:
    """Those of conversations that exist, which are locked from now on; nothing is written yet. For those that `accept` takes."""
    there = conversations.lock_with_next(tx, [said.conversation_id for said in utterances])
    known = ((said, there[said.conversation_id]) for said in utterances if said.conversation_id in there)
    return [
        Placed(said=said, conversation=conversation, message=_message(said, conversation.last_seq, now))
        for said, conversation in known
    ]


def _message(said: Utterance, seq: int, now: datetime) -> Message:
    return Message(
        conversation_id=said.conversation_id,
        seq=seq,
        author=Author.CUSTOMER,
        text=said.text,
        chosen=said.chosen,
        external_id=said.client_id,
        files=said.files,
        at=now,
    )


def keep(tx: Connection, said: list[tuple[Utterance, int, str | None]], now: datetime) -> dict[str, int]:
    """Keep the event of each, which has that seq and perhaps an outcome already. Returns the first seqs of those that were kept
    before, by external id; nothing more is to be written of them."""
    if not said:
        return {}
    placed = [
        PlacedEvent(one.channel, one.external_id, one.lane, one.conversation_id, seq, outcome)
        for one, seq, outcome in said
    ]
    if inbox.accept_placed(tx, placed, now) == len(placed):
        return {}
    known = inbox.known_seqs(tx, said[0][0].channel, [one.external_id for one, *_ in said])
    return {one.external_id: first for one, seq, _ in said if (first := known[one.external_id]) != seq}


def write(tx: Connection, said: list[Message], answers: Iterable[tuple[Message, Explanation]] = ()) -> None:
    """The messages that were kept, and what the bot says to them."""
    if not said:
        return
    messages.add_many(tx, [*((message, None) for message in said), *answers])
    for message in said:
        if message.files:
            files.attach(tx, message.files, conversation_id=message.conversation_id, seq=message.seq)
