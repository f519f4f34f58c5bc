"""How FAQ entries, their versions, replays and gaps look in the API, and how contents are read from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from omnibot.domain.knowledge import Content, EntryVersion, KnownEntry, Quality, Wording, order
from omnibot.domain.language import Language
from omnibot.flow.knowledge.find_gaps import Gap
from omnibot.flow.knowledge.replay import Outcome, Replay
from omnibot.problem import Problem
from omnibot.web.api.view import ShortText

LanguageTag = Literal["en", "zh-Hans", "zh-Hant"]
Question = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Answer = Annotated[str, Meta(max_length=8_000, pattern=r"^[^\x00]*$")]
Phrasings = Annotated[list[Question], Meta(max_length=200)]
EntryId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$(?!\n)")]
Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]], Meta(max_length=50)]
Note = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
VersionNumber = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class WordingBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    question: Question
    phrasings: Phrasings = []
    answer: Answer = ""


class Wordings(Struct, frozen=True, forbid_unknown_fields=True, rename={"zh_hans": "zh-Hans", "zh_hant": "zh-Hant"}):
    """By language; null takes a language away."""

    en: WordingBody | UnsetType | None = UNSET
    zh_hans: WordingBody | UnsetType | None = UNSET
    zh_hant: WordingBody | UnsetType | None = UNSET


class ContentBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays. Give `wordings`, or the parts of one `language`, as in
    the files. `version` is the newest one that you have seen: if there is a newer one, 409 says whose it is."""

    wordings: Wordings | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    question: Question | UnsetType = UNSET
    phrasings: Phrasings | UnsetType = UNSET
    answer: Answer | UnsetType = UNSET
    tags: list[ShortText] | UnsetType = UNSET
    valid_from: date | UnsetType | None = UNSET
    valid_until: date | UnsetType | None = UNSET
    review_by: date | UnsetType | None = UNSET
    follow_ups: Ids | UnsetType = UNSET
    owner_id: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType | None = UNSET
    note: Note = ""
    version: VersionNumber | None = None


class NewEntry(ContentBody, frozen=True, kw_only=True):
    """An entry begins as a draft. Without `id` one is made from the question."""

    id: EntryId | None = None


class QualityView(Struct, frozen=True):
    """Numbers of questions in the last 30 days."""

    shown: int
    helped: int
    did_not_help: int
    led_to_human: int
    marked_wrong: int


class WordingView(Struct, frozen=True):
    question: str
    phrasings: list[str]
    answer: str


class EntryView(Struct, frozen=True, kw_only=True):
    """The newest version. `state` is how far it has come, `shown` what customers get: a `version` (its number is
    `live_version`), what the operator's `file` says, or `nothing`. `version` is 0 where only the files have the entry."""

    id: str
    state: Literal["draft", "review", "live", "retired"]
    shown: Literal["file", "version", "nothing"]
    version: int
    live_version: int | None
    in_files: bool
    replaced_in_files: bool  # the files have changed since somebody last compared
    question: str  # in the first language
    wordings: dict[str, WordingView]
    tags: list[str]
    valid_from: date | None
    valid_until: date | None
    review_by: date | None
    follow_ups: list[str]
    owner_id: int | None
    owner_name: str | None
    updated_at: datetime | None
    updated_by: str | None
    quality: QualityView


class EntryPage(Struct, frozen=True):
    items: list[EntryView]
    next_cursor: str | None


class VersionView(Struct, frozen=True, kw_only=True):
    version: int
    author: str
    at: datetime
    note: str
    restores: int | None  # the version whose content it brought back; 0: what the files said
    live_at: datetime | None
    live_by: str | None
    wordings: dict[str, WordingView]
    tags: list[str]
    valid_from: date | None
    valid_until: date | None
    review_by: date | None
    follow_ups: list[str]


class VersionPage(Struct, frozen=True):
    items: list[VersionView]
    next_cursor: str | None


class OutcomeView(Struct, frozen=True):
    decision: Literal["answer", "suggest", "abstain"]
    entry_id: str | None
    question: str | None
    score: float | None


class ReplayedView(Struct, frozen=True, kw_only=True):
    text: str
    times: int
    kind: Literal["gained", "reworded", "moved", "lost", "offered"]
    conversation_id: int  # the newest in which it was asked
    before: OutcomeView
    after: OutcomeView


class ReplayView(Struct, frozen=True, kw_only=True):
    """`asked` questions were asked, `different` of them differ; `counts` are questions, each as often as it was asked."""

    version: int
    days: int
    asked: int
    different: int
    is_cut: bool  # there were more than are replayed
    counts: dict[str, int]
    changes: list[ReplayedView]


class GapQuestion(Struct, frozen=True, kw_only=True):
    text: str
    conversation_id: int
    seq: int
    at: datetime
    fate: Literal["answered", "helped", "did_not_help", "offered", "unanswered"]
    entry_id: str | None
    marked_wrong: bool
    led_to_human: bool


class GapView(Struct, frozen=True, kw_only=True):
    """`burden` is conversations x (1 + replies) x (1 + badly_rated)."""

    id: int
    state: Literal["open", "drafted", "dismissed"]
    entry_id: str | None
    question: str
    language: str
    count: int
    conversations: int
    replies: float
    badly_rated: float
    burden: float
    examples: list[GapQuestion]


class GapPage(Struct, frozen=True):
    items: list[GapView]
    next_cursor: str | None


