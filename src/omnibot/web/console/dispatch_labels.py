"""Why a case went where it went, in the reader's language.

The choice is made and kept in English (`domain/routing.py`, `domain/rules.py`), for the API and the log of the case: here its
sentences are read back. What is not known, because an older version wrote it, is shown as it is.
"""

import re
from functools import cache

from omnibot.domain.language import Language
from omnibot.texts import Words
from omnibot.web.console.times import mark

_LANGUAGES = {
    Language.EN.value: mark("English"),
    Language.ZH_HANS.value: mark("Simplified Chinese"),
    Language.ZH_HANT.value: mark("Traditional Chinese"),
}
# The longer ones first: a rule's name may hold anything.
_SENTENCES = (
    mark("rule {rule}, and no dealer can take it"),
    mark("rule {rule}; {fit}"),
    mark("rule {rule} names {dealer}"),
    mark("rule {rule}"),
    mark("no rule matches"),
    mark("given by {name}"),
    mark("holds from {day} on"),
    mark("held until {day}"),
    mark("its category is not known"),
    mark("its region is not known"),
    mark("its product is not known"),
    mark("its tier is not known"),
    mark("its language is not known"),
    mark("its category is {given}, not {wanted}"),
    mark("its region is {given}, not {wanted}"),
    mark("its product is {given}, not {wanted}"),
    mark("its tier is {given}, not {wanted}"),
    mark("its language is {given}, not {wanted}"),
    mark("{dealer} fits better: {fit}"),
    mark("gets no more cases"),
    mark("has said no, or did not answer in time"),
    mark("has no group to be told in"),
    mark("an unknown place is not its territory"),
    mark("{place} is not its territory"),
    mark("an unknown product is none of its products"),
    mark("{product} is none of its products"),
    mark("{category} is none of its skills"),
    mark("has {cases} open cases of {capacity}"),
)
_FITS = (
    mark("its territory matches {place}, speaks {language}, open now, {cases} open cases of {capacity}"),
    mark("its territory matches {place}, speaks {language}, closed now, {cases} open cases of {capacity}"),
    mark("it works everywhere, speaks {language}, open now, {cases} open cases of {capacity}"),
    mark("it works everywhere, speaks {language}, closed now, {cases} open cases of {capacity}"),
)
_BLANK = re.compile(r"\\{(\w+)\\}")


def because(words: Words, text: str) -> str:
    """A reason, or the name of a rule that was not taken."""
    return _said(words, text, _SENTENCES)


def _said(words: Words, text: str, sentences: tuple[str, ...]) -> str:
    for sentence in sentences:
        if found := _pattern(sentence).fullmatch(text):
            return words(
                sentence, **{blank: _filled(words, blank, value) for blank, value in found.groupdict().items()}
            )
    return text


def _filled(words: Words, blank: str, value: str) -> str:
    match blank:
        case "fit":
            return _said(words, value, _FITS)
        case "wanted" | "given" | "language":
            return words(" or ").join(_named(words, one) for one in value.split(mark(" or ")))
    return value


def _named(words: Words, value: str) -> str:
    return words(_LANGUAGES[value]) if value in _LANGUAGES else value


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(_BLANK.sub(r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)
