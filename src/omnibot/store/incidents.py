"""Incidents: what many ask at once, who is attached, and what they were told."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.message import Author
from omnibot.domain.promise import PromiseKind
from omnibot.domain.surge.incident import Incident, Member, Membership, News, Question, State
from omnibot.store.schema import conversations, incident_members, incident_news, incidents, messages, promises, users
from omnibot.store.upsert import insert

MOST_HANDOFFS = 500  # looked at in one go; more of them are surely enough to see what is the matter
MOST_MEMBERS = 2_000
BEFORE = timedelta(hours=1)  # how long before the handoff the question may have been asked
FOLLOWED = timedelta(days=1)  # after the end, for whom an outage kept from hearing of it

_texts = msgspec.json.Decoder(dict[str, str])


def newest_promise(tx: Connection) -> int:
    """The id of the newest promise: while it stays, nobody has been handed to people."""
    return int(tx.execute(select(func.coalesce(func.max(promises.c.id), 0))).scalar_one())


def recent_words(tx: Connection, since: datetime) -> dict[int, list[Question]]:
    """What customers wrote before people were asked for, by conversation, the newest words first. Handoffs are found by the
    first reply that they promise."""
    newest = (
        select(promises.c.id, promises.c.conversation_id, promises.c.started_at, promises.c.kind)
        .order_by(promises.c.id.desc())
        .limit(MOST_HANDOFFS)
        .subquery()
    )
    handed = (
        select(newest.c.conversation_id, func.max(newest.c.started_at).label("at"))
        .where(newest.c.kind == PromiseKind.FIRST_REPLY.value, newest.c.started_at >= since)
        .where(newest.c.conversation_id.is_not(None))
        .group_by(newest.c.conversation_id)
        .subquery()
    )
    query = (
        select(messages.c.conversation_id, conversations.c.contact_id, messages.c.seq, messages.c.text, messages.c.at)
        .join(handed, handed.c.conversation_id == messages.c.conversation_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.author == Author.CUSTOMER.value,
            messages.c.chosen.is_(None),
            messages.c.deleted_at.is_(None),
            messages.c.at <= handed.c.at,
            messages.c.at >= since - BEFORE,
        )
        .order_by(messages.c.conversation_id, messages.c.seq.desc())
    )
    found: dict[int, list[Question]] = {}
    for row in tx.execute(query):
        question = Question(**row._mapping)
        found.setdefault(question.conversation_id, []).append(question)
    return found


def places(tx: Connection, conversation_ids: Iterable[int]) -> dict[int, int]:
    """The newest question of each conversation that belongs to any incident already: its seq."""
    query = (
        select(incident_members.c.conversation_id, func.max(incident_members.c.seq))
        .where(incident_members.c.conversation_id.in_(list(conversation_ids)))
        .group_by(incident_members.c.conversation_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def write_alone(tx: Connection) -> None:
    """Two workers that find the same must not both propose it. First thing in a transaction; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("LOCK TABLE incidents IN SHARE ROW EXCLUSIVE MODE")


def propose(tx: Connection, now: datetime) -> int:
    row = {"state": State.PROPOSED.value, "title": "", "proposed_at": now, "news": 0}
    id: int = tx.execute(incidents.insert().returning(incidents.c.id), row).scalar_one()
    return id


def attach(tx: Connection, id: int, conversation_id: int, *, seq: int, now: datetime) -> bool:
    """The conversation belongs to it from now on; False if it has been there before, detached or not."""
    row = {
        "incident_id": id,
        "conversation_id": conversation_id,
        "seq": seq,
        "state": Membership.ATTACHED.value,
        "told": 0,
        "at": now,
    }
    added = insert(tx.dialect.name, incident_members).values(**row).on_conflict_do_nothing()
    return tx.execute(added.returning(incident_members.c.conversation_id)).first() is not None


def set_membership(tx: Connection, id: int, conversation_id: int, state: Membership) -> bool:
    """False where it is no member."""
    same = (incident_members.c.incident_id == id) & (incident_members.c.conversation_id == conversation_id)
    return tx.execute(sa.update(incident_members).where(same).values(state=state.value)).rowcount == 1


def move_members(tx: Connection, id: int, *, to: int) -> None:
    """They are the same matter. Who is in both stays where he was told."""
    there = select(incident_members.c.conversation_id).where(incident_members.c.incident_id == to).scalar_subquery()
    own = incident_members.c.incident_id == id
    tx.execute(sa.delete(incident_members).where(own, incident_members.c.conversation_id.in_(there)))
    tx.execute(sa.update(incident_members).where(own).values(incident_id=to, told=0))


def told(tx: Connection, id: int, conversation_id: int, n: int) -> None:
    same = (incident_members.c.incident_id == id) & (incident_members.c.conversation_id == conversation_id)
    tx.execute(sa.update(incident_members).where(same).values(told=n))


def get(tx: Connection, id: int) -> Incident | None:
    row = tx.execute(select(*incidents.c).where(incidents.c.id == id)).one_or_none()
    return _of_row(row) if row else None


