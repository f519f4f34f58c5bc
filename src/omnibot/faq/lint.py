"""What an editor should mend in a knowledge base that can be read: doubles, gaps, dates, links to nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from omnibot.domain.language import Language
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.normalize import normalise

# Traditional Chinese is converted from simplified where nobody wrote it.
COMPLETE_IN = (Language.EN, Language.ZH_HANS)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend in one entry."""

    entry_id: str
    language: Language
    what: str

    def __str__(self) -> str:
        return f'entry "{self.entry_id}" ({self.language}): {self.what}'


def lint(knowledge_base: KnowledgeBase, today: date) -> list[Finding]:
    """Everything that is worth mending, by entry."""
    entries = knowledge_base.entries
    found = [*_doubles(entries), *_missing_translations(entries), *_dates(entries, today), *_dead_follow_ups(entries)]
    return sorted(found, key=lambda finding: (finding.entry_id, finding.language, finding.what))


def _doubles(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    first: dict[str, Entry] = {}
    for entry in entries:
        for text in (entry.question, *entry.phrasings):
            other = first.setdefault(normalise(text).rstrip(" ?!.。"), entry)
            if other is entry:
                continue
            yield Finding(entry.id, entry.language, f'"{text}" is also in entry "{other.id}"; keep it in one of them')


def _missing_translations(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    languages: dict[str, set[Language]] = {}
    for entry in entries:
        languages.setdefault(entry.id, set()).add(entry.language)
    spoken = {language for there in languages.values() for language in there}
    for entry_id, there in languages.items():
        for language in COMPLETE_IN:
            if language in spoken and language not in there:
                yield Finding(entry_id, language, "the translation is missing; others see it in another language")


def _dates(entries: tuple[Entry, ...], today: date) -> Iterator[Finding]:
    for entry in entries:
        if entry.valid_until and entry.valid_until < today:
            yield Finding(entry.id, entry.language, f"expired on {entry.valid_until}; remove it or move valid_until")
        if entry.review_by and entry.review_by < today:
            yield Finding(
                entry.id, entry.language, f"was to be reviewed by {entry.review_by}; read it and move review_by"
            )


def _dead_follow_ups(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    known = {entry.id for entry in entries}
    for entry in entries:
        for follow_up in entry.follow_ups:
            if follow_up not in known:
                yield Finding(
                    entry.id, entry.language, f'the follow-up "{follow_up}" does not exist; mend or remove it'
                )
