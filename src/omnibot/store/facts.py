"""Facts about contacts and their cases: one value for each key, the newest that was learnt."""

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.fact import Fact, Source
from omnibot.store.schema import facts
from omnibot.store.upsert import insert

# SQLite takes 32,766 values in a statement.
_ROWS = 2_000


def learn(tx: Connection, learnt: Iterable[Fact]) -> None:
    """Keep what is newer than what is known. What is known already stays as it is, with the time it was first learnt."""
    rows = list(learnt)
    for of_case in (False, True):
        of_kind = [fact for fact in rows if (fact.ticket_id is not None) is of_case]
        for start in range(0, len(of_kind), _ROWS):
            _write(tx, of_kind[start : start + _ROWS], of_case)


def _write(tx: Connection, rows: list[Fact], of_case: bool) -> None:
    statement = insert(tx.dialect.name, facts)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["ticket_id" if of_case else "contact_id", "key"],
        index_where=facts.c.ticket_id.is_not(None) if of_case else facts.c.ticket_id.is_(None),
        set_={"value": new.value, "source": new.source, "at": new.at},
        where=(facts.c.at <= new.at) & (facts.c.value != new.value),
    )
    tx.execute(
        statement,
        [
            {
                "contact_id": fact.contact_id,
                "ticket_id": fact.ticket_id,
                "key": fact.key,
                "value": fact.value,
                "source": fact.source.value,
                "at": fact.at,
            }
            for fact in rows
        ],
    )


def of_contact(tx: Connection, contact_id: int) -> list[Fact]:
    """What is true of the person, whatever the case."""
    return _listed(tx, (facts.c.contact_id == contact_id) & facts.c.ticket_id.is_(None))


def of_ticket(tx: Connection, ticket_id: int) -> list[Fact]:
    """What is true of this case only."""
    return _listed(tx, facts.c.ticket_id == ticket_id)


def of_contacts(tx: Connection, ids: Iterable[int], key: str) -> dict[int, str]:
    """The value of one key for each contact that has it."""
    query = select(facts.c.contact_id, facts.c.value).where(
        facts.c.contact_id.in_(list(ids)), facts.c.key == key, facts.c.ticket_id.is_(None)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def forget(tx: Connection, contact_id: int, key: str) -> bool:
    """False if it was not known."""
    condition = (facts.c.contact_id == contact_id) & (facts.c.key == key) & facts.c.ticket_id.is_(None)
    return tx.execute(sa.delete(facts).where(condition)).rowcount > 0


def move(tx: Connection, *, from_id: int, to_id: int) -> None:
    """Two contacts are one: of two values for a key the newer stays."""
    learn(tx, [replace(fact, contact_id=to_id) for fact in of_contact(tx, from_id)])
    tx.execute(sa.delete(facts).where(facts.c.contact_id == from_id, facts.c.ticket_id.is_(None)))
    tx.execute(sa.update(facts).where(facts.c.contact_id == from_id).values(contact_id=to_id))


def _listed(tx: Connection, condition: "sa.ColumnElement[bool]") -> list[Fact]:
    query = (
        select(facts.c.contact_id, facts.c.ticket_id, facts.c.key, facts.c.value, facts.c.source, facts.c.at)
        .where(condition)
        .order_by(facts.c.key)
    )
    return [Fact(**{**row, "source": Source(row["source"])}) for row in tx.execute(query).mappings()]
