"""`INSERT … ON CONFLICT`, which SQLAlchemy spells once per database."""

from typing import Any

import sqlalchemy as sa


def insert(dialect: str, table: sa.Table) -> Any:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`. PostgreSQL's dialect costs 3 MB and 25 ms, which
    only a scaled installation pays."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
