"""Opens a database: engines with the right durability, and the schema brought up to date under a lock."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from omnibot.store import schema

# Two processes that start at once must not both migrate; any number serves as the lock's name.
_MIGRATION_LOCK = 0x6F6D6E69
_BUSY_TIMEOUT_MS = 5_000
# 16 MB: pages that change with every message are copied into the database less often. RELIABILITY allows 64 MB.
_CHECKPOINT_PAGES = 4_000


class NewerSchema(Exception):
    """The database was written by a newer omnibot; starting would damage it."""


def open_engine(url: str, *, reader: bool = False, connections: int = 4) -> Engine:
    """An engine for `url`; a reader's transactions see one state and change nothing."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, reader=reader, connections=connections)
    schema.prepare_for_postgresql()
    engine = sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error in the log must not carry what a customer wrote
        pool_size=connections,
        max_overflow=0,
        pool_timeout=5,
        # A stalled server must not stall the accept path: RELIABILITY P2.
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=5000 -c lock_timeout=4000"},
        pool_pre_ping=reader,
    )
    return engine.execution_options(postgresql_readonly=True) if reader else engine


def _open_sqlite(url: str, *, reader: bool, connections: int) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not os.path.exists(path):
            # Conversations are private: nobody else on the machine reads them.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a commit that was acknowledged survives a power cut
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
            *(["query_only=ON"] if reader else []),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")

    return engine


def prepare(url: str) -> None:
    """Bring the schema up to date. Raises NewerSchema."""
    engine = open_engine(url, connections=1)
    try:
        with engine.begin() as tx, _locked(tx):
            found = _revision(tx)
            if found == schema.REVISION:
                return
            if found is None:
                # A new database gets the tables at once, as Alembic's own documentation advises; upgrades run migrations.
                # A database without a revision has none of them, so it is not asked for each.
                schema.metadata.create_all(tx, checkfirst=False)
                tx.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
                tx.execute(sa.text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": schema.REVISION})
                return
            if found > schema.REVISION:
                raise NewerSchema(f"the database is at revision {found}, this omnibot knows {schema.REVISION}")
            upgrade(tx)
    finally:
        engine.dispose()


def empty_log(url: str) -> None:
    """Move SQLite's write-ahead log into the database: what was overwritten there must not live on in the log."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    connection = sqlite3.connect(parsed.database, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def upgrade(tx: Connection, revision: str = "head") -> None:
    """Run Alembic's migrations on an open transaction."""
    # Alembic costs 15 MB and a third of a second: only an upgrade pays for it.
    from alembic import command

    command.upgrade(migration_config(tx), revision)


def migration_config(tx: Connection) -> Any:
    """Alembic's configuration, bound to `tx`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = tx
    return config


def _revision(tx: Connection) -> str | None:
    if not sa.inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _locked(tx: Connection) -> Iterator[None]:
    """One migrator at a time. SQLite's BEGIN IMMEDIATE is that lock already."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        tx.exec_driver_sql("SET LOCAL lock_timeout = 0")
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    yield
