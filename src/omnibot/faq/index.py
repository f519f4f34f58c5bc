"""A knowledge base with the models that were made of it. In models an entry is its place in `ids`."""

from collections.abc import Callable, Mapping
from sys import intern
from typing import Protocol

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass
from omnibot.faq import profile
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.model import Model, Ranked
from omnibot.faq.normalize import normalise
from omnibot.faq.rows import DenseRows, SparseRows
from omnibot.faq.subject import Subject, subject
from omnibot.faq.words import Phrasings, Tokens, tokens

Translations = Mapping[Language, Entry]


class Ranker(Protocol):
    """What tells likely entries: `Model`, or `SecondOpinion`."""

    @property
    def rows(self) -> DenseRows | SparseRows: ...

    def rank(self, asked: Tokens, *, without: frozenset[int] = frozenset(), wait: bool = True) -> Ranked:
        """Raises Undecided where it would take long, unless told to `wait`."""
        ...


Build = Callable[[Phrasings], Ranker]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """`subjects` are those of the entries that have one. `learned` is the better model, where there is one."""

    knowledge_base: KnowledgeBase
    translations: Mapping[str, Translations]
    ids: tuple[str, ...]
    subjects: Mapping[int, Subject]
    profile: Model
    learned: Ranker | None = None


def make(knowledge_base: KnowledgeBase, build: Build | None = None) -> Index:
    """The index with a profile, and with what `build` learns from the phrasings."""
    translations = by_id(knowledge_base)
    texts = [wordings(there) for there in translations.values()]
    return Index(
        knowledge_base=knowledge_base,
        translations=translations,
        ids=tuple(translations),
        subjects={number: about for number, about in enumerate(map(subject, texts)) if about != Subject()},
        profile=profile.build(texts),
        learned=build(texts) if build else None,
    )


def phrasings(knowledge_base: KnowledgeBase) -> Phrasings:
    """What models are made from; in the same order whatever files the entries stand in."""
    return [wordings(translations) for translations in by_id(knowledge_base).values()]


def wordings(translations: Translations) -> list[list[Tokens]]:
    """The phrasings of one entry in each language, the question first."""
    return [[_phrasing(text) for text in (entry.question, *entry.phrasings)] for entry in translations.values()]


def _phrasing(text: str) -> Tokens:
    """Words occur often: at a million phrasings, one copy of each saves 400 MB."""
    found = tokens(normalise(text))
    return found._replace(words=tuple(map(intern, found.words)))


def by_id(knowledge_base: KnowledgeBase) -> dict[str, dict[Language, Entry]]:
    """The translations of each entry, by id and language."""
    found: dict[str, dict[Language, Entry]] = {}
    for entry in sorted(knowledge_base.entries, key=lambda entry: (entry.id, entry.language)):
        found.setdefault(entry.id, {})[entry.language] = entry
    return found
