"""Spelling repair against a given vocabulary: one slip of the finger per word, found without comparing every word.

A slip is one missing, extra, wrong or swapped letter. Two words that are one slip apart share a string that each
becomes by leaving out at most one letter (the deletion neighbourhood of Garbe's SymSpell), so a look-up finds them.
"""

from collections.abc import Iterable, Iterator, Mapping

# Below this length one slip turns too many words into other real words ("hot", "not", "lot").
SHORTEST_REPAIRED = 4
# Above it nobody meant a word, and the number of deletions makes a cheap way to keep us busy.
LONGEST_REPAIRED = 24


class Spelling:
    """Words with how common they are; the commoner one wins where two are equally near."""

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._frequencies = frequencies
        self._neighbours: dict[str, list[str]] = {}
        for word in frequencies:
            if SHORTEST_REPAIRED <= len(word) <= LONGEST_REPAIRED:
                for key in _deletions(word):
                    self._neighbours.setdefault(key, []).append(word)

    def repair(self, word: str) -> str | None:
        """The known word that this one was probably meant to be, or None; a known word is never changed."""
        if word in self._frequencies or not SHORTEST_REPAIRED <= len(word) <= LONGEST_REPAIRED or not word.isalpha():
            return None
        near = {known for key in _deletions(word) for known in self._neighbours.get(key, ()) if _one_slip(word, known)}
        return max(near, key=lambda known: (known[0] == word[0], self._frequencies[known], known), default=None)


def count_words(words: Iterable[str]) -> dict[str, int]:
    """How often each word occurs."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def _deletions(word: str) -> Iterator[str]:
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


def _one_slip(a: str, b: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours turns `a` into `b` (they differ)."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    if len(a) != len(b):
        return a[1:] == b or a == b[1:]
    return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
