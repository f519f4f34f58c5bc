"""Rows of weights, one per unit, and their sums: dense for up to a few hundred entries, sparse for more.

Dense rows are whole numbers of 16 bits per entry, and a row is read as one long integer: Python adds such integers at the
speed of C, so that a text costs a microsecond per ten units without numpy, which would cost a server 30 MB.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cache
from heapq import nlargest

from omnibot.domain.value import dataclass

# A weight of zero, in the middle of the 10 bits that a dense row uses of its 16; the rest is room for sums.
ZERO = 512
# Kinds of units weigh whole thirds, so that sums of dense rows stay whole numbers.
THIRDS = 3
MOST_READ = 1_000_000  # bytes of dense rows that are kept as integers, and of sparse ones that are kept spread out
ROOM = 0xFFFF // (2 * ZERO)  # thirds that can be added up before a sum might run over

# Entries this far behind the best are not worth listing.
FAR_BEHIND = 3.0
MOST_LISTED = 8
# Above this number of entries numpy adds up sparse rows.
MANY_ENTRIES = 5_000
# Weights of sparse rows added up per text, rare units first. What more than this share of the entries have finds none of
# them; it only tells apart the best of those that were found.
MOST_VISITS = 5_000
MOST_VISITS_OF_MANY = 400_000
COMMON = 0.25
MOST_COMPARED = 16

_BYTES = bytes(range(0x100))
_MARK = b"x"

Evidence = list[tuple[float, int]]  # with the number of the entry; best first, without those far behind


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseRows:
    """Row `r` is `entries` numbers from `r * entries` on; `scale` is what a weight of one is stored as, beside `ZERO`."""

    entries: int
    scale: float
    weights: "array[int] | memoryview[int]"  # of 16 bits each; memory, or a part of a file
    # Rows as long integers, which take longer to make than to add. The commonest words come first, so that those that
    # were read first are the ones to keep.
    read: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def add_up(self, shares: Sequence[tuple[int, float]], norm: float, without: frozenset[int]) -> Evidence:
        """The sum of the rows, each with its share, divided by `norm`."""
        totals, zero = self.sums(shares)
        return _near(totals, without, zero=zero, unit=THIRDS * self.scale * norm)

    def sums(self, shares: Iterable[tuple[int, float]]) -> "tuple[array[int], int]":
        """A sum for each entry, and what stands for zero; a weight of one is `THIRDS` times `scale`."""
        read = self.read
        full: list[array[int]] = []  # sums that have no room left; one is enough for twenty words
        total = words = thirds = zero = 0
        for row, weight in shares:
            share = THIRDS if weight == 1.0 else round(weight * THIRDS)
            if thirds + share > ROOM:
                full.append(self._lanes(total + words * THIRDS))
                total = words = thirds = 0
            thirds += share
            zero += share * ZERO
            weights = read.get(row) or self._read(row)
            # Most units are words: their rows are multiplied once, together.
            if share == THIRDS:
                words += weights
            else:
                total += weights * share
        lanes = self._lanes(total + words * THIRDS)
        if full:
            lanes = array("I", map(sum, zip(lanes, *full, strict=True)))
        return lanes, zero

    def weigh(self, rows: Collection[int], entry: int) -> list[float]:
        """What each row's unit says for an entry."""
        weights, entries, scale = self.weights, self.entries, self.scale
        return [(weights[row * entries + entry] - ZERO) / scale for row in rows]

    def _read(self, row: int) -> int:
        length = 2 * self.entries
        weights = int.from_bytes(memoryview(self.weights).cast("B")[row * length : (row + 1) * length], "little")
        if len(self.read) * length < MOST_READ:
            self.read[row] = weights
        return weights

    def _lanes(self, total: int) -> "array[int]":
        """The sum of each entry, from the one long integer that they are in."""
        return array("H", total.to_bytes(2 * self.entries, "little"))


def _near(totals: "array[int]", without: frozenset[int], *, zero: int, unit: float) -> Evidence:
    for number in without:
        totals[number] = 0
    # To look at each sum would take longer than to add them up. Bytes are looked at all at once: the leading one of each
    # sum says which few have to be read.
    lead = totals.itemsize // 2  # no sum reaches the fourth byte
    leading = totals.tobytes()[lead :: totals.itemsize]
    far = int(FAR_BEHIND * unit)
    # Whatever has an answer stands this far above zero, which spares the look at all that are just above it.
    highest = _highest(leading, (zero + far) >> (8 * lead)) or _highest(leading, zero >> (8 * lead))
    if highest is None:
        return []
    best = max([totals[number] for number in _places(leading, highest)])
    least = max(best - far, zero)
    likely = _places(leading.translate(_marking(least >> (8 * lead))), _MARK)
    near = [((totals[number] - zero) / unit, number) for number in likely if totals[number] > least]
    near.sort(key=_best_first)
    return near


def _highest(values: bytes, least: int) -> bytes | None:
    """The greatest byte, if it is not less than `least`."""
    high = values.translate(None, _BYTES[:least])
    return bytes([max(high)]) if high else None


def _places(values: bytes, sought: bytes) -> Iterator[int]:
    """Where that byte stands."""
    place = values.find(sought)
    while place >= 0:
        yield place
        place = values.find(sought, place + 1)


@cache
def _marking(least: int) -> bytes:
    """A table that translates each byte that is not less into a mark."""
    return bytes(least) + _MARK * (len(_BYTES) - least)


