"""What people do with an FAQ entry: begin, change, hand in, publish, retire, bring back. One version after the other.

Whoever edits names the version he has seen; if there is a newer one nothing happens, and he hears whose it is. Bodies of
transactions: `Knowledge.refresh` afterwards lets this process answer accordingly at once.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.knowledge import Content, EntryState, EntryVersion, KnownEntry, Shown
from omnibot.faq import shelf
from omnibot.store import audit, faq_entries

FILES = 0  # as a version: what the files say


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """It happened."""

    entry: KnownEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """Somebody else has changed the entry meanwhile."""

    newest: EntryVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """The entry is in another state, or not fit for customers."""

    why: str


Result = Edited | Overtaken | Unfit | None  # None: no such entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """Who edits which entry, and what he has seen of it."""

    id: str
    by: User
    now: datetime
    seen: int | None = None  # the newest version he knows; None: whatever is there
    in_files: Content | None = None  # what the files have under that id


def begin(
    tx: Connection, editing: Editing, content: Content, *, note: str = "", gap_id: int | None = None
) -> KnownEntry | None:
    """A new entry; None if the id is taken, be it by the files."""
    if editing.in_files is not None:
        return None
    first = _version(editing, 1, content, note)
    if not faq_entries.add(tx, editing.id, first, file_version=None, gap_id=gap_id):
        return None
    _audit(tx, editing, "faq_begin", 1)
    return faq_entries.get(tx, editing.id)


def change(tx: Connection, editing: Editing, content: Content, *, note: str = "") -> Result:
    """A new version, as a draft: customers go on getting what they got."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if content == entry.content and entry.newest:
        return Edited(entry=entry)
    _add_version(tx, editing, entry, content, EntryState.DRAFT, note=note)
    _audit(tx, editing, "faq_change", entry.newest + 1)
    return _edited(tx, editing.id)


def hand_in(tx: Connection, editing: Editing) -> Result:
    """The draft is ready for somebody who may publish."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if entry.state is not EntryState.DRAFT:
        return Unfit(why="only a draft can be handed in for review")
    if entry.content.missing:
        return Unfit(why=entry.content.missing)
    faq_entries.set_state(tx, editing.id, EntryState.REVIEW, by=editing.by.id, now=editing.now)
    _audit(tx, editing, "faq_review", entry.newest)
    return _edited(tx, editing.id)


def publish(tx: Connection, editing: Editing) -> Result:
    """From the commit on customers get the newest version."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if entry.content.missing:
        return Unfit(why=entry.content.missing)
    if entry.live == entry.newest or not entry.newest:
        return Unfit(why="customers get this already")
    _show(tx, editing, entry.newest)
    _audit(tx, editing, "faq_publish", entry.newest)
    return _edited(tx, editing.id)


def retire(tx: Connection, editing: Editing) -> Result:
    """Customers do not get it any more, not from the files either."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if entry.shown is Shown.NOTHING:
        return Unfit(why="it is retired already")
    if not entry.newest:
        _add_version(tx, editing, entry, entry.content, EntryState.RETIRED)
    faq_entries.show(tx, editing.id, Shown.NOTHING, None, by=editing.by.name, now=editing.now)
    faq_entries.set_state(tx, editing.id, EntryState.RETIRED, by=editing.by.id, now=editing.now)
    _audit(tx, editing, "faq_retire", entry.newest)
    return _edited(tx, editing.id)


def roll_back(tx: Connection, editing: Editing, to: int, *, note: str = "") -> Result:
    """A new version with the content of an old one, for customers at once. To version 0: what the files say decides
    again, now and whenever they change."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if to == FILES:
        return _give_back(tx, editing, entry)
    old = faq_entries.version(tx, editing.id, to)
    if old is None:
        return Unfit(why=f"there is no version {to}")
    if old.content.missing:
        return Unfit(why=old.content.missing)
    _add_version(tx, editing, entry, old.content, EntryState.LIVE, note=note, restores=to)
    _show(tx, editing, entry.newest + 1)
    _audit(tx, editing, "faq_roll_back", to)
    return _edited(tx, editing.id)


def own(tx: Connection, editing: Editing, owner_id: int | None) -> Result:
    """Somebody answers for it from now on. No new version: what it says stays."""
    entry = _open(tx, editing)
    if not isinstance(entry, KnownEntry):
        return entry
    if not entry.newest:
        _add_version(tx, editing, entry, entry.content, EntryState.DRAFT)
    faq_entries.set_owner(tx, editing.id, owner_id)
    return _edited(tx, editing.id)


def _give_back(tx: Connection, editing: Editing, entry: KnownEntry) -> Result:
    if editing.in_files is None:
        return Unfit(why="the files do not have this entry")
    if not entry.newest:
        return Unfit(why="customers get this already")
    _add_version(tx, editing, entry, editing.in_files, EntryState.LIVE, restores=FILES)
    faq_entries.show(tx, editing.id, Shown.FILE, None, by=editing.by.name, now=editing.now)
    faq_entries.set_file_version(tx, editing.id, shelf.fingerprint(editing.in_files))
    _audit(tx, editing, "faq_give_back", entry.newest + 1)
    return _edited(tx, editing.id)


def _open(tx: Connection, editing: Editing) -> KnownEntry | Overtaken | None:
    """The entry, locked, if nobody was quicker. One that only the files have is there as version 0."""
    entry = faq_entries.lock(tx, editing.id)
    if entry is None:
        if editing.in_files is None:
            return None
        return KnownEntry(
            id=editing.id, content=editing.in_files, state=EntryState.LIVE, shown=Shown.FILE, in_files=True
        )
    if editing.seen is not None and editing.seen != entry.newest:
        newest = faq_entries.version(tx, editing.id, entry.newest)
        assert newest is not None
        return Overtaken(newest=newest)
    return entry


def _add_version(
    tx: Connection,
    editing: Editing,
    entry: KnownEntry,
    content: Content,
    state: EntryState,
    *,
    note: str = "",
    restores: int | None = None,
) -> None:
    version = _version(editing, entry.newest + 1, content, note, restores)
    if not entry.newest:
        seen = shelf.fingerprint(editing.in_files) if editing.in_files else None
        faq_entries.add(tx, editing.id, version, file_version=seen, gap_id=None)
        faq_entries.set_state(tx, editing.id, state, by=editing.by.id, now=editing.now)
    else:
        faq_entries.add_version(tx, editing.id, version, state)


def _version(editing: Editing, n: int, content: Content, note: str, restores: int | None = None) -> EntryVersion:
    return EntryVersion(
        n=n,
        content=content,
        author_id=editing.by.id,
        author_name=editing.by.name,
        at=editing.now,
        note=note,
        restores=restores,
    )


def _show(tx: Connection, editing: Editing, n: int) -> None:
    faq_entries.show(tx, editing.id, Shown.VERSION, n, by=editing.by.name, now=editing.now)
    faq_entries.set_state(tx, editing.id, EntryState.LIVE, by=editing.by.id, now=editing.now)
    if editing.in_files is not None:
        # Whoever publishes has seen what the files say now: it is theirs that he puts his version before.
        faq_entries.set_file_version(tx, editing.id, shelf.fingerprint(editing.in_files))


def _edited(tx: Connection, id: str) -> Edited:
    entry = faq_entries.get(tx, id)
    assert entry is not None
    return Edited(entry=entry)


def _audit(tx: Connection, editing: Editing, action: str, version: int) -> None:
    audit.write(
        tx,
        user_id=editing.by.id,
        action=action,
        subject=f"faq:{editing.id}",
        detail=f"version {version}",
        now=editing.now,
    )
