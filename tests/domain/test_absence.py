"""What says that nobody came, and what does not."""

import pytest

from omnibot.domain.visit.absence import says_nobody_came
from omnibot.faq.normalize import normalise


@pytest.mark.parametrize(
    "text",
    [
        "Nobody came",
        "No one showed up today!",
        "nobody has come yet",
        "Your technician never turned up.",
        "The technician did not come",
        "The technician hasn’t arrived",
        "Why did nobody come?",
        "They didn't show up again",
        "师傅没来",
        "师傅今天一直没有上门",
        "没人来！",
        "沒有人來",
        "你们的人没来",
        "说好下午两点，被放鸽子了",
        "经销商没有出现",
    ],
)
def test_says_that_nobody_came(text: str) -> None:
    assert says_nobody_came(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "Nobody told me that",
        "What if nobody comes?",
        "If the technician did not come, what happens?",
        "The technician came and repaired it",
        "The parts have not arrived",
        "Will anybody come?",
        "师傅来了",
        "没来电",
        "我没来得及",
        "如果师傅没来怎么办",
        "配件没到",
        "师傅没来得及",
    ],
)
def test_says_something_else(text: str) -> None:
    assert not says_nobody_came(normalise(text))
