"""The webhook: believed only with the secret, answered only after the commit."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import msgspec
import pytest
from aiohttp import web

from omnibot.adapters.telegram import connect
from omnibot.adapters.telegram.connection import TelegramConnection
from omnibot.adapters.telegram.parse import KINDS
from omnibot.adapters.telegram.webhook import SECRET_HEADER, path
from omnibot.channel import Misconfigured
from omnibot.demo.telegram import FakeTelegram
from omnibot.demo.telegram_wire import Refusal, Reset
from omnibot.front.door import FrontDoor
from omnibot.front.fallback import behind_aiohttp
from omnibot.store.transactions import Unavailable
from omnibot.web.middleware import guard
from omnibot.web.site import BODY_LIMIT
from tests.adapters.telegram.conftest import Inbox, NoState, account_at, payload
from tests.office import ManualClock

SECRET = {SECRET_HEADER: "s3cret"}


@pytest.fixture
async def connection(fake: FakeTelegram, inbox: Inbox, clock: ManualClock) -> AsyncIterator[TelegramConnection]:
    account = account_at(fake.url, mode="webhook", name="shop")
    opened = connect(
        account, receive=inbox.receive, clock=clock, state=NoState(), public_url="https://bot.example.com/"
    )
    yield opened
    await opened.close()


@asynccontextmanager
async def served(connection: TelegramConnection, clock: ManualClock) -> AsyncIterator[str]:
    """Behind the front door, and aiohttp behind that for what it does not read itself."""
    routes = connection.routes()

    async def furnish() -> web.Application:
        application = web.Application(client_max_size=BODY_LIMIT, middlewares=[guard])
        application.add_routes(map(behind_aiohttp, routes))
        return application

    door = FrontDoor(furnish, routes, clock, headers={}, observe=lambda labels, seconds: None)
    yield f"http://127.0.0.1:{await door.open('127.0.0.1', 0)}"
    door.shut()
    await door.close()


@pytest.fixture
async def url(connection: TelegramConnection, clock: ManualClock) -> AsyncIterator[str]:
    async with served(connection, clock) as address:
        yield address + path("shop")


async def post(url: str, body: bytes | AsyncIterator[bytes], headers: dict[str, str]) -> int:
    data = BytesIO(body) if isinstance(body, bytes) else body
    async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as response:
        return response.status


async def test_an_update_is_committed_before_it_is_acknowledged(url: str, inbox: Inbox) -> None:
    inbox.failures = [Unavailable("disk full")]
    assert await post(url, payload("text"), SECRET) == 503
    assert inbox.events == {}
    assert await post(url, payload("text"), SECRET) == 200
    [event] = inbox.events.values()
    assert (event.channel, event.lane) == ("telegram:shop", "telegram:shop:7001")


async def test_the_same_update_again_is_acknowledged_and_kept_once(url: str, inbox: Inbox) -> None:
    assert [await post(url, payload("text"), SECRET) for _ in range(3)] == [200, 200, 200]
    assert len(inbox.events) == 1


@pytest.mark.parametrize("secret", [None, "", "S3CRET", "s3cret ", "s3cre", "s3cretx", "\u00e9" * 6])
async def test_a_forged_secret_is_refused(url: str, inbox: Inbox, secret: str | None) -> None:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    status = await post(url, payload("text"), headers)
    # White space around a header's value is no part of it.
    assert status == (200 if secret == "s3cret " else 401)
    assert len(inbox.events) == (1 if secret == "s3cret " else 0)


async def test_no_secret_set_means_that_nobody_is_believed(
    fake: FakeTelegram, inbox: Inbox, clock: ManualClock
) -> None:
    account = msgspec.structs.replace(account_at(fake.url, mode="webhook"), webhook_secret="")
    connection = connect(account, receive=inbox.receive, clock=clock, state=NoState(), public_url="")
    async with served(connection, clock) as address:
        assert await post(address + path("default"), payload("text"), {SECRET_HEADER: ""}) == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"update_id": "x"}', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_update_is_refused(url: str, inbox: Inbox, body: bytes) -> None:
    assert await post(url, body, SECRET) == 400
    assert inbox.events == {}


async def test_a_body_that_is_too_large_is_refused_unread(url: str, inbox: Inbox) -> None:
    assert await post(url, b'{"update_id": 1, "message": "' + b"x" * BODY_LIMIT + b'"}', SECRET) == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 64 * 1024

    try:
        status = await post(url, endless(), SECRET)
    except aiohttp.ClientError:
        status = 413  # hung up on while still sending
    assert status == 413
    assert inbox.events == {}


async def test_an_update_of_almost_a_megabyte_is_kept(url: str, inbox: Inbox) -> None:
    update = json.loads(payload("text"))
    update["message"]["padding"] = "x" * (BODY_LIMIT - 1000)
    assert await post(url, json.dumps(update).encode(), SECRET) == 200
    assert inbox.texts() == ["Wo ist meine Bestellung? 👩‍🍳"]


async def test_while_telegram_does_not_tell_our_name_a_groups_message_waits(
    url: str, fake: FakeTelegram, inbox: Inbox
) -> None:
    fake.plan("getMe", Reset())
    assert await post(url, payload("text"), SECRET) == 200
    assert await post(url, payload("group_mention"), SECRET) == 503
    assert await post(url, payload("group_mention"), SECRET) == 200
    assert inbox.texts() == ["Wo ist meine Bestellung? 👩‍🍳", "how do I clean the filter?"]


async def test_telegram_is_told_where_to_call_and_calls(
    url: str, connection: TelegramConnection, fake: FakeTelegram, inbox: Inbox
) -> None:
    fake.plan("setWebhook", Refusal(status=429, description="", parameters={"retry_after": 0}))
    await connection.run()
    assert fake.webhook == {
        "url": "https://bot.example.com/channels/telegram/shop/webhook",
        "secret_token": "s3cret",
        "allowed_updates": list(KINDS),
    }
    health = await connection.check()
    assert (health.is_working, health.detail) == (True, "@fake_shop_bot answers, by webhook")
    fake.webhook["url"] = url
    await fake.say("one")
    await fake.say("two")
    inbox.failures = [Unavailable("busy")]
    assert await fake.deliver() == [503, 200]
    assert await fake.deliver() == [200]
    assert inbox.texts() == ["two", "one"]
    assert fake.waiting == []


async def test_health_tells_of_a_webhook_that_is_missing(connection: TelegramConnection) -> None:
    health = await connection.check()
    assert (health.is_working, health.detail) == (False, "@fake_shop_bot: no webhook is set")


async def test_a_wrong_token_is_one_clear_line(connection: TelegramConnection, fake: FakeTelegram) -> None:
    fake.is_revoked = True
    with pytest.raises(Misconfigured, match="BotFather"):
        await connection.run()
    health = await connection.check()
    assert not health.is_working
    assert "BotFather" in health.detail
