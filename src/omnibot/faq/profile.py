"""A model without training: an entry is the mean of its phrasings, a text is compared by the cosine of the angle.

For the first moments of a server, until a trained `head` is there, and for more phrasings than training can take.
One pass counts, one weighs; in memory a phrasing is a few numbers.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from omnibot.faq.model import Model
from omnibot.faq.rows import dense, sparse
from omnibot.faq.vocabulary import Vocabulary
from omnibot.faq.words import Phrasings, Tokens, is_code, is_han, sound, stem, units

# Below 1, because plain inverse document frequency overrates words that occur in a single entry.
FREQUENCY_POWER = 0.8
# Evidence for a text that is word for word the mean of an entry.
FULL_EVIDENCE = 9.0
# Nothing here knows which words matter, so that a word that nobody wrote down counts this many times against an answer
# (`Model.doubt`); and the probability from which one is given. Of 1,025 questions of other trades, 13 get an answer of the sample
# knowledge base, most of them about something that it knows; of its own phrasings 99 % do. No false answer on CLINC150.
STRANGE = 4.0
SURE = 0.2
# What is left of the evidence when characters only sound like those of the entry.
SOUND_SHARE = 0.7

# Dense rows take two bytes per word and entry, which is 2 MB at this many entries with as many phrasings each as do well.
MOST_DENSE = 500

# Words that say little in any question. A few dozen phrasings are too small a sample to learn that from rarity alone.
FUNCTION_WEIGHT = 0.7
_SAY_LITTLE = """
    a an the i im me my mine we our us you your it its this that these those is am are was were be been do doe did have
    ha had can could will would shall should may might to of in on at for from with by and or if so as there here what
    when where which who whom why how hi hello please thank
    的 了 吗 呢 吧 啊 呀 我 你 您 们 是 有 在 会 能 要 想 个 这 那 什 么 怎 哪 请 问 就 都 也 和 与 把 被 给 下 得 地 很
    """


_FUNCTION_WORDS = frozenset(_SAY_LITTLE.split())

Bag = list[tuple[int, float]]  # a text: rows with the weights of their kinds


def build(entries: Phrasings) -> Model:
    """The model of the phrasings of each entry."""
    counted = _Counted(entries)
    rarities = [counted.rarity(row) for row in range(len(counted.names))]
    rows: list[array[float]] = [array("d") for _ in counted.names]  # entry number, weight, entry number, weight
    for number, translations in enumerate(counted.texts()):
        for row, weight in evidence(translations, rarities).items():
            rows[row].extend((number, weight))
    keys = dict(counted.rows)
    _add_sounds(keys, rows, counted)
    squares = array("f", [rarity * rarity for rarity in rarities])
    squares.extend([0.0] * (len(rows) - len(squares)))
    for name, row in keys.items():
        if name[0] == "~":
            squares[row] = counted.unknown**2
    paired = ([(int(number), weight) for number, weight in zip(row[::2], row[1::2], strict=True)] for row in rows)
    few = len(entries) <= MOST_DENSE
    return Model(
        vocabulary=Vocabulary(keys, counted.words),
        squares=squares,
        unknown=counted.unknown**2,
        sure=SURE,
        strange=STRANGE,
        rows=dense(list(paired), len(entries)) if few else sparse(paired, len(entries)),
    )


class _Counted:
    """All phrasings as numbers of rows with weights, and in how many each row occurs. Forms of a word share a row."""

    def __init__(self, entries: Phrasings) -> None:
        self.rows: dict[str, int] = {}
        self.names: list[str] = []
        self.words: Counter[str] = Counter()
        self._found = array("I")
        self._kinds = array("f")
        self._lengths = array("H")
        self._shapes = [tuple(map(len, translations)) for translations in entries]
        self._frequencies: Counter[int] = Counter()
        for translations in entries:
            for texts in translations:
                for text in texts:
                    self._count(text)
        self._total = len(self._lengths)
        self.unknown = self._rarity(1)

    def texts(self) -> Iterator[list[list[Bag]]]:
        """Per entry, per language: the phrasings as rows with the weights of their kind."""
        bags = self._bags()
        for shape in self._shapes:
            yield [[next(bags) for _ in range(phrasings)] for phrasings in shape]

    def _bags(self) -> Iterator[Bag]:
        place = 0
        for length in self._lengths:
            end = place + length
            yield list(zip(self._found[place:end], self._kinds[place:end], strict=True))
            place = end

    def rarity(self, row: int) -> float:
        rarity = self._rarity(self._frequencies[row])
        return rarity * FUNCTION_WEIGHT if self.names[row] in _FUNCTION_WORDS else rarity

    def _rarity(self, texts: int) -> float:
        return math.pow(math.log(1 + self._total / texts), FREQUENCY_POWER) if self._total else 1.0

    def _count(self, text: Tokens) -> None:
        found: dict[int, float] = {}
        for unit, weight in units(text).items():
            found[self._row(unit)] = weight
            if not is_han(unit) and not is_code(unit):
                self.words[unit] += 1
        self._frequencies.update(found.keys())
        self._found.extend(found.keys())
        self._kinds.extend(found.values())
        self._lengths.append(len(found))

    def _row(self, unit: str) -> int:
        row = self.rows.get(unit)
        if row is None:
            name = unit if is_han(unit) or is_code(unit) else stem(unit)
            row = self.rows.get(name)
            if row is None:
                row = self.rows[name] = len(self.names)
                self.names.append(name)
            self.rows[unit] = row
        return row


def evidence(translations: list[list[Bag]], rarities: Sequence[float] | Mapping[int, float]) -> dict[int, float]:
    """The weights of an entry by row: in each language the direction of the mean of its phrasings, each of length one.

    `rarities` are those of the rows.
    """
    found: dict[int, float] = {}
    for texts in translations:
        total: dict[int, float] = {}
        for text in texts:
            weights = [(row, kind * rarities[row]) for row, kind in text]
            norm = _length(weight for _, weight in weights)
            for row, weight in weights:
                total[row] = total.get(row, 0.0) + weight / norm
        norm = _length(total.values())
        for row, weight in total.items():
            share = FULL_EVIDENCE * weight / norm * rarities[row]
            found[row] = max(found.get(row, 0.0), share)
    return found


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum([weight * weight for weight in weights])) or 1.0


def _add_sounds(keys: dict[str, int], rows: "list[array[float]]", counted: _Counted) -> None:
    """A row for each sound, for characters that the entries do not have but that sound like theirs."""
    heard: dict[str, dict[int, float]] = {}
    for row, name in enumerate(counted.names):
        if is_han(name):
            best = heard.setdefault(sound(name), {})
            for number, weight in zip(rows[row][::2], rows[row][1::2], strict=True):
                best[int(number)] = max(best.get(int(number), 0.0), weight * SOUND_SHARE)
    for name, weights in heard.items():
        keys[name] = len(rows)
        rows.append(array("d", [value for item in weights.items() for value in item]))
