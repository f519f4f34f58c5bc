"""Buttons, menus, forms, commands and shortcuts of Slack, as the core is told them."""

from tests.adapters.slack.readings import key, place, press, said, why


def test_a_press_is_a_choice_where_the_button_stands() -> None:
    message = said(press())
    assert (message.text, message.choice, message.sender, message.sender_name) == ("Yes", "helped", "U1", "ana")
    assert (message.address, message.references) == (place("C1", "4.0"), ("C1:5.1",))


def test_a_double_click_is_one_press() -> None:
    assert key(press(trigger_id="1")) == key(press(trigger_id="2"))
    assert key(press()) != key(press(user={"id": "U2"}))


def test_a_line_of_a_menu_is_a_choice() -> None:
    option = {"text": {"type": "plain_text", "text": "Oven"}, "value": "entry:oven"}
    message = said(press(actions=[{"type": "static_select", "action_id": "m", "selected_option": option}]))
    assert (message.text, message.choice) == ("Oven", "entry:oven")


def test_a_button_that_opens_a_page_is_no_choice() -> None:
    assert "page" in why(press(actions=[{"type": "button", "value": "x", "url": "https://x.example"}]))


def test_a_form_is_a_direct_message() -> None:
    values = {"question": {"question": {"type": "plain_text_input", "value": " My hob is cold "}}}
    view = {"id": "V1", "callback_id": "omnibot_ask", "state": {"values": values}}
    payload = {"type": "view_submission", "user": {"id": "U1", "name": "ana"}, "view": view}
    assert said(payload).address == place("U1")
    message = said({**payload, "omnibot": {"chat": "D1"}})
    assert (message.address, message.text, key(payload)) == (place("D1"), "My hob is cold", "form:V1")
    assert "empty" in why(
        {**payload, "view": {**view, "state": {"values": {"question": {"question": {"value": None}}}}}}
    )


def test_a_command_is_a_direct_message() -> None:
    payload = {
        "command": "/support",
        "text": "E4 &amp; E5 <@U2|bo>",
        "user_id": "U1",
        "user_name": "ana",
        "trigger_id": "7",
    }
    message = said({**payload, "omnibot": {"chat": "D1"}})
    assert (message.text, message.address, message.sender_name) == ("E4 & E5 @bo", place("D1"), "ana")
    assert key(payload) == "command:7"
    assert "without words" in why({**payload, "text": " "})


def test_a_ticket_made_of_a_message_asks_for_a_person() -> None:
    payload = {
        "type": "message_action",
        "callback_id": "omnibot_make_ticket",
        "channel": {"id": "C1", "name": "help"},
        "user": {"id": "U2", "name": "bo"},
        "message": {"type": "message", "user": "U1", "ts": "5.1", "text": "It *burns*"},
    }
    message = said(payload)
    assert (message.address, message.text) == (place("C1", "5.1"), "It **burns**")
    assert (message.choice, message.sender) == ("person", "U1")
    assert key(payload) == key({**payload, "user": {"id": "U3"}})  # two who press make one ticket
