"""Logs: one JSON object a line, with the event's fields and without secrets."""

import json
import logging
from io import StringIO

import pytest

from omnibot.cli.logs import JsonLines
from omnibot.log import Log


@pytest.fixture
def written() -> StringIO:
    return StringIO()


@pytest.fixture
def log(written: StringIO) -> Log:
    logger = logging.getLogger("omnibot.tried")
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger.handlers = [handler]
    logger.setLevel("INFO")
    return Log("omnibot.tried")


def test_an_event_is_a_line_with_its_fields(log: Log, written: StringIO) -> None:
    log.warning("100%_full", channel="telegram", waiting=3)
    line = json.loads(written.getvalue())
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"event": "100%_full", "level": "warning", "channel": "telegram", "waiting": 3}


def test_what_is_below_the_level_is_not_written(log: Log, written: StringIO) -> None:
    log.debug("detail")
    assert written.getvalue() == ""


def test_an_exception_comes_with_its_traceback_on_the_same_line(log: Log, written: StringIO) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("failed")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["exception"].endswith("ValueError: broken")


@pytest.mark.parametrize(
    "secret",
    ["omb_0123456789abcdef", "Bearer abc.def", "eyJhbGciOi.eyJzdWIi.c2ln", "postgresql://ana:hunter2@db/omnibot"],
)
def test_secrets_are_blanked_out(log: Log, written: StringIO, secret: str) -> None:
    log.error("refused", detail=f"with {secret}", error=RuntimeError(secret))
    assert "hunter2" not in written.getvalue()
    assert "removed" in json.loads(written.getvalue())["detail"]
    assert secret not in written.getvalue()


def test_of_libraries_only_the_name_is_written(written: StringIO) -> None:
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    handler.handle(logging.LogRecord("library", logging.WARNING, "", 0, "got %s", ("a customer's words",), None))
    assert json.loads(written.getvalue())["event"] == "library"
    assert "customer" not in written.getvalue()
