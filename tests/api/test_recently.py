"""What a console hears of the changes that it missed."""

from omnibot.doorbell import Changed, Typing
from omnibot.web.console.recently import EVERYTHING, REMEMBERED, Recently


def test_a_page_hears_each_conversation_that_changed_since_it_was_drawn_once() -> None:
    recently = Recently()
    recently.note(Changed(1, 1))
    drawn = recently.mark
    assert recently.since(drawn) == []
    for id in (7, 8, 7):
        recently.note(Changed(id, 1))
    recently.note(Typing(9, by_customer=True))
    assert sorted(recently.since(drawn)) == [7, 8]


def test_what_is_not_known_any_more_is_everything() -> None:
    recently = Recently()
    drawn = recently.mark
    for _ in range(REMEMBERED + 1):
        recently.note(Changed(1, 1))
    assert recently.since(drawn) == [EVERYTHING]
    for wrong in (
        "",
        "x",
        "-1",
        Recently().mark,
        drawn + "99999",
        drawn.replace("-0", "--1"),
        drawn.replace("-0", "-²"),
    ):
        assert recently.since(wrong) == [EVERYTHING], wrong
