"""Puts the entries of the files and those of the database together. Pure: who reads which is up to `flow.keep_knowledge`.

The database wins: an entry that has gone live there hides the files' entry of that id in all languages, and a retired one
hides it without putting anything in its place. Everything else comes from the files (decision 0019).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from omnibot.domain.knowledge import Content, Wording, order
from omnibot.domain.language import Language
from omnibot.faq.entry import Entry, KnowledgeBase


def together(files: KnowledgeBase, edited: Mapping[str, Content | None]) -> KnowledgeBase:
    """What customers get: entries in the order of the files, then those that only the database has, by id."""
    if not edited:
        return files
    kept = [entry for entry in files.entries if entry.id not in edited]
    added = [entry for id, content in sorted(edited.items()) if content for entry in entries_of(id, content)]
    return KnowledgeBase((*kept, *added))


def entries_of(id: str, content: Content) -> list[Entry]:
    """One for each language."""
    return [
        Entry(
            id=id,
            language=language,
            question=wording.question,
            phrasings=wording.phrasings,
            answer=wording.answer,
            tags=content.tags,
            valid_from=content.valid_from,
            valid_until=content.valid_until,
            review_by=content.review_by,
            follow_ups=content.follow_ups,
        )
        for language, wording in content.wordings.items()
    ]


def contents_of(files: KnowledgeBase) -> dict[str, Content]:
    """The files' entries as one content for each id. Where languages differ in dates, the strictest hold."""
    by_id: dict[str, list[Entry]] = {}
    for entry in files.entries:
        by_id.setdefault(entry.id, []).append(entry)
    return {id: _content(translations) for id, translations in by_id.items()}


def fingerprint(content: Content) -> str:
    """Another one when anything in it is different: tells whether the files have changed."""
    rows = [
        [entry.language, entry.question, entry.phrasings, entry.answer, entry.tags, entry.follow_ups]
        + [str(day) for day in (entry.valid_from, entry.valid_until, entry.review_by)]
        for entry in entries_of("", content)
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def difference(before: KnowledgeBase, after: KnowledgeBase) -> tuple[list[Entry], list[tuple[str, Language]]]:
    """Which translations are new or other ones, and which are gone."""
    known = {(entry.id, entry.language): entry for entry in before.entries}
    wanted = {(entry.id, entry.language): entry for entry in after.entries}
    return [entry for key, entry in wanted.items() if known.get(key) != entry], [
        key for key in known if key not in wanted
    ]


def _content(translations: list[Entry]) -> Content:
    wordings = {
        entry.language: Wording(question=entry.question, phrasings=entry.phrasings, answer=entry.answer)
        for entry in translations
    }
    return Content(
        wordings=order(wordings),
        tags=_union(entry.tags for entry in translations),
        valid_from=_pick(max, (entry.valid_from for entry in translations)),
        valid_until=_pick(min, (entry.valid_until for entry in translations)),
        review_by=_pick(min, (entry.review_by for entry in translations)),
        follow_ups=_union(entry.follow_ups for entry in translations),
    )


def _union(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in lists for text in texts))


def _pick(choose: Callable[[list[date]], date], days: Iterable[date | None]) -> date | None:
    there = [day for day in days if day is not None]
    return choose(there) if there else None
