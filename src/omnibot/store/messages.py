"""The transcript: messages, which customers see, and notes, which they never do. Two tables, so that no query can mix them up."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Attachment, Author, Choice, Message, Note
from omnibot.domain.triage import Explanation
from omnibot.store.prepared import insertion
from omnibot.store.schema import messages, micros, notes, of_micros

_choices_decoder = msgspec.json.Decoder(tuple[Choice, ...])
_files_decoder = msgspec.json.Decoder(tuple[Attachment, ...])
_explanation_decoder = msgspec.json.Decoder(Explanation)
_encode = msgspec.json.encode

_COLUMNS = (
    messages.c.conversation_id,
    messages.c.seq,
    messages.c.author,
    messages.c.text,
    messages.c.at,
    messages.c.agent_id,
    messages.c.author_name,
    messages.c.choices,
    messages.c.chosen,
    messages.c.external_id,
    messages.c.edited_at,
    messages.c.deleted_at,
    messages.c.files,
)

_INSERT = insertion(
    messages,
    *("conversation_id", "seq", "author", "text", "at", "agent_id", "author_name"),
    *("choices", "chosen", "external_id", "files", "explanation"),
)
_AFTER = (
    select(*_COLUMNS)
    .where(messages.c.conversation_id == bindparam("cid"), messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
)
_SAID = select(*_COLUMNS).where(
    messages.c.conversation_id == bindparam("cid"),
    messages.c.external_id == bindparam("external_id"),
    messages.c.agent_id.is_not(None),
)


def add(tx: Connection, message: Message, explanation: Explanation | None = None) -> None:
    """Store one message. Its seq comes from `conversations.next_seq` or `speak_under` in the same transaction."""
    _INSERT.one(tx, *_values(message, explanation))


def add_many(tx: Connection, said: Iterable[tuple[Message, Explanation | None]]) -> None:
    """Store many, each with why the bot said it."""
    _INSERT.many(tx, [_values(message, explanation) for message, explanation in said])


def _values(message: Message, explanation: Explanation | None) -> tuple[object, ...]:
    return (
        message.conversation_id,
        message.seq,
        message.author.value,
        message.text,
        micros(message.at),
        message.agent_id,
        message.author_name,
        _encode(message.choices).decode() if message.choices else None,
        message.chosen,
        message.external_id,
        encode_files(message.files),
        _encode(explanation).decode() if explanation else None,
    )


def encode_files(files: tuple[Attachment, ...]) -> str | None:
    """As the column `files` stores them."""
    return _encode(files).decode() if files else None


def of_row(row: Any, offset: int = 0) -> Message:
    values: Any = row[offset : offset + len(_COLUMNS)]
    return Message(
        conversation_id=values[0],
        seq=values[1],
        author=Author(values[2]),
        text=values[3],
        at=values[4],
        agent_id=values[5],
        author_name=values[6],
        choices=_choices_decoder.decode(values[7]) if values[7] else (),
        chosen=values[8],
        external_id=values[9],
        edited_at=values[10],
        deleted_at=values[11],
        files=_files_decoder.decode(values[12]) if values[12] else (),
    )


_AT = _COLUMNS.index(messages.c.at)
_EDITED_AT, _DELETED_AT = _COLUMNS.index(messages.c.edited_at), _COLUMNS.index(messages.c.deleted_at)


def of_stored(row: Any, offset: int = 0) -> Message:
    """As `of_row`, of a row as the driver gives it."""
    values = list(row[offset : offset + len(_COLUMNS)])
    values[_AT] = of_micros(values[_AT])
    for place in (_EDITED_AT, _DELETED_AT):
        if values[place] is not None:
            values[place] = of_micros(values[place])
    return of_row(values)


def get(tx: Connection, conversation_id: int, seq: int) -> Message | None:
    query = select(*_COLUMNS).where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
    row = tx.execute(query).one_or_none()
    return of_row(row) if row else None


def columns() -> tuple[sa.Column[object], ...]:
    return _COLUMNS


def after(tx: Connection, conversation_id: int, seq: int, *, limit: int = 200) -> list[Message]:
    """Messages after `seq`, in order."""
    rows = tx.execute(_AFTER, {"cid": conversation_id, "after": seq, "most": limit})
    return [of_row(row) for row in rows]


def newest(tx: Connection, conversation_id: int, *, before: int | None = None, limit: int = 200) -> list[Message]:
    """The newest messages (before a seq), in order."""
    query = select(*_COLUMNS).where(messages.c.conversation_id == conversation_id)
    if before is not None:
        query = query.where(messages.c.seq < before)
    rows = tx.execute(query.order_by(messages.c.seq.desc()).limit(limit)).all()
    return [of_row(row) for row in reversed(rows)]


def said(tx: Connection, conversation_id: int, external_id: str) -> Message | None:
    """The agent's message that its sender knows by `external_id`."""
    row = tx.execute(_SAID, {"cid": conversation_id, "external_id": external_id}).one_or_none()
    return of_row(row) if row else None


