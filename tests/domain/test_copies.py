"""Who gets a copy: each once, never the customer, and only addresses."""

import pytest

from omnibot.domain.copies import Copies, copies, wrong_address


def test_each_gets_one_copy_and_the_customer_none() -> None:
    asked = copies(
        ["Ann@Shop.example", " bo@b.example ", "", "ann@shop.example"],
        ["BO@b.example", "mia@x.example", "c@c.example"],
        to="mia@x.example",
    )
    assert asked == Copies(cc=("ann@shop.example", "bo@b.example"), bcc=("c@c.example",))
    assert asked.everybody == ("ann@shop.example", "bo@b.example", "c@c.example")


@pytest.mark.parametrize(
    "wrong", ["ann", "ann@", "@b.example", "ann@localhost", "a b@c.example", "a@b.example\nbcc: c@d.example", "a@b@c.example",
              "ann@b.example>", "ann@.example", "ann@b..example", "ännchen@b.example", "a" * 250 + "@b.example"],
)  # fmt: skip
def test_what_is_no_address_is_named(wrong: str) -> None:
    assert wrong_address(copies(["ok@b.example"], [wrong], to="")) == wrong.lower()


@pytest.mark.parametrize("right", ["o'neil+x@b.example", "a@müller.example", "a@例子.公司"])
def test_an_address_may_have_a_domain_of_any_script(right: str) -> None:
    assert wrong_address(copies([right], [], to="")) is None
