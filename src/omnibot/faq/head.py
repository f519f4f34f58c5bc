"""A trained model: multinomial logistic regression over what units are, look or sound like, and mean.

Two units are alike (their vectors' product) if they are the same word, share rare groups of letters or the sound, or are
near in meaning; two texts are alike if their units are. The regression is solved in the space of the phrasings, and comes
out as one row of weights per unit, for the common words that no phrasing has as well: a question costs one look-up per
unit, whatever its likenesses are. numpy and scipy are imported here only; a server without them still runs such a model.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.linalg import cholesky, solve_triangular  # type: ignore[import-untyped]
from scipy.optimize import minimize  # type: ignore[import-untyped]

from omnibot.faq import elsewhere, meanings
from omnibot.faq.encoder import Encode
from omnibot.faq.model import Model, certain
from omnibot.faq.rows import FAR_BEHIND, ZERO, DenseRows
from omnibot.faq.second_opinion import SecondOpinion, seen_from
from omnibot.faq.vocabulary import Vocabulary
from omnibot.faq.words import Phrasings, is_code, is_han, likenesses, stem, units

# Shares of the three likenesses, power of the inverse document frequency and strength of the fit, found on BANKING77 and
# CLINC150 (seeds 1 to 3, and other intents than those measured) and zh_faq_dev: flat within a third around these.
SAME, ALIKE, MEANING = 0.7, 1.0, 1.1
MEANING_HAN = 0.8  # the Chinese words' vectors were made another way, and say less
FREQUENCY_POWER = 0.9
FIT = 20.0
SENTENCES = 2.5  # how much an encoder's likeness counts, in squares
STEPS = 40
# Time grows with the square of the phrasings times the entries: this many take about 20 s and 300 MB.
MOST_PHRASINGS = 4_000
MOST_WORK = 4_000_000_000

# How certain an answer must be, from how certain the median phrasing would be if it were not in the knowledge base. At this
# certainty 2 to 5 % of CLINC150's out-of-scope questions got an answer, whether 30 or 150 entries were known, with 5 or 10
# phrasings each.
SURE_BASE, SURE_SHARE = 0.04, 0.9
LEAST_SURE, MOST_SURE = 0.1, 0.5
# All but so many of the questions that are none of ours (`elsewhere`) must stay below it, too. Where they do, the certainty of
# the phrasings may be missed by a little: with three phrasings each, the median phrasing is stricter than wrong answers ask for.
# What the model is certain of is ours after all: some knowledge bases do tell jokes.
ELSEWHERE_BELOW, SURE_SLACK = 0.95, 0.8

_UNHEARD_OF = "qzyxwvk"  # what an unknown word takes of its text: a word of middling length that shares no letters

Matrix = NDArray[np.float32]


def is_trainable(entries: Phrasings) -> bool:
    """Whether the phrasings are few enough to train on, and more than one entry has any."""
    phrasings = sum(len(texts) for translations in entries for texts in translations)
    return len(entries) > 1 and phrasings <= MOST_PHRASINGS and phrasings**2 * len(entries) <= MOST_WORK


def train(entries: Phrasings) -> Model:
    """The model of the phrasings of all entries, the languages of an entry together."""
    return _Lesson(entries).model()


def train_with_encoder(entries: Phrasings, encode: Encode) -> SecondOpinion:
    """The same, and one that asks a sentence encoder where words leave it unsure."""
    lesson = _Lesson(entries)
    texts = [text.words for translations in entries for texts in translations for text in texts]
    vectors = encode(texts)
    used = np.maximum((np.abs(vectors) > 0).sum(0), 1)
    centre = (vectors.sum(0) / used).astype(np.float32)
    vectors = seen_from(centre, vectors)
    likeness = np.asarray(SENTENCES * vectors @ vectors.T, dtype=np.float32)
    second, pull = lesson.learn(lesson.alike + likeness)
    towards = np.asarray(SENTENCES * vectors.T @ pull, dtype=np.float32)
    return SecondOpinion(encode=encode, first=lesson.model(), second=second, centre=centre, towards=towards)


class _Lesson:
    """Phrasings as vectors, ready to be learned from."""

    def __init__(self, entries: Phrasings) -> None:
        flat = [[units(text) for texts in translations for text in texts] for translations in entries]
        self._texts = [text for phrasings in flat for text in phrasings]
        self._labels = np.repeat(np.arange(len(flat)), [len(phrasings) for phrasings in flat])
        self._entries = len(flat)
        self._names = list(dict.fromkeys(unit for text in self._texts for unit in text))
        self._space = _Space(self._texts, self._names)
        known = self._space.vectors(self._names)
        bags = _bags(self._texts, self._names)
        bags = sparse.diags(1 / np.sqrt(bags.multiply(bags) @ known.squares)) @ bags
        self._same = (bags @ known.same).tocsr()
        self._meaning = np.asarray(bags @ known.meaning, dtype=np.float32)
        same = np.asarray((self._same @ self._same.T).todense(), dtype=np.float32)
        self.alike: Matrix = same + self._meaning @ self._meaning.T

    def model(self) -> Model:
        """What the words alone teach."""
        taught, _ = self.learn(self.alike)
        return replace(
            taught, sure=float(np.clip(max(SURE_SLACK * taught.sure, self._elsewhere(taught)), LEAST_SURE, MOST_SURE))
        )

    def _elsewhere(self, taught: Model) -> float:
        """How certain the model is of what has nothing to do with it."""
        ranked = [taught.rank(asked).entries for asked in elsewhere.questions(_han_share(self._texts))]
        certainties = [entries[0][1] if entries else 0.0 for entries in ranked]
        return float(np.quantile([one for one in certainties if one < MOST_SURE] or [0.0], ELSEWHERE_BELOW))

    def learn(self, alike: Matrix) -> tuple[Model, Matrix]:
        """The model for likenesses of the phrasings, and how much each phrasing pulls towards each entry."""
        pull = _fit(alike, self._labels, self._entries)
        sounds = list(dict.fromkeys(like for name in self._names for like in likenesses(name) if like[0] == "~"))
        general = meanings.words()
        here = self._space.vectors([*self._names, *sounds])
        at_large = self._space.vectors(general)
        rows = np.concatenate([part.rows(self._same.T @ pull, self._meaning.T @ pull) for part in (here, at_large)])
        keys = {name: row for row, name in enumerate([*self._names, *sounds])}
        words = Counter(unit for text in self._texts for unit in text if not is_han(unit) and not is_code(unit))
        model = Model(
            vocabulary=Vocabulary(keys, words, general=general, first_general=len(keys)),
            squares=array("f", np.concatenate([here.squares, at_large.squares]).tobytes()),
            unknown=self._space.unknown,
            sure=_sure(alike, pull),
            rows=_dense(rows),
        )
        return model, pull


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Units as vectors in two parts, and the square of their length, in which features that nobody knows count too."""

    same: Any  # scipy's sparse matrix
    meaning: Matrix
    squares: Matrix

    def rows(self, towards_same: Matrix, towards_meaning: Matrix) -> Matrix:
        """Weights per entry."""
        return np.asarray(self.same @ towards_same + self.meaning @ towards_meaning, dtype=np.float32)


