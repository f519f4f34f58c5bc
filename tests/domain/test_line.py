"""Several teams and tiers: who stands in one line with somebody, and how fast that line moves."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.domain.assignment import Agent, Waiting, in_turn
from omnibot.domain.rules import AgentProfile, Rules, Team, Tier
from omnibot.domain.surge.line import absent, crew, in_line_with, measured
from omnibot.domain.surge.wait import Pace, Waited, pace

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
VIP = Tier(name="vip", lane=1)


def rules(*teams: Team) -> Rules:
    return Rules(teams=teams, tiers=(VIP,))


def team(name: str, *members: str, overflow: str | None = None, length: int | None = None) -> Team:
    return Team(name=name, members=members, overflow=overflow, overflow_length=length)


def stands(id: int, team: str | None = None, tier: str | None = None) -> Waiting:
    since = NOW - timedelta(minutes=30 - id)
    return Waiting(conversation_id=id, due_at=since, waiting_since=since, language="en", team=team, tier=tier)


def agent(id: int, email: str, *, is_away: bool = False) -> Agent:
    return Agent(id=id, email=email, name=email, load=0, is_away=is_away)


def waited(begin: float, end: float | None, by: int | None, *, lane: int = 2, of: int = 0) -> Waited:
    """Minutes before now."""
    ended_at = None if end is None else NOW - timedelta(minutes=end)
    started_at = NOW - timedelta(minutes=begin)
    return Waited(started_at=started_at, ended_at=ended_at, agent_id=by, lane=lane, conversation_id=of)


def ids(line: list[Waiting]) -> list[int]:
    return [one.conversation_id for one in line]


def test_teams_of_their_own_have_lines_of_their_own() -> None:
    both = rules(team("sales", "a@x"), team("repairs", "b@x"))
    queue = [stands(1, "sales"), stands(2, "repairs"), stands(3, "sales")]
    assert ids(in_line_with(queue[2], queue, both)) == [1, 3]
    assert ids(in_line_with(queue[1], queue, both)) == [2]


def test_teams_that_share_somebody_share_a_line() -> None:
    three = rules(
        team("sales", "a@x", "B@x"), team("repairs", "b@x", "c@x"), team("parts", "C@X"), team("press", "d@x")
    )
    assert {one.name for one in crew(three, "sales")} == {"sales", "repairs", "parts"}
    assert {one.name for one in crew(three, "press")} == {"press"}


def test_whom_no_rule_gives_to_a_team_waits_with_everybody() -> None:
    both = rules(team("sales", "a@x"), team("repairs", "b@x"))
    queue = [stands(1, "sales"), stands(2), stands(3, "repairs")]
    assert ids(in_line_with(queue[1], queue, both)) == [1, 2, 3]
    assert ids(in_line_with(queue[0], queue, both)) == [1, 2]


def test_who_overflows_to_a_team_stands_in_its_line_and_not_the_other_way_round() -> None:
    both = rules(team("sales", "a@x", overflow="repairs"), team("repairs", "b@x"))
    queue = [stands(1, "sales"), stands(2, "repairs")]
    assert ids(in_line_with(queue[1], queue, both)) == [1, 2]
    assert ids(in_line_with(queue[0], queue, both)) == [1]


def test_a_team_with_a_limit_sends_only_what_is_beyond_it() -> None:
    both = rules(team("sales", "a@x", overflow="repairs", length=1), team("repairs", "b@x"))
    queue = [stands(1, "sales"), stands(2, "sales"), stands(3, "repairs")]
    assert ids(in_line_with(queue[2], queue, both, offered={2})) == [2, 3]
    assert ids(in_line_with(queue[2], queue, both)) == [3]


def test_a_line_is_measured_by_its_own_people_and_by_who_waits_in_it() -> None:
    both = rules(team("sales", "a@x"), team("repairs", "b@x"))
    queue = [stands(7, "repairs"), stands(8, "sales")]
    people = [agent(1, "A@x"), agent(2, "b@x")]
    waits = [waited(60, 50, 1), waited(60, 10, 2), waited(30, None, None, of=7), waited(30, None, None, of=8)]
    waits.append(waited(50, 45, None))  # gave up
    line = in_line_with(queue[0], queue, both)
    assert measured(waits, line, people, crew(both, "repairs")) == [waits[1], waits[2]]


def test_who_is_away_or_off_duty_or_in_another_team_is_absent() -> None:
    both = Rules(
        teams=(team("sales", "a@x", "b@x", "c@x"), team("repairs", "d@x")),
        agents=(AgentProfile(email="c@x", hours={"sun": ("00:00-24:00",)}),),
    )
    people = [agent(1, "a@x"), agent(2, "b@x", is_away=True), agent(3, "c@x"), agent(4, "d@x")]
    assert absent(people, crew(both, "sales"), both, NOW) == {2, 3, 4}


def test_a_better_lane_slows_the_others_and_not_the_other_way_round() -> None:
    # Somebody waited for an hour without a break; ten were answered, five of them VIPs.
    waits = [waited(60 - 6 * n, 54 - 6 * n, 1, lane=1 + n % 2) for n in range(10)]
    assert pace(waits, frozenset(), NOW, lane=1) == Pace(each=timedelta(minutes=6))
    assert pace(waits, frozenset(), NOW, lane=2) == Pace(each=timedelta(minutes=12))
    assert pace(waits[1:], frozenset(), NOW, lane=2) is not None
    assert pace(waits[2:], frozenset(), NOW, lane=2) is None


emails = st.sampled_from(["a@x", "b@x", "c@x", "d@x"])
names = ("one", "two", "three")
some_rules = st.tuples(
    *(
        st.builds(
            team,
            st.just(name),
            emails,
            overflow=st.sampled_from([None, *(other for other in names if other != name)]),
            length=st.sampled_from([None, 1]),
        )
        for name in names
    )
).map(lambda teams: rules(*teams))
queues = st.lists(
    st.tuples(st.sampled_from([None, *names]), st.sampled_from([None, "vip"])), min_size=1, max_size=8
).map(lambda drawn: [stands(n, *each) for n, each in enumerate(drawn, start=1)])


@settings(max_examples=300, deadline=None)
@given(some_rules, queues, st.sets(st.integers(1, 8)), st.data())
def test_one_stands_in_ones_own_line_and_strangers_move_nobody(
    known: Rules, queue: list[Waiting], offered: set[int], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(queue))
    line = in_line_with(one, queue, known, offered)
    own = {member for found in crew(known, one.team) for member in found.members}
    assert one in line
    # Whoever may be given to one of these people stands in the line, and nobody else.
    for other in queue:
        theirs = {member for found in crew(known, other.team) for member in found.members}
        assert other in line or not theirs & own
    # A place never gets worse when a queue with which nothing is shared grows.
    stranger = [other for other in queue if other not in line]
    alone = in_line_with(one, [other for other in queue if other not in stranger], known, offered)
    assert in_turn(alone, known, NOW).index(one) == in_turn(line, known, NOW).index(one)


instants = st.tuples(st.integers(0, 118), st.integers(1, 60), st.sampled_from([1, 2, 3]), st.sampled_from([1, 2]))


@settings(max_examples=300, deadline=None)
@given(st.lists(instants, max_size=30))
def test_no_lane_is_faster_than_a_better_one(drawn: list[tuple[int, int, int, int]]) -> None:
    waits = [waited(begin + long, begin, by, lane=lane) for begin, long, by, lane in drawn]
    best, other = pace(waits, frozenset(), NOW, lane=1), pace(waits, frozenset(), NOW, lane=2)
    if other is not None:
        assert best is not None
        assert best.each <= other.each
