"""What says what is wrong, and what only asks or wishes."""

import pytest

from omnibot.domain.complaint import complaint, shortened


@pytest.mark.parametrize(
    "text",
    [
        "It leaks",
        "The leak: your dealer has put off the repair",
        "My washing machine won’t start.",
        "My oven shows E4. How do I book a repair?",
        "I need a repair because the drum is stuck",
        "Why does it smell?",
        "The door opens by itself every night at three",
        "洗衣机漏水",
        "洗衣机漏水怎么办？",
        "我要报修，烤箱打不开",
        "洗衣机为什么一直响？",
        "洗衣机漏水，能修吗？",
        "你们的经销商拖了半个月还不来修",
        "冰箱显示E4",
    ],
)
def test_says_what_is_wrong(text: str) -> None:
    assert complaint(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How do I book a repair?",
        "how to book a repair for my washing machine",
        "I would like to book a repair for my washing machine on Tuesday afternoon, please",
        "Repair of a washing machine",
        "Can somebody come on Tuesday?",
        "hello",
        "I do not know how to book",
        "怎么预约维修？",
        "我要报修洗衣机",
        "洗衣机维修",
        "请问维修多少钱",
        "能不能上门维修",
        "不好意思，我想预约维修",
    ],
)
def test_says_what_is_wanted_or_nothing(text: str) -> None:
    assert complaint(text) is None


def test_a_name_of_a_case_ends_with_a_word() -> None:
    assert shortened("It  leaks\nbadly", 80) == "It leaks badly"
    assert shortened("It leaks under the door", 16) == "It leaks under…"
    assert shortened("洗衣机漏水漏了一整天", 6) == "洗衣机漏水…"
    assert len(complaint("It leaks. " * 100) or "") <= 500
