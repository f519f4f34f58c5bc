"""The schema: migrations lead to exactly the tables, whoever starts first, and never backwards."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from omnibot.store import database, schema
from omnibot.store.database import NewerSchema


def differences(tx: Connection) -> list[object]:
    context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, schema.metadata))


def index_text(index: Any) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def described(tx: Connection) -> dict[str, object]:
    """All that the database itself knows of its tables."""
    look = sa.inspect(tx)
    return {
        table: (
            [{**column, "type": str(column["type"]), "comment": None} for column in look.get_columns(table)],
            look.get_pk_constraint(table),
            sorted(map(str, look.get_foreign_keys(table))),
            sorted(map(str, look.get_unique_constraints(table))),
            sorted(map(index_text, look.get_indexes(table))),
        )
        for table in sorted(look.get_table_names())
        if table != "alembic_version"
    }


def sqlite_texts(tx: Connection) -> set[str]:
    """CREATE statements without the white space; AUTOINCREMENT shows nowhere else."""
    rows = tx.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'")
    return {"".join(row[0].split()).replace('"', "") for row in rows if "AUTOINCREMENT" in row[0]}


def test_migrations_from_nothing_lead_to_exactly_the_tables(empty_database_url: str) -> None:
    engine = database.open_engine(empty_database_url, connections=1)
    with engine.begin() as tx:
        database.upgrade(tx)
        assert differences(tx) == []
        migrated = described(tx)
        automatic = sqlite_texts(tx) if tx.dialect.name == "sqlite" else set()
    with engine.begin() as tx:
        schema.metadata.drop_all(tx)
        schema.metadata.create_all(tx)
        assert described(tx) == migrated
        if tx.dialect.name == "sqlite":
            assert {text.partition("(")[0] for text in sqlite_texts(tx)} == {t.partition("(")[0] for t in automatic}
    engine.dispose()


def test_a_new_database_is_at_the_newest_revision_and_equals_the_tables(empty_database_url: str) -> None:
    database.prepare(empty_database_url)
    engine = database.open_engine(empty_database_url, connections=1)
    with engine.begin() as tx:
        assert differences(tx) == []
        assert tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [schema.REVISION]
        database.upgrade(tx)  # nothing is left to do
    engine.dispose()


def test_the_schema_names_the_newest_migration() -> None:
    folder = Path(database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [schema.REVISION]


def test_preparing_again_changes_nothing(empty_database_url: str) -> None:
    database.prepare(empty_database_url)
    database.prepare(empty_database_url)


def test_a_newer_database_is_refused_and_left_alone(empty_database_url: str) -> None:
    database.prepare(empty_database_url)
    engine = database.open_engine(empty_database_url, connections=1)
    with engine.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchema, match="9999"):
        database.prepare(empty_database_url)
    with engine.begin() as tx:
        assert tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    engine.dispose()


def test_processes_that_start_at_once_prepare_it_once(empty_database_url: str) -> None:
    script = f"from omnibot.store import database; database.prepare({empty_database_url!r})"
    starters = [subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = [(starter.communicate(timeout=60)[1], starter.returncode) for starter in starters]
    assert [code for _, code in outcomes] == [0, 0, 0, 0], outcomes
    engine = database.open_engine(empty_database_url, connections=1)
    with engine.begin() as tx:
        assert tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [schema.REVISION]
    engine.dispose()


def test_entries_that_are_about_to_end_are_found_after_an_upgrade(empty_database_url: str) -> None:
    engine = database.open_engine(empty_database_url, connections=1)
    with engine.begin() as tx:
        database.upgrade(tx, "0015")
        for id, review_by, valid_until in (
            ("a", "2026-05-01", None),
            ("b", "2026-05-01", "2026-04-30"),
            ("c", None, None),
        ):
            content = json.dumps({"wordings": {}, "review_by": review_by, "valid_until": valid_until})
            entry = {"id": id, "review_by": review_by, "content": content}
            tx.execute(
                sa.text(
                    "INSERT INTO faq_entries (id, state, shown, newest, revision, languages, words, review_by, updated_at)"
                    " VALUES (:id, 'live', 'version', 1, 1, '', '', :review_by, 0)"
                ),
                entry,
            )
            tx.execute(
                sa.text(
                    "INSERT INTO faq_versions (entry_id, n, content, author_name, at, note) VALUES (:id, 1, :content, '', 0, '')"
                ),
                entry,
            )
        database.upgrade(tx)
        found = tx.exec_driver_sql("SELECT id, look_after FROM faq_entries ORDER BY id").all()
    assert list(map(tuple, found)) == [("a", "2026-05-01"), ("b", "2026-04-23"), ("c", None)]
    engine.dispose()


def test_a_long_migration_is_not_cut_off_by_the_limits_of_daily_work(postgres_url: str) -> None:
    engine = database.open_engine(postgres_url, connections=1)
    with engine.begin() as tx, database._locked(tx):
        assert tx.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
        assert tx.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
    with engine.begin() as tx:
        assert tx.exec_driver_sql("SHOW statement_timeout").scalar() == "5s"
    engine.dispose()


def test_nobody_else_on_the_machine_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "omnibot.sqlite"
    database.prepare(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o077 == 0
