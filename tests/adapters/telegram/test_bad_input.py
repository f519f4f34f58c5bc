"""Updates that are broken, huge or hostile: never a crash, never slow, kept whenever they can be told apart."""

import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.adapters.telegram.inspection import inspect
from omnibot.adapters.telegram.intake import NotAnUpdate, take
from omnibot.adapters.telegram.parse import parse
from omnibot.channel import Unreadable
from tests.adapters.telegram.conftest import POLICY, payload, read, read_message, update

# How much longer than sorting 100,000 short strings: 0.1 s of held-up event loop where that takes 8 ms. The worst is at 5.
LONGEST = 12
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["message_id", "chat", "from", "date", "text", "entities", "photo", "document", "reply_to_message", "caption"]
)


def outcome(raw: bytes) -> str:
    """What becomes of it: an inbound value, unreadable, or nothing that could be kept."""
    try:
        event = take(raw, channel="telegram").event
    except NotAnUpdate:
        return "refused"
    try:
        return type(parse(event, POLICY)).__name__
    except Unreadable:
        return "unreadable"


@given(st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "x"]), JSON)
def test_any_json_in_place_of_a_part_is_kept(kind: str, part: Any) -> None:
    raw = msgspec.json.encode({"update_id": 1, kind: part})
    assert outcome(raw) in ("InboundMessage", "Edited", "Ignored", "Reachability", "Moved", "unreadable")
    assert inspect(raw)["decision"] in ("message", "edit", "press", "ignored", "unreadable")


@given(KEYS, JSON)
def test_any_json_in_place_of_a_field_is_kept(key: str, value: Any) -> None:
    whole = json.loads(payload("reply_with_quote"))
    whole["message"][key] = value
    raw = msgspec.json.encode(whole)
    assert outcome(raw) in ("InboundMessage", "Ignored", "unreadable")
    assert inspect(raw)["decision"] in ("message", "ignored", "unreadable")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_update_are_refused(raw: bytes) -> None:
    assert outcome(raw) == "refused"
    assert inspect(raw)["decision"] in ("unreadable", "ignored")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"update_id": 1, "message": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"update_id": 1, "message": ' + b'{"reply_to_message": ' * 100_000 + b"{}" + b"}" * 100_000 + b"}",
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": 7}, "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
    ],
    ids=["lists", "replies", "an unknown field"],
)
def test_deep_nesting_is_no_crash(raw: bytes) -> None:
    assert outcome(raw) in ("unreadable", "refused", "InboundMessage")
    assert inspect(raw)["decision"] == "unreadable"


@pytest.mark.parametrize(
    "raw",
    [
        update(text="x" * 1_000_000),
        update(text="👍🏽" * 100_000, entities=[{"type": "bold", "offset": n, "length": 2} for n in range(20_000)]),
        update(
            chat={"id": -7, "type": "group"},
            text="👍🏽" * 50_000,
            entities=[{"type": "mention", "offset": 0, "length": n} for n in range(10_000)],
        ),
        update(text="a", entities=[{"type": "bold", "offset": -(2**62), "length": 2**63 - 1}] * 10_000),
        update(photo=[{"file_id": "x" * 50, "width": n} for n in range(10_000)]),
        update(poll={"question": "?", "options": [{"text": "x" * 100}] * 8_000}),
        update(rich_message={"blocks": [{"text": [["x"] * 50] * 50}] * 100}),
        update(**{f"unheard_of_{n}": n for n in range(20_000)}),
        msgspec.json.encode({"update_id": 1, "callback_query": {"id": "1", "from": {"id": 1}, "data": "x" * 900_000}}),
    ],
    ids=["text", "entities", "mentions", "wild entities", "sizes", "options", "blocks", "fields", "data"],
)
def test_a_megabyte_does_not_hold_up_the_others(raw: bytes) -> None:
    yardstick = min(_seconds(lambda: sorted(map(str, range(100_000)))) for _ in range(3))
    best = min(_seconds(lambda: outcome(raw)) for _ in range(3))  # the machine has other work
    assert best < LONGEST * yardstick


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_entities_that_point_anywhere_change_no_word() -> None:
    wild = [(-1, 2), (0, 99), (1, 0), (5, -3), (2**31, 2), (1, 1)]
    entities = [{"type": "bold", "offset": offset, "length": length} for offset, length in wild]
    assert read_message(update(text="👍 ok", entities=entities)).text.replace("*", "").replace("\ufffd", "")


def test_an_update_without_a_chat_has_a_lane_of_its_own() -> None:
    taken = take(b'{"update_id": 3, "poll": {"id": "1"}}', channel="telegram")
    assert (taken.event.lane, taken.event.external_id) == ("telegram:-", "3:1")
    assert type(read(b'{"update_id": 3, "poll": {"id": "1"}}')).__name__ == "Ignored"
