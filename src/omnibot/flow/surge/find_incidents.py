"""Finds many equal questions in a short time and proposes an incident to the staff. Questions that are equal to those of an
incident join it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.command import recognise
from omnibot.domain.group import GroupRole
from omnibot.domain.surge.incident import Question, State
from omnibot.domain.value import dataclass
from omnibot.faq.gaps import SAME, Cause, group
from omnibot.faq.normalize import normalise
from omnibot.flow.desk import Desk
from omnibot.flow.surge import same_cause
from omnibot.flow.surge.same_cause import NO_SIGNS, Signs, codes_of, common, contradict
from omnibot.log import Log
from omnibot.store import groups, incidents, notices

log = Log(__name__)

MOST_QUESTIONS = 300  # compared with each other; the newest
LEAST_LETTERS = 4  # "??" is no question


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Questions that have come up. `joins` is the incident they belong to; None: a new one."""

    questions: tuple[Question, ...]
    joins: int | None = None


class IncidentFinder:
    """Looks when somebody has come, and only then."""

    def __init__(self) -> None:
        self._seen = 0  # the newest promise at the last look

    async def step(self, desk: Desk, now: datetime) -> list[int]:
        """Look at what people were asked for lately; returns the incidents that were proposed."""
        policy = desk.policy.surge
        newest = await desk.store.read(incidents.newest_promise) if policy.least else self._seen
        if newest == self._seen:
            return []
        fresh, known = await desk.store.read(partial(_look, since=now - policy.window))
        read_signs = _reader_of_signs(desk, now)
        found = _sort(fresh, known, policy.least, read_signs)
        proposed: list[int] = []
        if found:
            proposed = await desk.store.run(partial(_write, desk=desk, found=found, now=now))
        self._seen = newest
        return proposed


async def refresh(desk: Desk, now: datetime) -> None:
    """Read again which incidents are open."""
    await desk.incidents.refresh(desk.store, _reader_of_signs(desk, now))


def _reader_of_signs(desk: Desk, now: datetime) -> Callable[[str], Signs]:
    return partial(_signs_of, desk, now)


def _signs_of(desk: Desk, now: datetime, text: str) -> Signs:
    return same_cause.signs_of(desk.matcher, text, desk.policy, now.date())


def _look(tx: Connection, since: datetime) -> tuple[list[Question], dict[int, list[str]]]:
    """The questions that belong to no incident yet, and what those look like that are proposed, open or were dismissed lately."""
    words = incidents.recent_words(tx, since)
    known = incidents.places(tx, words)
    fresh = []
    for conversation_id, said in words.items():
        question = next((one for one in said if _is_question(one.text)), None)
        if question is not None and question.seq > known.get(conversation_id, 0):
            fresh.append(question)
    if not fresh:
        return [], {}
    live = [State.PROPOSED, State.OPEN]
    lately = [
        one
        for one, _ in incidents.listing(tx, [*live, State.DISMISSED])
        if one.state in live or one.proposed_at >= since
    ]
    return fresh, {one.id: [member.text for member in incidents.members(tx, one.id) if member.text] for one in lately}


def _is_question(text: str) -> bool:
    normalised = normalise(text)
    return len(normalised) >= LEAST_LETTERS and recognise(normalised) is None


def _sort(
    fresh: list[Question], known: dict[int, list[str]], least: int, read_signs: Callable[[str], Signs]
) -> list[_Found]:
    """Which of them join an incident, and which make a new one: by their words, or by signs that hold in every language."""
    causes = {id: Cause(texts) for id, texts in known.items()}
    named = {id: common(map(read_signs, texts)) for id, texts in known.items()}
    found, rest = [], []
    for question in fresh:
        signs = read_signs(question.text)
        likely = (
            (cause.likeness(question.text), id) for id, cause in causes.items() if not contradict(named[id], signs)
        )
        likeness, id = max(likely, default=(0.0, 0))
        joins = id if likeness >= SAME else next((id for id, theirs in named.items() if theirs & signs), None)
        if joins is not None:
            found.append(_Found(questions=(question,), joins=joins))
        else:
            rest.append(question)
    if len(rest) < least:
        return found
    rest = sorted(rest, key=lambda one: one.at, reverse=True)[:MOST_QUESTIONS]
    grown = [[rest[place] for place in one.members] for one in group([one.text for one in rest])]
    alike = [_core(questions) for together in grown for questions in _apart(together, read_signs)]
    many = (one for one in _joined(alike, read_signs) if len({question.contact_id for question in one}) >= least)
    return [*found, *(_Found(questions=tuple(together)) for together in many)]


def _apart(questions: list[Question], read_signs: Callable[[str], Signs]) -> list[list[Question]]:
    """By the product and error code that they name, however alike their words are; who names none is with the most."""
    named: dict[Signs, list[Question]] = {}
    for question in questions:
        named.setdefault(codes_of(read_signs(question.text)), []).append(question)
    unnamed = named.pop(NO_SIGNS, [])
    parts = sorted(named.values(), key=len, reverse=True) or [[]]
    return [[*parts[0], *unnamed], *parts[1:]]


def _joined(groups: list[list[Question]], read_signs: Callable[[str], Signs]) -> list[list[Question]]:
    """Groups of equal words become one where they have a sign in common."""
    made: list[tuple[list[Question], Signs]] = []
    for questions in groups:
        signs = common(read_signs(one.text) for one in questions)
        same = next((one for one in made if one[1] & signs), None)
        if same is None:
            made.append((list(questions), signs))
        else:
            same[0].extend(questions)
    return [questions for questions, _ in made]


def _core(questions: list[Question]) -> list[Question]:
    """Without those that came in by one word: each is near to the rest."""
    if len(questions) < 3:
        return questions
    near = []
    for place, question in enumerate(questions):
        others = Cause([one.text for one in (*questions[:place], *questions[place + 1 :])])
        if others.likeness(question.text) >= SAME:
            near.append(question)
    return near


def _write(tx: Connection, desk: Desk, found: list[_Found], now: datetime) -> list[int]:
    incidents.write_alone(tx)
    asked = [one.conversation_id for alike in found for one in alike.questions]
    known = incidents.places(tx, asked)
    proposed = []
    for alike in found:
        fresh = [one for one in alike.questions if one.seq > known.get(one.conversation_id, 0)]
        if alike.joins is not None:
            for one in fresh:
                incidents.attach(tx, alike.joins, one.conversation_id, seq=one.seq, now=now)
        elif len(fresh) == len(alike.questions):  # else somebody else has found them
            proposed.append(_propose(tx, desk, fresh, now))
    return proposed


def _propose(tx: Connection, desk: Desk, questions: list[Question], now: datetime) -> int:
    id = incidents.propose(tx, now)
    for one in questions:
        incidents.attach(tx, id, one.conversation_id, seq=one.seq, now=now)
    log.warning("incident_proposed", incident=id, questions=len(questions))
    minutes = int(desk.policy.surge.window.total_seconds() // 60)
    for staff in groups.in_force(tx, GroupRole.STAFF):
        words = desk.texts.of(staff.language)
        text = words(
            "🔁 {n} customers asked the same within {minutes} minutes. Answer them all at once: console, Incidents, number {id}.",
            n=len({one.contact_id for one in questions}),
            minutes=minutes,
            id=id,
        )
        notices.add(tx, staff.address, text, now=now)
    return id
