"""Which known unit an unknown one stands for: a mistyped word, another form of a word, another way to write a sound."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice

from omnibot.domain.spelling import Spelling
from omnibot.faq.words import is_code, is_han, sound, stem

# A word that shares this much of its groups of three letters with a known one is taken for a form of it.
ALIKE = 0.6
# Repair looks at the commonest words only: a million phrasings have half a million words, most of them in one entry.
MOST_REPAIRED = 50_000
# Comparing groups of letters takes a millisecond per 5,000 words.
MOST_COMPARED = 5_000


class Vocabulary:
    """The units of a knowledge base, each with the number of its row, and how often each word occurs.

    `general` are words of the language at large, sorted; those have rows from `first_general` on where the engine has
    learned what they mean here.
    """

    def __init__(
        self,
        rows: Mapping[str, int],
        frequencies: Mapping[str, int],
        *,
        general: Sequence[str] = (),
        first_general: int = 0,
    ) -> None:
        self.rows = rows
        self.general = general
        self.first_general = first_general
        self.frequencies = frequencies

    def at_large(self, unit: str) -> int | None:
        """The row of a unit that no phrasing has, if it is a word of the language at large."""
        place = bisect_left(self.general, unit)
        return self.first_general + place if place < len(self.general) and self.general[place] == unit else None

    def spelt(self, word: str) -> str:
        """The word, or the known one that it was probably meant to be."""
        if word in self.rows or self.at_large(word) is not None or is_han(word):
            return word
        return self._spelling.repair(word) or word

    def nearest(self, unit: str) -> int | None:
        """The row of the known unit that an unknown one probably stands for, or None; the slow part of a question."""
        if is_code(unit):
            return None
        if is_han(unit):
            return self.rows.get(sound(unit))
        row = self.rows.get(stem(unit))
        if row is None:
            meant = self._spelling.repair(unit) or self._relatives.nearest(unit)
            row = None if meant is None else self.rows[meant]
        return row

    @cached_property
    def _words(self) -> dict[str, int]:
        """Built when the first unknown word comes, not at start."""
        common = Counter(self.frequencies).most_common(MOST_REPAIRED)
        return dict(common)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._words)

    @cached_property
    def _relatives(self) -> "Relatives":
        return Relatives(islice(self._words, MOST_COMPARED))


class Relatives:
    """Words by the groups of three letters in them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._sizes: dict[str, int] = {}
        self._by_group: dict[str, list[str]] = {}
        for word in words:
            if len(word) > 3:
                groups = _groups(word)
                self._sizes[word] = len(groups)
                for group in groups:
                    self._by_group.setdefault(group, []).append(word)

    def nearest(self, word: str) -> str | None:
        """The known word that shares the most with this one (Dice's coefficient of at least `ALIKE`), or None."""
        if len(word) <= 3 or not word.isalpha():
            return None
        groups = _groups(word)
        shared = Counter(known for group in groups for known in self._by_group.get(group, ()))
        best, alike = None, ALIKE
        for known, count in shared.items():
            dice = 2 * count / (len(groups) + self._sizes[known])
            if dice > alike or (dice == alike and (best is None or known < best)):
                best, alike = known, dice
        return best


def _groups(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
