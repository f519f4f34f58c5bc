"""Promises that were heard under a card and wait for a press."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.promise import Holder
from omnibot.domain.value import dataclass
from omnibot.store.schema import promise_offers


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseOffer:
    """What was said; `promise_id` once somebody has made a promise of it."""

    id: int
    card_id: int
    holder: Holder
    holder_id: int
    text: str
    due_at: datetime
    promise_id: int | None


def add(tx: Connection, card_id: int, *, holder: Holder, holder_id: int, text: str, due_at: datetime) -> int:
    values = {"card_id": card_id, "holder": holder.value, "holder_id": holder_id, "text": text, "due_at": due_at}
    id: int = tx.execute(promise_offers.insert().returning(promise_offers.c.id), values).scalar_one()
    return id


def of_card(tx: Connection, card_id: int, id: int | None = None) -> PromiseOffer | None:
    """That one, or the newest that stands under the card. The caller has locked what the card is about."""
    query = select(promise_offers).where(promise_offers.c.card_id == card_id)
    if id is not None:
        query = query.where(promise_offers.c.id == id)
    row = tx.execute(query.order_by(promise_offers.c.id.desc()).limit(1)).mappings().one_or_none()
    return PromiseOffer(**{**row, "holder": Holder(row["holder"])}) if row else None


def newest_promised(tx: Connection, card_id: int) -> int | None:
    """The promise that was made last of what was said under the card."""
    query = select(promise_offers.c.promise_id).where(
        promise_offers.c.card_id == card_id, promise_offers.c.promise_id.is_not(None)
    )
    found: int | None = tx.execute(query.order_by(promise_offers.c.id.desc()).limit(1)).scalar_one_or_none()
    return found


def is_of(tx: Connection, card_id: int, promise_id: int) -> bool:
    """Whether the promise was made of something said under the card."""
    query = select(promise_offers.c.id).where(
        promise_offers.c.card_id == card_id, promise_offers.c.promise_id == promise_id
    )
    return tx.execute(query.limit(1)).scalar() is not None


def promised(tx: Connection, id: int, promise_id: int) -> None:
    tx.execute(sa.update(promise_offers).where(promise_offers.c.id == id).values(promise_id=promise_id))
