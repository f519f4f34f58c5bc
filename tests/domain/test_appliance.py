"""Which appliance words speak of, and whether it may be the known one."""

import pytest

from omnibot.domain.appliance import Appliance, named, names_another


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("My washing machine leaks", {Appliance.WASHER}),
        ("The washer shows E18", {Appliance.WASHER}),
        ("my dishwasher is full of water", {Appliance.DISHWASHER}),
        ("the tumble dryer does not heat", {Appliance.DRYER}),
        ("the drier stinks", {Appliance.DRYER}),
        ("my washer-dryer is loud", {Appliance.WASHER, Appliance.DRYER}),
        ("the fridge-freezer is warm", {Appliance.FRIDGE, Appliance.FREEZER}),
        ("The washer is fine, but the dryer is not", {Appliance.WASHER, Appliance.DRYER}),
        ("my hair dryer is lost", set()),
        ("a washer seal is missing", set()),
        ("It leaks", set()),
        ("water on the kitchen floor", set()),
        ("洗衣机漏水", {Appliance.WASHER}),
        ("洗衣機漏水", {Appliance.WASHER}),
        ("烘干机不热", {Appliance.DRYER}),
        ("干衣机有异味", {Appliance.DRYER}),
        ("烘乾機不熱", {Appliance.DRYER}),
        ("洗烘一体机漏水", {Appliance.WASHER, Appliance.DRYER}),
        ("洗碗机排不了水", {Appliance.DISHWASHER}),
        ("冰箱不制冷了", {Appliance.FRIDGE}),
        ("抽油烟机声音很大", {Appliance.HOOD}),
        ("热水器打不着火", {Appliance.WATER_HEATER}),
        ("空调不制冷", {Appliance.AIR_CONDITIONER}),
        ("我的吹风机坏了", set()),
        ("我的手机打不开小程序", set()),
        ("漏水了怎么办", set()),
    ],
)
def test_the_kinds_that_a_text_names(text: str, kinds: set[Appliance]) -> None:
    assert named(text) == kinds


@pytest.mark.parametrize(
    ("text", "product", "another"),
    [
        ("my dryer is leaking", "Washer 100", True),
        ("my washing machine is leaking", "Washer 100", False),
        ("it leaks", "Washer 100", False),
        ("烘干机漏水", "洗衣机100", True),
        ("洗衣机漏水", "洗衣机100", False),
        ("漏水", "洗衣机100", False),
        ("洗衣机漏水", "Washer 100", False),  # whatever language either is in
        ("my dryer is leaking", "洗衣机100", True),
        ("my washer and my dryer both hum", "Washer 100", True),  # may be either
        ("my dryer is leaking", "Laundry Twin washer-dryer", False),
        ("my dryer is leaking", "WM-4711", False),  # the name tells nothing
        ("my dryer is leaking", "", False),
    ],
)
def test_another_kind_than_the_products(text: str, product: str, another: bool) -> None:
    assert names_another(text, product) is another
