"""What we say beside conversations: cards for people who work here, lines under them, words to one person, and copies of
conversations for those who had them. The outbox sends them as it sends messages: in order per chat, under a lease, tried
again, failed for all to see."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Address, Attachment, Author, Choice
from omnibot.domain.value import dataclass
from omnibot.store.schema import cards, notice_ids, notices, outbox
from omnibot.store.upsert import insert

_choices_decoder = msgspec.json.Decoder(tuple[Choice, ...])
_files_decoder = msgspec.json.Decoder(tuple[Attachment, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One of them, as it is to be sent now."""

    id: int
    text: str
    choices: tuple[Choice, ...]
    files: tuple[Attachment, ...]
    at: datetime
    keeps_choices: bool  # a group's card, or a line under one: any member may press
    opens: str | None
    answers: str | None  # the platform's id of the message it answers
    replaces: str | None  # the platform's id of the message it edits
    place: str | None  # the thread it belongs into; None: as it was queued


def add(
    tx: Connection,
    to: Address,
    text: str,
    *,
    now: datetime,
    choices: tuple[Choice, ...] = (),
    files: tuple[Attachment, ...] = (),
    card_id: int | None = None,
    is_card: bool = False,
    opens: str | None = None,
    answers: str | None = None,
    seq: int | None = None,
    copies: int | None = None,
) -> int:
    """Queue a notice; returns its id. One with a card goes where the card's lines go, once that is known. `copies` names
    the conversation that it is a copy of."""
    values = {
        "card_id": card_id,
        "is_card": is_card,
        "text": text,
        "choices": encode_choices(choices),
        "files": msgspec.json.encode(files).decode() if files else None,
        "opens": opens,
        "answers": answers,
        "seq": seq,
        "at": now,
        "copies": copies,
    }
    id: int = tx.execute(notices.insert().returning(notices.c.id), values).scalar_one()
    row = {
        "channel": to.channel,
        "chat": to.chat,
        "thread": to.thread,
        "notice_id": id,
        "epoch": 0,
        "author": Author.SYSTEM.value,
        "state": "pending",
        "attempts": 0,
        "not_before": now,
        "created_at": now,
    }
    tx.execute(outbox.insert(), row)
    return id


def encode_choices(choices: tuple[Choice, ...]) -> str | None:
    """As the columns `choices` store them."""
    return msgspec.json.encode(choices).decode() if choices else None


def of_ids(tx: Connection, ids: Iterable[int]) -> dict[int, Notice]:
    """By id, as they are to be sent now: where their card stands is known only when it was posted."""
    query = (
        select(notices, cards.c.external_id, cards.c.place, cards.c.thread)
        .outerjoin(cards, cards.c.id == notices.c.card_id)
        .where(notices.c.id.in_(list(ids)))
    )
    return {row["id"]: _of_row(row) for row in tx.execute(query).mappings()}


def keep_ids(tx: Connection, channel: str, ids: list[str], notice_id: int) -> None:
    """The platform knows this notice by these ids; a card that was posted again is known by its newest."""
    statement = insert(tx.dialect.name, notice_ids)
    key = ["channel", "external_id"]
    newest = statement.on_conflict_do_update(index_elements=key, set_={"notice_id": statement.excluded.notice_id})
    for id in dict.fromkeys(ids):
        tx.execute(newest.values(channel=channel, external_id=id, notice_id=notice_id))


def card_of(tx: Connection, channel: str, ids: tuple[str, ...]) -> int | None:
    """The card of the first of these ids that is a notice of one."""
    query = (
        select(notice_ids.c.external_id, notices.c.card_id)
        .join(notices, notices.c.id == notice_ids.c.notice_id)
        .where(notice_ids.c.channel == channel, notice_ids.c.external_id.in_(ids), notices.c.card_id.is_not(None))
    )
    found: dict[str, int] = dict(tx.execute(query).all())
    return next((found[id] for id in ids if id in found), None)


def is_known(tx: Connection, channel: str, ids: tuple[str, ...]) -> bool:
    """Whether one of these ids is a notice's."""
    query = select(notice_ids.c.notice_id).where(notice_ids.c.channel == channel, notice_ids.c.external_id.in_(ids))
    return tx.execute(query.limit(1)).first() is not None


def shown_until(tx: Connection, card_id: int, instant: datetime) -> int:
    """The seq of the newest message that had been shown under a card by then."""
    query = (
        select(func.max(notices.c.seq))
        .join(outbox, outbox.c.notice_id == notices.c.id)
        .where(notices.c.card_id == card_id, outbox.c.state == "sent", outbox.c.ended_at <= instant)
    )
    return tx.execute(query).scalar_one() or 0


def shown_at(tx: Connection, card_id: int) -> datetime | None:
    """When a card was posted or edited last; None if it was not yet."""
    query = (
        select(outbox.c.ended_at)
        .join(notices, outbox.c.notice_id == notices.c.id)
        .where(notices.c.card_id == card_id, notices.c.is_card, outbox.c.state == "sent")
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def _of_row(row: Any) -> Notice:
    is_under_card = row["card_id"] is not None and not row["is_card"]
    place = row["thread"] if is_under_card else row["place"]
    return Notice(
        id=row["id"],
        text=row["text"],
        choices=_choices_decoder.decode(row["choices"]) if row["choices"] else (),
        files=_files_decoder.decode(row["files"]) if row["files"] else (),
        at=row["at"],
        keeps_choices=row["card_id"] is not None,
        opens=row["opens"] if not row["place"] else None,
        answers=row["answers"] or (row["external_id"] if is_under_card and not row["thread"] else None),
        replaces=row["external_id"] if row["is_card"] else None,
        place=place or None,
    )
