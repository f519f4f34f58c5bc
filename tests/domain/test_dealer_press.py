"""Who may press what: the whole matrix, each way to be wrong by itself and against every other."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from omnibot.domain.dealers.dealer_case import DealerCase, Stage
from omnibot.domain.dealers.dealer_press import Action, Denial, Press, may_act
from tests.domain.test_dealer_case import DUE, case_in
from tests.office import MONDAY

RIGHT = Press(action=Action.ACCEPT, n=3, group_dealer_id=1, member_dealer_id=1, member_id=7)
OFFERED = case_in(Stage.OFFERED)

# In the order in which they are said.
WRONG: list[tuple[Denial, dict[str, Any]]] = [
    (Denial.BOT, {"is_bot": True}),
    (Denial.ANONYMOUS, {"is_anonymous": True}),
    (Denial.FORWARDED, {"is_forwarded": True}),
    (Denial.REPLAYED, {"is_replayed": True}),
    (Denial.NO_GROUP, {"group_dealer_id": None}),
    (Denial.STRANGER, {"member_dealer_id": None, "member_id": None}),
    (Denial.OTHER_DEALER, {"member_dealer_id": 2}),
    (Denial.MOVED_ON, {"n": 2}),
]


def test_an_enrolled_member_in_the_dealer_s_group_may() -> None:
    assert may_act(RIGHT, OFFERED, MONDAY) is None


@pytest.mark.parametrize(("denial", "change"), WRONG)
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("stage", list(Stage))
def test_each_wrong_press_does_nothing_whatever_the_stage(
    denial: Denial, change: dict[str, Any], action: Action, stage: Stage
) -> None:
    assert may_act(replace(RIGHT, action=action, **change), case_in(stage), MONDAY) is denial


@pytest.mark.parametrize(("one", "other"), list(combinations(WRONG, 2)))
def test_of_two_wrongs_the_one_that_the_person_cannot_mend_is_said(one: Any, other: Any) -> None:
    assert may_act(replace(RIGHT, **{**other[1], **one[1]}), OFFERED, MONDAY) is one[0]


def test_another_dealer_s_own_member_in_its_own_group_may_not_answer_ours() -> None:
    other = replace(RIGHT, group_dealer_id=2, member_dealer_id=2)
    assert may_act(other, OFFERED, MONDAY) is Denial.OTHER_GROUP
    assert may_act(replace(RIGHT, group_dealer_id=2), OFFERED, MONDAY) is Denial.OTHER_DEALER


ALLOWED = {
    Action.ACCEPT: {Stage.OFFERED},
    Action.DECLINE: {Stage.OFFERED},
    Action.UNDO: {Stage.ACCEPTED},
    Action.PLAN: {Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED},
    Action.ON_SITE: {Stage.AGREED},
    Action.TIMES: {Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE},
    Action.NO_SHOW: {Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE},
    Action.DONE: {Stage.AGREED, Stage.ON_SITE},
    Action.ASK_HQ: {
        Stage.OFFERED,
        Stage.ACCEPTED,
        Stage.PROPOSED,
        Stage.AGREED,
        Stage.ON_SITE,
        Stage.REPORTED,
    },
}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("stage", list(Stage))
def test_each_action_has_its_stages(action: Action, stage: Stage) -> None:
    denial = may_act(replace(RIGHT, action=action), case_in(stage), MONDAY)
    assert (denial is None) == (stage in ALLOWED[action])


def test_who_is_second_hears_that_a_colleague_was_quicker() -> None:
    for stage in (Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE, Stage.REPORTED):
        assert may_act(replace(RIGHT, member_id=8), case_in(stage), MONDAY) is Denial.TAKEN


def test_after_the_time_for_an_answer_an_answer_does_nothing() -> None:
    just_before = DUE - timedelta(microseconds=1)
    for action in (Action.ACCEPT, Action.DECLINE):
        press = replace(RIGHT, action=action)
        assert may_act(press, OFFERED, just_before) is None
        assert may_act(press, OFFERED, DUE) is Denial.EXPIRED
        assert may_act(press, case_in(Stage.TIMED_OUT), just_before) is Denial.EXPIRED


def test_a_case_that_was_taken_back_cannot_be_acted_on() -> None:
    withdrawn: DealerCase = case_in(Stage.WITHDRAWN)
    assert {may_act(replace(RIGHT, action=action), withdrawn, MONDAY) for action in Action} == {Denial.NOT_NOW}
