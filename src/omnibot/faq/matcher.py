"""Which FAQ entries a customer's text asks for. Pure: no I/O, no clock; deciding what to say is up to triage.

All languages are indexed together (a Chinese customer may ask in English); only the returned text follows `language`.
"""

from dataclasses import replace
from datetime import date
from heapq import nlargest

from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.language import Language
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.index import Document, Index, Query
from omnibot.faq.normalize import normalise, to_traditional

MOST_CANDIDATES = 5
# How much the best phrasing counts against the mean over all phrasings.
BEST_PHRASING_SHARE = 0.4
# What is left of the likeness of an entry about "E4" when the text asks about "E5".
OTHER_CODE_SHARE = 0.15
# Visiting the rare features of a text finds its entries; common ones then only rank what was found.
MOST_VISITS = 100
MOST_RANKED = 6
# Entries found with less than this share of the best one's evidence do not overtake it.
LEAST_SHARE = 0.5
ALWAYS_RANKED = 3  # so that an unsure answer has something to offer beside it
# Shapes likeness into a score: 0.35 becomes 0.62 and 0.15 becomes 0.35, the default thresholds. Above the first,
# 76 to 92 % of the answers were right on five-or-more-phrasing splits and zh_faq_dev, and 4 to 7 % of the
# out-of-scope questions got one. It is a scale, not a probability.
SCORE_BEND = 0.5

_FALLBACKS = {
    Language.EN: (Language.EN, Language.ZH_HANS, Language.ZH_HANT),
    Language.ZH_HANS: (Language.ZH_HANS, Language.EN, Language.ZH_HANT),
    Language.ZH_HANT: (Language.ZH_HANT, Language.ZH_HANS, Language.EN),
}


class Matcher:
    """Answers "which entries?" for one version of the knowledge base; build a new one when the entries change."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self.version = knowledge_base.version
        self._entries = knowledge_base.entries
        self._translations: dict[str, dict[Language, Entry]] = {}
        for entry in self._entries:
            self._translations.setdefault(entry.id, {})[entry.language] = entry
        self._converted: dict[str, Entry] = {}
        self._outdated: tuple[date | None, tuple[int, ...]] = (None, ())
        self._index = Index(
            [[normalise(text) for text in (entry.question, *entry.phrasings)] for entry in self._entries]
        )

    def match(self, text: str, *, language: Language, today: date) -> Match:
        """The entries that the text may ask for, with question and answer in `language` or the nearest we have."""
        query = self._index.query(normalise(text))
        best: dict[str, tuple[float, Document]] = {}
        for score, number in self._rank(query, today=today):
            document = self._index.documents[number]
            best.setdefault(self._entries[number].id, (score, document))
        candidates: list[Candidate] = []
        for entry_id, (score, document) in best.items():
            entry = self._in_force(entry_id, language=language, today=today)
            if entry is not None:
                candidates.append(_candidate(entry, score=score, query=query, document=document))
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

    def _rank(self, query: Query, *, today: date) -> list[tuple[float, int]]:
        """Scores with document numbers, best first."""
        found: dict[int, float] = {}
        visits = 0
        postings = self._index.postings
        for feature, weight in query.features:
            if visits > MOST_VISITS:
                break
            posting = postings[feature]
            visits += len(posting)
            for number, share in posting:
                found[number] = found.get(number, 0.0) + weight * share
        for number in self._out_of_force(today):
            found.pop(number, None)
        documents = self._index.documents
        ranked = [(_score(_likeness(query, documents[number])), number) for number in _likely(found)]
        ranked.sort(key=_by_score)
        return ranked

    def _out_of_force(self, today: date) -> tuple[int, ...]:
        """The documents whose entries are not valid today, kept for the day."""
        day, numbers = self._outdated
        if day != today:
            numbers = tuple(n for n, entry in enumerate(self._entries) if not entry.is_valid_on(today))
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


def _likely(found: dict[int, float]) -> list[int]:
    """The documents worth a closer look: those with much of the best one's evidence, and the runner-up in any case."""
    least = max(found.values(), default=0.0) * LEAST_SHARE
    likely = [number for number, evidence in found.items() if evidence >= least]
    if ALWAYS_RANKED <= len(likely) <= MOST_RANKED:
        return likely
    return nlargest(max(ALWAYS_RANKED, min(len(likely), MOST_RANKED)), found, key=found.__getitem__)


def _likeness(query: Query, document: Document) -> float:
    """How much of the text is in the entry: its best phrasing and all of them together, 0 to 1."""
    features = document.features
    mean = 0.0
    phrasings = [0.0] * document.phrasings
    for feature, weight in query.features:
        known = features.get(feature)
        if known is not None:
            mean += weight * known[0]
            for number, share in known[1]:
                phrasings[number] += weight * share
    likeness = BEST_PHRASING_SHARE * max(phrasings) + (1 - BEST_PHRASING_SHARE) * mean
    return likeness * OTHER_CODE_SHARE if document.is_about_other_than(query) else likeness


def _score(likeness: float) -> float:
    return min(1.0, (1 + SCORE_BEND) * likeness / (likeness + SCORE_BEND))


def _by_score(ranked: tuple[float, int]) -> tuple[float, int]:
    score, number = ranked
    return -score, number


def _candidate(entry: Entry, *, score: float, query: Query, document: Document) -> Candidate:
    return Candidate(
        entry_id=entry.id,
        question=entry.question,
        answer=entry.answer,
        score=score,
        features=tuple([feature for feature, _ in query.features if feature in document.features][:MOST_CANDIDATES]),
        language=entry.language,
    )
