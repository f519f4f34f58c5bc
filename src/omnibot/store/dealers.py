"""Dealers: who they are and how much they have to do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.dealers.dealer import Dealer, Profile
from omnibot.domain.dealers.dealer_case import Stage, is_settled
from omnibot.store.purchases import Saved
from omnibot.store.schema import dealer_cases, dealers

_profile_decoder = msgspec.json.Decoder(Profile)


def add(tx: Connection, *, name: str, profile: Profile, now: datetime) -> Dealer | None:
    """None if another dealer has the name."""
    if by_name(tx, name) is not None:
        return None
    id: int = tx.execute(
        dealers.insert().returning(dealers.c.id),
        {"name": name, "profile": msgspec.json.encode(profile).decode(), "created_at": now},
    ).scalar_one()
    return get(tx, id)


def save(tx: Connection, dealer: Dealer) -> None:
    tx.execute(
        sa.update(dealers)
        .where(dealers.c.id == dealer.id)
        .values(
            name=dealer.name,
            profile=msgspec.json.encode(dealer.profile).decode(),
            retired_at=dealer.retired_at,
        )
    )


def save_by_name(tx: Connection, given: Iterable[tuple[str, Profile]], now: datetime) -> Saved:
    """Add what is new, change what is known by its name."""
    known = {dealer.name: dealer for dealer in listing(tx, limit=None)}
    added = changed = unchanged = 0
    for name, profile in given:
        dealer = known.get(name)
        if dealer is None:
            add(tx, name=name, profile=profile, now=now)
            added += 1
        elif dealer.profile != profile:
            save(tx, replace(dealer, profile=profile))
            changed += 1
        else:
            unchanged += 1
    return Saved(added, changed, unchanged)


def get(tx: Connection, id: int) -> Dealer | None:
    return _one(tx, dealers.c.id == id)


def lock(tx: Connection, id: int) -> Dealer | None:
    """As it is now; nobody else changes it before this transaction ends."""
    row = tx.execute(select(dealers).where(dealers.c.id == id).with_for_update(key_share=True)).mappings().one_or_none()
    return _of_row(row) if row else None


def by_name(tx: Connection, name: str) -> Dealer | None:
    return _one(tx, dealers.c.name == name)


def listing(tx: Connection, *, after: int = 0, limit: int | None = 50, retired: bool = True) -> list[Dealer]:
    """The oldest first."""
    query = select(dealers).where(dealers.c.id > after).order_by(dealers.c.id).limit(limit)
    if not retired:
        query = query.where(dealers.c.retired_at.is_(None))
    return [_of_row(row) for row in tx.execute(query).mappings()]


def loads(tx: Connection) -> dict[int, int]:
    """How many open cases each dealer has."""
    query = (
        select(dealer_cases.c.dealer_id, func.count())
        .where(dealer_cases.c.stage.in_([stage.value for stage in Stage if not is_settled(stage)]))
        .group_by(dealer_cases.c.dealer_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def _one(tx: Connection, condition: "sa.ColumnElement[bool]") -> Dealer | None:
    row = tx.execute(select(dealers).where(condition)).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: sa.RowMapping) -> Dealer:
    return Dealer(**{**row, "profile": _profile_decoder.decode(row["profile"])})
