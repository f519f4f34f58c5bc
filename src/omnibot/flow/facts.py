"""Where facts of contacts come from, which fill the blanks of answers (`domain.blank`)."""

from collections.abc import Callable, Mapping

from sqlalchemy.engine import Connection

from omnibot.domain.language import Language

# Tells facts of a contact by name: {"product": "Dryer 7000", "warranty_end": "31 March 2027"}. In a language.
FactSource = Callable[[Connection, int, Language], Mapping[str, str]]


def no_facts(tx: Connection, contact_id: int, language: Language) -> Mapping[str, str]:
    """The source of an installation that has none."""
    return {}
