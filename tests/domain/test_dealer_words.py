"""What a dealer's people type, and the report in one message."""

import pytest

from omnibot.domain.dealers import dealer_command, dealer_report
from omnibot.domain.dealers.dealer_command import Aside
from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.ticket_number import format_number

NUMBER = format_number(10_012)
DIGITS = NUMBER.replace("-", "")


@pytest.mark.parametrize(
    ("text", "act", "number", "rest"),
    [
        ("accept", Action.ACCEPT, None, ""),
        ("接单", Action.ACCEPT, None, ""),
        (f"accept {NUMBER}", Action.ACCEPT, DIGITS, ""),
        (f"{NUMBER} 接单", Action.ACCEPT, DIGITS, ""),
        (f"/decline #{NUMBER} no technician", Action.DECLINE, DIGITS, "no technician"),
        ("拒单：本周没有师傅", Action.DECLINE, None, "本周没有师傅"),
        ("plan Tuesday 14:00, replace pump", Action.PLAN, None, "Tuesday 14:00, replace pump"),
        ("方案周二下午换水泵", Action.PLAN, None, "周二下午换水泵"),
        ("On site", Action.ON_SITE, None, ""),
        ("已上门", Action.ON_SITE, None, ""),
        ("已上门了", Action.ON_SITE, None, ""),
        ("接单，谢谢", Action.ACCEPT, None, "谢谢"),
        ("Take it, thanks", Action.ACCEPT, None, "it, thanks"),
        (f"accept the case {NUMBER}", Action.ACCEPT, None, f"the case {NUMBER}"),
        ("arrived at the customer's", Action.ON_SITE, None, "at the customer's"),
        ("完成原因：水泵磨损", Action.DONE, None, "原因：水泵磨损"),
        ("拒绝本周没有师傅", Action.DECLINE, None, "本周没有师傅"),
        ("拒单没有师傅", Action.DECLINE, None, "没有师傅"),
        ("拒绝不在服务范围", Action.DECLINE, None, "不在服务范围"),
        ("退回", Action.UNDO, None, ""),
        ("Done!", Action.DONE, None, "!"),
        ("问总部 还在保修期吗", Action.ASK_HQ, None, "还在保修期吗"),
        ("ask hq is it under warranty?", Action.ASK_HQ, None, "is it under warranty?"),
        ("plan 4711007 is the part", Action.PLAN, None, "4711007 is the part"),
        ("取消", Aside.CANCEL, None, ""),
    ],
)
def test_a_word_means_this(text: str, act: Action | Aside, number: str | None, rest: str) -> None:
    command = dealer_command.parse(text)
    assert command is not None
    assert (command.act, command.number, command.text) == (act, number, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lunch?",
        "acceptable",
        "we plan to come",
        "planning",
        "午饭吃什么",
        "上门更换门封",
        "接受不了这个价格",
        "上门了解情况",
        "take a break?",
        "accept my apologies",
        "完成不了，缺零件",
        "完成后再联系您",
        "拒绝不了啊",
        "退回来的零件放哪里",
    ],
)
def test_talk_is_talk(text: str) -> None:
    assert dealer_command.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "cause: a worn pump / solution: a new one / prevention: clean it",
        "Cause: a worn pump\nSolution: a new one\nPrevention: clean it",
        "原因：a worn pump；处理：a new one；预防：clean it",
        "prevention: clean it; cause: a worn pump; solution: a new one",
    ],
)
def test_a_report_in_one_message(text: str) -> None:
    assert dealer_report.parse(text) == {"cause": "a worn pump", "solution": "a new one", "prevention": "clean it"}


def test_words_without_labels_are_no_report() -> None:
    assert dealer_report.parse("It was because: the pump") == {}
    assert dealer_report.parse("the cause is unknown") == {}
