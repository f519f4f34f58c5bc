"""`/faq/thresholds`: from which score on the bot answers, found by one's own examples, applied for all processes, taken back."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.calibration import Calibration
from omnibot.domain.policy import PRESETS, Thresholds
from omnibot.doorbell import Changed
from omnibot.faq.calibrate import Asked
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge import set_thresholds
from omnibot.flow.knowledge.set_thresholds import Counted, Example, Outdated, Trial
from omnibot.problem import Problem
from omnibot.store import faq_calibrations
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act
from omnibot.web.api.entries import CHANGED, KNOWLEDGE
from omnibot.web.api.entry_view import Note, VersionNumber

VERSIONS = 30
SHOWN = 100  # of each kind of example that a trial lists

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Text = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
EntryName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Wanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question with the entry that answers it."""

    text: Text
    entry_id: EntryName


class Examples(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`allow` is the share of `must_not_answer` that may be answered all the same. Nothing of it is stored."""

    must_not_answer: Annotated[list[Text], Meta(min_length=1, max_length=2_000)]
    should_answer: Annotated[list[Wanted], Meta(max_length=2_000)] = []
    allow: Share = 0.0


class NewThresholds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is offered is not above what is answered. `version` is the newest one that you have seen (0: none): if there is a
    newer one, 409 says whose it is. The numbers of examples are only remembered."""

    answer: Share
    suggest: Share
    margin: Share
    must_not_answer: Count = 0
    should_answer: Count = 0
    note: Note = ""
    version: VersionNumber | None = None


class RollBack(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`to` is the version to bring back; 0: what the settings say."""

    to: VersionNumber
    note: Note = ""
    version: VersionNumber | None = None


class ThresholdsView(Struct, frozen=True, kw_only=True):
    answer: float
    suggest: float
    margin: float


class CalibrationView(Struct, frozen=True, kw_only=True):
    """`thresholds` is null where those of the settings decide again."""

    version: int
    thresholds: ThresholdsView | None
    must_not_answer: int
    should_answer: int
    note: str
    restores: int | None
    author: str
    at: datetime


class InForceView(Struct, frozen=True, kw_only=True):
    """`calibration` is the version whose thresholds are in force, and win over `settings`; null: the settings decide."""

    in_force: ThresholdsView
    calibration: int | None
    settings: ThresholdsView
    presets: dict[str, ThresholdsView]
    versions: list[CalibrationView]  # the newest first


class RehearsedView(Struct, frozen=True, kw_only=True):
    """Shares of the entries' own phrasings, each asked of models that were made without it."""

    right: float
    wrong: float


class RowView(Struct, frozen=True, kw_only=True):
    """What becomes of the examples. `rehearsed` is null where that is not known (yet)."""

    thresholds: ThresholdsView
    false_answers: int
    right: int
    wrong: int
    rehearsed: RehearsedView | None


class AskedView(Struct, frozen=True, kw_only=True):
    """`found` is the best entry, with its score and its lead over the next one; null: none was near."""

    text: str
    entry_id: str | None
    found: str | None
    score: float
    lead: float
    is_answered: bool


class TrialView(Struct, frozen=True, kw_only=True):
    """`found` is null where even the strictest thresholds answer too much; the lists are then of those. They end at 100.
    Examples of `unknown_entries` were left out. `version` is the newest calibration, to be named when this is applied."""

    must_not_answer: int
    should_answer: int
    rehearsed: int
    rows: dict[str, RowView]
    found: RowView | None
    falsely_answered: list[AskedView]
    missed: list[AskedView]
    lost: list[AskedView]
    unknown_entries: list[str]
    version: int


class ThresholdCalls:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._turn = asyncio.Lock()  # a trial takes a processor

    def endpoints(self) -> list[Endpoint]:
        path = "/faq/thresholds"
        return [
            Endpoint("GET", path, Role.AGENT, self.get, "From which score on the bot answers, and who set that"),
            Endpoint(
                "POST",
                f"{path}/trial",
                Role.SUPERVISOR,
                self.try_out,
                "Which thresholds follow from examples, and what they give up; nothing changes",
            ),
            act(path, Role.SUPERVISOR, self.apply, "Answer from these on, in every process"),
            act(
                f"{path}/rollback",
                Role.SUPERVISOR,
                self.roll_back,
                "Bring back thresholds of before, or those of the settings",
            ),
        ]

    async def get(self, _: Call[Nothing, Nothing]) -> InForceView:
        return await self._in_force()

    async def _in_force(self) -> InForceView:
        standing = self._desk.standing
        versions = await self._desk.store.read(partial(faq_calibrations.listing, limit=VERSIONS))
        return InForceView(
            in_force=_thresholds(standing.policy.thresholds),
            calibration=standing.policy.calibration,
            settings=_thresholds(standing.settled.thresholds),
            presets={name: _thresholds(preset) for name, preset in PRESETS.items()},
            versions=[_calibration(one) for one in versions],
        )

    async def try_out(self, call: Call[Examples, Nothing]) -> TrialView:
        body = call.body
        known = {entry.id for entry in self._desk.knowledge.base.entries}
        examples = [Example(text=text, entry_id=None) for text in body.must_not_answer]
        examples += [
            Example(text=one.text, entry_id=one.entry_id) for one in body.should_answer if one.entry_id in known
        ]
        async with self._turn:
            trial = await set_thresholds.look_ahead(self._desk, examples, allowed=body.allow)
        newest = await self._desk.store.read(faq_calibrations.newest)
        unknown = sorted({one.entry_id for one in body.should_answer} - known)
        return _trial(trial, unknown, newest.n if newest else 0)

    async def apply(self, call: Call[NewThresholds, Nothing]) -> InForceView:
        body = call.body
        return await self._set(
            partial(
                set_thresholds.apply,
                thresholds=Thresholds(answer=body.answer, suggest=min(body.suggest, body.answer), margin=body.margin),
                by=call.user,
                now=self._clock.now(),
                seen=body.version,
                note=body.note,
                forbidden=body.must_not_answer,
                wanted=body.should_answer,
            ),
        )

    async def roll_back(self, call: Call[RollBack, Nothing]) -> InForceView:
        body = call.body

        def bring_back(tx: Connection) -> Calibration | Outdated | None:
            return set_thresholds.roll_back(
                tx, body.to, by=call.user, now=self._clock.now(), seen=body.version, note=body.note
            )

        return await self._set(bring_back)

    async def _set(self, setting: Callable[[Connection], Calibration | Outdated | None]) -> InForceView:
        """This process at once, the others with their next look; open consoles draw themselves anew."""
        result = await self._desk.store.run(setting)
        if result is None:
            raise Problem(404, "there is no such version")
        if isinstance(result, Outdated):
            newest = result.newest
            raise Problem(
                409,
                f"{newest.author_name} has set the thresholds meanwhile; nothing was changed",
                kind=CHANGED,
                author=newest.author_name,
                version=newest.n,
                at=newest.at,
            )
        await self._desk.knowledge.refresh()
        self._desk.doorbell.publish(Changed(KNOWLEDGE, 0))
        return await self._in_force()


def _thresholds(found: Thresholds) -> ThresholdsView:
    return ThresholdsView(answer=found.answer, suggest=found.suggest, margin=found.margin)


def _calibration(found: Calibration) -> CalibrationView:
    return CalibrationView(
        version=found.n,
        thresholds=_thresholds(found.thresholds) if found.thresholds else None,
        must_not_answer=found.forbidden,
        should_answer=found.wanted,
        note=found.note,
        restores=found.restores,
        author=found.author_name,
        at=found.at,
    )


def _trial(trial: Trial, unknown: list[str], version: int) -> TrialView:
    def asked(found: Sequence[Asked]) -> list[AskedView]:
        return [_asked(one, trial.after) for one in found[:SHOWN]]

    return TrialView(
        must_not_answer=trial.forbidden,
        should_answer=trial.wanted,
        rehearsed=trial.rehearsed,
        rows={name: _row(row) for name, row in trial.rows.items()},
        found=_row(trial.found) if trial.found else None,
        falsely_answered=asked(trial.falsely),
        missed=asked(trial.missed),
        lost=asked(trial.lost),
        unknown_entries=unknown[:SHOWN],
        version=version,
    )


def _row(row: Counted) -> RowView:
    rehearsed = row.rehearsed
    return RowView(
        thresholds=_thresholds(row.thresholds),
        false_answers=row.false_answers,
        right=row.right,
        wrong=row.wrong,
        rehearsed=RehearsedView(right=round(rehearsed.right, 4), wrong=round(rehearsed.wrong, 4))
        if rehearsed
        else None,
    )


def _asked(one: Asked, thresholds: Thresholds) -> AskedView:
    return AskedView(
        text=one.text,
        entry_id=one.expected,
        found=one.found,
        score=round(one.score, 4),
        lead=round(one.margin, 4),
        is_answered=one.is_answered(thresholds),
    )
