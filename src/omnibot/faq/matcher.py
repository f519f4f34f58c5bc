"""Which FAQ entries a customer's text asks for. Pure: no I/O, no clock; deciding what to say is up to triage.

All languages are indexed together (a Chinese customer may ask in English); only the returned text follows `language`.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date

from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.language import Language
from omnibot.faq import index as indexes
from omnibot.faq import lone
from omnibot.faq.entry import Entry, KnowledgeBase, Problem
from omnibot.faq.follow_up import is_bare, joined, mentions, own_words
from omnibot.faq.index import Build, Index, Ranker
from omnibot.faq.knowledge import Knowledge
from omnibot.faq.model import Ranked
from omnibot.faq.normalize import bare, normalise, to_traditional
from omnibot.faq.shelf import difference
from omnibot.faq.subject import denied, is_about_denied
from omnibot.faq.words import Tokens, tokens, units

MOST_CANDIDATES = 5
MOST_FEATURES = 5
# The score of a candidate that is as certain as the model wants for an answer: the default threshold for answers. A fifth of
# those odds is worth proposing ("did you mean"), which the power brings to 0.35, the default threshold for that.
SURE_SCORE = 0.62
ODDS_POWER = 0.65

# Where an answer is taken from that there is none of in the customer's language.
FALLBACKS = (Language.EN, Language.ZH_HANS, Language.ZH_HANT)

Weigh = Callable[[Collection[int], int], list[float]]  # what each row's unit says for an entry's number


class Matcher:
    """Answers "which entries?" for a knowledge base that may change while it is asked.

    A change is one assignment of a new value: whoever asks meanwhile sees all of it or nothing. Changes come from one
    thread at a time.
    """

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        build: Build | None = None,
        *,
        fallbacks: Iterable[Language] = FALLBACKS,
        silent: Iterable[str] = (),
        index: Index | None = None,
    ) -> None:
        """`index` is one that was made of the knowledge base already; else `build` learns a better model than the profile
        from the phrasings of all entries (`head.train`). An answer in another language than the customer's is given in
        those of `fallbacks` only. Texts in `silent` have no candidates."""
        self._knowledge = Knowledge.of(index or indexes.make(knowledge_base, build))
        self.problems: tuple[Problem, ...] = ()  # of the files, which is why their last change is not known here
        self._chains = {language: tuple(_chain(language, tuple(fallbacks))) for language in Language}
        self._silent = frozenset(map(bare, silent))
        self._converted: dict[str, tuple[Entry, Entry]] = {}

    @property
    def version(self) -> str:
        return self._knowledge.version

    @property
    def knowledge_base(self) -> KnowledgeBase:
        """All entries as they are now."""
        return self._knowledge.base()

    @property
    def changes(self) -> int:
        """How many entries have changed since the index was made. Each makes matching a little slower."""
        return len(self._knowledge.changed)

    def put(self, *entries: Entry) -> None:
        """Add entries, or change those with the same id and language. Takes milliseconds at a million phrasings."""
        self._knowledge = self._knowledge.with_entries(entries)

    def remove(self, entry_id: str, language: Language | None = None) -> None:
        """Forget an entry, or one translation of it; nothing happens where there is none."""
        self._knowledge = self._knowledge.without_entry(entry_id, language)

    def learn(self, model: Ranker) -> None:
        """From now on use this model, which was trained on the entries of the index."""
        self._knowledge = self._knowledge.learned(model)

    def adopt(self, index: Index) -> None:
        """Go on with an index that was made of `knowledge_base` as it was a while ago; later changes are kept."""
        self._knowledge = self._knowledge.over(index)

    def resume(self, index: Index) -> None:
        """Go on with the models of an index of other entries: what is known now differs from it by changes."""
        changed, removed = difference(index.knowledge_base, self.knowledge_base)
        knowledge = Knowledge.of(index).with_entries(changed)
        for entry_id, language in removed:
            knowledge = knowledge.without_entry(entry_id, language)
        self._knowledge = knowledge

    def over(self, index: Index) -> "Matcher":
        """Another matcher, which asks this index in the same way."""
        other = Matcher(index.knowledge_base, index=index)
        other._chains, other._silent = self._chains, self._silent
        return other

    def match(self, text: str, *, language: Language, today: date, wait: bool = True) -> Match:
        """The entries that the text may ask for, with question and answer in `language` or the nearest we have.

        Only the best candidate has `features`. A sentence encoder takes up to 20 ms; without `wait` Undecided is raised instead.
        """
        knowledge = self._knowledge
        normalised = normalise(text)
        if self._silent and bare(normalised) in self._silent:
            return Match(version=knowledge.version, candidates=())
        asked = tokens(normalised)
        found = self._match(knowledge, asked, denied(normalised), language=language, today=today, wait=wait)
        if not (words := lone.named(asked)):
            return found
        entries = [knowledge.translations(one.entry_id).values() for one in found.candidates]
        return replace(found, candidates=lone.held_back(words, found.candidates, entries))

    def follow(self, text: str, last_entry: str, *, language: Language, today: date, wait: bool = True) -> Match | None:
        """What a follow-up ("and for the oven?") to the question of `last_entry` may ask for; None if it is none.

        The entry itself is proposed again only if it says something about the new words. `wait` is that of `match`.
        """
        words = own_words(normalise(text))
        if words is None:
            return None  # most questions; nothing else is looked at
        knowledge = self._knowledge
        before = self._in_force(knowledge, last_entry, language=language, today=today)
        if before is None:
            return None
        own = tokens(words)
        whole = normalise(" ".join((before.question, *before.phrasings, before.answer)))
        without = frozenset() if mentions(whole, own) else frozenset({last_entry})
        asked = joined(tokens(normalise(before.question)), own)
        match = self._match(knowledge, asked, frozenset(), language=language, today=today, without=without, wait=wait)
        best = match.candidates[0] if match.candidates else None
        if best is None or (best.entry_id != last_entry and set(units(own)).isdisjoint(best.features)):
            match = replace(match, candidates=())
        if is_bare(own):
            return match
        alone = self.match(text, language=language, today=today, wait=wait)
        return max(match, alone, key=lambda found: found.candidates[0].score if found.candidates else 0.0)

    def _match(
        self,
        knowledge: Knowledge,
        asked: Tokens,
        unwanted: frozenset[str],
        *,
        language: Language,
        today: date,
        without: frozenset[str] = frozenset(),
        wait: bool,
    ) -> Match:
        candidates: list[Candidate] = []
        for entry_id, score, features in _found(knowledge, asked, today, without, wait=wait):
            entry = self._in_force(knowledge, entry_id, language=language, today=today)
            if entry is None or (unwanted and _is_unwanted(knowledge, entry_id, unwanted)):
                continue
            candidates.append(_candidate(entry, score=score, features=() if candidates else features()))
            if len(candidates) == MOST_CANDIDATES:
                break
        return Match(version=knowledge.version, candidates=tuple(candidates))

    def entry(self, entry_id: str, *, language: Language) -> Entry | None:
        """The entry in that language or the nearest we have; None if there is no such entry."""
        return self._in_force(self._knowledge, entry_id, language=language, today=None)

    def questions(self, tag: str, *, language: Language, today: date) -> list[str]:
        """The questions of the entries with a tag, in the order of the files."""
        knowledge = self._knowledge
        found: dict[str, str] = {}
        for tagged in knowledge.entries():
            if tag in tagged.tags and tagged.id not in found:
                entry = self._in_force(knowledge, tagged.id, language=language, today=today)
                if entry is not None:
                    found[tagged.id] = entry.question
        return list(found.values())

    def _in_force(self, knowledge: Knowledge, entry_id: str, *, language: Language, today: date | None) -> Entry | None:
        translations = knowledge.translations(entry_id)
        for near in self._chains[language]:
            entry = translations.get(near)
            if entry is not None and (today is None or entry.is_valid_on(today)):
                converts = language is Language.ZH_HANT and near is Language.ZH_HANS
                return self._in_traditional(entry) if converts else entry
        return None

    def _in_traditional(self, entry: Entry) -> Entry:
        source, converted = self._converted.get(entry.id, (None, entry))
        if source is not entry:
            converted = replace(
                entry,
                language=Language.ZH_HANT,
                question=to_traditional(entry.question),
                phrasings=tuple(map(to_traditional, entry.phrasings)),
                answer=to_traditional(entry.answer),
            )
            self._converted[entry.id] = entry, converted
        return converted


Found = tuple[str, float, Callable[[], tuple[str, ...]]]  # entry id, score, and what spoke for it


def _found(
    knowledge: Knowledge, asked: Tokens, today: date, excluded: frozenset[str], *, wait: bool
) -> Iterable[Found]:
    """Likely entries, best first."""
    index, additions, without = knowledge.index, knowledge.additions, knowledge.without(asked, today)
    if excluded:
        without |= knowledge.numbers_of(excluded)
    if index.learned is None:
        if not additions.entries:
            ranked = index.profile.rank(asked, without=without | knowledge.gone)
            return _ranked(knowledge, ranked, index.profile.rows.weigh)
        ranked = additions.rank(asked, without=without | knowledge.gone)
        return _ranked(knowledge, ranked, additions.weigh)
    known = knowledge.of_index(without) | knowledge.unlearned
    old = _ranked(knowledge, index.learned.rank(asked, without=known, wait=wait), index.learned.rows.weigh)
    if not additions.entries:
        return old
    return _merged(knowledge, old, additions.rank(asked, without=without | knowledge.gone))


def _is_unwanted(knowledge: Knowledge, entry_id: str, unwanted: frozenset[str]) -> bool:
    """Whether the customer says that this is what he does not want."""
    entries = knowledge.translations(entry_id).values()
    return is_about_denied(unwanted, [normalise(text) for one in entries for text in (one.question, *one.phrasings)])


def _merged(knowledge: Knowledge, old: Iterable[Found], ranked: Ranked) -> list[Found]:
    """What was learned tells the old entries apart; whether it is one of the added ones, the profile knows, which has seen
    both: what it finds probable for those is taken off the others."""
    added = knowledge.additions.entries
    new = [found for found in _ranked(knowledge, ranked, knowledge.additions.weigh) if knowledge.is_added(found[0])]
    rest = 1 - sum(certainty for number, certainty in ranked.entries if number in added)
    best: dict[str, Found] = {}
    for found in (*new, *((entry_id, score * rest, features) for entry_id, score, features in old)):
        if found[0] not in best or best[found[0]][1] < found[1]:
            best[found[0]] = found
    return sorted(best.values(), key=lambda found: -found[1])


def _ranked(knowledge: Knowledge, ranked: Ranked, weigh: Weigh) -> Iterator[Found]:
    for number, certainty in ranked.entries:

        def features(number: int = number) -> tuple[str, ...]:
            """The units that spoke most for the entry."""
            weights = weigh(ranked.known.values(), number)
            weighed = sorted(zip(weights, ranked.known, strict=True), reverse=True)
            return tuple([unit for weight, unit in weighed[:MOST_FEATURES] if weight > 0])

        yield knowledge.id_of(number), _score(certainty, ranked.sure), features


def _chain(language: Language, fallbacks: tuple[Language, ...]) -> Iterator[Language]:
    """The customer's language, the other script of it, then the operator's order."""
    yield language
    if language.is_chinese:
        yield Language.ZH_HANS if language is Language.ZH_HANT else Language.ZH_HANT
    yield from fallbacks


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
