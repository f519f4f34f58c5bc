"""Dealers and the people who act for them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.dealer import Dealer, Member, Profile
from omnibot.store.purchases import Saved
from omnibot.store.schema import dealer_cases, dealer_members, dealers

# Stages in which a case takes none of a dealer's capacity any more.
ENDED = ("closed", "withdrawn")

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
    row = tx.execute(select(dealers).where(dealers.c.id == id).with_for_update()).mappings().one_or_none()
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
        .where(dealer_cases.c.stage.not_in(ENDED))
        .group_by(dealer_cases.c.dealer_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def enrol(tx: Connection, dealer_id: int, *, name: str, channel: str, sender: str, now: datetime) -> Member:
    """The person acts for this dealer from now on, and for no other."""
    current = member_at(tx, channel=channel, sender=sender)
    if current is not None and current.dealer_id == dealer_id:
        return current
    if current is not None:
        dismiss(tx, current.id, now)
    row = tx.execute(
        dealer_members.insert().returning(*dealer_members.c),
        {"dealer_id": dealer_id, "name": name, "channel": channel, "sender": sender, "enrolled_at": now},
    )
    return Member(**row.mappings().one())


def member_at(tx: Connection, *, channel: str, sender: str) -> Member | None:
    """For whom this person of a platform acts now."""
    condition = (
        (dealer_members.c.channel == channel) & (dealer_members.c.sender == sender) & dealer_members.c.left_at.is_(None)
    )
    row = tx.execute(select(dealer_members).where(condition)).mappings().one_or_none()
    return Member(**row) if row else None


def members(tx: Connection, dealer_id: int) -> list[Member]:
    """Those who act for the dealer now, by name."""
    query = (
        select(dealer_members)
        .where(dealer_members.c.dealer_id == dealer_id, dealer_members.c.left_at.is_(None))
        .order_by(dealer_members.c.name, dealer_members.c.id)
    )
    return [Member(**row) for row in tx.execute(query).mappings()]


def dismiss(tx: Connection, member_id: int, now: datetime) -> bool:
    """The person acts for nobody any more; False if that is so already."""
    condition = (dealer_members.c.id == member_id) & dealer_members.c.left_at.is_(None)
    return tx.execute(sa.update(dealer_members).where(condition).values(left_at=now)).rowcount > 0


def _one(tx: Connection, condition: "sa.ColumnElement[bool]") -> Dealer | None:
    row = tx.execute(select(dealers).where(condition)).mappings().one_or_none()
    return _of_row(row) if row else None


def _of_row(row: sa.RowMapping) -> Dealer:
    return Dealer(**{**row, "profile": _profile_decoder.decode(row["profile"])})
