"""Many equal questions at once: one incident, confirmed by a person, answered for all. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass


class State(StrEnum):
    """Where an incident stands."""

    PROPOSED = "proposed"  # found; nobody has looked at it
    OPEN = "open"  # confirmed: whoever asks gets the group's answer
    CLOSED = "closed"  # over, and everybody attached is told so
    DISMISSED = "dismissed"  # these questions have no common cause


class Membership(StrEnum):
    ATTACHED = "attached"
    DETACHED = "detached"  # another matter: hears nothing more of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    id: int
    state: State
    title: str
    proposed_at: datetime
    decided_by: int | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    news: int = 0  # the number of its newest text; 1 is the group's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A text for everybody attached, by language."""

    n: int
    texts: Mapping[str, str]
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A customer's question that belongs to an incident."""

    conversation_id: int
    contact_id: int
    seq: int
    text: str
    language: Language
    state: Membership
    told: int  # the newest text that the customer was told; 0: none
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a customer wanted when people were asked for."""

    conversation_id: int
    contact_id: int
    seq: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellIncident:
    """The decision to give the group's answer."""

    id: int  # of the incident


# In which other language a text is understood, the nearest first.
_NEAR = {
    Language.ZH_HANS: (Language.ZH_HANS, Language.ZH_HANT, Language.EN),
    Language.ZH_HANT: (Language.ZH_HANT, Language.ZH_HANS, Language.EN),
}


def in_language(texts: Mapping[str, str], language: Language) -> str:
    """The text in the customer's language, or the nearest that there is."""
    for wanted in _NEAR.get(language, (language, Language.EN)):
        if wanted.value in texts:
            return texts[wanted.value]
    return next(iter(texts.values()))


def untold(told: int, news: int) -> tuple[int, ...]:
    """The numbers of the texts that somebody is to be told now: whoever hears of it first gets the answer and how it
    stands, everybody else what is new."""
    if told == 0:
        return (1,) if news <= 1 else (1, news)
    return tuple(range(told + 1, news + 1))


def known(of_customer: tuple[Member, ...]) -> int:
    """The newest text that a customer was told, in whichever conversation; 0: none."""
    return max((one.told for one in of_customer if one.state is Membership.ATTACHED), default=0)
