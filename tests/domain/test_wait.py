"""How long somebody waits is measured or not said, and "how long?" is heard as what it is."""

from datetime import UTC, datetime, timedelta

import pytest

from omnibot.domain.surge.wait import Pace, Waited, asks_how_long, expected, pace
from omnibot.faq.normalize import normalise

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOBODY: frozenset[int] = frozenset()


def waited(begin: float, end: float | None, by: int | None = 1) -> Waited:
    """Minutes before now."""
    return Waited(
        started_at=NOW - timedelta(minutes=begin),
        ended_at=None if end is None else NOW - timedelta(minutes=end),
        agent_id=by,
    )


def test_the_pace_is_time_with_people_waiting_over_replies() -> None:
    # From 60 to 10 minutes ago somebody waited all the time, and five were answered.
    waits = [waited(60, 50), waited(55, 40), waited(45, 30), waited(35, 20), waited(25, 10)]
    assert pace(waits, NOBODY, NOW) == Pace(each=timedelta(minutes=10))


def test_quiet_time_does_not_count() -> None:
    waits = [waited(begin, begin - 2) for begin in (110, 90, 70, 50, 30)]
    assert pace(waits, NOBODY, NOW) == Pace(each=timedelta(minutes=2))


def test_who_still_waits_slows_it_down() -> None:
    waits = [*(waited(begin, begin - 2) for begin in (110, 105, 100, 95, 90)), waited(50, None, None)]
    assert pace(waits, NOBODY, NOW) == Pace(each=timedelta(minutes=12))


def test_with_half_of_the_people_it_takes_twice_as_long() -> None:
    waits = [waited(60, 50, 1), waited(50, 40, 2), waited(40, 30, 1), waited(30, 20, 2), waited(20, 10, 1)]
    assert pace(waits, frozenset({2}), NOW) == Pace(each=timedelta(minutes=20))


@pytest.mark.parametrize(
    ("waits", "away"),
    [
        ([waited(20, 10)] * 4, NOBODY),
        ([waited(200, 190)] * 9, NOBODY),
        ([waited(20, 10, None)] * 9, NOBODY),
        ([waited(20, 10)] * 9, frozenset({1})),
        ([], NOBODY),
    ],
    ids=["four replies", "long ago", "ended without people", "nobody on duty", "nothing"],
)
def test_too_little_is_no_figure(waits: list[Waited], away: frozenset[int]) -> None:
    assert pace(waits, away, NOW) is None


@pytest.mark.parametrize(
    ("each", "place", "minutes"), [(1, 1, 5), (4, 3, 15), (10, 6, 60), (31, 4, 150), (61, 6, None), (0, 1, 5)]
)
def test_it_is_rounded_up_and_not_said_beyond_six_hours(each: int, place: int, minutes: int | None) -> None:
    length = expected(Pace(each=timedelta(minutes=each)), place)
    assert length == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text",
    [
        "how long?",
        "How long will it take?",
        "how much longer please",
        "ok, and how long do I have to wait",
        "how many people are ahead of me?",
        "What's my place in the queue?",
        "when is it my turn",
        "is anybody there??",
        "还要多久？",
        "还要等多久啊",
        "请问大概需要多长时间",
        "要等多久才能轮到我",
        "我排到第几了",
        "前面还有几个人",
        "什么时候轮到我",
    ],
)
def test_how_long_is_heard(text: str) -> None:
    assert asks_how_long(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "how long is the warranty",
        "how long does the wash programme take on my WM-7",
        "when is my parcel coming",
        "保修期多久",
        "洗一次要多久",
        "送货要多久能到我家里",
        "what is my order number",
        "how",
        "",
    ],
)
def test_other_questions_are_not(text: str) -> None:
    assert not asks_how_long(normalise(text))
