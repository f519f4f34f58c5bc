"""What Slack should never send: it is read or unreadable, and quickly."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.slack.parse import read
from omnibot.channel import (
    InboundMessage,
    Unreadable,
)
from omnibot.demo.slack import BOT_USER
from tests.adapters.slack.readings import (
    Json,
    changed,
    fake,
    press,
    rich,
    said,
    section,
    text,
)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        '{"type": 5}',
        '{"event": {"type": "message", "channel_type": "im", "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": 5}}',
        '{"event": {"type": "message", "channel": {"id": "D1"}, "ts": "1.1", "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "channel": "D1", "ts": 1.1, "user": "U1", "text": "x"}}',
        '{"event": {"type": "message", "subtype": "message_changed", "channel": "D1"}}',
        '{"event": {"type": "channel_archive"}}',
        '{"type": "block_actions", "actions": []}',
        '{"type": "message_action"}',
        '{"type": "view_submission", "view": {"state": {"values": [1]}}}',
        '{"x":' * 100_000,
        '{"event":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"event": {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": "\\ud800"}}',
    ],
)
def test_what_makes_no_sense_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        read(body, channel="slack")


def test_lists_nested_without_end_are_cut() -> None:
    nested: Json = section(text("deep"))
    for _ in range(60):
        nested = {"type": "rich_text_list", "style": "bullet", "elements": [nested]}
    assert isinstance(said(fake.message("U1", "deep", chat="D1", **rich(nested))), InboundMessage)


@pytest.mark.parametrize(
    "unit", ["x", "<", "*", "`a ", "```", "_a", "<@U1> ", "<@", " *", "*a* _b_ <https://x.example|c> `d` "]
)
@pytest.mark.parametrize("size", [40_000, 1_000_000])
def test_no_text_holds_the_process_up(unit: str, size: int) -> None:
    payload = json.dumps(fake.message("U1", unit * (size // len(unit)), chat="D1"))
    started = time.process_time()
    read(payload, channel="slack")
    assert time.process_time() - started < 0.2  # 0.01 to 0.04 as measured


KNOWN = [
    fake.message("U1", f"<@{BOT_USER}> hi", chat="C1", thread="1.1", **rich(section(text("hi", bold=True)))),
    fake.message("U1", "x", chat="D1", files=[{"id": "F1", "name": "a", "size": 1, "url_private": "https://x"}]),
    changed({"text": "a"}, {"text": "b", "edited": {"user": "U1"}}),
    press(),
    {"command": "/support", "text": "E4", "user_id": "U1", "trigger_id": "1"},
    {"type": "message_action", "channel": {"id": "C1"}, "message": {"user": "U1", "ts": "5.1", "text": "x"}},
    {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {"id": "V", "state": {"values": {"a": {"b": {"value": "x"}}}}},
    },
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [{}]),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KNOWN), st.data())
def test_wrong_types_anywhere_are_read_or_unreadable(payload: Json, data: st.DataObject) -> None:
    odd = json.loads(json.dumps(payload))
    for _ in range(data.draw(st.integers(1, 3))):
        node, name = data.draw(st.sampled_from(list(places(odd))))
        node[name] = data.draw(ODD)
    with contextlib.suppress(Unreadable):
        reading = read(json.dumps(odd), channel="slack")
        assert isinstance(reading.external_id, str)


def places(node: Any) -> Any:
    """Every place in a payload: what holds it, and its name there."""
    for name, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, name
        if isinstance(value, dict | list):
            yield from places(value)
