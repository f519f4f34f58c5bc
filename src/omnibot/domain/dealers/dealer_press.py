"""Who may do what to a dealer's case. Pure, with every way in which a press can be wrong, and what the person is told."""

from datetime import datetime
from enum import StrEnum

from omnibot.domain.dealers.dealer_case import WITH_DEALER, DealerCase, Stage
from omnibot.domain.value import dataclass


class Action(StrEnum):
    """What a dealer's member does, by a button or by typing the same."""

    ACCEPT = "accept"
    DECLINE = "decline"
    UNDO = "undo"  # take an acceptance back
    PLAN = "plan"
    ON_SITE = "on_site"
    DONE = "done"
    ASK_HQ = "ask_hq"
    TIMES = "times"  # offer the customer times for a visit
    NO_SHOW = "no_show"  # nobody was there


class Denial(StrEnum):
    """Why a press does nothing."""

    BOT = "bot"  # a program pressed
    ANONYMOUS = "anonymous"  # an administrator who hides behind the group's name
    FORWARDED = "forwarded"  # a copy of the card somewhere else
    REPLAYED = "replayed"  # the platform sent it before
    NO_GROUP = "no_group"  # not in a dealer's group
    STRANGER = "stranger"  # a person who is nobody's member
    OTHER_DEALER = "other_dealer"  # another dealer's member
    OTHER_GROUP = "other_group"  # another dealer's group
    MOVED_ON = "moved_on"  # the card's offer is over: the case went to somebody else
    EXPIRED = "expired"  # the time for the answer is over
    TAKEN = "taken"  # a colleague was quicker
    NOT_NOW = "not_now"  # the case is in another stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What was pressed, where, and by whom, as far as omnibot knows. `n` is the offer that the card was about."""

    action: Action
    n: int
    group_dealer_id: int | None  # whose group it is; None: no dealer's
    member_dealer_id: int | None  # for whom the person acts; None: for nobody
    member_id: int | None
    is_bot: bool = False
    is_anonymous: bool = False
    is_forwarded: bool = False
    is_replayed: bool = False


_STAGES = {
    Action.ACCEPT: (Stage.OFFERED,),
    Action.DECLINE: (Stage.OFFERED,),
    Action.UNDO: (Stage.ACCEPTED,),
    Action.PLAN: (Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED),
    Action.ON_SITE: (Stage.AGREED,),
    Action.DONE: (Stage.AGREED, Stage.ON_SITE),
    Action.TIMES: WITH_DEALER,
    Action.NO_SHOW: WITH_DEALER,
    Action.ASK_HQ: (Stage.OFFERED, Stage.ACCEPTED, Stage.PROPOSED, Stage.AGREED, Stage.ON_SITE, Stage.REPORTED),
}


def may_act(press: Press, case: DealerCase, now: datetime) -> Denial | None:
    """None: go on. What cannot be undone by the person (a program, a stranger) is said before what can."""
    if press.is_bot:
        return Denial.BOT
    if press.is_anonymous:
        return Denial.ANONYMOUS
    if press.is_forwarded:
        return Denial.FORWARDED
    if press.is_replayed:
        return Denial.REPLAYED
    if press.group_dealer_id is None:
        return Denial.NO_GROUP
    if press.member_dealer_id is None or press.member_id is None:
        return Denial.STRANGER
    if press.member_dealer_id != press.group_dealer_id:
        return Denial.OTHER_DEALER
    if press.n != case.n:
        return Denial.MOVED_ON
    if press.group_dealer_id != case.dealer_id:
        return Denial.OTHER_GROUP
    return _by_stage(press, case, now)


def _by_stage(press: Press, case: DealerCase, now: datetime) -> Denial | None:
    is_answer = press.action in (Action.ACCEPT, Action.DECLINE)
    if case.stage is Stage.TIMED_OUT or (
        is_answer and case.stage is Stage.OFFERED and case.answer_due_at is not None and now >= case.answer_due_at
    ):
        return Denial.EXPIRED
    if case.stage in _STAGES[press.action]:
        return None
    return Denial.TAKEN if is_answer and case.member_id is not None else Denial.NOT_NOW
