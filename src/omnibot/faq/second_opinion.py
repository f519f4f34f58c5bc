"""A model that asks a sentence encoder where the words alone leave it unsure.

The encoder's vectors are one more likeness in the same regression (`head`). A sure answer never waits for it.
"""

import math
from dataclasses import dataclass

import numpy as np

from omnibot.faq.encoder import Encode, Vectors
from omnibot.faq.model import Model, Ranked, Undecided, certain
from omnibot.faq.rows import FAR_BEHIND, THIRDS, DenseRows
from omnibot.faq.words import Tokens

# From this probability on the words alone are trusted.
SURE_ENOUGH = 0.8
# An encoder sees likeness everywhere: with less, 6 % of CLINC150's out-of-scope questions got an answer.
SURER = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """`first` knows words only; `second` was trained together with the vectors.

    `centre` is what a vector is seen from, `towards` what it says for each entry; both have a block per encoder.
    """

    encode: Encode

    first: Model
    second: Model
    centre: Vectors
    towards: Vectors

    @property
    def rows(self) -> DenseRows:
        """The rows of the words."""
        assert isinstance(self.second.rows, DenseRows)
        return self.second.rows

    def rank(self, asked: Tokens, *, without: frozenset[int] = frozenset(), wait: bool = True) -> Ranked:
        """As `Model.rank`; raises Undecided where the encoder is to be asked and nobody may `wait` for it."""
        first = self.first.rank(asked, without=without)
        if not asked.words or (first.entries and first.entries[0][1] >= SURE_ENOUGH):
            return first
        if not wait:
            raise Undecided
        known, shares, norm = self.second.weigh(asked)
        totals, zero = self.rows.sums(shares)
        evidence = (np.array(totals, dtype=np.float32) - zero) / (THIRDS * self.rows.scale * norm)
        words = tuple(map(self.second.vocabulary.spelt, asked.words))
        evidence += seen_from(self.centre, self.encode([words]))[0] @ self.towards
        evidence[list(without)] = -math.inf
        near = np.flatnonzero(evidence > max(evidence.max() - FAR_BEHIND, 0.0))
        ranked = sorted([(-float(evidence[number]), int(number)) for number in near])
        certainties = certain([-one for one, _ in ranked], entries=len(evidence))
        entries = [(number, certainty) for (_, number), certainty in zip(ranked, certainties, strict=False)]
        return Ranked(entries, min(SURER * self.second.sure, 0.9), known)


def seen_from(centre: Vectors, vectors: Vectors) -> Vectors:
    """Vectors of length one, seen from the middle of the phrasings: to an encoder all sentences are somewhat alike."""
    half = vectors.shape[1] // 2
    found = np.zeros_like(vectors)
    for block in (slice(0, half), slice(half, None)):
        used = np.abs(vectors[:, block]).sum(1) > 0
        moved = vectors[used, block] - centre[block]
        found[used, block] = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return found