def dense(rows: Sequence[Sequence[tuple[int, float]]], entries: int) -> DenseRows:
    """Dense rows of entry numbers with their weights."""
    largest = max((abs(weight) for row in rows for _, weight in row), default=1.0)
    scale = (ZERO - 1) / largest
    weights = array("H", [ZERO]) * (len(rows) * entries)
    for start, row in zip(range(0, len(weights), entries or 1), rows, strict=True):
        for number, weight in row:
            weights[start + number] = ZERO + round(weight * scale)
    return DenseRows(entries=entries, scale=scale, weights=weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseRows:
    """Row `r` is `starts[r]` to `starts[r + 1]` of `numbers` (of entries, ascending) and `weights`."""

    entries: int
    starts: Sequence[int]
    numbers: "array[int]"
    weights: "array[float]"
    # Rows with a weight for each entry: those of words that most texts have, which only tell the best apart.
    spread: "dict[int, array[float]]" = field(default_factory=dict, repr=False, compare=False)

    def add_up(self, shares: Iterable[tuple[int, float]], norm: float, without: frozenset[int]) -> Evidence:
        """The sum of the rows, each with its share, divided by `norm`.

        Rare units find the entries; common ones only tell the best of those apart.
        """
        by_length = sorted(shares, key=lambda share: self.starts[share[0] + 1] - self.starts[share[0]])
        finding = self._finding(by_length)
        totals = (self._sums_of_many if self.entries > MANY_ENTRIES else self._sums)(by_length[:finding], without)
        for row, share in by_length[finding:]:
            weights = self.spread.get(row) or self._spread(row)
            if weights is None:
                totals = [(total + share * self.weight(row, number), number) for total, number in totals]
            else:
                totals = [(total + share * weights[number], number) for total, number in totals]
        best = max(totals, default=(0.0, 0))[0]
        least = max(best - FAR_BEHIND * norm, 0.0)
        return sorted([(total / norm, number) for total, number in totals if total > least], key=_best_first)

    def weight(self, row: int, entry: int) -> float:
        """What a row's unit says for an entry."""
        start, end = self.starts[row], self.starts[row + 1]
        place = bisect_left(self.numbers, entry, start, end)
        return self.weights[place] if place < end and self.numbers[place] == entry else 0.0

    def weigh(self, rows: Collection[int], entry: int) -> list[float]:
        """What each row's unit says for an entry."""
        return [self.weight(row, entry) for row in rows]

    def _spread(self, row: int) -> "array[float] | None":
        """The row with a weight for each entry, if there is room to keep it: to make it takes longer than to look the weights
        of one text up."""
        if self.entries > MANY_ENTRIES or (len(self.spread) + 1) * 4 * self.entries > MOST_READ:
            return None
        start, end = self.starts[row], self.starts[row + 1]
        weights = self.spread[row] = array("f", [0.0]) * self.entries
        for number, weight in zip(self.numbers[start:end], self.weights[start:end], strict=True):
            weights[number] = weight
        return weights

    def _finding(self, by_length: Sequence[tuple[int, float]]) -> int:
        """How many of the rows are added up over all entries: at least one, and no row that most entries are in."""
        visits, most = 0, MOST_VISITS_OF_MANY if self.entries > MANY_ENTRIES else MOST_VISITS
        for place, (row, _) in enumerate(by_length):
            length = self.starts[row + 1] - self.starts[row]
            visits += length
            if place and (visits > most or length > COMMON * self.entries):
                return place
        return len(by_length)

    def _sums(self, shares: Sequence[tuple[int, float]], without: frozenset[int]) -> Evidence:
        totals: dict[int, float] = {}
        for row, share in shares:
            start, end = self.starts[row], self.starts[row + 1]
            for number, weight in zip(self.numbers[start:end], self.weights[start:end], strict=True):
                totals[number] = totals.get(number, 0.0) + weight * share
        for number in without:
            totals.pop(number, None)
        return nlargest(MOST_COMPARED, zip(totals.values(), totals, strict=True))

    def _sums_of_many(self, shares: Sequence[tuple[int, float]], without: frozenset[int]) -> Evidence:
        import numpy as np

        numbers, weights = np.frombuffer(self.numbers, dtype=np.uint32), np.frombuffer(self.weights, dtype=np.float32)
        totals = np.zeros(self.entries, dtype=np.float32)
        for row, share in shares:
            start, end = self.starts[row], self.starts[row + 1]
            totals[numbers[start:end]] += weights[start:end] * np.float32(share)  # an entry stands once in a row
        totals[list(without)] = -math.inf
        found = np.flatnonzero(totals > 0)
        if len(found) > MOST_COMPARED:
            found = found[np.argpartition(totals[found], -MOST_COMPARED)[-MOST_COMPARED:]]
        return [(float(totals[number]), int(number)) for number in found]


def sparse(rows: "Iterable[Iterable[tuple[int, float]]]", entries: int) -> SparseRows:
    """Sparse rows of entry numbers with their weights."""
    starts, numbers, weights = array("I", [0]), array("I"), array("f")
    for row in rows:
        for number, weight in sorted(row):
            numbers.append(number)
            weights.append(weight)
        starts.append(len(numbers))
    return SparseRows(entries=entries, starts=starts, numbers=numbers, weights=weights)


def _best_first(item: tuple[float, int]) -> tuple[float, int]:
    return -item[0], item[1]
