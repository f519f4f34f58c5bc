"""What our buttons carry, and what is believed of what comes back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.adapters.telegram.buttons import LENGTH
from omnibot.channel import Ignored, InboundMessage
from omnibot.domain import decision as decisions
from tests.adapters.telegram.conftest import BUTTONS, read, read_message


def press(data: str, *, chat: int = 7, label: str | None = "Yes, thanks", sender: int = 7) -> bytes:
    message = {"message_id": 9, "date": 1, "chat": {"id": chat, "type": "private" if chat > 0 else "group"}}
    if label:
        message["reply_markup"] = {"inline_keyboard": [[{"text": label, "callback_data": data}]]}
    query = {"id": "q1", "from": {"id": sender, "first_name": "Mia"}, "message": message, "data": data}
    return msgspec.json.encode({"update_id": 5, "callback_query": query})


@given(choice=st.text(min_size=1, max_size=200))
def test_every_choice_fits_and_a_short_one_comes_back(choice: str) -> None:
    data = BUTTONS.data("7", choice)
    assert 1 <= len(data.encode("utf-8", "replace")) <= LENGTH
    if len(choice.encode("utf-8", "replace")) <= LENGTH - 12:
        assert BUTTONS.choice("7", data) == choice


@given(st.text(max_size=64))
def test_no_guess_is_believed(data: str) -> None:
    assert BUTTONS.choice("7", data) is None


def test_a_press_brings_the_choice_and_its_label() -> None:
    said = read_message(press(BUTTONS.data("7", decisions.HELPED)))
    assert (said.choice, said.text, said.references, said.sender) == (decisions.HELPED, "Yes, thanks", ("7:9",), None)


def test_in_a_group_a_press_says_who_pressed() -> None:
    said = read_message(press(BUTTONS.data("-5", "take:1"), chat=-5, sender=31))
    assert (said.choice, said.sender) == ("take:1", "31")


def test_a_key_of_another_chat_counts_as_its_label_at_most() -> None:
    stolen = BUTTONS.data("-5", "take:1")
    assert read(press(stolen, label=None)) == Ignored("a button that omnibot never showed, or in another chat")
    assert read_message(press(stolen)).choice is None


def test_a_choice_that_does_not_fit_counts_as_if_its_label_was_typed() -> None:
    said = read_message(press(BUTTONS.data("7", decisions.ENTRY + "x" * 60), label="How do I descale?"))
    assert (said.choice, said.text) == (None, "How do I descale?")


@pytest.mark.parametrize("label", ["Yes, thanks", None])
def test_a_message_too_old_to_be_shown_still_takes_presses(label: str | None) -> None:
    said = read(press(BUTTONS.data("7", decisions.HELPED), label=label))
    assert isinstance(said, InboundMessage)
    assert said.choice == decisions.HELPED
