"""What the FAQ proposes for a customer's text, before anybody decides whether to say it."""

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass, hot


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An FAQ entry proposed for a text; `score` is 0 to 1, `features` are the pieces of text that spoke for it."""

    entry_id: str
    question: str
    answer: str
    score: float
    features: tuple[str, ...]
    language: Language


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Candidates for one text, best first, at most five, no entry twice; `version` names the knowledge base asked."""

    version: str
    candidates: tuple[Candidate, ...]
