"""Statements for the path of every message, compiled once.

SQLAlchemy looks a statement up, makes a dict of its parameters and converts each of them, for every row: about as much
work as the database itself has with a row of ours. A `Prepared` statement is the same Core expression, written once for
both databases; it is compiled at its first use on each, and takes its rows as the driver does: tuples, in the order of
`names`, of values that the columns store (see `schema.micros`).

A `PreparedMany` writes many rows. SQLite runs it for each, in this process; PostgreSQL gets all of them as one parameter,
for there each statement costs the client more than its rows do.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from omnibot.store.upsert import insert

Row = tuple[Any, ...]
Places = dict[str, sa.ColumnElement[Any]]  # where a statement takes the values of a row from, by their names
# The driver's count of rows is read after the cursor has been closed.
_OPTIONS = {"preserve_rowcount": True}


def among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether the column is one of the values of the one parameter `name`, which `several` makes; a statement with a
    parameter for each would be another statement for each count of them."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))
    return column.in_(sa.select(sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value))


def several(tx: Connection, values: list[int] | list[str]) -> list[int] | list[str] | str:
    """Numbers or texts as one parameter, see `among`."""
    return values if tx.dialect.name == "postgresql" else _json(values)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class Prepared:
    """One statement and the order of its parameters."""

    def __init__(self, statement: Callable[[str], sa.Executable] | sa.Executable, *names: str) -> None:
        """`statement` may be a function of the dialect's name, for what has two spellings."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, tuple[str, Callable[[Row], Row]]] = {}

    def each(self, tx: Connection, rows: Sequence[Row]) -> int:
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


class PreparedMany:
    """A statement that writes many rows."""

    def __init__(self, statement: Callable[[str, Places], sa.Executable], **columns: sa.Column[Any]) -> None:
        """`statement` gets the dialect's name and the places of the values, which are named as in `columns` and of the types of
        those. Where it updates, no two rows may be of the same row of the table, and it holds those or does not mind in
        which order they are locked."""
        self._names = tuple(columns)
        self._each = Prepared(
            lambda dialect: statement(dialect, {name: sa.bindparam(name) for name in columns}), *columns
        )
        self._together = Prepared(lambda dialect: statement(dialect, _of_records("rows", columns)), "rows")

    def many(self, tx: Connection, rows: Sequence[Row]) -> int:
        """Write them; returns how many rows of the table were written."""
        if not rows:
            return 0
        if tx.dialect.name == "postgresql":
            records = _json([dict(zip(self._names, row, strict=True)) for row in rows])
            return self._together.one(tx, records).rowcount
        return self._each.each(tx, rows)

    def one(self, tx: Connection, *row: Any) -> int:
        """`many` for one."""
        return self._each.one(tx, *row).rowcount


def insertion(table: sa.Table, *names: str, unless_known_by: Sequence[str] | None = None) -> PreparedMany:
    """Rows for these columns. Where one with the same `unless_known_by` is there already, it stays as it is; with the same of
    anything unique, if that is empty."""

    def statement(dialect: str, row: Places) -> sa.Executable:
        adding: Any = insert(dialect, table)
        if dialect == "postgresql":
            adding = adding.from_select(list(row), sa.select(*row.values()))
        if unless_known_by is not None:
            adding = adding.on_conflict_do_nothing(index_elements=unless_known_by or None)
        added: sa.Executable = adding
        return added

    return PreparedMany(statement, **{name: table.c[name] for name in names})


def _of_records(name: str, columns: dict[str, sa.Column[Any]]) -> Places:
    """The columns of a parameter that holds rows as JSON."""
    typed = [sa.column(each, column.type) for each, column in columns.items()]
    records = sa.func.json_to_recordset(sa.cast(sa.bindparam(name), sa.JSON)).table_valued(*typed)
    return dict(records.render_derived(name=name, with_types=True).c.items())


def _arrangement(names: Sequence[str], order: Sequence[str], constants: dict[str, Any]) -> Callable[[Row], Row]:
    """From a row in the order of `names` to what the driver wants."""
    if list(order) == list(names):
        return tuple
    values = tuple(constants.values())
    places = {name: number for number, name in enumerate([*names, *constants])}
    pick = itemgetter(*[places[name] for name in order])
    return lambda row: pick(row + values)
