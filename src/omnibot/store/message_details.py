"""What platforms tell of a message beyond its words, and what it said before it was edited."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.copies import Copies
from omnibot.domain.message import Message
from omnibot.domain.value import dataclass
from omnibot.store.schema import conversations, external_ids, message_details, message_versions, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What most messages do not have."""

    sender: str | None = None  # the platform's id of the person, where the chat is not the person
    subject: str | None = None
    quoted: str | None = None  # history and signature that were taken off the text
    html: str | None = None  # the whole as safe HTML
    is_automatic: bool = False  # a machine wrote it
    is_verified: bool | None = True  # whether the platform vouches for who wrote it; None: it does not say
    cc: tuple[str, ...] = ()  # who else got it
    bcc: tuple[str, ...] = ()  # who else got it, and only staff know


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a message said until it was edited."""

    text: str
    replaced_at: datetime


NOTHING = Details()


def add(tx: Connection, conversation_id: int, seq: int, details: Details) -> None:
    """Keep what there is to keep."""
    if details == NOTHING:
        return
    tx.execute(message_details.insert(), {"conversation_id": conversation_id, "seq": seq, **_values(details)})


def get(tx: Connection, conversation_id: int, seq: int) -> Details:
    query = select(message_details).where(
        message_details.c.conversation_id == conversation_id, message_details.c.seq == seq
    )
    row = tx.execute(query).mappings().one_or_none()
    return _of(row) if row else NOTHING


def _of(row: sa.RowMapping) -> Details:
    plain = {field: row[field] for field in Details.__dataclass_fields__ if field not in _LISTS}
    return Details(**plain, cc=_listed(row["cc"]), bcc=_listed(row["bcc"]))


_LISTS = ("cc", "bcc")


def _values(details: Details) -> dict[str, object]:
    values = {field: getattr(details, field) for field in Details.__dataclass_fields__}
    return values | {field: msgspec.json.encode(values[field]).decode() if values[field] else None for field in _LISTS}


def _listed(text: str | None) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...]) if text else ()


def of_conversation(tx: Connection, conversation_id: int) -> dict[int, Details]:
    """By seq; messages without any are absent."""
    query = select(message_details).where(message_details.c.conversation_id == conversation_id)
    return {row["seq"]: _of(row) for row in tx.execute(query).mappings()}


def copies(tx: Connection, conversation_id: int, seq: int) -> Copies:
    """Who else gets a message."""
    found = get(tx, conversation_id, seq)
    return Copies(cc=found.cc, bcc=found.bcc)


def conversation_naming(tx: Connection, channel: str, ids: tuple[str, ...], person: str) -> int | None:
    """The conversation of the first known of these ids in which that person was given a copy of anything."""
    known = (
        select(external_ids.c.external_id, external_ids.c.conversation_id)
        .join(conversations, conversations.c.id == external_ids.c.conversation_id)
        .where(
            external_ids.c.channel == channel, external_ids.c.external_id.in_(ids), conversations.c.channel == channel
        )
    )
    found: dict[str, int] = dict(tx.execute(known).all())
    there = list(dict.fromkeys(found[id] for id in ids if id in found))
    if not there:
        return None
    names = select(message_details.c.conversation_id, message_details.c.cc, message_details.c.bcc).where(
        message_details.c.conversation_id.in_(there),
        message_details.c.cc.is_not(None) | message_details.c.bcc.is_not(None),
    )
    naming = {id for id, cc, bcc in tx.execute(names) if person in (*_listed(cc), *_listed(bcc))}
    return next((id for id in there if id in naming), None)


def contact_of_sender(tx: Connection, channel: str, sender: str) -> int | None:
    """The contact of the newest conversation on a channel that this person has opened."""
    query = (
        select(conversations.c.contact_id)
        .join(message_details, (message_details.c.conversation_id == conversations.c.id) & (message_details.c.seq == 1))
        .where(message_details.c.sender == sender, conversations.c.channel == channel)
        .order_by(conversations.c.id.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def captions(tx: Connection, message: Message) -> dict[str, str]:
    """The words of an album by the platform's ids of its parts, in order; empty where the message is none."""
    own = (message_details.c.conversation_id == message.conversation_id) & (message_details.c.seq == message.seq)
    found = tx.execute(select(message_details.c.captions).where(own)).scalar_one_or_none()
    return msgspec.json.decode(found, type=dict[str, str]) if found else {}


def keep_captions(tx: Connection, message: Message, captions: dict[str, str]) -> None:
    """Keep the words of an album part by part: an edit brings those of one part."""
    key = {"conversation_id": message.conversation_id, "seq": message.seq}
    own = (message_details.c.conversation_id == message.conversation_id) & (message_details.c.seq == message.seq)
    kept = {"captions": msgspec.json.encode(captions).decode()}
    if tx.execute(sa.update(message_details).where(own).values(**kept)).rowcount == 0:
        tx.execute(message_details.insert(), key | _values(NOTHING) | kept)


def edit(tx: Connection, message: Message, text: str, now: datetime) -> None:
    """The message says something else now; what it said is kept."""
    own = (message_versions.c.conversation_id == message.conversation_id) & (message_versions.c.seq == message.seq)
    newest = tx.execute(select(func.max(message_versions.c.n)).where(own)).scalar_one() or 0
    version = {
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "n": newest + 1,
        "text": message.text,
        "replaced_at": now,
    }
    tx.execute(message_versions.insert(), version)
    _update(tx, message, {"text": text, "edited_at": now})


def delete(tx: Connection, message: Message, now: datetime) -> None:
    """The message was taken back; staff still see it, marked."""
    _update(tx, message, {"deleted_at": now})


def versions(tx: Connection, conversation_id: int) -> dict[int, list[Version]]:
    """What messages said before, by seq, the first version first."""
    query = (
        select(message_versions.c.seq, message_versions.c.text, message_versions.c.replaced_at)
        .where(message_versions.c.conversation_id == conversation_id)
        .order_by(message_versions.c.seq, message_versions.c.n)
    )
    found: dict[int, list[Version]] = {}
    for seq, text, replaced_at in tx.execute(query):
        found.setdefault(seq, []).append(Version(text=text, replaced_at=replaced_at))
    return found


def _update(tx: Connection, message: Message, values: dict[str, object]) -> None:
    own = (messages.c.conversation_id == message.conversation_id) & (messages.c.seq == message.seq)
    tx.execute(sa.update(messages).where(own).values(**values))
