"""From a normalised text to weighted features, and from features to the entries that have them.

Features are word stems and pairs of neighbouring stems, characters 1 to 3 of Chinese, and codes ("#e4"). Weights are
inverse document frequencies, so that stop words of any language weigh little without a list of them.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from omnibot.domain.spelling import Spelling, count_words

# How much each kind of feature counts beside a plain word, found on BANKING77, CLINC150 and zh_faq_dev splits.
PAIR_WEIGHT = 0.35
CODE_WEIGHT = 1.5
HAN_WEIGHTS = (1.0, 1.0, 0.3)  # by length: one, two, three characters
# Below 1, because plain inverse document frequency overrates words that occur in a single entry.
FREQUENCY_POWER = 0.8
# An unknown group of characters is partly known by its characters, which count themselves.
UNKNOWN_GROUP_SHARE = 0.5
# A word that shares this much of its characters with a known one is taken for a form of it ("dishwashing").
ALIKE = 0.6
# More entries than this per feature are not worth visiting: the feature tells them apart too little.
LONGEST_POSTING = 48


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that say little in any question. A few dozen phrasings are too small a sample to learn that from rarity alone.
FUNCTION_WEIGHT = 0.7
_FUNCTION_WORDS = _set(
    """
    a an the i im me my mine we our us you your it its this that these those is am are was were be been do doe did have
    ha had can could will would shall should may might to of in on at for from with by and or if so as there here what
    when where which who whom why how hi hello please thank
    的 了 吗 呢 吧 啊 呀 我 你 您 们 是 有 在 会 能 要 想 个 这 那 什 么 怎 哪 请 问 就 都 也 和 与 把 被 给 下 得 地 很
    """
)

_TOKEN = re.compile(r"[a-z0-9\u00df-\u024f]+|[\u3400-\u9fff]+|[^\W_]+")
_UNWRITTEN = re.compile(r"'s\b|['’]|(?<=\b[a-z])-(?=[a-z])|(?<=\b[a-z]{2})-(?=[a-z])")  # "wi-fi", "e-mail"
_MARK = re.compile(r"['’-]")
_DIGIT = re.compile(r"\d")
# "e4", "e-04", "wm7000"; "e 4" only for letters that displays show; numbers that count something are no codes.
_UNIT = (
    r"years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|times?|kg|kilos?|g|cm|mm|l|litres?|liters?|"
    r"°|c\b|degrees?|am\b|pm\b|o'clock|euros?|eur|dollars?|usd|pounds?|percent|%|€|\$|£|¥|"
    r"年|个?月|天|日|周|个?星期|个?小时|分钟?|秒|号|次|台|个|件|公斤|千克|克|升|度|元|块|点"
)
_CODE = re.compile(
    r"(?<![a-z0-9.,$€£¥])(?:([a-z]{1,4})-?|([efhclpu])[ -])?0*(\d{1,4})([a-z]{0,2})(?![a-z0-9])"
    rf"(?![.,:]\d)(?!\s*(?:{_UNIT}))"
)
_LONG_NUMBER = re.compile(r"\d{5,}")  # order and phone numbers name a case, not a subject


@dataclass(frozen=True, slots=True)
class Query:
    """The known features of a text with their share of the whole text, and the codes that it names."""

    features: tuple[tuple[str, float], ...]
    codes: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Document:
    """The phrasings of one entry in one language: per feature its share of all of them, and of each that has it."""

    phrasings: int
    features: Mapping[str, tuple[float, tuple[tuple[int, float], ...]]]
    codes: frozenset[str]
    numbers: frozenset[str]

    def is_about_other_than(self, query: Query) -> bool:
        """Whether the text names a code and the entry is about another one: "E5" is never answered with "E4"."""
        return _differ(query.codes, self.codes) or _differ(query.numbers, self.numbers)


@dataclass(frozen=True, slots=True)
class _Tokens:
    words: tuple[str, ...]
    codes: frozenset[str] = frozenset()  # "#e4"
    numbers: frozenset[str] = frozenset()  # "#404"


class Index:
    """Documents by feature. Built once from normalised phrasings; never changed."""

    def __init__(self, phrasings: Sequence[Sequence[str]]) -> None:
        split = [[_tokens(text) for text in texts] for texts in phrasings]
        words = count_words(word for texts in split for tokens in texts for word in tokens.words if not _is_han(word))
        self._spelling = Spelling(words)
        self._stems = {word: _stem(word) for word in words}
        self._relatives = _Relatives(set(self._stems.values()))
        counted = [[_count(tokens, self._stems) for tokens in texts] for texts in split]
        self._frequencies = Counter(feature for texts in counted for feature in set().union(*texts))
        self._unknown = _rarity(1, of=len(counted))
        self._rarities = {name: _rarity(n, of=len(counted)) for name, n in self._frequencies.items()}
        self.documents = tuple(
            self._document(features, tokens) for features, tokens in zip(counted, split, strict=True)
        )
        self.postings = _postings(self.documents)

    def query(self, normalised: str) -> Query:
        """Weigh a text; what nobody has ever asked takes its share too, which is what lets the bot stay silent."""
        tokens = _tokens(normalised)
        known: dict[str, float] = {}
        square = 0.0
        for feature, weight in _count(tokens, self._known_stems(tokens.words)).items():
            rarity = self._rarities.get(feature)
            if rarity is not None:
                known[feature] = weight * rarity
                square += (weight * rarity) ** 2
            elif " " not in feature:
                share = UNKNOWN_GROUP_SHARE if len(feature) > 1 and _is_han(feature) else 1.0
                square += (weight * self._unknown) ** 2 * share
        norm = math.sqrt(square) or 1.0
        ranked = sorted(known.items(), key=_by_weight, reverse=True)
        features = tuple([(feature, weight / norm) for feature, weight in ranked])
        return Query(features, tokens.codes, tokens.numbers)

    def _known_stems(self, words: Iterable[str]) -> dict[str, str]:
        known, stems = self._stems, {}
        for word in words:
            if word in known:
                stems[word] = known[word]
            elif not _is_han(word):
                stems[word] = self._nearest(word)
        return stems

    def _nearest(self, word: str) -> str:
        meant = self._spelling.repair(word)
        if meant is not None:
            return self._stems[meant]
        stem = _stem(word)
        return stem if stem in self._rarities else self._relatives.nearest(stem) or stem

    def _document(self, counted: Sequence[Mapping[str, float]], split: Sequence[_Tokens]) -> Document:
        vectors = [_unit({name: weight * self._rarities[name] for name, weight in text.items()}) for text in counted]
        total: Counter[str] = Counter()
        for vector in vectors:
            total.update(vector)
        return Document(
            len(vectors),
            {
                name: (weight, tuple((i, vector[name]) for i, vector in enumerate(vectors) if name in vector))
                for name, weight in _unit(total).items()
            },
            _subject_codes(split),
            _subject_numbers(split),
        )


class _Relatives:
    """Known stems by the groups of three characters in them."""

    def __init__(self, stems: Iterable[str]) -> None:
        self._grams = {stem: _grams(stem) for stem in stems if len(stem) > 3}
        self._by_gram: dict[str, list[str]] = {}
        for stem, grams in self._grams.items():
            for gram in grams:
                self._by_gram.setdefault(gram, []).append(stem)

    def nearest(self, stem: str) -> str | None:
        """The known stem that shares the most with this one (Dice's coefficient of at least `ALIKE`), or None."""
        if len(stem) <= 3 or not stem.isalpha():
            return None
        grams = _grams(stem)
        shared = Counter(known for gram in grams for known in self._by_gram.get(gram, ()))
        best, alike = None, ALIKE
        for known, count in shared.items():
            dice = 2 * count / (len(grams) + len(self._grams[known]))
            if dice > alike or (dice == alike and (best is None or known < best)):
                best, alike = known, dice
        return best


def _tokens(normalised: str) -> _Tokens:
    text = _UNWRITTEN.sub("", normalised) if _MARK.search(normalised) else normalised
    if not _DIGIT.search(text):
        return _Tokens(tuple(_TOKEN.findall(text)))
    codes = {f"#{a or b}{digits}{end}" for a, b, digits, end in _CODE.findall(text)}
    numbers = {code for code in codes if code[1:].isdecimal()}
    text = _LONG_NUMBER.sub(" ", _CODE.sub(" ", text))
    return _Tokens(tuple(_TOKEN.findall(text)), frozenset(codes - numbers), frozenset(numbers))


def _count(tokens: _Tokens, stems: Mapping[str, str]) -> dict[str, float]:
    """The features of a text with the weight of their kind; a feature counts once however often it stands there."""
    features = dict.fromkeys(tokens.codes, CODE_WEIGHT) | dict.fromkeys(tokens.numbers, 1.0)
    before = ""
    for word in tokens.words:
        stem = stems.get(word)
        if stem is None:  # Chinese has no words to stem
            before = ""
            for length, weight in enumerate(HAN_WEIGHTS, start=1):
                for i in range(len(word) - length + 1):
                    features[word[i : i + length]] = weight
            for character in _FUNCTION_WORDS.intersection(word):
                features[character] = FUNCTION_WEIGHT * HAN_WEIGHTS[0]
            continue
        features[stem] = FUNCTION_WEIGHT if stem in _FUNCTION_WORDS else 1.0
        if before:
            features[f"{before} {stem}"] = PAIR_WEIGHT
        before = stem
    return features


def _subject_codes(texts: Sequence[_Tokens]) -> frozenset[str]:
    """The codes that an entry is about: those in its question (the first phrasing) or in half of its phrasings."""
    counts = Counter(code for tokens in texts for code in tokens.codes)
    return texts[0].codes | {code for code, n in counts.items() if 2 * n >= len(texts)}


def _subject_numbers(texts: Sequence[_Tokens]) -> frozenset[str]:
    """The bare numbers that an entry is about ("error 404"): in most phrasings, for one mention is just an example."""
    counts = Counter(number for tokens in texts for number in tokens.numbers)
    return frozenset(number for number, n in counts.items() if n > 1 and 3 * n >= 2 * len(texts))


def _differ(asked: frozenset[str], subject: frozenset[str]) -> bool:
    return bool(asked and subject) and asked.isdisjoint(subject)


def _postings(documents: Sequence[Document]) -> dict[str, tuple[tuple[int, float], ...]]:
    postings: dict[str, list[tuple[int, float]]] = {}
    for number, document in enumerate(documents):
        for name, (weight, _) in document.features.items():
            postings.setdefault(name, []).append((number, weight))
    return {
        name: tuple(sorted(found, key=_by_weight, reverse=True)[:LONGEST_POSTING]) for name, found in postings.items()
    }


def _by_weight(item: tuple[object, float]) -> float:
    return item[1]


def _rarity(documents: int, *, of: int) -> float:
    return math.pow(math.log(1 + of / documents), FREQUENCY_POWER)


def _unit(vector: Mapping[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {name: weight / norm for name, weight in vector.items()}


def _is_han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def _grams(stem: str) -> set[str]:
    padded = f"^{stem}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _stem(word: str) -> str:
    """Cut the common English endings off; crude, but the same for questions and phrasings."""
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _undouble(word[: -len(ending)]).rstrip("e")
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e")


def _undouble(stem: str) -> str:
    return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem
