"""Entries that came or changed since a model was made, weighed by what that model knows: how rare words are.

A model made anew of everything would give them the same evidence, but for how rare words have become meanwhile.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import field, replace

from omnibot.domain.value import dataclass
from omnibot.faq import profile
from omnibot.faq.model import MOST_GUESSES, Known, Model, Ranked
from omnibot.faq.rows import FAR_BEHIND, Evidence
from omnibot.faq.vocabulary import Vocabulary
from omnibot.faq.words import Tokens, is_code, is_han, sound, stem, units

Weights = Mapping[int, float]  # by row


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """A profile (`base`) and further entries; a change makes a new value in time that grows with the additions only.

    Added entries and words that the base does not have are numbered after the base's. A text costs a little more with
    each addition, so that some hundred are enough reason to make a new base.
    """

    base: Model
    entries: Mapping[int, Weights] = field(default_factory=dict)  # by number
    words: Mapping[str, int] = field(default_factory=dict)  # rows of what the base does not know
    spelling: Vocabulary = field(default_factory=lambda: Vocabulary({}, {}))  # of these words
    next_number: int = 0

    def with_entry(self, translations: list[list[Tokens]]) -> "tuple[Additions, int]":
        """With one more entry, given as its phrasings in each language; and the entry's number."""
        words = dict(self.words)
        bags = [
            [[(self._row(unit, words), weight) for unit, weight in units(text).items()] for text in texts]
            for texts in translations
        ]
        rarities = {row: math.sqrt(self._square(row)) for texts in bags for text in texts for row, _ in text}
        weights = profile.evidence(bags, rarities)
        for unit in {unit for texts in translations for text in texts for unit in units(text) if is_han(unit)}:
            heard = self._row(sound(unit), words)
            share = profile.SOUND_SHARE * weights[self._row(unit, words)]
            weights[heard] = max(weights.get(heard, 0.0), share)
        number = max(self.next_number, self.base.rows.entries)
        spelt = {word: 1 for word in words if not is_han(word) and not is_code(word) and word[0] != "~"}
        return replace(
            self,
            entries={**self.entries, number: weights},
            words=words,
            spelling=Vocabulary(words, spelt) if len(words) > len(self.words) else self.spelling,
            next_number=number + 1,
        ), number

    def without_entry(self, number: int) -> "Additions":
        return replace(self, entries={other: weights for other, weights in self.entries.items() if other != number})

    def rank(self, asked: Tokens, *, without: frozenset[int] = frozenset()) -> Ranked:
        """As `Model.rank`, of the base's entries and the added ones."""
        known, shares, norm = self._weigh(asked)
        if not known:
            return Ranked((), self.base.sure, known)
        old = self.base.rows.entries
        in_base = [share for share in shares if share[0] < len(self.base.squares)]
        evidence = self.base.rows.add_up(in_base, norm, frozenset(n for n in without if n < old)) if in_base else []
        near = _near([*evidence, *self._added(shares, norm, without)])
        doubt = self.base.doubt(known, asked, norm)
        certainties = self.base.certain([one for one, _ in near], doubt, entries=old + len(self.entries))
        entries = [(number, certainty) for (_, number), certainty in zip(near, certainties, strict=False)]
        return Ranked(entries, self.base.sure, known)

    def weigh(self, rows: Collection[int], number: int) -> list[float]:
        """What each row's unit says for an entry."""
        if number in self.entries:
            return [self.entries[number].get(row, 0.0) for row in rows]
        added = len(self.base.squares)  # from here on
        return [self.base.rows.weigh([row], number)[0] if row < added else 0.0 for row in rows]

    def _added(self, shares: list[tuple[int, float]], norm: float, without: frozenset[int]) -> Evidence:
        return [
            (math.fsum([share * weights.get(row, 0.0) for row, share in shares]) / norm, number)
            for number, weights in self.entries.items()
            if number not in without
        ]

    def _weigh(self, asked: Tokens) -> tuple[Known, list[tuple[int, float]], float]:
        """As `Model.weigh`, with the added words: a word that an addition has is no slip of another one."""
        known: Known = {}
        shares: list[tuple[int, float]] = []
        square, guesses = 0.0, 0
        for unit, weight in units(asked).items():
            row = self._known_row(unit)
            if row is None and guesses < MOST_GUESSES:
                guesses += 1
                row = self.base.vocabulary.nearest(unit)
                if row is None:
                    row = self.spelling.nearest(unit)
            if row is None:
                square += self.base.unknown * weight * weight
            else:
                square += self._square(row) * weight * weight
                known[unit] = row
                shares.append((row, weight))
        return known, shares, math.sqrt(square) or 1.0

    def _known_row(self, unit: str) -> int | None:
        row = self.base.vocabulary.rows.get(unit)
        if row is None:
            row = self.words.get(unit)
        if row is None and not is_han(unit) and not is_code(unit):
            row = self.words.get(stem(unit))
        return row

    def _row(self, unit: str, words: dict[str, int]) -> int:
        """The row of an added entry's unit, which may get a new one in `words`."""
        known = self.base.vocabulary.rows
        name = unit if is_han(unit) or is_code(unit) or unit[0] == "~" else stem(unit)
        for row in (known.get(unit), known.get(name), words.get(unit), words.get(name)):
            if row is not None:
                return row
        words[name] = len(self.base.squares) + len(words)
        return words[name]

    def _square(self, row: int) -> float:
        return self.base.squares[row] if row < len(self.base.squares) else self.base.unknown


def _near(evidence: Evidence) -> Evidence:
    """Best first, without what is far behind."""
    least = max(max((one for one, _ in evidence), default=0.0) - FAR_BEHIND, 0.0)
    return sorted([(one, number) for one, number in evidence if one > least], key=lambda found: (-found[0], found[1]))
