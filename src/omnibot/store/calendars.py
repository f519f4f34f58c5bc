"""Calendars as they were when something was promised by them. A row never changes: its key is made from its content."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.calendar import Calendar, Hours, always_open
from omnibot.store.schema import calendars
from omnibot.store.upsert import insert

PLAIN = always_open(ZoneInfo("UTC"), name="plain")  # of promises that name an instant


class _Stored(msgspec.Struct):
    zone: str
    week: tuple[tuple[Hours, ...], ...]
    holidays: list[date]
    special: tuple[tuple[date, tuple[Hours, ...]], ...]


def keep(tx: Connection, calendar: Calendar, now: datetime) -> str:
    """The calendar's key; its content is on record from now on."""
    key, definition = _written(calendar)
    row = {"key": key, "name": calendar.name, "definition": definition, "since": now}
    tx.execute(insert(tx.dialect.name, calendars).on_conflict_do_nothing(), row)
    return key


def keep_many(tx: Connection, known: Iterable[Calendar], now: datetime) -> None:
    """`keep` for many: in the order of their keys, so that two processes that start at once cannot wait for each other."""
    for calendar in sorted(known, key=_written):
        keep(tx, calendar, now)


def get(tx: Connection, key: str | None) -> Calendar:
    """The calendar with that key."""
    if not key:
        return PLAIN
    row = tx.execute(select(calendars.c.name, calendars.c.definition).where(calendars.c.key == key)).one()
    return _read(row.name, row.definition)


@lru_cache(64)
def _written(calendar: Calendar) -> tuple[str, str]:
    stored = _Stored(calendar.zone.key, calendar.week, sorted(calendar.holidays), calendar.special)
    definition = msgspec.json.encode(stored).decode()
    return hashlib.sha256(f"{calendar.name}\n{definition}".encode()).hexdigest()[:16], definition


@lru_cache(64)
def _read(name: str, definition: str) -> Calendar:
    stored = msgspec.json.decode(definition, type=_Stored)
    return Calendar(
        zone=ZoneInfo(stored.zone),
        week=stored.week,
        holidays=frozenset(stored.holidays),
        special=stored.special,
        name=name,
    )
