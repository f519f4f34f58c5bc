"""FAQ entries that were edited here, with all their versions. Entries that only the files have are not in these tables."""

from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from omnibot.domain.knowledge import Change, Chosen, Content, EntryState, EntryVersion, KnownEntry, Shown
from omnibot.store import faq_calibrations
from omnibot.store.schema import faq_entries, faq_revision, faq_versions, users
from omnibot.store.upsert import insert

_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(Content)

_owners, _editors = users.alias("owners"), users.alias("editors")
_ENTRY = (
    select(
        faq_entries,
        faq_versions.c.content,
        _owners.c.name.label("owner_name"),
        _editors.c.name.label("editor_name"),
    )
    .join(faq_versions, (faq_versions.c.entry_id == faq_entries.c.id) & (faq_versions.c.n == faq_entries.c.newest))
    .outerjoin(_owners, _owners.c.id == faq_entries.c.owner_id)
    .outerjoin(_editors, _editors.c.id == faq_entries.c.updated_by)
)


def get(tx: Connection, id: str) -> KnownEntry | None:
    row = tx.execute(_ENTRY.where(faq_entries.c.id == id)).mappings().one_or_none()
    return _of(row) if row else None


def lock(tx: Connection, id: str) -> KnownEntry | None:
    """The entry, which nobody else changes before the commit."""
    tx.execute(select(faq_entries.c.id).where(faq_entries.c.id == id).with_for_update(key_share=True)).one_or_none()
    return get(tx, id)


def listing(tx: Connection, chosen: Chosen, *, after: str = "", limit: int) -> list[KnownEntry]:
    """Entries after an id, sorted by id."""
    query = _ENTRY.where(faq_entries.c.id > after)
    if chosen.states:
        query = query.where(faq_entries.c.state.in_([state.value for state in chosen.states]))
    if chosen.language:
        query = query.where(faq_entries.c.languages.contains(f" {chosen.language.value} "))
    if chosen.text:
        query = query.where(faq_entries.c.words.contains(chosen.text.lower(), autoescape=True))
    if chosen.due_on:
        query = query.where(faq_entries.c.look_after < chosen.due_on.isoformat(), faq_entries.c.state != "retired")
    if chosen.owner_id:
        query = query.where(faq_entries.c.owner_id == chosen.owner_id)
    return [_of(row) for row in tx.execute(query.order_by(faq_entries.c.id).limit(limit)).mappings()]


def ids(tx: Connection) -> set[str]:
    """Of all entries that were ever edited here."""
    return set(tx.execute(select(faq_entries.c.id)).scalars())


def count_waiting(tx: Connection, today: date) -> int:
    """Entries that somebody should look at: they wait for review, or their day has come."""
    due = (faq_entries.c.look_after < today.isoformat()) & (faq_entries.c.state == EntryState.LIVE.value)
    waits = faq_entries.c.state == EntryState.REVIEW.value
    return tx.execute(select(func.count()).select_from(faq_entries).where(due | waits)).scalar_one()


def owners(tx: Connection, ids: list[str]) -> dict[str, int]:
    """Who answers for each of these entries, by the entry's id."""
    query = select(faq_entries.c.id, faq_entries.c.owner_id)
    query = query.where(faq_entries.c.id.in_(ids), faq_entries.c.owner_id.is_not(None))
    found: dict[str, int] = dict(tx.execute(query).all())
    return found


def version(tx: Connection, id: str, n: int) -> EntryVersion | None:
    query = select(faq_versions).where(faq_versions.c.entry_id == id, faq_versions.c.n == n)
    row = tx.execute(query).mappings().one_or_none()
    return _version_of(row) if row else None


def versions(tx: Connection, id: str, *, before: int | None = None, limit: int) -> list[EntryVersion]:
    """The newest first."""
    query = select(faq_versions).where(faq_versions.c.entry_id == id)
    if before is not None:
        query = query.where(faq_versions.c.n < before)
    return [_version_of(row) for row in tx.execute(query.order_by(faq_versions.c.n.desc()).limit(limit)).mappings()]


def add(tx: Connection, id: str, version: EntryVersion, *, file_version: str | None, gap_id: int | None) -> bool:
    """A new entry as a draft; False if the id is taken."""
    head = {
        "id": id,
        "state": EntryState.DRAFT.value,
        "shown": Shown.FILE.value,
        "newest": version.n,
        "revision": 0,
        "file_version": file_version,
        "owner_id": version.author_id,
        "gap_id": gap_id,
        **_head(id, version),
    }
    adding = insert(tx.dialect.name, faq_entries).values(head).on_conflict_do_nothing().returning(faq_entries.c.id)
    if tx.execute(adding).one_or_none() is None:
        return False
    _add_version(tx, id, version)
    return True


