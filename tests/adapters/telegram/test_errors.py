"""Each refusal and each broken connection has its own outcome, and none of them tells the token."""

import inspect
import ssl
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from omnibot.adapters.telegram import transfer
from omnibot.adapters.telegram.errors import ChatMoved, Conflict, FormRefused, failure, refusal
from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable
from omnibot.json_calls import errors


@pytest.mark.parametrize(
    ("status", "description", "kind", "why"),
    [
        (401, "Unauthorized", Misconfigured, "does not know the bot's token"),
        (404, "Not Found", Misconfigured, "does not know the bot's token"),
        (403, "Forbidden: bot was blocked by the user", Undeliverable, "the person has blocked the bot"),
        (403, "Forbidden: user is deactivated", Undeliverable, "the person's account is deleted"),
        (403, "Forbidden: bot was kicked from the supergroup chat", Undeliverable, "the bot is not in the group"),
        (403, "Forbidden: bot can't initiate conversation with a user", Undeliverable, "has to write to the bot first"),
        (400, "Bad Request: chat not found", Undeliverable, "there is no such chat"),
        (400, "Bad Request: message thread not found", Undeliverable, "the topic was deleted"),
        (400, "Bad Request: TOPIC_DELETED", Undeliverable, "the topic was deleted"),
        (400, "Bad Request: TOPIC_CLOSED", Undeliverable, "the topic is closed"),
        (400, "Bad Request: not enough rights to send text messages to the chat", Undeliverable, "may not write there"),
        (400, "Bad Request: message is too long", Undeliverable, "too long"),
        (400, "Bad Request: something new", Undeliverable, "Bad Request: something new"),
        (400, "Bad Request: can't parse entities: Can't find end of the entity", FormRefused, ""),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", FormRefused, ""),
        (409, "Conflict: terminated by other getUpdates request", Conflict, "another program"),
        (500, "Internal Server Error", Unavailable, "out of order"),
        (413, "Request Entity Too Large", Undeliverable, "too long"),
    ],
)
def test_each_refusal_has_its_outcome(status: int, description: str, kind: type[Exception], why: str) -> None:
    error = refusal(status, description)
    assert type(error) is kind
    assert why in str(error)


def test_a_pause_lasts_as_long_as_telegram_says() -> None:
    error = refusal(429, "Too Many Requests: retry after 37", retry_after=37)
    assert isinstance(error, Unavailable)
    assert (error.retry_after, error.maybe_sent) == (timedelta(seconds=37), False)


def test_a_group_that_moved_says_where_to() -> None:
    error = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", moved_to=-1001500)
    assert isinstance(error, ChatMoved)
    assert error.to == "-1001500"


@pytest.mark.parametrize(("status", "maybe_sent"), [(500, False), (502, True), (503, False), (504, True)])
def test_a_gate_that_gives_up_leaves_open_what_was_taken(status: int, maybe_sent: bool) -> None:
    error = refusal(status, "")
    assert isinstance(error, Unavailable)
    assert error.maybe_sent is maybe_sent


def make(kind: type[Exception]) -> Exception:
    """An instance, however the library wants it made."""
    key = ConnectionKey("api.telegram.org", 443, True, True, None, None, None)
    ways: list[tuple[Any, ...]] = [
        (),
        ("https://host/bot4242:fake-telegram-token/x",),
        (key, OSError(1, "no")),
        (key, ssl.SSLCertVerificationError(1, "no")),
        (None, ()),
        (b"a", b"b", "host", 1),
    ]
    for way in ways:
        try:
            return kind(*way)
        except TypeError:
            continue
    raise AssertionError(f"do not know how to make {kind.__name__}")


def library_errors() -> list[type[Exception]]:
    found = {kind for _, kind in inspect.getmembers(aiohttp, inspect.isclass) if issubclass(kind, aiohttp.ClientError)}
    return sorted({*found, TimeoutError, ConnectionResetError, OSError}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", library_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_http_library_is_translated_without_the_token(kind: type[Exception]) -> None:
    error = transfer.failure(make(kind))  # type: ignore[arg-type]
    assert isinstance(error, ChannelError)
    assert "fake-telegram-token" not in str(error)


@pytest.mark.parametrize(
    ("kind", "maybe_sent"),
    [
        (aiohttp.ConnectionTimeoutError, False),
        (aiohttp.ClientConnectorError, False),
        (aiohttp.ServerDisconnectedError, True),
        (aiohttp.SocketTimeoutError, True),
        (TimeoutError, True),
        (ConnectionResetError, True),
    ],
)
def test_only_a_file_that_was_sent_may_have_arrived(kind: type[Exception], maybe_sent: bool) -> None:
    error = transfer.failure(make(kind))  # type: ignore[arg-type]
    assert isinstance(error, Unavailable)
    assert error.maybe_sent is maybe_sent


def test_every_failed_call_is_translated_and_only_one_that_was_made_may_have_arrived() -> None:
    kinds = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)}
    told = {kind: failure(kind("https://host/bot4242:fake-telegram-token/x")) for kind in kinds}
    assert "fake-telegram-token" not in str(list(told.values()))
    assert {kind for kind, error in told.items() if not error.maybe_sent} == {errors.NotSent, errors.Untrusted}
    assert {error.why for error in told.values()} == {
        "Telegram's certificate cannot be trusted",
        "Telegram cannot be reached",
        "Telegram did not answer in time",
        "the connection to Telegram broke",
    }
