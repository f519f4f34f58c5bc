"""Which agent gets what waits, and in which order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from omnibot.domain.assignment import Agent, Waiting, choose, drain, in_turn
from omnibot.domain.rules import AgentProfile, Rules, Team, Tier
from tests.office import MONDAY

RULES = Rules(
    tiers=(Tier(name="vip", lane=1),),
    teams=(
        Team(name="repairs", members=("ada@x", "bo@x"), overflow="office", hours={"mon": ("08:00-12:00",)}),
        Team(name="office", members=("cy@x",), overflow="repairs"),
    ),
    agents=(
        AgentProfile(email="ada@x", skills=("repair",), languages=("en",), capacity=2),
        AgentProfile(email="bo@x", capacity=4),
    ),
)
ADA, BO, CY = (
    Agent(id=n, email=f"{name.lower()}@x", name=name, load=0) for n, name in enumerate(("Ada", "Bo", "Cy"), start=1)
)
ONE = Waiting(conversation_id=1, due_at=MONDAY, waiting_since=MONDAY, language="en", category="repair", team="repairs")


@pytest.mark.parametrize(
    ("agents", "change", "chosen"),
    [
        ([ADA, BO, CY], {}, "Ada"),
        ([replace(ADA, load=1), BO, CY], {}, "Bo"),  # half full against empty
        ([replace(ADA, load=1), replace(BO, load=3), CY], {}, "Ada"),
        ([replace(ADA, load=2), replace(BO, load=4), CY], {}, "Cy"),  # overflow
        ([replace(ADA, is_away=True), BO, CY], {}, "Bo"),
        ([ADA, BO, CY], {"category": "billing"}, "Bo"),
        ([ADA, BO, CY], {"language": "zh-Hans"}, "Bo"),
        ([ADA, BO, CY], {"known_agent_id": 2}, "Bo"),
        ([ADA, replace(BO, is_away=True), CY], {"known_agent_id": 2}, "Ada"),
        ([ADA, BO, CY], {"team": "office"}, "Cy"),
        ([ADA, BO, replace(CY, is_away=True)], {"team": "office"}, "Ada"),
        ([CY], {"team": None}, "Cy"),
        ([], {}, None),
        ([replace(one, is_away=True) for one in (ADA, BO, CY)], {}, None),
    ],
)
def test_the_fitting_agent_with_most_room_gets_it(
    agents: list[Agent], change: dict[str, object], chosen: str | None
) -> None:
    found = choose(replace(ONE, **change), RULES, agents, MONDAY)  # type: ignore[arg-type]
    assert (found.agent.name if found.agent else None) == chosen


def test_off_duty_is_off_duty_and_said_so() -> None:
    found = choose(ONE, RULES, [ADA, BO], MONDAY + timedelta(hours=4))
    assert found.agent is None
    assert found.why_not == {"ada@x": "is off duty", "bo@x": "is off duty", "cy@x": "has no account"}


def test_every_reason_is_kept() -> None:
    agents = [replace(ADA, load=2), replace(BO, is_away=True), CY]
    found = choose(ONE, RULES, agents, MONDAY)
    assert found.why_not == {"ada@x": "has 2 already", "bo@x": "is away"}


def test_the_oldest_promise_goes_first_and_nobody_overfills() -> None:
    waiting = [
        replace(ONE, conversation_id=n, due_at=MONDAY - timedelta(minutes=n), team="repairs") for n in range(1, 9)
    ]
    given = drain(waiting, RULES, [ADA, BO], MONDAY)
    assert [one.conversation_id for one, _ in given] == [8, 7, 6, 5, 4, 3]
    names = [found.agent.name for _, found in given if found.agent]
    assert (names.count("Ada"), names.count("Bo")) == (2, 4)


def test_a_better_lane_goes_first_until_somebody_has_waited_too_long() -> None:
    plain = replace(ONE, conversation_id=1, due_at=MONDAY)
    vip = replace(ONE, conversation_id=2, tier="vip", due_at=MONDAY + timedelta(hours=5))
    assert [one.conversation_id for one in in_turn([plain, vip], RULES, MONDAY)] == [2, 1]
    later = MONDAY + timedelta(minutes=65)
    newer_vip = replace(vip, waiting_since=later)
    assert [one.conversation_id for one in in_turn([plain, newer_vip], RULES, later)] == [1, 2]
