"""What customers say where the channel keeps the transcript itself: accepted and placed at once, many in a few statements."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Attachment, Author, Message, RawEvent
from omnibot.domain.value import unguarded
from omnibot.store import conversations, files, inbox, messages, schema
from omnibot.store.inbox import Waiting
from omnibot.store.prepared import Prepared
from omnibot.store.schema import micros


@unguarded
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

    @property
    def event(self) -> RawEvent:
        return RawEvent(channel=self.channel, external_id=self.external_id, lane=self.lane, payload="")


# Locked in the order of their ids, as every group of bodies locks its own: PostgreSQL would take them as they lie on disk.
_IN_ORDER = (
    select(schema.conversations.c.id)
    .where(schema.conversations.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(schema.conversations.c.id)
    .with_for_update()
)
_RAISE_SEQS = (
    sa.update(schema.conversations)
    .where(schema.conversations.c.id.in_(_IN_ORDER))
    .values(last_seq=schema.conversations.c.last_seq + 1)
)
_AND_TELL = _RAISE_SEQS.returning(schema.conversations.c.id, schema.conversations.c.last_seq)
_AND_READ = _RAISE_SEQS.returning(*conversations.columns())
_PLACE = Prepared(
    sa.insert(schema.messages), "conversation_id", "seq", "author", "text", "chosen", "external_id", "files", "at"
)


def accept(tx: Connection, utterances: list[Utterance], now: datetime) -> list[int | None]:
    """Keep many at once, of one channel and each of another conversation; returns the seq of each (None: no such conversation).

    An utterance seen before gets its first seq again and leaves nothing but a gap in the numbering.
    """
    ids = [said.conversation_id for said in utterances]
    seqs: dict[int, int] = dict(tx.execute(_AND_TELL, {"ids": ids}).all())
    _keep(tx, utterances, seqs, now)
    return [seqs.get(said.conversation_id) for said in utterances]


def accept_and_read(
    tx: Connection, utterances: list[Utterance], now: datetime
) -> tuple[list[int | None], list[Waiting]]:
    """As `accept`; with the first event that waits in each lane (`inbox.waiting`), most of which need not be read."""
    ids = [said.conversation_id for said in utterances]
    raised = map(conversations.of_row, tx.execute(_AND_READ, {"ids": ids}))
    there = {conversation.id: conversation for conversation in raised}
    seqs = {id: conversation.last_seq for id, conversation in there.items()}
    fresh = _keep(tx, utterances, seqs, now)
    waiting = inbox.ids_waiting(tx, [said.lane for said in utterances])
    alone = {said.lane: said for said in fresh if len(waiting[said.lane]) == 1}
    heads = [_waiting(said, waiting[lane][0], there[said.conversation_id], now=now) for lane, said in alone.items()]
    if others := [lane for lane in waiting if lane not in alone]:
        heads += inbox.waiting(tx, others, now)
    return [seqs.get(said.conversation_id) for said in utterances], heads


def _waiting(said: Utterance, id: int, conversation: Conversation, *, now: datetime) -> Waiting:
    """The event of an utterance that was accepted just now, and behind which nothing waits."""
    return Waiting(
        id=id,
        event=said.event,
        received_at=now,
        attempts=0,
        has_followers=False,
        conversation=conversation,
        message=Message(
            conversation_id=conversation.id,
            seq=conversation.last_seq,
            author=Author.CUSTOMER,
            text=said.text,
            chosen=said.chosen,
            external_id=said.client_id,
            files=said.files,
            at=now,
        ),
    )


def _keep(tx: Connection, utterances: list[Utterance], seqs: dict[int, int], now: datetime) -> list[Utterance]:
    """Write those of conversations that exist, and put the first seq of repeated ones into `seqs`; returns the others."""
    fresh = [said for said in utterances if said.conversation_id in seqs]
    if not fresh:
        return fresh
    placed = [(said.event, said.conversation_id, seqs[said.conversation_id]) for said in fresh]
    if inbox.accept_placed(tx, placed, now) < len(placed):
        fresh = _settle_repeated(tx, fresh, seqs)
    if fresh:
        at, by_customer = micros(now), Author.CUSTOMER.value
        _PLACE.many(
            tx,
            [
                (
                    said.conversation_id,
                    seqs[said.conversation_id],
                    by_customer,
                    said.text,
                    said.chosen,
                    said.client_id,
                    messages.encode_files(said.files),
                    at,
                )
                for said in fresh
            ],
        )
    for said in fresh:
        if said.files:
            files.attach(tx, said.files, conversation_id=said.conversation_id, seq=seqs[said.conversation_id])
    return fresh


def _settle_repeated(tx: Connection, utterances: list[Utterance], seqs: dict[int, int]) -> list[Utterance]:
    """Put the first seq of repeated utterances into `seqs`; returns those that are not repeated."""
    known = inbox.known_seqs(tx, utterances[0].channel, [said.external_id for said in utterances])
    fresh = []
    for said in utterances:
        first = known[said.external_id]
        if first == seqs[said.conversation_id]:
            fresh.append(said)
        else:
            seqs[said.conversation_id] = first
    return fresh
