"""Every sentence that people read, by language. The source is English; catalogues (`<language>/LC_MESSAGES/*.po`) hold the rest.

Traditional Chinese is converted from Simplified where no catalogue of its own exists.
"""

import gettext
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from omnibot.domain.language import Language

_FOLDER = Path(__file__).parent
_LOCALES = {Language.ZH_HANS: "zh_Hans", Language.ZH_HANT: "zh_Hans"}

# `words("Hello {name}", name="Ana")`: the sentence in the language chosen, with its blanks filled in.
Words = Callable[..., str]


class Texts:
    """The sentences of one catalogue domain: "bot" for what customers hear, "console" and "widget" for the screens."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self._by_language = {language: self._words(language) for language in Language}

    def of(self, language: Language) -> Words:
        return self._by_language[language]

    def table(self, language: Language) -> dict[str, str]:
        """Every sentence of a catalogue, for screens that bring their own script."""
        catalogue = _catalogue(self._domain, language)
        sentences: dict[str, str] = getattr(catalogue, "_catalog", {})
        words = self.of(language)
        return {source: words(source) for source in sentences if source}

    def _words(self, language: Language) -> Words:
        catalogue = _catalogue(self._domain, language)
        convert = to_traditional if language is Language.ZH_HANT else None

        def words(sentence: str, /, **blanks: Any) -> str:
            found = catalogue.gettext(sentence)
            if convert:
                found = convert(found)
            return found.format(**blanks) if blanks else found

        return words


def mark(sentence: str) -> str:
    """Marks a sentence for the catalogue where it is written; it is looked up where it is said."""
    return sentence


@cache
def _catalogue(domain: str, language: Language) -> gettext.NullTranslations:
    locale = _LOCALES.get(language)
    if locale is None:
        return gettext.NullTranslations()
    return gettext.translation(domain, localedir=_FOLDER, languages=[locale], fallback=False)


@lru_cache(maxsize=2048)
def to_traditional(text: str) -> str:
    """Simplified Chinese in Taiwan's characters and phrases."""
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    import opencc  # 3 MB of dictionaries: only a reader of traditional Chinese pays for them

    return opencc.OpenCC("s2twp")