def entry(found: KnownEntry, quality: Quality | None = None) -> EntryView:
    one, seen = found.content, quality or Quality()
    return EntryView(
        id=found.id,
        state=found.state.value,
        shown=found.shown.value,
        version=found.newest,
        live_version=found.live,
        in_files=found.in_files,
        replaced_in_files=found.replaced_in_files,
        question=one.question,
        wordings=wordings(one),
        tags=list(one.tags),
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        review_by=one.review_by,
        follow_ups=list(one.follow_ups),
        owner_id=found.owner_id,
        owner_name=found.owner_name,
        updated_at=found.updated_at,
        updated_by=found.updated_by,
        quality=QualityView(seen.shown, seen.helped, seen.did_not_help, seen.led_to_human, seen.marked_wrong),
    )


def version(found: EntryVersion) -> VersionView:
    one = found.content
    return VersionView(
        version=found.n,
        author=found.author_name,
        at=found.at,
        note=found.note,
        restores=found.restores,
        live_at=found.live_at,
        live_by=found.live_by,
        wordings=wordings(one),
        tags=list(one.tags),
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        review_by=one.review_by,
        follow_ups=list(one.follow_ups),
    )


def wordings(content: Content) -> dict[str, WordingView]:
    return {
        language.value: WordingView(one.question, list(one.phrasings), one.answer)
        for language, one in content.wordings.items()
    }


def replay(found: Replay, version: int) -> ReplayView:
    return ReplayView(
        version=version,
        days=found.days,
        asked=found.asked,
        different=found.different,
        is_cut=found.is_cut,
        counts={kind.value: count for kind, count in found.counts.items()},
        changes=[
            ReplayedView(
                text=one.asked.text,
                times=one.times,
                kind=one.kind.value,
                conversation_id=one.asked.conversation_id,
                before=_outcome(one.before),
                after=_outcome(one.after),
            )
            for one in found.changes
        ],
    )


def gap(found: Gap, *, examples: int = 10) -> GapView:
    return GapView(
        id=found.id,
        state=found.state.value,
        entry_id=found.entry_id,
        question=found.question,
        language=found.language.value,
        count=len(found.asked),
        conversations=found.conversations,
        replies=round(found.replies, 2),
        badly_rated=round(found.badly_rated, 2),
        burden=round(found.burden, 2),
        examples=[
            GapQuestion(
                text=one.text,
                conversation_id=one.conversation_id,
                seq=one.seq,
                at=one.at,
                fate=one.fate.value,
                entry_id=one.entry_id,
                marked_wrong=one.is_marked_wrong,
                led_to_human=one.led_to_human,
            )
            for one in found.asked[:examples]
        ],
    )


def content(body: ContentBody, before: Content) -> Content:
    """The content with what the body says of it. Raises Problem 422."""
    days = {
        name: value
        for name, value in (
            ("valid_from", body.valid_from),
            ("valid_until", body.valid_until),
            ("review_by", body.review_by),
        )
        if value is not UNSET
    }
    changed = replace(
        before,
        wordings=order(_flat(body, _wordings(body, before.wordings))),
        tags=before.tags if body.tags is UNSET else tuple(dict.fromkeys(body.tags)),
        follow_ups=before.follow_ups if body.follow_ups is UNSET else tuple(dict.fromkeys(body.follow_ups)),
        **days,
    )
    if changed.valid_from and changed.valid_until and changed.valid_from > changed.valid_until:
        raise Problem(422, "valid_until is before valid_from")
    if not changed.wordings:
        raise Problem(422, "an entry needs a question in one language at least")
    return changed


def _wordings(body: ContentBody, before: Mapping[Language, Wording]) -> dict[Language, Wording]:
    found = dict(before)
    given = body.wordings or Wordings()
    for language, wording in zip(Language, (given.en, given.zh_hans, given.zh_hant), strict=True):
        if wording is None:
            found.pop(language, None)
        elif wording is not UNSET:
            found[language] = _wording(wording.question, wording.phrasings, wording.answer)
    return found


def _flat(body: ContentBody, found: dict[Language, Wording]) -> dict[Language, Wording]:
    """The parts of one language, as the files have them."""
    given = (body.question, body.phrasings, body.answer)
    if all(part is UNSET for part in given):
        return found
    language = Language(body.language) if body.language is not UNSET else next(iter(found), Language.EN)
    known = found.get(language)
    if known is None and body.question is UNSET:
        raise Problem(422, f"there is no question in {language.value} yet")
    question = body.question if body.question is not UNSET else known.question if known else ""
    phrasings = body.phrasings if body.phrasings is not UNSET else list(known.phrasings) if known else []
    answer = body.answer if body.answer is not UNSET else known.answer if known else ""
    return {**found, language: _wording(question, phrasings, answer)}


def _wording(question: str, phrasings: list[str], answer: str) -> Wording:
    kept = dict.fromkeys(text.strip() for text in phrasings)
    return Wording(question=question.strip(), phrasings=tuple(kept), answer=answer.strip())


def _outcome(found: Outcome) -> OutcomeView:
    best = found.candidate
    if best is None:
        return OutcomeView(found.decision, None, None, None)  # type: ignore[arg-type]  # one of the three
    return OutcomeView(found.decision, best.entry_id, best.question, round(best.score, 4))  # type: ignore[arg-type]