def offered_choice(tx: Connection, conversation_id: int, choice_id: str) -> Choice | None:
    """The newest button with that id, if the conversation ever showed one."""
    query = (
        select(messages.c.choices)
        .where(messages.c.conversation_id == conversation_id, messages.c.choices.is_not(None))
        .order_by(messages.c.seq.desc())
        .limit(50)
    )
    for text in tx.execute(query).scalars():
        for choice in _choices_decoder.decode(text):
            if choice.id == choice_id:
                return choice
    return None


def newest_of_ours(tx: Connection, conversation_id: int) -> Message | None:
    """What the customer was told last, by whomever."""
    query = (
        select(*_COLUMNS)
        .where(messages.c.conversation_id == conversation_id, messages.c.author != Author.CUSTOMER.value)
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return of_row(row) if row else None


def explanations(tx: Connection, conversation_id: int) -> dict[int, Explanation]:
    """Why the bot said what it said, by seq."""
    query = select(messages.c.seq, messages.c.explanation).where(
        messages.c.conversation_id == conversation_id, messages.c.explanation.is_not(None)
    )
    return {seq: _explanation_decoder.decode(text) for seq, text in tx.execute(query)}


def of_many(
    tx: Connection, conversation_ids: list[int], *, since: datetime
) -> tuple[dict[int, list[Message]], dict[int, dict[int, Explanation]]]:
    """What was said in these conversations since, in order, and why the bot said what it said by seq; both by conversation."""
    query = (
        select(*_COLUMNS, messages.c.explanation)
        .where(messages.c.conversation_id.in_(conversation_ids), messages.c.at >= since)
        .order_by(messages.c.conversation_id, messages.c.seq)
    )
    said: dict[int, list[Message]] = {}
    why: dict[int, dict[int, Explanation]] = {}
    for row in tx.execute(query):
        said.setdefault(row[0], []).append(of_row(row))
        if row[-1] is not None:
            why.setdefault(row[0], {})[row[1]] = _explanation_decoder.decode(row[-1])
    return said, why


def newest_of_others(tx: Connection, conversation_id: int, agent_id: int) -> int:
    """The seq of the newest words that this agent did not write himself; what the system says does not count."""
    query = select(sa.func.max(messages.c.seq)).where(
        messages.c.conversation_id == conversation_id,
        messages.c.author.in_((Author.CUSTOMER.value, Author.AGENT.value, Author.BOT.value)),
        messages.c.agent_id.is_distinct_from(agent_id),
    )
    return tx.execute(query).scalar_one() or 0


def newest_of_customers(tx: Connection, conversation_ids: list[int], *, limit: int) -> dict[int, list[str]]:
    """The customers' newest words in each of these conversations, the newest first."""
    place = sa.func.row_number().over(partition_by=messages.c.conversation_id, order_by=messages.c.seq.desc())
    said = (
        select(messages.c.conversation_id, messages.c.text, place.label("place"))
        .where(messages.c.conversation_id.in_(conversation_ids), messages.c.author == Author.CUSTOMER.value)
        .subquery()
    )
    query = select(said.c.conversation_id, said.c.text).where(said.c.place <= limit).order_by(said.c.place)
    found: dict[int, list[str]] = {}
    for conversation_id, text in tx.execute(query):
        found.setdefault(conversation_id, []).append(text)
    return found


def add_note(tx: Connection, note: Note) -> None:
    tx.execute(
        notes.insert(),
        {
            "conversation_id": note.conversation_id,
            "seq": note.seq,
            "agent_id": note.agent_id,
            "author_name": note.author_name,
            "text": note.text,
            "at": note.at,
        },
    )


def notes_of(tx: Connection, conversation_id: int, *, after: int = 0) -> list[Note]:
    query = select(notes).where(notes.c.conversation_id == conversation_id, notes.c.seq > after).order_by(notes.c.seq)
    return [Note(**row) for row in tx.execute(query).mappings()]
