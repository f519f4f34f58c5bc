"""Facts about contacts and their cases: one value for each key, the newest that was learnt.

`contact_id` is whom a fact was learnt of, and never changes for a fact of a person: of contacts that are taken together, each
keeps its own, and reading finds the newest among them.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.fact import Fact, Source
from omnibot.store import together
from omnibot.store.schema import conversations, facts, tickets
from omnibot.store.upsert import insert

# SQLite takes 32,766 values in a statement.
_ROWS = 2_000

# Who says something again means it now: of two contacts that are taken together, the newer word counts.
_SAID = (Source.CUSTOMER, Source.STAFF)


def learn(tx: Connection, learnt: Iterable[Fact]) -> None:
    """Keep what is newer than what is known. What another system tells again stays as it is, with the time it was first
    learnt."""
    rows = list(learnt)
    for of_case in (False, True):
        of_kind = [fact for fact in rows if (fact.ticket_id is not None) is of_case]
        for start in range(0, len(of_kind), _ROWS):
            _write(tx, of_kind[start : start + _ROWS], of_case)


def _write(tx: Connection, rows: list[Fact], of_case: bool) -> None:
    statement = insert(tx.dialect.name, facts)
    new = statement.excluded
    is_said = sa.or_(*(new.source == source.value for source in _SAID))  # `IN` takes no list of rows
    statement = statement.on_conflict_do_update(
        index_elements=["ticket_id" if of_case else "contact_id", "key"],
        index_where=facts.c.ticket_id.is_not(None) if of_case else facts.c.ticket_id.is_(None),
        set_={"value": new.value, "source": new.source, "at": new.at},
        where=(facts.c.at <= new.at) & ((facts.c.value != new.value) | is_said),
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
    """What is true of the person, whatever the case: one fact for each key, whoever of those taken together it is of."""
    known = _listed(tx, facts.c.contact_id.in_(together.people(contact_id)) & facts.c.ticket_id.is_(None))
    newest = {one.key: one for one in sorted(known, key=lambda one: (one.at, one.contact_id == contact_id))}
    return sorted(newest.values(), key=lambda one: one.key)


def of_ticket(tx: Connection, ticket_id: int) -> list[Fact]:
    """What is true of this case only."""
    return _listed(tx, facts.c.ticket_id == ticket_id)


def of_contacts(tx: Connection, ids: Iterable[int], key: str) -> dict[int, str]:
    """The value of one key for each contact that has it."""
    asked = list(ids)
    given = together.given_to(tx, asked)
    query = (
        select(facts.c.contact_id, facts.c.value)
        .where(facts.c.contact_id.in_([*asked, *given]), facts.c.key == key, facts.c.ticket_id.is_(None))
        .order_by(facts.c.at)
    )
    return {given.get(row[0], row[0]): row[1] for row in tx.execute(query)}


def follow_tickets(tx: Connection, channel: str, chat: str, contact_id: int) -> None:
    """Facts of cases are their contact's, and the cases of this chat have become another's."""
    there = select(conversations.c.id).where(conversations.c.channel == channel, conversations.c.chat == chat)
    cases = select(tickets.c.id).where(tickets.c.conversation_id.in_(there))
    tx.execute(sa.update(facts).where(facts.c.ticket_id.in_(cases)).values(contact_id=contact_id))


def _listed(tx: Connection, condition: "sa.ColumnElement[bool]") -> list[Fact]:
    query = (
        select(facts.c.contact_id, facts.c.ticket_id, facts.c.key, facts.c.value, facts.c.source, facts.c.at)
        .where(condition)
        .order_by(facts.c.key)
    )
    return [Fact(**{**row, "source": Source(row["source"])}) for row in tx.execute(query).mappings()]