class _Space:
    """How units become vectors, learned from the phrasings: how rare a feature is, how much a kind of feature counts."""

    def __init__(self, texts: Sequence[dict[str, float]], names: Sequence[str]) -> None:
        self._texts = len(texts)
        own = Counter(feature for text in texts for feature in {_own(unit) for unit in text})
        like = Counter(feature for text in texts for feature in {like for unit in text for like in likenesses(unit)})
        self._own = {feature: (place, self._rarity(n)) for place, (feature, n) in enumerate(own.items())}
        self._like = {feature: (len(own) + place, self._rarity(n)) for place, (feature, n) in enumerate(like.items())}
        self._columns = len(own) + len(like)
        self._unknown_rarity = self._rarity(0)
        self._places = {word: place for place, word in enumerate(meanings.words())}
        self._meanings = meanings.vectors()
        self._meant = (self._meanings**2).sum(1)
        self._scales = (1.0, 1.0, 1.0)
        bags = _bags(texts, names)
        lengths = [np.mean(np.sqrt(bags.multiply(bags) @ squares)) for squares in self._squares(names)]
        meaning = MEANING + (MEANING_HAN - MEANING) * _han_share(texts)
        scales = [share / max(length, 1e-6) for share, length in zip((SAME, ALIKE, meaning), lengths, strict=True)]
        self._scales = (scales[0], scales[1], scales[2] if lengths[2] > 1e-6 else 0.0)
        self.unknown = float(np.sum(self._squares([_UNHEARD_OF])))

    def vectors(self, names: Sequence[str]) -> _Vectors:
        """What each unit is and is like, and what it means."""
        rows, columns, values = array("I"), array("I"), array("f")
        for row, name in enumerate(names):
            features = [(self._own.get(_own(name)), self._scales[0])]
            features += [(self._like.get(like), self._scales[1]) for like in _likenesses(name)]
            for found, scale in features:
                if found is not None:
                    rows.append(row)
                    columns.append(found[0])
                    values.append(found[1] * scale)
        same = sparse.csr_matrix((values, (rows, columns)), shape=(len(names), self._columns), dtype=np.float32)
        meaning = np.zeros((len(names), self._meanings.shape[1]), dtype=np.float32)
        placed = [(row, self._places[name]) for row, name in enumerate(names) if name in self._places]
        if placed:
            at, places = map(list, zip(*placed, strict=True))
            meaning[at] = self._meanings[places] * self._scales[2]
        return _Vectors(same, meaning, np.sum(self._squares(names), axis=0))

    def _squares(self, names: Sequence[str]) -> tuple[Matrix, Matrix, Matrix]:
        """The square of the length of each kind of vector."""
        unknown = (0, self._unknown_rarity)
        own = [self._own.get(_own(name), unknown)[1] ** 2 for name in names]
        like = [math.fsum([self._like.get(like, unknown)[1] ** 2 for like in _likenesses(name)]) for name in names]
        meant = [self._meant[self._places[name]] if name in self._places else 0.0 for name in names]
        scaled = zip((own, like, meant), self._scales, strict=True)
        return tuple(np.array(squares, dtype=np.float32) * scale**2 for squares, scale in scaled)  # type: ignore[return-value]

    def _rarity(self, texts: int) -> float:
        return float((math.log((1 + self._texts) / (1 + texts)) + 1) ** FREQUENCY_POWER)


