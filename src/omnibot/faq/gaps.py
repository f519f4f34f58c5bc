"""Groups questions that ask for the same thing, and ranks the groups by what they cost. Pure, without any outside service.

A question is a vector of its units (`words`): stems of English words, characters and pairs of characters of Chinese, codes;
each weighs the more the fewer questions have it. Groups grow by average linkage: the two that resemble each other most
become one, until no two are as near as `NEAR`. Questions that name different codes ("E4", "E5") are never put together.
The result depends on the questions alone, not on their order.
"""

import heapq
import math
from collections import Counter
from collections.abc import Sequence

from omnibot.domain.value import dataclass
from omnibot.faq.normalize import normalise
from omnibot.faq.words import Tokens, is_code, is_han, stem, tokens, units

# The mean cosine between the questions of two groups from which they are one.
NEAR = 0.28
FUNCTION_WEIGHT = 0.25
CODE_WEIGHT = 3.0
# The cosine to the middle of a cause's questions from which a further question is one of them. Measured (docs/benchmarks.md,
# `python -m bench.alike`): the least at which, on every second label of Banking77, the hardest set, fewer than 0.5 % of other
# questions join. A mistake tells a customer of somebody else's trouble, a miss is answered by a person as ever.
SAME = 0.44
# Fewer questions tell nothing about how rare a word is.
LEAST_SAMPLE = 200
# Comparing grows with the square: 1,000 questions take a second or two.
MOST_QUESTIONS = 1_000

_SAY_LITTLE = """
    a an the i im me my mine we our us you your it its this that these those is am are was were be been do doe did have
    ha had can could will would shall should may might to of in on at for from with by and or if so as there here what
    when where which who whom why how hi hello please thank not no get got need want any some about
    的 了 吗 呢 吧 啊 呀 我 你 您 们 是 有 在 会 能 要 想 个 这 那 什 么 怎 哪 请 问 就 都 也 和 与 把 被 给 下 得 地 很 不 没
    可 以 样 办 到 去 来 多 少 为 才 还
    """

