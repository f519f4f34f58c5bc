"""A system that does not answer is left alone, longer each time, and tried again."""

from datetime import timedelta

from omnibot.domain.breaker import LONGEST_REST, Breaker
from tests.office import MONDAY


def test_it_rests_after_three_failures_and_longer_after_each_further_one() -> None:
    breaker = Breaker()
    for _ in range(2):
        breaker = breaker.after_failure(MONDAY)
        assert breaker.may_ask(MONDAY)
    rests = []
    for _ in range(8):
        breaker = breaker.after_failure(MONDAY)
        assert breaker.rests_until is not None
        assert not breaker.may_ask(breaker.rests_until - timedelta(seconds=1))
        assert breaker.may_ask(breaker.rests_until)
        rests.append(breaker.rests_until - MONDAY)
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (timedelta(seconds=30), LONGEST_REST)
    assert breaker.after_answer() == Breaker()