def add_version(tx: Connection, id: str, version: EntryVersion, state: EntryState) -> None:
    """The newest version from now on. The caller holds the lock and has compared what was newest."""
    _add_version(tx, id, version)
    values = {"state": state.value, "newest": version.n, **_head(id, version)}
    tx.execute(sa.update(faq_entries).where(faq_entries.c.id == id).values(**values))


def set_state(tx: Connection, id: str, state: EntryState, *, by: int, now: datetime) -> None:
    values = {"state": state.value, "updated_by": by, "updated_at": now}
    tx.execute(sa.update(faq_entries).where(faq_entries.c.id == id).values(**values))


def set_owner(tx: Connection, id: str, owner_id: int | None) -> None:
    tx.execute(sa.update(faq_entries).where(faq_entries.c.id == id).values(owner_id=owner_id))


def show(tx: Connection, id: str, shown: Shown, live: int | None, *, by: str, now: datetime) -> int:
    """From this commit on customers get this of the entry; returns the revision of the knowledge in force."""
    revision = next_revision(tx)
    values = {"shown": shown.value, "live": live, "revision": revision}
    tx.execute(sa.update(faq_entries).where(faq_entries.c.id == id).values(**values))
    if live is not None:
        own = (faq_versions.c.entry_id == id) & (faq_versions.c.n == live)
        tx.execute(sa.update(faq_versions).where(own).values(live_at=now, live_by=by))
    return revision


def set_file_version(tx: Connection, id: str, file_version: str | None) -> None:
    """Somebody has seen what the files say now."""
    tx.execute(sa.update(faq_entries).where(faq_entries.c.id == id).values(file_version=file_version))


def file_versions(tx: Connection, ids: list[str]) -> dict[str, str | None]:
    query = select(faq_entries.c.id, faq_entries.c.file_version).where(faq_entries.c.id.in_(ids))
    return {row[0]: row[1] for row in tx.execute(query)}


def changes_since(tx: Connection, revision: int) -> Change:
    """What customers get differently since a revision."""
    newest = tx.execute(select(faq_revision.c.revision)).scalar_one_or_none() or 0
    if newest == revision:
        return Change(revision=revision)
    query = (
        select(faq_entries.c.id, faq_entries.c.shown, faq_versions.c.content, faq_versions.c.live_at)
        .outerjoin(
            faq_versions, (faq_versions.c.entry_id == faq_entries.c.id) & (faq_versions.c.n == faq_entries.c.live)
        )
        .where(faq_entries.c.revision > revision)
        .order_by(faq_entries.c.id)
    )
    rows = tx.execute(query).all()
    return Change(
        revision=newest,
        contents={
            id: _decoder.decode(content) if content else None for id, shown, content, _ in rows if shown != "file"
        },
        live_at={id: at for id, shown, _, at in rows if shown == "version" and at},
        given_back=frozenset(id for id, shown, *_ in rows if shown == Shown.FILE.value),
        calibration=faq_calibrations.newest(tx),
    )


def next_revision(tx: Connection) -> int:
    """Taken one after the other: who reads a revision has everything up to it."""
    first = insert(tx.dialect.name, faq_revision).values(id=1, revision=1)
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"revision": faq_revision.c.revision + 1})
    revision: int = tx.execute(counted.returning(faq_revision.c.revision)).scalar_one()
    return revision


def _head(id: str, version: EntryVersion) -> dict[str, object]:
    content = version.content
    texts = [text for one in content.wordings.values() for text in (one.question, *one.phrasings, one.answer)]
    return {
        "languages": " " + " ".join(language.value for language in content.wordings) + " ",
        "words": "\n".join([id, *content.tags, *texts]).lower(),
        "look_after": content.look_after.isoformat() if content.look_after else None,
        "updated_by": version.author_id,
        "updated_at": version.at,
    }


def _add_version(tx: Connection, id: str, version: EntryVersion) -> None:
    tx.execute(
        faq_versions.insert(),
        {
            "entry_id": id,
            "n": version.n,
            "content": _encode(version.content).decode(),
            "author_id": version.author_id,
            "author_name": version.author_name,
            "at": version.at,
            "note": version.note,
            "restores": version.restores,
        },
    )


def _of(row: Any) -> KnownEntry:
    return KnownEntry(
        id=row["id"],
        content=_decoder.decode(row["content"]),
        state=EntryState(row["state"]),
        shown=Shown(row["shown"]),
        newest=row["newest"],
        live=row["live"],
        owner_id=row["owner_id"],
        owner_name=row["owner_name"],
        updated_at=row["updated_at"],
        updated_by=row["editor_name"],
        gap_id=row["gap_id"],
    )


def _version_of(row: Any) -> EntryVersion:
    return EntryVersion(
        n=row["n"],
        content=_decoder.decode(row["content"]),
        author_id=row["author_id"],
        author_name=row["author_name"],
        at=row["at"],
        note=row["note"],
        restores=row["restores"],
        live_at=row["live_at"],
        live_by=row["live_by"],
    )
