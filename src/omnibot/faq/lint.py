"""What an editor should mend in a knowledge base that can be read: doubles, gaps, dates, links to nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process

from omnibot.domain.blank import KNOWN, unknown_blanks
from omnibot.domain.language import Language
from omnibot.faq.entry import Entry, KnowledgeBase, timeless
from omnibot.faq.index import phrasings
from omnibot.faq.matcher import Matcher
from omnibot.faq.normalize import bare
from omnibot.faq.words import tokens

# A phrasing leads by 0.8 or so in the score where no other entry is near. With less than this lead, questions in other words go
# astray: 4 of the sample's 430 phrasings.
CONTESTED = 0.4
# In percent of the letters, the order of the words aside.
NEARLY_THE_SAME = 92
# Comparing takes the square of this.
MOST_COMPARED = 4_000
# Traditional Chinese is converted from simplified where nobody wrote it.
COMPLETE_IN = (Language.EN, Language.ZH_HANS)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend in one entry."""

    entry_id: str
    language: Language
    what: str
    is_hint: bool = False  # worth a look, not wrong

    def __str__(self) -> str:
        return f'{"hint: " if self.is_hint else ""}entry "{self.entry_id}" ({self.language}): {self.what}'


def check(knowledge_base: KnowledgeBase, today: date) -> list[Finding]:
    """Everything that is worth mending, by entry. Takes seconds: it learns, and asks each phrasing."""
    return _sorted([*lint(knowledge_base, today), *_near_doubles(knowledge_base), *_thefts(knowledge_base)])


def lint(knowledge_base: KnowledgeBase, today: date) -> list[Finding]:
    """What can be seen at once."""
    entries = knowledge_base.entries
    return _sorted(
        [
            *_doubles(entries),
            *_missing_translations(entries),
            *_dates(entries, today),
            *_dead_follow_ups(entries),
            *_unknown_blanks(entries),
        ]
    )


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (finding.entry_id, finding.language, finding.what))


def _doubles(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    first: dict[str, Entry] = {}
    for entry in entries:
        for text in (entry.question, *entry.phrasings):
            other = first.setdefault(bare(text), entry)
            if other is entry:
                continue
            yield Finding(entry.id, entry.language, f'"{text}" is also in entry "{other.id}"; keep it in one of them')


def _near_doubles(knowledge_base: KnowledgeBase) -> Iterator[Finding]:
    """Phrasings of different entries that differ in a letter or two, or in the order of their words."""
    texts = [(entry, text) for entry in knowledge_base.entries for text in (entry.question, *entry.phrasings)]
    if len(texts) > MOST_COMPARED:
        return
    normalised = [" ".join(sorted(bare(text).split())) for _, text in texts]
    named = [(found.codes, found.numbers, found.amounts) for found in map(tokens, normalised)]
    for place, (entry, text) in enumerate(texts):
        others = normalised[:place]
        near = process.extract(normalised[place], others, scorer=fuzz.ratio, score_cutoff=NEARLY_THE_SAME, limit=None)
        for _, score, number in near:
            other, words = texts[number]
            if other.id != entry.id and score < 100 and named[place] == named[number]:
                yield Finding(
                    entry.id,
                    entry.language,
                    f'"{text}" is nearly "{words}" of entry "{other.id}"; keep one of them',
                    is_hint=True,
                )


def _thefts(knowledge_base: KnowledgeBase) -> Iterator[Finding]:
    """Phrasings for which another entry is nearly as good an answer, though they stand where they do."""
    from omnibot.faq import head

    if not head.is_trainable(phrasings(knowledge_base)):
        return
    matcher = Matcher(timeless(knowledge_base), head.train)
    for entry in knowledge_base.entries:
        for text in (entry.question, *entry.phrasings):
            scores = {
                found.entry_id: found.score
                for found in matcher.match(text, language=entry.language, today=date.min).candidates
            }
            own = scores.pop(entry.id, 0.0)
            thief = max(scores, key=scores.__getitem__, default=None)
            if thief and own - scores[thief] < CONTESTED:
                what = f'"{text}" sounds like entry "{thief}"; add phrasings like it here, or move it there'
                yield Finding(entry.id, entry.language, what, is_hint=True)


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


def _unknown_blanks(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    for entry in entries:
        for name in unknown_blanks(entry.answer):
            known = ", ".join(f"{{{known}}}" for known in KNOWN)
            yield Finding(entry.id, entry.language, f"{{{name}}} is no blank; there are {known} and {{fact:…}}")


def _dead_follow_ups(entries: tuple[Entry, ...]) -> Iterator[Finding]:
    known = {entry.id for entry in entries}
    for entry in entries:
        for follow_up in entry.follow_ups:
            if follow_up not in known:
                yield Finding(
                    entry.id, entry.language, f'the follow-up "{follow_up}" does not exist; mend or remove it'
                )
