"""The column types and conventions of all tables."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index, Integer, MetaData

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=16)  # all that one transaction writes happens at one instant
def micros(instant: datetime) -> int:
    """An instant as `Instant` stores it."""
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1024)  # who speaks now speaks again
def of_micros(stored: int) -> datetime:
    """The instant that is stored so."""
    return _EPOCH + _MICROSECOND * stored


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: exact, sortable and the same on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return micros(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else of_micros(int(value))


class Length(sa.types.TypeDecorator[timedelta]):
    """A duration, kept as microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=int(value))


# SQLite counts up by itself only for a column that is literally INTEGER.
Id = sa.BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows only. Naming PostgreSQL here would load its dialect (3 MB, 25 ms) into every process."""
    return Index(name, *columns, unique=unique, sqlite_where=sa.text(where), info={"where": where})


def prepare_for_postgresql() -> None:
    """Tell PostgreSQL, too, which rows the partial indexes have."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs["postgresql_where"] = sa.text(index.info["where"])
