"""Which FAQ entries a customer's text asks for. Pure: no I/O, no clock; deciding what to say is up to triage.

All languages are indexed together (a Chinese customer may ask in English); only the returned text follows `language`.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from sys import intern
from typing import Protocol

from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.language import Language
from omnibot.faq import profile
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.model import Ranked
from omnibot.faq.normalize import normalise, to_traditional
from omnibot.faq.rows import DenseRows, SparseRows
from omnibot.faq.words import Phrasings, Subject, Tokens, subject, tokens

MOST_CANDIDATES = 5
MOST_FEATURES = 5
# The score of a candidate that is as certain as the model wants for an answer: the default threshold for answers. A fifth of
# those odds is worth proposing ("did you mean"), which the power brings to 0.35, the default threshold for that.
SURE_SCORE = 0.62
ODDS_POWER = 0.65

_FALLBACKS = {
    Language.EN: (Language.EN, Language.ZH_HANS, Language.ZH_HANT),
    Language.ZH_HANS: (Language.ZH_HANS, Language.EN, Language.ZH_HANT),
    Language.ZH_HANT: (Language.ZH_HANT, Language.ZH_HANS, Language.EN),
}


class Ranker(Protocol):
    """What tells likely entries: `Model`, or `SecondOpinion`."""

    @property
    def rows(self) -> DenseRows | SparseRows: ...

    def rank(self, asked: Tokens, *, without: frozenset[int] = frozenset()) -> Ranked: ...


class Matcher:
    """Answers "which entries?" for one version of the knowledge base; build a new one when the entries change.

    `build` makes the model from the phrasings of all entries: `profile.build` at once, `head.train` a better one.
    """

    def __init__(self, knowledge_base: KnowledgeBase, build: Callable[[Phrasings], Ranker] = profile.build) -> None:
        self.version = knowledge_base.version
        self._entries = knowledge_base.entries
        self._translations = _translations(knowledge_base)
        self._ids = tuple(self._translations)
        self._converted: dict[str, Entry] = {}
        self._outdated: tuple[date | None, frozenset[int]] = (None, frozenset())
        texts = phrasings(knowledge_base)
        self._subjects = {number: about for number, about in enumerate(map(subject, texts)) if about != Subject()}
        self._model = build(texts)

    def learn(self, model: Ranker) -> None:
        """From now on use this model, which was trained on the same version of the knowledge base."""
        self._model = model

    def match(self, text: str, *, language: Language, today: date) -> Match:
        """The entries that the text may ask for, with question and answer in `language` or the nearest we have.

        Only the best candidate has `features`.
        """
        asked = tokens(normalise(text))
        without = self._out_of_force(today)
        if asked.codes or asked.numbers:
            without |= {number for number, about in self._subjects.items() if about.is_other_than(asked)}
        ranked = self._model.rank(asked, without=without)
        candidates: list[Candidate] = []
        for number, certainty in ranked.entries:
            entry = self._in_force(self._ids[number], language=language, today=today)
            if entry is not None:
                features = () if candidates else self._features(ranked, number)
                candidates.append(_candidate(entry, score=_score(certainty, ranked.sure), features=features))
            if len(candidates) == MOST_CANDIDATES:
                break
        return Match(version=self.version, candidates=tuple(candidates))

    def entry(self, entry_id: str, *, language: Language) -> Entry | None:
        """The entry in that language or the nearest we have; None if there is no such entry."""
        return self._in_force(entry_id, language=language, today=None)

    def questions(self, tag: str, *, language: Language, today: date) -> list[str]:
        """The questions of the entries with a tag, in the order of the files."""
        found: dict[str, str] = {}
        for tagged in self._entries:
            if tag in tagged.tags and tagged.id not in found:
                entry = self._in_force(tagged.id, language=language, today=today)
                if entry is not None:
                    found[tagged.id] = entry.question
        return list(found.values())

    def _features(self, ranked: Ranked, number: int) -> tuple[str, ...]:
        """The units that spoke most for the entry."""
        weighed = [(self._model.rows.weight(row, number), unit) for unit, row in ranked.known]
        return tuple([unit for weight, unit in sorted(weighed, reverse=True)[:MOST_FEATURES] if weight > 0])

    def _out_of_force(self, today: date) -> frozenset[int]:
        """The entries of which no translation is valid today, kept for the day."""
        day, numbers = self._outdated
        if day != today:
            numbers = frozenset(
                number
                for number, entry_id in enumerate(self._ids)
                if not any(entry.is_valid_on(today) for entry in self._translations[entry_id].values())
            )
            self._outdated = (today, numbers)
        return numbers

    def _in_force(self, entry_id: str, *, language: Language, today: date | None) -> Entry | None:
        translations = self._translations.get(entry_id, {})
        for near in _FALLBACKS[language]:
            entry = translations.get(near)
            if entry is not None and (today is None or entry.is_valid_on(today)):
                converts = language is Language.ZH_HANT and near is Language.ZH_HANS
                return self._in_traditional(entry) if converts else entry
        return None

    def _in_traditional(self, entry: Entry) -> Entry:
        known = self._converted.get(entry.id)
        if known is None:
            known = self._converted[entry.id] = replace(
                entry,
                language=Language.ZH_HANT,
                question=to_traditional(entry.question),
                phrasings=tuple(map(to_traditional, entry.phrasings)),
                answer=to_traditional(entry.answer),
            )
        return known


def phrasings(knowledge_base: KnowledgeBase) -> Phrasings:
    """What models are made from."""
    return [
        [[_phrasing(text) for text in (entry.question, *entry.phrasings)] for entry in translations.values()]
        for translations in _translations(knowledge_base).values()
    ]


def _phrasing(text: str) -> Tokens:
    """Words occur often: at a million phrasings, one copy of each saves 400 MB."""
    found = tokens(normalise(text))
    return replace(found, words=tuple(map(intern, found.words)))


def _translations(knowledge_base: KnowledgeBase) -> dict[str, dict[Language, Entry]]:
    found: dict[str, dict[Language, Entry]] = {}
    for entry in knowledge_base.entries:
        found.setdefault(entry.id, {})[entry.language] = entry
    return found


def _score(certainty: float, sure: float) -> float:
    """The probability with its odds moved to where the model is sure at `SURE_SCORE`: one threshold for all models."""
    certainty = min(certainty, 1 - 1e-9)
    ratio = certainty / (1 - certainty) * (1 - sure) / sure
    odds = math.pow(ratio, ODDS_POWER) * SURE_SCORE / (1 - SURE_SCORE)
    return odds / (1 + odds)


def _candidate(entry: Entry, *, score: float, features: tuple[str, ...]) -> Candidate:
    return Candidate(
        entry_id=entry.id,
        question=entry.question,
        answer=entry.answer,
        score=score,
        features=features,
        language=entry.language,
    )
