"""A bucket lets through what its rate says, at any instants, and less after a protest."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import pace as pacing
from omnibot.domain.pace import SLOWEST, Rate, Rates
from tests.office import MONDAY

MINUTE = timedelta(minutes=1)
GROUP = Rate(every=timedelta(seconds=4), burst=5)


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=200))
def test_in_no_minute_more_is_sent_than_five_at_once_and_one_in_four_seconds(gaps: list[int]) -> None:
    now, pace, sent = MONDAY, pacing.begin(MONDAY), []
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        if pacing.room(pace, GROUP, now):
            pace = pacing.after_sending(pace, GROUP, 1, now)
            sent.append(now)
    assert all(sum(first <= at < first + MINUTE for at in sent) <= 20 for first in sent)


@given(st.integers(0, 100_000), st.integers(0, 10))
def test_there_is_room_from_when_it_is_ready_and_not_before(waited: int, used: int) -> None:
    pace = pacing.after_sending(pacing.begin(MONDAY), GROUP, used, MONDAY)
    now = MONDAY + timedelta(milliseconds=waited)
    assert (pacing.room(pace, GROUP, now) > 0) == (pacing.ready_at(pace, GROUP) <= now)


def test_a_rest_fills_the_bucket_and_never_more() -> None:
    pace = pacing.after_sending(pacing.begin(MONDAY), GROUP, 5, MONDAY)
    assert pacing.room(pace, GROUP, MONDAY) == 0
    assert pacing.room(pace, GROUP, MONDAY + timedelta(seconds=8)) == 2
    assert pacing.room(pace, GROUP, MONDAY + timedelta(days=1)) == 5


def test_after_a_protest_nothing_is_sent_for_as_long_as_told_and_less_for_a_while() -> None:
    pace = pacing.after_protest(pacing.begin(MONDAY), GROUP, MONDAY, retry_after=timedelta(seconds=30))
    assert pacing.ready_at(pace, GROUP) == MONDAY + timedelta(seconds=30)
    assert pacing.room(pace, GROUP, MONDAY + timedelta(seconds=29)) == 0
    at = MONDAY + timedelta(seconds=30)
    assert pacing.room(pace, GROUP, at) == 1
    slowed = pacing.after_sending(pace, GROUP, 1, at)
    assert pacing.room(slowed, GROUP, at + timedelta(seconds=4)) == 0
    assert pace.caution_at(MONDAY) == 2
    assert pace.caution_at(MONDAY + timedelta(hours=1)) == 1


def test_an_account_whose_chats_all_protest_is_slowed_down_up_to_an_end() -> None:
    pace = pacing.begin(MONDAY)
    for _ in range(10):
        pace = pacing.after_a_chats_protest(pace, MONDAY)
    assert 2.5 < pace.caution < 2.7
    for _ in range(100):
        pace = pacing.after_a_chats_protest(pace, MONDAY)
    assert pace.caution == SLOWEST


def test_a_factor_changes_every_rate() -> None:
    faster = Rates(account=GROUP, chat=lambda _: GROUP).times(2)
    assert faster.account.every == faster.chat("a").every == timedelta(seconds=2)