_FUNCTION_WORDS = frozenset(_SAY_LITTLE.split())

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together, as places in what was given; `middle` resembles the others most."""

    members: tuple[int, ...]
    middle: int


def group(texts: Sequence[str]) -> list[Group]:
    """Groups of these questions, the largest first; a question that resembles no other is a group of its own."""
    taken = [tokens(normalise(text)) for text in texts]
    vectors = _vectors(taken)
    alike = _likenesses(vectors)
    subjects = [one.codes | one.numbers for one in taken]
    grown = _grow(sorted(range(len(texts)), key=lambda place: texts[place]), alike, subjects)
    groups = [Group(tuple(sorted(members)), _middle(members, alike, texts)) for members in grown]
    return sorted(groups, key=lambda one: (-len(one.members), texts[one.middle], one.members))


def burden(*, conversations: int, replies: float, badly_rated: float) -> float:
    """What a gap costs: volume x cost x (1 + dissatisfaction).

    `conversations` in which it was asked; `replies`: how much people wrote in one of them, on average, on top of the
    question itself; `badly_rated`: the share (0 to 1) of the questions whose answer did not help or was called wrong.
    """
    return conversations * (1 + replies) * (1 + badly_rated)


def _vectors(taken: Sequence[Tokens]) -> list[Vector]:
    bags = [_units(one) for one in taken]
    found_in = Counter(unit for bag in bags for unit in bag)
    vectors = []
    for bag in bags:
        weighed = {
            unit: kind * math.log(1 + max(len(bags), LEAST_SAMPLE) / found_in[unit]) for unit, kind in bag.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        vectors.append({unit: weight / length for unit, weight in weighed.items()})
    return vectors


def _units(taken: Tokens) -> Vector:
    found: Vector = {}
    for unit, weight in units(taken).items():
        if is_code(unit):
            found[unit] = CODE_WEIGHT
            continue
        name = unit if is_han(unit) else stem(unit)
        found[name] = weight * (FUNCTION_WEIGHT if _says_little(name) else 1.0)
    return found


def _says_little(unit: str) -> bool:
    return unit in _FUNCTION_WORDS or (is_han(unit) and all(character in _FUNCTION_WORDS for character in unit))


def _likenesses(vectors: Sequence[Vector]) -> list[dict[int, float]]:
    """For each question those that share anything with it, with the cosine."""
    having: dict[str, list[tuple[int, float]]] = {}
    alike: list[dict[int, float]] = [{} for _ in vectors]
    for place, vector in enumerate(vectors):
        row = alike[place]
        for unit, weight in vector.items():
            for other, others in having.get(unit, ()):
                row[other] = row.get(other, 0.0) + weight * others
            having.setdefault(unit, []).append((place, weight))
        for other, cosine in row.items():
            if other < place:
                alike[other][place] = cosine
    return alike


def _grow(
    places: Sequence[int], alike: Sequence[dict[int, float]], subjects: Sequence[frozenset[str]]
) -> list[list[int]]:
    """Average linkage. `sums` holds, for two groups, the sum of the cosines between their questions."""
    rank = {place: number for number, place in enumerate(places)}  # ties are broken by the texts, not by the order
    members = {rank[place]: [place] for place in places}
    named = {rank[place]: subjects[place] for place in places}
    sums = {rank[place]: {rank[other]: cosine for other, cosine in alike[place].items()} for place in places}
    queue = [(-cosine, one, other) for one, row in sums.items() for other, cosine in row.items() if one < other]
    heapq.heapify(queue)
    following = len(places)
    while queue:
        nearness, one, other = heapq.heappop(queue)
        if -nearness < NEAR:
            break
        if one not in members or other not in members or _differ(named[one], named[other]):
            continue
        members[following] = members.pop(one) + members.pop(other)
        named[following] = named.pop(one) | named.pop(other)
        row = _add(sums.pop(one), sums.pop(other))
        sums[following] = {}
        for third, total in row.items():
            if third in members:
                sums[following][third] = sums[third][following] = total
                mean = total / (len(members[following]) * len(members[third]))
                heapq.heappush(queue, (-mean, third, following))
        following += 1
    return list(members.values())


def _add(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
    for third, total in other.items():
        one[third] = one.get(third, 0.0) + total
    return one


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and one.isdisjoint(other)


def _middle(members: Sequence[int], alike: Sequence[dict[int, float]], texts: Sequence[str]) -> int:
    """The question nearest to all others; of equally near ones the shortest."""

    def nearness(place: int) -> float:
        return round(sum(alike[place].get(other, 0.0) for other in members), 9)

    return min(members, key=lambda place: (-nearness(place), len(texts[place]), texts[place], place))


class Cause:
    """What equal questions have in common, to tell whether a further one is equal to them. Built once, asked often."""

    def __init__(self, texts: Sequence[str]) -> None:
        taken = [tokens(normalise(text)) for text in texts]
        self._middle = _middle_of(_vectors(taken))
        self._subjects = frozenset[str]().union(*(one.codes | one.numbers for one in taken))
        found_in = Counter(unit for one in taken for unit in _units(one))
        sample = max(len(taken), LEAST_SAMPLE)
        self._rarity = {unit: math.log(1 + sample / count) for unit, count in found_in.items()}
        self._rarest = math.log(1 + sample)

    def likeness(self, text: str) -> float:
        """The cosine between the text and the middle of the questions, 0 to 1; 0 where they name different codes.

        The mean of the cosines to each question is lower the more the questions differ among themselves, so that one
        threshold would ask less of customers who all use the same words.
        """
        taken = tokens(normalise(text))
        if _differ(self._subjects, taken.codes | taken.numbers):
            return 0.0
        vector = {unit: kind * self._rarity.get(unit, self._rarest) for unit, kind in _units(taken).items()}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        return sum(weight * self._middle.get(unit, 0.0) for unit, weight in vector.items()) / length


def _middle_of(vectors: Sequence[Vector]) -> Vector:
    """Their direction, of length 1; empty without any."""
    summed: Vector = {}
    for vector in vectors:
        for unit, weight in vector.items():
            summed[unit] = summed.get(unit, 0.0) + weight
    length = math.sqrt(sum(weight * weight for weight in summed.values())) or 1.0
    return {unit: weight / length for unit, weight in summed.items()}
