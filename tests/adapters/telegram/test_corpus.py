"""Updates that others have collected, and a line of `omnibot inspect` for each."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from omnibot.adapters.telegram.inspection import inspect
from tests.adapters.telegram.conftest import read
from tests.servers import ROOT

CORPORA = Path(os.environ.get("OMNIBOT_CORPORA", ROOT.parent / "shared" / "corpora"))
DECISIONS = {"callback_query": "press", "edited_message": "edit"}


def rows() -> list[Any]:
    index = CORPORA / "index.jsonl"
    if not index.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no corpora at {CORPORA}"), id="none")]
    found = map(json.loads, index.read_text(encoding="utf-8").splitlines())
    return [pytest.param(row, id=row["path"]) for row in found if row["kind"] == "telegram_update"]


@pytest.mark.parametrize("row", rows())
def test_customers_content_is_one_message_and_everything_else_none(row: dict[str, Any]) -> None:
    update, expected = (CORPORA / row["path"]).read_bytes(), row["expected"]
    assert read(update) is not None
    made = inspect(update)
    if "event_type" in expected:
        assert made["decision"] == DECISIONS.get(expected["event_type"], "ignored")
    elif expected["is_customer_content"]:
        assert made["decision"] == "message"
        assert made["text"]
        assert made["from"] == {"address": "42", "name": "Test"}
        if expected["content_type"] in ("animation", "audio", "video", "voice"):
            assert len(made["attachments"]) == 1
    else:
        assert made["decision"] == "ignored"
        assert made["why"]
