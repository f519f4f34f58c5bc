"""What the bot decides, as a table; and that it never raises and never answers while people have the conversation."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.domain import triage
from omnibot.domain.calendar import always_open
from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.command import Command, Greeting, No, TalkToPerson, Thanks, WhereIsMyCase, Yes
from omnibot.domain.conversation import BotState, Conversation, HandoffReason, Status
from omnibot.domain.decision import (
    DID_NOT_HELP,
    ENTRY,
    HELPED,
    PERSON,
    Acknowledge,
    Answer,
    AskAgain,
    Decision,
    FollowTicket,
    Greet,
    HandOff,
    LatePress,
    PassOn,
    ReopenTicket,
    ShowCases,
    Suggest,
    needs_bot,
)
from omnibot.domain.form import FORM
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.policy import Policy
from omnibot.domain.ticket import Priority, Ticket, TicketStatus
from omnibot.domain.triage import Understanding

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(
    automatic_per_hour=30,
    answer_threshold=0.6,
    suggest_threshold=0.3,
    team="the team",
    calendar=always_open(ZoneInfo("UTC")),
    first_reply=timedelta(minutes=10),
    next_reply=timedelta(minutes=30),
    resolution=dict.fromkeys(Priority, DAY),
    reopen_window=14 * DAY,
    close_after=7 * DAY,
)


def candidate(id: str, score: float) -> Candidate:
    return Candidate(entry_id=id, question=id, answer=id, score=score, features=(id,), language=Language.EN)


def found(*scores: float) -> Understanding:
    """The FAQ proposes entries a, b, c ... with these scores."""
    return Understanding(
        language=Language.EN, match=Match(version="v", candidates=tuple(map(candidate, "abcdefgh", scores)))
    )


def said(command: Command) -> Understanding:
    return Understanding(language=Language.EN, command=command)


def conversation(status: Status = Status.BOT, bot: BotState | None = None) -> Conversation:
    return Conversation(
        id=1,
        contact_id=1,
        address=Address(channel="webchat", chat="a"),
        status=status,
        epoch=1,
        last_seq=1,
        language=Language.EN,
        created_at=NOW,
        agent_id=1 if status is Status.OPEN else None,
        bot=bot or BotState(),
    )


def ticket(id: int = 1, status: TicketStatus = TicketStatus.RESOLVED, resolved_ago: timedelta = DAY) -> Ticket:
    return Ticket(
        id=id,
        number=f"1000{id}4",
        contact_id=1,
        conversation_id=1,
        subject="Leak",
        category=None,
        priority=Priority.NORMAL,
        status=status,
        opened_at=NOW - 30 * DAY,
        resolved_at=NOW - resolved_ago,
    )


def decide(
    understanding: Understanding,
    *,
    status: Status = Status.BOT,
    bot: BotState | None = None,
    tickets: tuple[Ticket, ...] = (),
) -> Decision:
    return triage.decide(conversation(status, bot), understanding, tickets, POLICY, NOW)


A, B, C = candidate("a", 0.6), candidate("b", 0.5), candidate("c", 0.4)
ONE_FAILURE, SUGGESTED = BotState(failures=1), BotState(failures=1, suggested=True)


@pytest.mark.parametrize("status", [Status.BOT, Status.CLOSED])
@pytest.mark.parametrize(
    ("understanding", "bot", "decision"),
    [
        pytest.param(found(0.6), None, Answer(candidate=A), id="sure: at the threshold already"),
        pytest.param(found(0.6, 0.59), ONE_FAILURE, Answer(candidate=A), id="sure after a failure"),
        pytest.param(found(0.59, 0.5), None, Suggest(candidates=(candidate("a", 0.59), B)), id="unsure"),
        pytest.param(
            found(0.59, 0.5, 0.4, 0.3), None, Suggest(candidates=(candidate("a", 0.59), B, C)), id="unsure of many"
        ),
        pytest.param(found(0.5, 0.29), None, Suggest(candidates=(candidate("a", 0.5),)), id="unsure of one"),
        pytest.param(found(0.5), SUGGESTED, HandOff(reason=HandoffReason.SECOND_FAILURE), id="unsure twice"),
        pytest.param(found(0.5), ONE_FAILURE, HandOff(reason=HandoffReason.SECOND_FAILURE), id="unsure after no"),
        pytest.param(found(0.29), None, HandOff(reason=HandoffReason.NO_MATCH), id="nothing near"),
        pytest.param(found(), None, HandOff(reason=HandoffReason.NO_MATCH), id="nothing"),
        pytest.param(
            found(0.9), BotState(unhelpful=("a",)), HandOff(reason=HandoffReason.SECOND_FAILURE), id="did not help"
        ),
        pytest.param(
            found(0.5), BotState(unhelpful=("a",)), HandOff(reason=HandoffReason.NO_MATCH), id="only what did not help"
        ),
        pytest.param(said(TalkToPerson()), None, HandOff(reason=HandoffReason.ASKED), id="a person, please"),
        pytest.param(
            Understanding(language=Language.EN, choice=PERSON),
            None,
            HandOff(reason=HandoffReason.ASKED),
            id="person button",
        ),
        pytest.param(
            Understanding(language=Language.EN, failed=True),
            None,
            HandOff(reason=HandoffReason.BOT_ERROR),
            id="bot broke",
        ),
        pytest.param(
            Understanding(language=Language.EN, choice="entry:a", pressed=A),
            SUGGESTED,
            Answer(candidate=A),
            id="choice pressed",
        ),
        pytest.param(
            Understanding(language=Language.EN, choice="entry:a", failed=True),
            None,
            HandOff(reason=HandoffReason.BOT_ERROR),
            id="withdrawn",
        ),
        pytest.param(Understanding(language=Language.EN, choice=HELPED), None, Acknowledge(), id="helped"),
        pytest.param(said(Yes()), None, Acknowledge(), id="yes"),
        pytest.param(said(Thanks()), ONE_FAILURE, Acknowledge(), id="thanks"),
        pytest.param(said(Greeting()), None, Greet(), id="hello"),
        pytest.param(
            Understanding(language=Language.EN, choice=DID_NOT_HELP), None, AskAgain(), id="did not help, once"
        ),
        pytest.param(said(No()), None, AskAgain(), id="no, once"),
        pytest.param(said(No()), ONE_FAILURE, HandOff(reason=HandoffReason.SECOND_FAILURE), id="no, twice"),
        pytest.param(said(WhereIsMyCase()), None, ShowCases(tickets=()), id="where is my case"),
    ],
)
def test_the_bot_decides(
    status: Status, understanding: Understanding, bot: BotState | None, decision: Decision
) -> None:
    assert decide(understanding, status=status, bot=bot) == decision


@pytest.mark.parametrize("status", [Status.QUEUED, Status.OPEN])
@pytest.mark.parametrize(
    "understanding",
    [
        found(0.9),
        found(0.5),
        found(),
        said(TalkToPerson()),
        said(Thanks()),
        said(No()),
        Understanding(language=Language.EN, failed=True),
    ],
)
def test_while_people_have_it_everything_is_passed_on(status: Status, understanding: Understanding) -> None:
    assert decide(understanding, status=status) == PassOn()


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("choice", [HELPED, DID_NOT_HELP, PERSON, f"{ENTRY}e4", f"{FORM}repair:begin"])
def test_a_button_of_the_bots_does_nothing_exactly_while_people_have_it(status: Status, choice: str) -> None:
    understanding = Understanding(language=Language.EN, choice=choice)
    is_late = decide(understanding, status=status) == LatePress()
    assert needs_bot(choice)
    assert is_late == (status in (Status.QUEUED, Status.OPEN))


@pytest.mark.parametrize("choice", ["plan_agree:12:1:4", "report_no:12:1:4", "slot:12:1:0", "rate:3:5", "back:call"])
def test_a_button_that_is_no_business_of_the_bots_works_whoever_has_it(choice: str) -> None:
    understanding = Understanding(language=Language.EN, choice=choice)
    made = {status: decide(understanding, status=status) for status in Status}
    assert not needs_bot(choice)
    assert len(set(made.values())) == 1
    assert not isinstance(made[Status.OPEN], PassOn | LatePress)


RESOLVED = BotState(resolved_ticket=1)


@pytest.mark.parametrize(
    ("understanding", "objects"),
    [
        pytest.param(
            Understanding(language=Language.EN, match=Match(version="v", candidates=()), persists=True),
            True,
            id="still broken",
        ),
        pytest.param(found(0.9), False, id="a clear new question"),
        pytest.param(
            Understanding(
                language=Language.EN, match=Match(version="v", candidates=(candidate("a", 0.9),)), persists=True
            ),
            True,
            id="still broken, in the words of a question",
        ),
        pytest.param(found(0.5), True, id="something unclear"),
        pytest.param(said(No()), True, id="no"),
        pytest.param(said(Thanks()), False, id="thanks"),
        pytest.param(said(Yes()), False, id="yes"),
        pytest.param(said(Greeting()), False, id="hello"),
        pytest.param(said(TalkToPerson()), False, id="a person, please"),
        pytest.param(Understanding(language=Language.EN, choice=DID_NOT_HELP), False, id="a button of another answer"),
    ],
)
def test_what_is_an_objection_to_a_resolved_ticket(understanding: Understanding, objects: bool) -> None:
    decision = decide(understanding, bot=RESOLVED, tickets=(ticket(),))
    assert (decision == ReopenTicket(ticket=ticket())) is objects


@pytest.mark.parametrize(
    ("status", "ago", "kind"),
    [
        (TicketStatus.RESOLVED, 14 * DAY, ReopenTicket),
        (TicketStatus.RESOLVED, 14 * DAY + timedelta(microseconds=1), FollowTicket),
        (TicketStatus.CLOSED, DAY, FollowTicket),
    ],
)
def test_an_objection_reopens_within_the_window_and_follows_after_it(
    status: TicketStatus, ago: timedelta, kind: type
) -> None:
    decision = decide(said(No()), bot=RESOLVED, tickets=(ticket(status=status, resolved_ago=ago),))
    assert isinstance(decision, kind)


def test_a_ticket_that_is_open_again_is_not_objected_to() -> None:
    assert decide(said(No()), bot=RESOLVED, tickets=(ticket(status=TicketStatus.OPEN),)) == AskAgain()


def test_cases_are_the_open_ones_else_the_newest_else_the_one_asked_for() -> None:
    new, old, closed = ticket(3, TicketStatus.OPEN), ticket(2), ticket(1, TicketStatus.CLOSED)
    assert decide(said(WhereIsMyCase()), tickets=(new, old, closed)) == ShowCases(tickets=(new,))
    assert decide(said(WhereIsMyCase()), tickets=(old, closed)) == ShowCases(tickets=(old,))
    assert decide(said(WhereIsMyCase(closed.number)), tickets=(new, old, closed)) == ShowCases(tickets=(closed,))
    assert decide(said(WhereIsMyCase("999999")), tickets=(new, old, closed)) == ShowCases(tickets=())


COMMANDS = [TalkToPerson(), WhereIsMyCase(), WhereIsMyCase("100014"), Thanks(), Greeting(), Yes(), No()]
scores = st.lists(st.floats(0, 1), max_size=5).map(lambda found: sorted(found, reverse=True))
matches = st.builds(lambda s: Match(version="v", candidates=tuple(map(candidate, "abcde", s))), scores)
understandings = st.builds(
    Understanding,
    command=st.none() | st.sampled_from(COMMANDS),
    match=st.none() | matches,
    pressed=st.none() | st.just(A),
    choice=st.none() | st.sampled_from([HELPED, DID_NOT_HELP, PERSON, "entry:a", "unknown"]),
    persists=st.booleans(),
    failed=st.booleans(),
)
bots = st.builds(
    BotState,
    failures=st.integers(0, 3),
    suggested=st.booleans(),
    last_entry=st.none() | st.sampled_from("ab"),
    unhelpful=st.lists(st.sampled_from("abc"), max_size=3).map(tuple),
    resolved_ticket=st.none() | st.integers(1, 3),
)
known = st.lists(
    st.builds(
        ticket,
        id=st.integers(1, 3),
        status=st.sampled_from(TicketStatus),
        resolved_ago=st.integers(0, 30).map(lambda n: n * DAY),
    ),
    max_size=3,
).map(tuple)


@settings(max_examples=500, deadline=None)
@given(understandings, st.sampled_from(Status), bots, known)
def test_whatever_is_said_there_is_a_decision_and_people_are_not_talked_over(
    understanding: Understanding, status: Status, bot: BotState, tickets: tuple[Ticket, ...]
) -> None:
    decision = decide(understanding, status=status, bot=bot, tickets=tickets)
    following = triage.after(decision, bot)
    assert triage.explain(decision, understanding, POLICY).decision
    if status in (Status.QUEUED, Status.OPEN):
        assert isinstance(decision, PassOn | LatePress | ShowCases | ReopenTicket | FollowTicket)
        assert following == bot or isinstance(decision, ReopenTicket | FollowTicket)
    if isinstance(decision, Suggest):
        assert 1 <= len(decision.candidates) <= POLICY.suggestions
    assert following.failures <= max(bot.failures, POLICY.failures_before_handoff)


@settings(max_examples=200, deadline=None)
@given(st.lists(understandings, min_size=12, max_size=12))
def test_the_bot_never_goes_round_in_circles(talk: list[Understanding]) -> None:
    """Unless somebody is content or asks something that is known, people have it after two failures."""
    bot, failures = BotState(), 0
    for understanding in talk:
        decision = decide(understanding, bot=bot)
        if isinstance(decision, HandOff):
            return
        if isinstance(decision, Acknowledge):
            failures = 0
        failures += isinstance(decision, Suggest | AskAgain)
        assert failures < POLICY.failures_before_handoff
        bot = triage.after(decision, bot)