def _han_share(texts: Sequence[dict[str, float]]) -> float:
    """Of the texts that have Chinese in them, 0 to 1."""
    return sum(any(map(is_han, text)) for text in texts) / len(texts)


def _own(unit: str) -> str:
    return unit if is_han(unit) or is_code(unit) else stem(unit)


def _likenesses(name: str) -> list[str]:
    return [name] if name[0] == "~" else likenesses(name)


def _bags(texts: Sequence[dict[str, float]], names: Iterable[str]) -> Any:
    """A row per text, a column per unit."""
    places = {name: place for place, name in enumerate(names)}
    columns = [places[unit] for text in texts for unit in text]
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    values = [weight for text in texts for weight in text.values()]
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(places)), dtype=np.float32)


def _fit(alike: Matrix, labels: NDArray[np.int64], entries: int) -> Matrix:
    """How much each phrasing pulls towards each entry: logistic regression on the products of the phrasings.

    With `alike` = L·Lᵀ, the rows of L are coordinates of the phrasings in which the penalty is a plain square.
    """
    texts = len(labels)
    at = np.arange(texts)
    places = cholesky(alike + 1e-3 * np.eye(texts, dtype=np.float32), lower=True, check_finite=False)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes = flat.reshape(texts, entries).astype(np.float32)
        evidence = places @ slopes
        evidence -= evidence.max(1, keepdims=True)
        right = evidence[at, labels].copy()
        powers = np.exp(evidence, out=evidence)
        totals = powers.sum(1, keepdims=True)
        missed = float((np.log(totals[:, 0]) - right).sum())
        powers /= totals
        powers[at, labels] -= 1
        gradient = FIT * (places.T @ powers) + slopes
        return FIT * missed + 0.5 * float((slopes * slopes).sum()), gradient.ravel().astype(np.float64)

    found = minimize(loss, np.zeros(texts * entries), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    slopes = found.reshape(texts, entries).astype(np.float32)
    return np.asarray(solve_triangular(places, slopes, lower=True, trans=1, check_finite=False), dtype=np.float32)


def _sure(alike: Matrix, pull: Matrix) -> float:
    """The probability from which an answer is given, so that the same threshold fits every knowledge base: few phrasings,
    many entries and long texts make all probabilities smaller. Each phrasing is asked without its own pull."""
    certainties = [certain(_near(row), entries=len(row))[0] for row in _without_own_pull(alike, pull)]
    return float(np.clip(SURE_BASE + SURE_SHARE * np.median(certainties), LEAST_SURE, MOST_SURE))


def _without_own_pull(alike: Matrix, pull: Matrix) -> Matrix:
    """The evidence of each phrasing for each entry, as if it were not there itself."""
    evidence = alike @ pull - alike.diagonal()[:, None] * pull
    return np.asarray(evidence - evidence.mean(1, keepdims=True), dtype=np.float32)


def _near(row: Matrix) -> list[float]:
    """Best first. A phrasing that shares nothing with any other ("uhhuh") says nothing about any entry without itself."""
    return sorted(row[row > max(row.max() - FAR_BEHIND, 0.0)].tolist(), reverse=True) or [0.0]


def _dense(rows: Matrix) -> DenseRows:
    """Weights seen from the row's mean, which says nothing about which entry it is."""
    rows = rows - rows.mean(1, keepdims=True)
    scale = float((ZERO - 1) / np.abs(rows).max())
    weights = np.rint(rows * scale + ZERO).astype(np.uint16)
    return DenseRows(entries=rows.shape[1], scale=scale, weights=array("H", weights.tobytes()))
