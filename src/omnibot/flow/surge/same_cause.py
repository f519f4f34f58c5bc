"""What tells that two questions have one cause whatever their words and language: the FAQ entry that both ask for, or the product
and the error code that both name."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from omnibot.domain import triage
from omnibot.domain.candidate import Candidate
from omnibot.domain.language import Language
from omnibot.domain.policy import Policy
from omnibot.faq.matcher import Matcher
from omnibot.faq.normalize import normalise
from omnibot.faq.words import named_codes

Signs = frozenset[str]
NO_SIGNS: Signs = frozenset()
_CODES = "codes "
NAMED_CODES = 2  # one code alone ("E4") is on many products


def signs(normalised: str, candidates: tuple[Candidate, ...], policy: Policy) -> Signs:
    """Of one question, normalised. An entry counts only where it would be answered with."""
    found = set()
    if triage.is_sure(candidates, policy):
        found.add(f"entry {candidates[0].entry_id}")
    codes = named_codes(normalised)
    if len(codes) >= NAMED_CODES:
        found.add(f"{_CODES}{' '.join(sorted(codes))}")
    return frozenset(found)


def signs_of(matcher: Matcher, text: str, policy: Policy, today: date) -> Signs:
    """The same, where nobody has asked the FAQ yet. Entries of every language are found, whichever is named."""
    return signs(normalise(text), matcher.match(text, language=Language.EN, today=today).candidates, policy)


def codes_of(signs: Signs) -> Signs:
    """The product and error code that are named."""
    return frozenset(sign for sign in signs if sign.startswith(_CODES))


def contradict(one: Signs, other: Signs) -> bool:
    """Whether both name a product and an error code, and not the same ones: equal words mean nothing then."""
    return bool(codes_of(one) and codes_of(other)) and not codes_of(one) & codes_of(other)


def common(of_questions: Iterable[Signs]) -> Signs:
    """Those that more than half of the questions have."""
    each = list(of_questions)
    counted = Counter(sign for one in each for sign in one)
    return frozenset(sign for sign, n in counted.items() if n * 2 > len(each))
