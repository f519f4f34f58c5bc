"""What an agent asks for in a thread: a command begins with a sign, and everything else is a note."""

import pytest

from omnibot.domain.staff_command import (
    Close,
    HandBack,
    Help,
    OpenTicket,
    Release,
    Remark,
    Reply,
    Resolve,
    Snooze,
    StaffCommand,
    Take,
    Unknown,
    of_button,
    parse,
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/take", Take()),
        ("!TAKE", Take()),
        ("/take@our_bot", Take()),
        ("／接手", Take()),
        ("/r Is the door closed?", Reply("Is the door closed?")),
        ("/reply\nTwo\nlines", Reply("Two\nlines")),
        ("！回复：门关好了吗？", Reply("门关好了吗？")),
        ("/回复门关好了吗？", Reply("门关好了吗？")),
        ("/n it is the relay", Remark("it is the relay")),
        ("/ticket  Oven \n shows E4", OpenTicket("Oven shows E4")),
        ("/工单", OpenTicket("")),
        ("/done A new relay", Resolve("A new relay")),
        ("/back", HandBack()),
        ("/放回", Release()),
        ("/关闭", Close()),
        ("/snooze", Snooze(30)),
        ("/snooze 5 minutes", Snooze(5)),
        ("/稍后 99999999", Snooze(30)),
        ("/snooze 0", Snooze(1)),
        ("/help", Help()),
        ("/rpely hello", Unknown("rpely")),
    ],
)
def test_a_line_with_a_sign_in_front_is_a_command(text: str, command: StaffCommand) -> None:
    assert parse(text) == command


@pytest.mark.parametrize("text", ["", "take", "close?", "he said /take", "50/50", "接手", "> quoted", "/ spaced", "!"])
def test_everything_else_is_a_note(text: str) -> None:
    assert parse(text) is None


def test_buttons_say_what_commands_say() -> None:
    assert (of_button("take"), of_button("hand-back")) == (Take(), HandBack())
    assert (of_button("reply"), of_button("drop tables")) == (None, None)
