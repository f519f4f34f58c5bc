"""Every sentence that people read, by language. The source is English; catalogues (`<language>/LC_MESSAGES/*.po`) hold the rest."""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from omnibot.domain.language import Language

_FOLDER = Path(__file__).parent
_LOCALES = {Language.ZH_HANS: "zh_Hans", Language.ZH_HANT: "zh_Hant"}

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

        def words(sentence: str, /, **blanks: Any) -> str:
            found = catalogue.gettext(sentence)
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
