"""The knowledge that a matcher asks: an index, and what has changed since it was made. A value; a change is a new one.

The index's models go on, without what was changed or removed; changed entries stand in `additions`. An entry whose wording
is as before needs neither: only its answer, or its dates, are another one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Self

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass
from omnibot.faq.additions import Additions
from omnibot.faq.entry import Entry, KnowledgeBase, fingerprint, version
from omnibot.faq.index import Index, Ranker, Translations, wordings
from omnibot.faq.normalize import normalise
from omnibot.faq.subject import Subject, name_other_amounts, subject
from omnibot.faq.words import Tokens

_NOTHING: Translations = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """`changed` holds the translations of each entry that is not as in the index; none if it was removed.

    `gone` are the index's numbers that its profile must not name any more. `unlearned` are those that what was learned
    must not: it goes on for entries that still have half of what it was learned from.
    """

    index: Index
    version: str
    changed: Mapping[str, Translations] = field(default_factory=dict)
    additions: Additions
    numbers: Mapping[str, int] = field(default_factory=dict)  # of the additions
    names: Mapping[int, str] = field(default_factory=dict)
    subjects: Mapping[int, Subject]
    gone: frozenset[int] = frozenset()
    unlearned: frozenset[int] = frozenset()
    places: Mapping[str, int]  # in the index
    outdated: dict[date, frozenset[int]] = field(default_factory=dict)  # of the index, kept for the day
    stale: dict[date, frozenset[int]] = field(default_factory=dict)  # with the changes

    @classmethod
    def of(cls, index: Index) -> Self:
        return cls(
            index=index,
            version=index.knowledge_base.version,
            additions=Additions(base=index.profile),
            subjects=index.subjects,
            places={entry_id: number for number, entry_id in enumerate(index.ids)},
        )

    def translations(self, entry_id: str) -> Translations:
        """The entry in each language; empty where there is none."""
        changed = self.changed.get(entry_id)
        return self.index.translations.get(entry_id, _NOTHING) if changed is None else changed

    def entries(self) -> Iterator[Entry]:
        """All of them: the index's in its order, then new ones."""
        named = set()
        for entry in self.index.knowledge_base.entries:
            current = self.translations(entry.id).get(entry.language)
            if current is not None:
                named.add((entry.id, entry.language))
                yield current
        for translations in self.changed.values():
            yield from (entry for entry in translations.values() if (entry.id, entry.language) not in named)

    def base(self) -> KnowledgeBase:
        return self.index.knowledge_base if not self.changed else KnowledgeBase(tuple(self.entries()), self.version)

    def id_of(self, number: int) -> str:
        """The entry with that number in the models."""
        return self.index.ids[number] if number < len(self.index.ids) else self.names[number]

    def is_added(self, entry_id: str) -> bool:
        return entry_id in self.numbers

    def without(self, asked: Tokens, today: date) -> frozenset[int]:
        """The numbers that are out of the question: not valid today, or about another code, number or amount."""
        without = self._out_of_force(today)
        if asked.codes or asked.numbers:
            without |= {number for number, about in self.subjects.items() if about.is_other_than(asked)}
        if asked.amounts:
            without |= name_other_amounts(asked.amounts, self.subjects.items())
        return without

    def numbers_of(self, entry_ids: frozenset[str]) -> frozenset[int]:
        """Their numbers in all models."""
        known = (table.get(entry_id) for entry_id in entry_ids for table in (self.places, self.numbers))
        return frozenset(number for number in known if number is not None)

    def of_index(self, numbers: frozenset[int]) -> frozenset[int]:
        """Those that the index's models know."""
        return frozenset(number for number in numbers if number < len(self.index.ids)) if self.names else numbers

    def with_entries(self, entries: Iterable[Entry]) -> Self:
        knowledge = self
        by_id: dict[str, dict[Language, Entry]] = {}
        for entry in entries:
            there = by_id.setdefault(entry.id, dict(self.translations(entry.id)))
            there[entry.language] = entry
        for entry_id, translations in by_id.items():
            knowledge = knowledge._with(entry_id, translations)
        return knowledge

    def without_entry(self, entry_id: str, language: Language | None) -> Self:
        kept = {other: entry for other, entry in self.translations(entry_id).items() if language not in (None, other)}
        return self._with(entry_id, kept)

    def learned(self, model: Ranker) -> Self:
        return replace(self, index=replace(self.index, learned=model))

    def over(self, index: Index) -> Self:
        """The same entries over another index, made of what they were a while ago."""
        knowledge = self.of(index)
        for entry_id, translations in self.changed.items():
            knowledge = knowledge._with(entry_id, translations)
        return knowledge

    def _with(self, entry_id: str, translations: Translations) -> Self:
        before = self.translations(entry_id)
        if before == translations:
            return self
        translations = dict(sorted(translations.items()))
        knowledge = replace(
            self,
            version=_version(self.version, before, translations),
            changed={**self.changed, entry_id: translations},
            stale={},
        )
        return knowledge._worded(entry_id, translations)

    def _worded(self, entry_id: str, translations: Translations) -> Self:
        """With the models' part of a change."""
        place, number = self.places.get(entry_id), self.numbers.get(entry_id)
        additions = self.additions if number is None else self.additions.without_entry(number)
        numbers = {known: n for known, n in self.numbers.items() if known != entry_id}
        names = {n: known for n, known in self.names.items() if known != entry_id}
        subjects = {**self.subjects}
        subjects.pop(-1 if number is None else number, None)
        before, after = _texts(self.index.translations.get(entry_id, _NOTHING)), _texts(translations)
        if translations and before != after:
            worded = wordings(translations)
            additions, number = additions.with_entry(worded)
            numbers[entry_id], names[number] = number, entry_id
            about = subject(worded)
            if about != Subject():
                subjects[number] = about
        here = frozenset() if place is None else frozenset({place})
        return replace(
            self,
            additions=additions,
            numbers=numbers,
            names=names,
            subjects=subjects,
            gone=self.gone | here if before != after else self.gone - here,
            unlearned=self.unlearned - here if 2 * len(before & after) >= len(before) else self.unlearned | here,
        )

    def _out_of_force(self, today: date) -> frozenset[int]:
        """The numbers of which no translation is valid today."""
        # Threads ask at the same time: whoever finds nothing here finds it out, and takes what he found himself.
        stale = self.stale.get(today)
        if stale is None:
            outdated = self._outdated(today)
            stale = outdated ^ self._changed_force(today, outdated)
            self.stale.clear()
            self.stale[today] = stale
        return stale

    def _outdated(self, today: date) -> frozenset[int]:
        """The index's numbers of which no translation is valid today."""
        outdated = self.outdated.get(today)
        if outdated is None:
            by_number = enumerate(self.index.translations.values())
            outdated = frozenset(number for number, there in by_number if not _is_valid(there, today))
            self.outdated.clear()
            self.outdated[today] = outdated
        return outdated

    def _changed_force(self, today: date, outdated: frozenset[int]) -> frozenset[int]:
        """The numbers that the changes bring into force or out of it."""
        other = set()
        for entry_id, translations in self.changed.items():
            is_valid = _is_valid(translations, today)
            if entry_id in self.numbers and not is_valid:
                other.add(self.numbers[entry_id])
            if entry_id in self.places and is_valid == (self.places[entry_id] in outdated):
                other.add(self.places[entry_id])
        return frozenset(other)


def _is_valid(translations: Translations, today: date) -> bool:
    return any(entry.is_valid_on(today) for entry in translations.values())


def _texts(translations: Translations) -> set[tuple[Language, str]]:
    """What models were made of, of one entry."""
    return {
        (language, normalise(text))
        for language, entry in translations.items()
        for text in (entry.question, *entry.phrasings)
    }


def _version(before: str, old: Translations, new: Translations) -> str:
    change = sum(map(fingerprint, new.values())) - sum(map(fingerprint, old.values()))
    return version(int(before, 16) + change)
