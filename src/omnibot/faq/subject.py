"""What must decide between entries that share most of their words: codes, model names, numbers, amounts, and what somebody
says that he does not want. None of these may drown in the likeness of the rest.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass
from omnibot.faq.words import Tokens, stem

_SERIES = regex(r"#([a-z]*)")


@dataclass(frozen=True, slots=True)
class Subject:
    """The codes, bare numbers and amounts that an entry is about; a text that names others does not ask for it."""

    codes: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()

    def is_other_than(self, asked: Tokens) -> bool:
        """Whether the text names a code and this is about another one: "E5" is never answered with "E4", even if both
        name the same model."""
        return (
            _differ(asked.codes, self.codes)
            or any(_differ(asked_series, ours) for asked_series, ours in _by_series(asked.codes, self.codes))
            or _differ(asked.numbers, self.numbers)
        )


def subject(translations: Sequence[Sequence[Tokens]]) -> Subject:
    """What an entry is about, from its phrasings in each language, the question first.

    Codes and amounts count if they are in a question or in half of a language's phrasings. Bare numbers ("error 404") must
    be in most, for one mention is just an example.
    """
    codes: set[str] = set()
    numbers: set[str] = set()
    amounts: set[str] = set()
    for texts in translations:
        codes |= _named(texts, lambda text: text.codes)
        amounts |= _named(texts, lambda text: text.amounts)
        often = Counter(number for text in texts for number in text.numbers)
        numbers |= {number for number, n in often.items() if n > 1 and 3 * n >= 2 * len(texts)}
    return Subject(frozenset(codes), frozenset(numbers), frozenset(amounts))


def name_other_amounts(asked: frozenset[str], subjects: Iterable[tuple[int, Subject]]) -> frozenset[int]:
    """The entries about another amount than the text's, where one is about the same: "over 50 €" is no question about the
    rule for 20 €, but may be one about a rule that names no amount, or is the only one."""
    rivals = [(number, about.amounts) for number, about in subjects if about.amounts]
    named = {amount for amount in asked if any(amount in amounts for _, amounts in rivals)}
    units = {_unit(amount) for amount in named}
    return frozenset(
        number for number, amounts in rivals if named.isdisjoint(amounts) and not units.isdisjoint(map(_unit, amounts))
    )


def _named(texts: Sequence[Tokens], what: Callable[[Tokens], frozenset[str]]) -> set[str]:
    often = Counter(one for text in texts for one in what(text))
    return {*what(texts[0]), *(one for one, n in often.items() if 2 * n >= len(texts))}


def _differ(asked: frozenset[str], subject: frozenset[str]) -> bool:
    return bool(asked and subject) and asked.isdisjoint(subject)


def _by_series(asked: frozenset[str], subject: frozenset[str]) -> Iterable[tuple[frozenset[str], frozenset[str]]]:
    """Codes that begin with the same letters: E4 and E5 are a choice, E4 and WM7000 are none."""
    for series in {_series(code) for code in asked}:
        yield (
            frozenset(code for code in asked if _series(code) == series),
            frozenset(code for code in subject if _series(code) == series),
        )


def _series(code: str) -> str:
    found = _SERIES.match(code)
    return found[1] if found else ""


def _unit(amount: str) -> str:
    return amount.partition(":")[0]


# What people say of what they do not want. The words after it, up to the end of the clause, are what is denied.
_UNWANTED = regex(
    r"\b(?:not|don'?t|dont|didn'?t|never|no longer) (?:really |actually |even )?"
    r"(?:want(?:ed)?|(?:wish|need|intend|plan(?:ning)?|mean|going|trying|asking|looking|like)(?= to\b))\b(?P<what>[^,.;:!?]*)"
)
_FORBIDDEN = regex(r"(?:^|[,.;:!] ?|\b(?:please|pls|but|and|so|just) )(?:do not|don'?t|dont) (?P<what>\w+)")
_MAY_DENY = re.compile(r"n(?:'?t\b|ot|ever|o longer)|不|没|别|勿|无")  # a look that spares most texts the search
_UNWANTED_HAN = regex(
    r"(?<![要想用需])(?:不想|不要(?!钱)|不需要|不用(?!了)|不必|不打算|不是[要想]|没想|没打算|无需|请勿|(?<![特分区级类性识])别(?![的人家处墅]))"
    r"(?:再|去|要|给|帮|把|让|你们?|我们?)*(?P<what>[\u3400-\u9fff]{1,6})"
)
_SAY_LITTLE = "to a an the my your our this that it any be have get do make me you i for of and or but anymore any more"
_EMPTY = frozenset(_SAY_LITTLE.split())
MOST_DENIED = 3


def denied(normalised: str) -> frozenset[str]:
    """What the text says is not wanted, as stems or pairs of Chinese characters: {"cancel"} of "I do not want to cancel"."""
    found: set[str] = set()
    if not _MAY_DENY.search(normalised):
        return frozenset()
    for pattern in (_UNWANTED, _FORBIDDEN):
        for match in pattern.finditer(normalised):
            words = re.split(r" (?:but|because|and then|so) ", match["what"])[0].split()
            if words[:2] == ["to", "be"]:
                continue
            meant = [stem(word) for word in words if word not in _EMPTY]
            found.update(meant[: 1 if words[:1] == ["to"] else MOST_DENIED])
    # "不要了" ends a sentence; it denies nothing that follows.
    found.update(
        match["what"][:2] for match in _UNWANTED_HAN.finditer(normalised) if match["what"][0] not in "了的吗呢吧"
    )
    return frozenset(found)


def is_about_denied(unwanted: frozenset[str], phrasings: Iterable[str]) -> bool:
    """Whether an entry, given as its normalised phrasings, is about what the text says is not wanted."""
    texts = list(phrasings)
    meant = unwanted - frozenset().union(*map(denied, texts))
    words = {stem(word) for text in texts for word in re.findall(r"\w+", text)}
    return any(one in words or (not one.isascii() and any(one in text for text in texts)) for one in meant)
