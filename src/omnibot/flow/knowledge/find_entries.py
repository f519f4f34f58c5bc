"""The entries that people see: those of the database and those that only the files have, as one list."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge
from itertools import islice

from sqlalchemy.engine import Connection

from omnibot.domain.knowledge import Chosen, Content, EntryState, KnownEntry, Shown
from omnibot.faq import shelf
from omnibot.flow.knowledge.keep_knowledge import Knowledge
from omnibot.store import faq_entries


def page(tx: Connection, knowledge: Knowledge, chosen: Chosen, *, after: str = "", limit: int) -> list[KnownEntry]:
    """Entries after an id, sorted by id."""
    edited = faq_entries.listing(tx, chosen, after=after, limit=limit)
    own = faq_entries.ids(tx)
    files = (entry for entry in _of_files(knowledge, after) if entry.id not in own and _is_chosen(entry, chosen))
    found = list(islice(merge(edited, files, key=lambda entry: entry.id), limit))
    return _compared(tx, knowledge, found)


def one(tx: Connection, knowledge: Knowledge, id: str) -> KnownEntry | None:
    entry = faq_entries.get(tx, id)
    if entry is not None:
        return _compared(tx, knowledge, [entry])[0]
    content = knowledge.in_files.get(id)
    return _of_file(id, content) if content else None


def _of_files(knowledge: Knowledge, after: str) -> Iterator[KnownEntry]:
    for id in sorted(knowledge.in_files):
        if id > after:
            yield _of_file(id, knowledge.in_files[id])


def _of_file(id: str, content: Content) -> KnownEntry:
    return KnownEntry(id=id, content=content, state=EntryState.LIVE, shown=Shown.FILE, in_files=True)


def _is_chosen(entry: KnownEntry, chosen: Chosen) -> bool:
    content = entry.content
    texts = [text for one in content.wordings.values() for text in (one.question, *one.phrasings, one.answer)]
    return (
        (not chosen.states or entry.state in chosen.states)
        and (chosen.language is None or chosen.language in content.wordings)
        and (chosen.owner_id is None or entry.owner_id == chosen.owner_id)
        and (chosen.due_on is None or content.is_due(chosen.due_on))
        and (not chosen.text or chosen.text.lower() in "\n".join([entry.id, *content.tags, *texts]).lower())
    )


def _compared(tx: Connection, knowledge: Knowledge, entries: list[KnownEntry]) -> list[KnownEntry]:
    """With what the files say about them."""
    seen = faq_entries.file_versions(tx, [entry.id for entry in entries if entry.newest])
    return [_with_file(entry, knowledge.in_files.get(entry.id), seen.get(entry.id)) for entry in entries]


def _with_file(entry: KnownEntry, content: Content | None, seen: str | None) -> KnownEntry:
    if content is None or not entry.newest:
        return entry
    is_other = entry.shown is not Shown.FILE and seen is not None and shelf.fingerprint(content) != seen
    return replace(entry, in_files=True, replaced_in_files=is_other)