def lock(tx: Connection, id: int) -> Incident | None:
    row = tx.execute(select(*incidents.c).where(incidents.c.id == id).with_for_update(key_share=True)).one_or_none()
    return _of_row(row) if row else None


def save(tx: Connection, one: Incident) -> None:
    values = {
        "state": one.state.value,
        "title": one.title,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
        "closed_at": one.closed_at,
        "news": one.news,
    }
    tx.execute(sa.update(incidents).where(incidents.c.id == one.id).values(**values))


def add_news(tx: Connection, id: int, n: int, texts: Mapping[str, str], *, by_id: int, now: datetime) -> None:
    encoded = msgspec.json.encode(dict(texts)).decode()
    tx.execute(incident_news.insert().values(incident_id=id, n=n, texts=encoded, by_id=by_id, at=now))


def news(tx: Connection, id: int) -> list[News]:
    """All texts, the answer first."""
    query = (
        select(incident_news.c.n, incident_news.c.texts, users.c.name, incident_news.c.at)
        .join(users, users.c.id == incident_news.c.by_id)
        .where(incident_news.c.incident_id == id)
        .order_by(incident_news.c.n)
    )
    return [News(n=row[0], texts=_texts.decode(row[1]), by_name=row[2], at=row[3]) for row in tx.execute(query)]


def listing(
    tx: Connection, states: Iterable[State], *, before: int | None = None, limit: int = 100
) -> list[tuple[Incident, int]]:
    """With how many conversations are attached, the newest first."""
    own = (incident_members.c.incident_id == incidents.c.id) & (incident_members.c.state == Membership.ATTACHED.value)
    count = select(func.count()).where(own).scalar_subquery()
    query = select(*incidents.c, count).where(incidents.c.state.in_([one.value for one in states]))
    if before is not None:
        query = query.where(incidents.c.id < before)
    rows = tx.execute(query.order_by(incidents.c.id.desc()).limit(limit))
    return [(_of_row(row), int(row[-1])) for row in rows]


def count_proposed(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).where(incidents.c.state == State.PROPOSED.value)).scalar_one())


def of_conversation(tx: Connection, conversation_id: int) -> list[Incident]:
    """Those that the conversation is attached to and that a person has confirmed, the newest first."""
    query = (
        select(*incidents.c)
        .join(incident_members, incident_members.c.incident_id == incidents.c.id)
        .where(
            incident_members.c.conversation_id == conversation_id,
            incident_members.c.state == Membership.ATTACHED.value,
            incidents.c.state.in_((State.OPEN.value, State.CLOSED.value)),
        )
        .order_by(incidents.c.id.desc())
    )
    return [_of_row(row) for row in tx.execute(query)]


def members(tx: Connection, id: int, *, contact_id: int | None = None) -> list[Member]:
    """The oldest question first; those of one contact are locked."""
    query = (
        select(
            incident_members.c.conversation_id,
            conversations.c.contact_id,
            incident_members.c.seq,
            func.coalesce(messages.c.text, "").label("text"),
            conversations.c.language,
            incident_members.c.state,
            incident_members.c.told,
            incident_members.c.at,
        )
        .join(conversations, conversations.c.id == incident_members.c.conversation_id)
        .outerjoin(
            messages,
            (messages.c.conversation_id == incident_members.c.conversation_id)
            & (messages.c.seq == incident_members.c.seq),
        )
        .where(incident_members.c.incident_id == id)
        .order_by(incident_members.c.conversation_id)
        .limit(MOST_MEMBERS)
    )
    if contact_id is not None:
        query = query.where(conversations.c.contact_id == contact_id).with_for_update(
            of=incident_members, key_share=True
        )
    return [_member(row) for row in tx.execute(query)]


def detached(tx: Connection, id: int) -> frozenset[int]:
    """The conversations that people have said are another matter."""
    out = (incident_members.c.incident_id == id) & (incident_members.c.state == Membership.DETACHED.value)
    return frozenset(tx.execute(select(incident_members.c.conversation_id).where(out)).scalars())


def behind(tx: Connection, now: datetime, *, limit: int = 200) -> list[tuple[int, int]]:
    """Incidents and conversations that have not been told the newest text; of a customer's several the newest first."""
    is_followed = (incidents.c.state == State.OPEN.value) | (
        (incidents.c.state == State.CLOSED.value) & (incidents.c.closed_at > now - FOLLOWED)
    )
    query = (
        select(incident_members.c.incident_id, incident_members.c.conversation_id)
        .join(incidents, incidents.c.id == incident_members.c.incident_id)
        .where(
            is_followed,
            incident_members.c.state == Membership.ATTACHED.value,
            incident_members.c.told < incidents.c.news,
        )
        .order_by(incident_members.c.incident_id, incident_members.c.conversation_id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def _of_row(row: Any) -> Incident:
    values = dict(zip((column.name for column in incidents.c), row, strict=False))
    return Incident(**{**values, "state": State(values["state"])})


def _member(row: Any) -> Member:
    values = dict(row._mapping)
    return Member(**{**values, "language": Language(row.language), "state": Membership(row.state)})
