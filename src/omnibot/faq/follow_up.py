"""Questions that live on the one before: "and for the oven?", "那烤箱呢？"."""

import re

from omnibot.domain.regex import regex
from omnibot.faq.words import Tokens, is_han, stem

MOST_WORDS = 8
MOST_CHARACTERS = 14  # of Chinese
FEW_WORDS = 2  # or twice as many Chinese characters

_OPENING = re.compile(
    r"^(?:(?:and|but|or|ok|okay|so|also|then)[, ]+)*"
    r"(?:(?:what|how) (?:about|if)|(?:does|is|do) (?:that|it|this|they) (?:also |too )?(?:the same |apply |work |hold |go )?"
    r"(?:for|to|with|on|in)|(?:the )?same (?:for|with)|(?:and|also|or)\b|(?:for|with|on|in|without)\b)"
)
_OPENING_HAN = regex(r"^(?:那么?|如果是?|要是|换成|还有|以及|对于)")
_ENDING_HAN = regex(r"(?:呢|怎么样|怎么办|也一样吗|也是吗|也可以吗|也行吗|一样吗|可以吗|行吗)[?？!。 ]*$")
_WORD = regex(r"[\w'-]+")
_HAN = regex(r"[\u3400-\u9fff]")
# Words that carry nothing of a follow-up's own.
_SAY_LITTLE = """
    and but or ok okay so also then what how about if does is do that it this they too the same apply work hold go for to
    with on in without a an my your our one i have get of it's please thanks
    """
_EMPTY = frozenset(_SAY_LITTLE.split())
_EMPTY_HAN = regex(
    r"那么?|如果是?|要是|换成|还有|以及|对于|呢|怎么样|怎么办|也一样|也是|也可以|也行|一样|可以|吗|的|我|你们?|是|和|[?？!。，, ]"
)


def own_words(normalised: str) -> str | None:
    """What a follow-up adds to the question before: "oven" of "and for the oven?". None if the text is no follow-up."""
    if not normalised.isascii() and _HAN.search(normalised):
        if len(normalised) > MOST_CHARACTERS or not (_OPENING_HAN.search(normalised) or _ENDING_HAN.search(normalised)):
            return None
        return _EMPTY_HAN.sub(" ", normalised).strip() or None
    if not _OPENING.match(normalised):
        return None
    words = _WORD.findall(normalised)
    if len(words) > MOST_WORDS:
        return None
    return " ".join(word for word in words if word not in _EMPTY) or None


def is_bare(own: Tokens) -> bool:
    """Whether the new words are too few to ask anything without the question before."""
    return sum(len(word) / 2 if is_han(word) else 1 for word in own.words) <= FEW_WORDS


def joined(before: Tokens, own: Tokens) -> Tokens:
    """The question before with the new words; the codes and numbers of the new ones replace those of the old."""
    is_named = bool(own.codes or own.numbers)
    return Tokens(
        words=(*own.words, *(word for word in before.words if word not in own.words)),
        codes=own.codes if is_named else before.codes,
        numbers=own.numbers if is_named else before.numbers,
        amounts=own.amounts or before.amounts,
    )


def mentions(phrasings: str, own: Tokens) -> bool:
    """Whether an entry's whole text, normalised, has all the new words."""
    return all(stem(word) in phrasings for word in own.words) and not (own.codes or own.numbers or own.amounts)
