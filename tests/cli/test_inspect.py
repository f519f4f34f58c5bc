"""`omnibot inspect`: one line of JSON per file, whatever is in it."""

import json
from pathlib import Path

import pytest

from omnibot.__main__ import main

UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 5,
        "date": 1780304400,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "first_name": "Mia"},
        "caption": "see \ud83d\udc4d",
        "document": {"file_id": "f", "file_name": "a.pdf", "mime_type": "application/pdf", "file_size": 12},
    },
}


def test_each_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(UPDATE))
    bad.write_bytes(b"\xff{")
    assert main(["inspect", "telegram", str(good), str(bad)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "file": str(good),
        "decision": "message",
        "from": {"address": "7", "name": "Mia"},
        "text": "see 👍",
        "attachments": [{"name": "a.pdf", "type": "application/pdf", "bytes": 12}],
        "message_id": "7:5",
        "sent_at": "2026-06-01T09:00:00+00:00",
    }
    assert (second["file"], second["decision"]) == (str(bad), "unreadable")


def test_a_file_that_is_not_there_is_named_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps(UPDATE))
    assert main(["inspect", "telegram", str(tmp_path / "gone"), str(good)]) == 1
    told = capsys.readouterr()
    assert "gone: No such file" in told.err
    assert len(told.out.splitlines()) == 1


def test_an_unknown_kind_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["inspect", "pigeon", "x"])
    assert ended.value.code == 2
    assert "telegram" in capsys.readouterr().err
