"""What speaks for which entry: a row of weights per unit, however they were found (`profile`, `head`).

A text's evidence for an entry is the sum of its units' weights, divided by the length of the text as a vector, in which
units that nobody has ever used take their share too: that is what lets the bot stay silent.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from omnibot.domain.value import dataclass
from omnibot.faq.rows import MOST_LISTED, DenseRows, SparseRows
from omnibot.faq.vocabulary import Vocabulary
from omnibot.faq.words import Tokens, units

# Each costs up to 30 µs; a text with more words to guess than this is not a question about what we know.
MOST_GUESSES = 12
# Entries that are not near still count as one each against the certainty of the best, but at most this many, so that an
# answer is not less certain because a thousand other things are known. In a small knowledge base the things that people may
# ask and nobody wrote down count.
LEAST_OTHERS = 20
MOST_OTHERS = 150
NOT_SURE = 0.95  # of what an answer needs: enough to be proposed


class Undecided(Exception):
    """The answer takes a sentence encoder, and whoever asked must not wait: ask again in a thread that may."""


Known = dict[str, int]  # the known units of a text, with their rows


class Ranked(NamedTuple):
    """The likely entries (numbers) with the probability that the text asks for them, best first.

    `sure` is the probability from which an answer is given by default; it differs between knowledge bases.
    """

    entries: Sequence[tuple[int, float]]
    sure: float
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The rows, and what is needed to weigh a text.

    `squares` is how much of a text's squared length each row's unit takes, `unknown` how much an unknown unit takes. An
    answer, not a proposal, has to stand even if unknown words and characters (not mere groups of known ones) took `strange`
    times as much.
    """

    vocabulary: Vocabulary
    squares: Sequence[float]
    unknown: float
    sure: float  # see Ranked
    rows: DenseRows | SparseRows
    strange: float = 1.0

    def rank(self, asked: Tokens, *, without: frozenset[int] = frozenset(), wait: bool = True) -> Ranked:
        """The entries that a text speaks for; those in `without` are out of the question. Words never keep anybody waiting."""
        known, shares, norm = self.weigh(asked)
        if not known:
            return Ranked((), self.sure, known)
        evidence = self.rows.add_up(shares, norm, without)
        certainties = self.certain(
            [one for one, _ in evidence], self.doubt(known, asked, norm), entries=self.rows.entries
        )
        entries = [(number, certainty) for (_, number), certainty in zip(evidence, certainties, strict=False)]
        return Ranked(entries, self.sure, known)

    def weigh(self, asked: Tokens) -> tuple[Known, list[tuple[int, float]], float]:
        """The known units of a text, their rows with their weights, and the length of the text as a vector."""
        rows, squares = self.vocabulary.rows, self.squares
        known: Known = {}
        shares: list[tuple[int, float]] = []
        square, guesses = 0.0, 0
        for unit, weight in units(asked).items():
            row = rows.get(unit)
            if row is None:
                row = self.vocabulary.at_large(unit)
            if row is None and guesses < MOST_GUESSES:
                guesses += 1
                row = self.vocabulary.nearest(unit)
            if row is None:
                square += self.unknown * weight * weight
            else:
                square += squares[row] * weight * weight
                known[unit] = row
                shares.append((row, weight))
        return known, shares, math.sqrt(square) or 1.0

    def doubt(self, known: Known, asked: Tokens, norm: float) -> float:
        """How many times as long a text is if what nobody knows of it counts as `strange`."""
        if self.strange == 1:
            return 1.0
        unknown = [weight for unit, weight in units(asked).items() if weight >= 1 and unit not in known]
        more = (self.strange - 1) * self.unknown * sum(weight * weight for weight in unknown)
        return math.sqrt(1 + more / (norm * norm))

    def certain(self, evidence: Sequence[float], doubt: float, *, entries: int) -> list[float]:
        """Probabilities, which are too small for an answer where that would not stand the doubt."""
        certainties = certain(evidence, entries=entries)
        if doubt > 1 and evidence and certain([one / doubt for one in evidence], entries=entries)[0] < self.sure:
            return [min(one, NOT_SURE * self.sure) for one in certainties]
        return certainties


def certain(evidence: Sequence[float], *, entries: int) -> list[float]:
    """Probabilities (softmax) of the most likely of so many entries; `evidence` is that of the near ones, best first.

    An entry is the less certain the nearer the others are.
    """
    powers = list(map(math.exp, evidence))
    others = min(max(entries, LEAST_OTHERS), MOST_OTHERS) - len(powers)
    total = sum(powers) + max(others, 0)
    return [power / total for power in powers[:MOST_LISTED]]
