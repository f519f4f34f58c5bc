"""Nothing that belongs to one customer becomes an answer to all."""

import pytest

from omnibot.domain.masking import as_answer, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ann.li@example.org or call +49 30 1234567.", "Write to [e-mail] or call [phone]."),
        ("Ticket 10012-7 and order 4711882 are open", "Ticket [number] and order [number] are open"),
        ("Ann, your WM7000 shows E4 since 2026-03-31", "[name], your WM7000 shows E4 since 2026-03-31"),
        ("Log in at https://shop.example/o?id=77", "Log in at [link]"),
        ("张伟的订单 88123456 已发货", "[name]的订单 [number] 已发货"),
        ("Annual checks cost 49 euros", "Annual checks cost 49 euros"),
    ],
)
def test_what_is_personal_is_named_by_what_it_is(text: str, masked: str) -> None:
    assert mask(text, ["Ann Li", "张伟"]) == masked


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Hi Ann, it takes three days.\nBest regards, Ada", "It takes three days."),
        ("Hello there, it takes three days.", "Hello there, it takes three days."),
        ("王女士您好，三天内到账。", "三天内到账。"),
        ("您好，三天内到账。", "三天内到账。"),
        ("可以，三天内到账。", "可以，三天内到账。"),
    ],
)
def test_salutation_and_signature_go(reply: str, answer: str) -> None:
    assert as_answer(reply, ["Ann", "Ada"]) == answer
