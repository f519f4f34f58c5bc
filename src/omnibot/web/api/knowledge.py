"""`/faq`: ask the engine what it would say, and why."""

import asyncio
from datetime import UTC
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct

from omnibot.clock import Clock
from omnibot.domain import triage
from omnibot.domain.access import Role
from omnibot.domain.knowledge import Content
from omnibot.domain.language import Language, detect, parse_tag
from omnibot.faq.matcher import Matcher
from omnibot.faq.model import Undecided
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge import find_entries
from omnibot.problem import Problem
from omnibot.web.api import entry_view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing
from omnibot.web.api.entry_view import ContentBody
from omnibot.web.api.view import CandidateView


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    text: Annotated[str, Meta(max_length=10_000)]
    language: Annotated[str, Meta(max_length=35)] | None = None
    # As if the newest version of this entry were live.
    draft: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] | None = None
    # With this put into it, which nobody has saved yet.
    content: ContentBody | None = None


class Judgement(Struct, frozen=True, kw_only=True):
    """What the FAQ alone has for a text; `abstain` is what hands over to people."""

    decision: Literal["answer", "suggest", "abstain"]
    answer: str | None
    language: str
    candidates: list[CandidateView]
    faq_version: str
    answer_threshold: float
    suggest_threshold: float
    answer_margin: float
    calibration: int | None  # the version of the thresholds in force; null: those of the settings
    features: list[str]


class Knowledge:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._tried: tuple[tuple[str, str, Content], Matcher] | None = None  # who edits asks many times in a row

    def endpoints(self) -> list[Endpoint]:
        return [Endpoint("POST", "/faq/ask", Role.AGENT, self.ask, "What the FAQ would answer, and why")]

    async def ask(self, call: Call[Question, Nothing]) -> Judgement:
        text, policy = call.body.text, self._desk.policy
        hint = parse_tag(call.body.language) if call.body.language else None
        language: Language = hint or detect(text, hint=None)
        matcher = await self._with_draft(call.body.draft, call.body.content) if call.body.draft else self._desk.matcher
        asking = partial(matcher.match, text, language=language, today=self._clock.now().astimezone(UTC).date())
        try:
            match = asking(wait=False)
        except Undecided:
            match = await asyncio.to_thread(asking)
        best = match.candidates[0] if match.candidates else None
        decision: Literal["answer", "suggest", "abstain"] = "abstain"
        if triage.is_sure(match.candidates, policy):
            decision = "answer"
        elif best and best.score >= policy.suggest_threshold:
            decision = "suggest"
        return Judgement(
            decision=decision,
            answer=best.answer if best and decision == "answer" else None,
            language=language.value,
            candidates=[CandidateView(c.entry_id, c.question, round(c.score, 4)) for c in match.candidates],
            faq_version=match.version,
            answer_threshold=policy.answer_threshold,
            suggest_threshold=policy.suggest_threshold,
            answer_margin=policy.answer_margin,
            calibration=policy.calibration,
            features=list(best.features) if best else [],
        )

    async def _with_draft(self, id: str, typed: ContentBody | None) -> Matcher:
        knowledge = self._desk.knowledge
        entry = await self._desk.store.read(partial(find_entries.one, knowledge=knowledge, id=id))
        if entry is None:
            raise Problem(404, "draft: there is no such entry")
        content = entry_view.content(typed, entry.content) if typed else entry.content
        key = (knowledge.base.version, id, content)
        if self._tried is None or self._tried[0] != key:
            self._tried = (key, await asyncio.to_thread(Matcher, knowledge.with_entry(id, content)))
        return self._tried[1]
