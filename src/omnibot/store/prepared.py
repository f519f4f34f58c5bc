"""Statements for the path of every message, compiled once.

SQLAlchemy looks a statement up, makes a dict of its parameters and converts each of them, for every row: about as much
work as the database itself has with a row of ours. A `Prepared` statement is the same Core expression, written once for
both databases; it is compiled at its first use on each, and takes its rows as the driver does: tuples, in the order of
`names`, of values that the columns store (see `schema.micros`).
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

Row = tuple[Any, ...]
# The driver's count of rows is read after the cursor has been closed.
_OPTIONS = {"preserve_rowcount": True}


def among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether the column is one of the numbers of the one parameter `name`, which `several` makes; a statement with a
    parameter for each would be another statement for each count of them."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.BigInteger)))
    return column.in_(sa.select(sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value))


def several(tx: Connection, numbers: list[int]) -> list[int] | str:
    """Numbers as one parameter, see `among`."""
    return numbers if tx.dialect.name == "postgresql" else str(numbers)


class Prepared:
    """One statement and the order of its parameters."""

    def __init__(self, statement: Callable[[str], sa.Executable] | sa.Executable, *names: str) -> None:
        """`statement` may be a function of the dialect's name, for what has two spellings."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, tuple[str, Callable[[Row], Row]]] = {}

    def many(self, tx: Connection, rows: Sequence[Row]) -> int:
        """Run it for each row; returns how many rows of the table were written."""
        if not rows:
            return 0
        text, arrange = self._of(tx.dialect)
        arranged: Any = [arrange(row) for row in rows]
        return tx.exec_driver_sql(text, arranged, execution_options=_OPTIONS).rowcount

    def one(self, tx: Connection, *values: Any) -> CursorResult[Any]:
        """Run it once."""
        text, arrange = self._of(tx.dialect)
        return tx.exec_driver_sql(text, arrange(values), execution_options=_OPTIONS)

    def _of(self, dialect: sa.Dialect) -> tuple[str, Callable[[Row], Row]]:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: sa.Dialect) -> tuple[str, Callable[[Row], Row]]:
        statement: Any = self._statement(dialect.name) if callable(self._statement) else self._statement
        # psycopg's usual parameters have names; with "format" they have places, as SQLite's have.
        style = "format" if dialect.paramstyle == "pyformat" else dialect.paramstyle
        positional: Any = type(dialect)
        compiled = statement.compile(dialect=positional(paramstyle=style), column_keys=list(self._names))
        order = compiled.positiontup or []
        constants = {name: bind.value for bind, name in compiled.bind_names.items() if name not in self._names}
        return str(compiled), _arrangement(self._names, order, constants)


def _arrangement(names: Sequence[str], order: Sequence[str], constants: dict[str, Any]) -> Callable[[Row], Row]:
    """From a row in the order of `names` to what the driver wants."""
    if list(order) == list(names):
        return tuple
    values = tuple(constants.values())
    places = {name: number for number, name in enumerate([*names, *constants])}
    pick = itemgetter(*[places[name] for name in order])
    return lambda row: pick(row + values)
