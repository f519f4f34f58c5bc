"""What things are called on the knowledge screens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from omnibot.domain.asked import Asked, Fate
from omnibot.domain.difference import Piece, difference
from omnibot.domain.knowledge import Content, EntryState, EntryVersion, KnownEntry, Shown
from omnibot.domain.language import Language
from omnibot.flow.knowledge.replay import ChangeKind, Outcome
from omnibot.texts import Words
from omnibot.web.console.times import mark

_PRESETS = {"balanced": mark("Preset: balanced"), "strict": mark("Preset: strict")}
_STATES = {
    EntryState.DRAFT: mark("Draft"),
    EntryState.REVIEW: mark("In review"),
    EntryState.LIVE: mark("Live"),
    EntryState.RETIRED: mark("Retired"),
}
_FATES = {
    Fate.ANSWERED: mark("answered"),
    Fate.HELPED: mark("helped"),
    Fate.DID_NOT_HELP: mark("did not help"),
    Fate.OFFERED: mark("nothing chosen"),
    Fate.UNANSWERED: mark("no answer"),
}
_KINDS = {
    ChangeKind.GAINED: mark("will be answered"),
    ChangeKind.REWORDED: mark("answered in other words"),
    ChangeKind.MOVED: mark("answered by another entry"),
    ChangeKind.LOST: mark("not answered any more"),
    ChangeKind.OFFERED: mark("other questions offered"),
}
# As a tag of few letters, in the language's own script.
_SHORT = {Language.EN: "EN", Language.ZH_HANS: "简", Language.ZH_HANT: "繁"}
_OWN = {Language.EN: "English", Language.ZH_HANS: "简体中文", Language.ZH_HANT: "繁體中文"}


@dataclass(frozen=True, slots=True)
class Row:
    """One part of an entry that a version changed."""

    title: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class KnowledgeLabels:
    words: Words

    def preset(self, name: str) -> str:
        return self.words(_PRESETS[name])

    def state(self, state: EntryState) -> str:
        return self.words(_STATES[state])

    def tone(self, state: EntryState) -> str:
        """The look of the state's tag."""
        tones = {EntryState.DRAFT: "new", EntryState.REVIEW: "pending", EntryState.LIVE: "good", EntryState.RETIRED: ""}
        return tones[state]

    def shown(self, entry: KnownEntry) -> str:
        """What customers get."""
        if entry.shown is Shown.NOTHING:
            return self.words("Customers do not get it")
        if entry.shown is Shown.VERSION:
            if entry.live == entry.newest:
                return self.words("Customers get this version")
            return self.words("Customers get version {n}", n=entry.live or 0)
        if entry.in_files:
            return self.words("Customers get what the files say")
        return self.words("Customers do not get it yet")

    def fate(self, asked: Asked) -> str:
        return self.words("marked wrong") if asked.is_marked_wrong else self.words(_FATES[asked.fate])

    def kind(self, kind: ChangeKind) -> str:
        return self.words(_KINDS[kind])

    def outcome(self, outcome: Outcome) -> str:
        if outcome.decision == "answer" and outcome.candidate:
            return outcome.candidate.question
        return self.words("offers likely questions") if outcome.decision == "suggest" else self.words("hands over")

    def question(self, content: Content, reader: Language) -> str:
        """In the reader's language, if there is one."""
        near = (reader, Language.ZH_HANS) if reader.is_chinese else (reader,)
        return next((content.wordings[one].question for one in near if one in content.wordings), content.question)

    def ending(self, content: Content, today: date) -> str:
        """That its last day is near or over; empty while it is not."""
        if content.valid_until is None or not content.ends_soon(today):
            return ""
        sentence = mark("ends on {day}") if content.valid_until >= today else mark("ended on {day}")
        return self.words(sentence, day=content.valid_until.isoformat())

    def short(self, language: Language) -> str:
        return _SHORT[language]

    def own(self, language: Language) -> str:
        return _OWN[language]

    def changes(self, before: Content | None, after: Content) -> list[Row]:
        """What an edit changed, part by part; of the first version everything is new."""
        return list(self._changes(before or Content(wordings={}), after))

    def _changes(self, before: Content, after: Content) -> Iterator[Row]:
        for language in Language:
            old, new = before.wordings.get(language), after.wordings.get(language)
            parts = (
                (self.words("Question"), old.question if old else "", new.question if new else ""),
                (self.words("Answer"), old.answer if old else "", new.answer if new else ""),
                (
                    self.words("Phrasings"),
                    "\n".join(old.phrasings) if old else "",
                    "\n".join(new.phrasings) if new else "",
                ),
            )
            for title, one, other in parts:
                if one != other:
                    yield Row(f"{title} ({_OWN[language]})", difference(one, other))
        lists = (
            (self.words("Tags"), ", ".join(before.tags), ", ".join(after.tags)),
            (self.words("Valid from"), _day(before.valid_from), _day(after.valid_from)),
            (self.words("Valid until"), _day(before.valid_until), _day(after.valid_until)),
            (self.words("Review by"), _day(before.review_by), _day(after.review_by)),
            (self.words("Related entries"), ", ".join(before.follow_ups), ", ".join(after.follow_ups)),
        )
        for title, one, other in lists:
            if one != other:
                yield Row(title, difference(one, other))

    def note(self, version: EntryVersion) -> str:
        if version.restores is None:
            return version.note
        back = (
            self.words("Given back to the files")
            if version.restores == 0
            else self.words("Brought version {n} back", n=version.restores)
        )
        return f"{back}: {version.note}" if version.note else back


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
