"""An FAQ entry as people work on it: its wording in each language, its versions, and the way of a version to the customers."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from enum import StrEnum

from omnibot.domain.calibration import Calibration
from omnibot.domain.language import Language
from omnibot.domain.value import dataclass

# How long before an entry ends somebody is told: enough to write what comes after it.
ENDS_SOON = timedelta(days=7)


class EntryState(StrEnum):
    """How far the newest version has come. What customers get meanwhile is `Shown`."""

    DRAFT = "draft"  # somebody works on it
    REVIEW = "review"  # waits for somebody who may publish
    LIVE = "live"  # customers get it
    RETIRED = "retired"  # was taken away from customers


class Shown(StrEnum):
    """What customers get of an entry."""

    FILE = "file"  # what the operator's files say, if they have it
    VERSION = "version"  # a version of the database, which hides the files' entry
    NOTHING = "nothing"  # retired, in the files as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question with its answer (Markdown) in one language. A draft may lack the answer."""

    question: str
    phrasings: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that an entry says: what a version keeps."""

    wordings: Mapping[Language, Wording]
    tags: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None
    follow_ups: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """In the first language there is."""
        return next((wording.question for wording in self.wordings.values()), "")

    @property
    def missing(self) -> str | None:
        """Why customers cannot be given it, or None."""
        if not self.wordings:
            return "it has no wording in any language"
        empty = [language.value for language, wording in self.wordings.items() if not wording.answer.strip()]
        return f"the answer is empty in {', '.join(empty)}" if empty else None

    @property
    def look_after(self) -> date | None:
        """The day after which somebody should look at it: it is to be read again, or ends soon; None: never."""
        ending = self.valid_until - ENDS_SOON if self.valid_until else None
        return min((day for day in (self.review_by, ending) if day), default=None)

    def is_due(self, today: date) -> bool:
        """Whether somebody should look at it now."""
        return self.look_after is not None and self.look_after < today

    def ends_soon(self, today: date) -> bool:
        """Whether its last day is near, or over."""
        return self.valid_until is not None and self.valid_until - ENDS_SOON < today


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVersion:
    """What an entry said from one edit to the next."""

    n: int  # 1, 2, …; 0 is what the files say
    content: Content
    author_id: int | None
    author_name: str
    at: datetime
    note: str = ""
    restores: int | None = None  # the version whose content it brings back
    live_at: datetime | None = None  # when it was published last
    live_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """An entry with its newest version. `newest` is 0 and there is no author where only the files have it."""

    id: str
    content: Content
    state: EntryState
    shown: Shown
    newest: int = 0
    live: int | None = None  # the version that customers get
    owner_id: int | None = None
    owner_name: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    gap_id: int | None = None  # it began as a draft for this gap
    in_files: bool = False
    replaced_in_files: bool = False  # the files have changed since somebody began to edit their entry here


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What became of an entry's answers: numbers of questions."""

    shown: int = 0
    helped: int = 0  # said or pressed
    did_not_help: int = 0
    led_to_human: int = 0  # after it was shown, a person had to take over
    marked_wrong: int = 0  # by a colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a list of entries shall show."""

    states: tuple[EntryState, ...] = ()  # empty: all
    language: Language | None = None
    text: str | None = None
    due_on: date | None = None  # only those that somebody should look at on that day
    owner_id: int | None = None


def order(wordings: Mapping[Language, Wording]) -> dict[Language, Wording]:
    """The same in the order of `Language`, so that equal contents are stored equally."""
    return {language: wordings[language] for language in Language if language in wordings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How knowledge in force differs from the files since some revision: an entry's content, None where it is retired."""

    revision: int
    contents: Mapping[str, Content | None] = field(default_factory=dict)
    live_at: Mapping[str, datetime] = field(default_factory=dict)  # when they went live
    given_back: frozenset[str] = frozenset()  # entries about which the files decide again
    calibration: Calibration | None = None  # the newest; None: nobody ever calibrated
