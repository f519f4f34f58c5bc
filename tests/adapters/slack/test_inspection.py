"""`omnibot inspect slack`, and every payload of the corpus."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from omnibot.adapters.slack.inspection import inspect
from omnibot.demo.slack import BOT_USER, FakeSlack
from tests.servers import ROOT

Json = dict[str, Any]

CORPORA = Path(os.environ.get("OMNIBOT_CORPORA") or ROOT.parent / "shared" / "corpora")
SOMETIMES_SAID = {None, "file_share", "me_message", "thread_broadcast"}


def corpus() -> list[Any]:
    index = CORPORA / "index.jsonl"
    if not index.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no corpora at {CORPORA}"))]
    rows = map(json.loads, index.read_text(encoding="utf-8").splitlines())
    return [pytest.param(row, id=row["id"]) for row in rows if row["kind"].startswith("slack")]


def inspected(payload: Json) -> Json:
    return inspect(json.dumps(payload).encode())


@pytest.mark.parametrize("row", corpus())
def test_the_corpus_is_read(row: Json) -> None:
    raw = (CORPORA / row["path"]).read_bytes()
    found, payload, expected = inspect(raw), json.loads(raw), row["expected"]
    assert json.dumps(found)
    if expected.get("from_bot"):
        assert found["decision"] == "ignored"
    if "samples" in row["tags"]:
        return  # its values are placeholders: to be read without a crash is all
    match expected.get("event_type"), expected.get("subtype"), expected.get("type"):
        case "message" | "app_mention", subtype, _ if subtype in SOMETIMES_SAID:
            assert (found["decision"], found["from"]["address"]) == ("message", payload["event"]["user"])
            assert found["text"] in payload["event"]["text"]
        case "message", "message_changed", _:
            assert (found["decision"], found["text"]) == ("edit", payload["event"]["message"]["text"])
        case "message", "message_deleted", _:
            assert found["decision"] == "delete"
            assert found["message_id"] == f"{payload['event']['channel']}:{payload['event']['deleted_ts']}"
        case None, None, "block_actions" | "interactive_message":
            assert found["decision"] == "press"
        case _:
            assert found["decision"] == "ignored"


def test_a_message_is_shown_in_full() -> None:
    fake = FakeSlack()
    files = [
        {
            "id": "F1",
            "name": "door.jpg",
            "mimetype": "image/jpeg",
            "size": 5,
            "url_private": "https://files.slack.com/x",
        }
    ]
    shared = [{"is_share": True, "text": "earlier"}]
    payload = fake.message("U1", "see", chat="D1", thread="5.1", files=files, attachments=shared, username="ana")
    assert inspected(payload) == {
        "decision": "message",
        "from": {"address": "U1", "name": "ana"},
        "text": "see",
        "quoted": "earlier",
        "attachments": [{"name": "door.jpg", "type": "image/jpeg", "bytes": 5}],
        "message_id": f"D1:{payload['event']['ts']}",
        "references": ["D1:5.1"],
        "sent_at": "2026-06-01T09:00:00+00:00",
    }


def test_what_was_said_beside_us_says_so() -> None:
    found = inspected(FakeSlack().message("U1", "lunch?", chat="C1"))
    assert (found["decision"], found["text"]) == ("message", "lunch?")
    assert "without calling the app" in found["why"]


@pytest.mark.parametrize(
    ("event", "decision"),
    [
        ({"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C1"}, "ignored"),
        ({"type": "channel_archive", "channel": "C1"}, "ignored"),
        ({"type": "message", "channel": "D1", "ts": "1.1", "user": BOT_USER, "text": "x"}, "ignored"),
        ({"type": "message", "channel": "D1", "ts": "soon", "user": "U1", "text": "x"}, "message"),
        ({"type": "message", "channel": "D1", "ts": "9" * 400, "user": "U1", "text": "x"}, "message"),
        ({"type": "message", "channel": 5}, "unreadable"),
    ],
)
def test_each_decision_has_its_reason(event: Json, decision: str) -> None:
    found = inspected(FakeSlack().event(event))
    assert found["decision"] == decision
    assert decision == "message" or found["why"]


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"{", b"null", b"\x00" * 1_000, b"[" * 200_000, b"1" * 1_000_000])
def test_nothing_makes_it_fail(raw: bytes) -> None:
    assert inspect(raw)["decision"] == "unreadable"
