"""The fake against Slack's own SDK: what the SDK takes for Slack, our tests may."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from omnibot.demo.slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, RateLimit, sign
from tests.office import MONDAY, eventually


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_base, retry_handlers=[])


async def test_the_sdk_posts_and_reads_back(client: AsyncWebClient, slack: FakeSlack) -> None:
    chat = slack.add_user("U1", "Ana")
    posted = await client.chat_postMessage(
        channel=chat, text="hi", metadata={"event_type": "t", "event_payload": {"id": "1"}}
    )
    history = await client.conversations_history(channel=chat, include_all_metadata=True)
    assert [(post["ts"], post["metadata"]["event_payload"]) for post in history["messages"]] == [
        (posted["ts"], {"id": "1"})
    ]
    assert (await client.users_info(user="U1"))["user"]["name"] == "ana"
    assert (await client.conversations_open(users="U1"))["channel"]["id"] == chat


async def test_the_sdk_uploads(client: AsyncWebClient, slack: FakeSlack) -> None:
    slack.chat("C1")
    await client.files_upload_v2(channel="C1", content="E4", filename="note.txt")
    [post] = slack.chat("C1").posts
    assert slack.files[post["files"][0]["id"]][1] == b"E4"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ],
)
async def test_the_sdk_sees_refusals(client: AsyncWebClient, slack: FakeSlack, arguments: Any, code: str) -> None:
    slack.chat("C1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(**arguments)
    assert caught.value.response["error"] == code


async def test_the_sdk_sees_rate_limits(client: AsyncWebClient, slack: FakeSlack) -> None:
    slack.plan("auth.test", RateLimit(7))
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")


def test_the_sdk_believes_the_signature() -> None:
    class Then(Clock):
        def now(self) -> float:
            return MONDAY.timestamp()

    headers = sign(b'{"a": "\xc3\xbc"}')
    assert SignatureVerifier(SIGNING_SECRET, Then()).is_valid_request(b'{"a": "\xc3\xbc"}', headers)
    assert not SignatureVerifier("another", Then()).is_valid_request(b'{"a": "\xc3\xbc"}', headers)


async def test_the_sdk_speaks_socket_mode_with_it(client: AsyncWebClient, slack: FakeSlack) -> None:
    sockets = SocketModeClient(app_token=APP_TOKEN, web_client=client, ping_interval=1)
    heard: list[str] = []

    async def listen(_: Any, request: SocketModeRequest) -> None:
        heard.append(request.payload["event"]["text"])
        await sockets.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    sockets.socket_mode_request_listeners.append(listen)
    await sockets.connect()

    async def is_open() -> bool:
        return bool(slack.sockets)

    await eventually(is_open, "the SDK has connected")
    await slack.frame(slack.message("U1", "hi", chat="D1"))
    await sockets.close()
    assert heard == ["hi"]
