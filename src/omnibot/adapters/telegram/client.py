"""The Bot API over HTTP (https://core.telegram.org/bots/api#making-requests): a call, a download, nothing of a chat's.

The token is part of every address. It is never logged, and never part of an error.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from msgspec import Raw, Struct

from omnibot.adapters.telegram.content import DOWNLOAD_LIMIT
from omnibot.adapters.telegram.errors import TOO_LARGE_FOR_BOTS, failure, refusal
from omnibot.adapters.telegram.render import Call
from omnibot.adapters.telegram.wire import User
from omnibot.channel import Unavailable, Undeliverable
from omnibot.settings import TelegramAccount

ANSWER_SECONDS = 20.0
UPLOAD_SECONDS = 40.0  # below what the core gives a send
CONNECT_SECONDS = 10.0
PIECE = 64 * 1024  # bytes

T = TypeVar("T")


class _Parameters(Struct, frozen=True):
    retry_after: int | None = None
    migrate_to_chat_id: int | None = None


class _Answer(Struct):
    ok: bool = False
    result: Raw = Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = _Parameters()


class _Id(Struct):
    message_id: int


class _Topic(Struct):
    message_thread_id: int


class _Path(Struct):
    file_path: str = ""
    file_size: int | None = None


class WebhookInfo(Struct):
    """https://core.telegram.org/bots/api#webhookinfo"""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: int = 0
    last_error_message: str = ""


_answers = msgspec.json.Decoder(_Answer)


class Client:
    """Calls the Bot API as one bot. Raises ChannelError, FormRefused and ChatMoved."""

    def __init__(self, account: TelegramAccount, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._answer_seconds = answer_seconds
        self._methods = f"{account.api_base}/bot{account.token}/"
        self._files = f"{account.api_base}/file/bot{account.token}/"
        self._opened: aiohttp.ClientSession | None = None

    async def send(self, call: Call) -> int:
        """Make a sending call; returns the message's id."""
        if call.file is None:
            answer = await self.call(call.method, call.parameters)
        else:
            answer = await self._upload(call)
        return _read(answer, _Id).message_id

    async def create_topic(self, chat: int | str, title: str) -> int:
        """Open a topic in a group that has topics; returns its id."""
        return _read(await self.call("createForumTopic", {"chat_id": chat, "name": title}), _Topic).message_thread_id

    async def get_me(self) -> User:
        return _read(await self.call("getMe"), User)

    async def get_updates(self, *, offset: int | None, seconds: int, kinds: tuple[str, ...]) -> list[Raw]:
        """What waits, each update as it came; waits so long where nothing does. `offset` confirms all before it."""
        parameters: dict[str, Any] = {"timeout": seconds, "allowed_updates": kinds}
        if offset is not None:
            parameters["offset"] = offset
        answer = await self.call("getUpdates", parameters, seconds=seconds + self._answer_seconds)
        return _read(answer, list[Raw])

    async def get_webhook_info(self) -> WebhookInfo:
        return _read(await self.call("getWebhookInfo"), WebhookInfo)

    async def call(
        self, method: str, parameters: dict[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS
    ) -> Raw:
        """Any method; returns its result."""
        body = msgspec.json.encode(parameters or {})
        return await self._post(method, body, {"Content-Type": "application/json"}, seconds or self._answer_seconds)

    async def download(self, file_id: str) -> AsyncIterator[bytes]:
        """A file in pieces."""
        found = _read(await self.call("getFile", {"file_id": file_id}), _Path)
        if not found.file_path:
            raise Undeliverable("the file is gone")
        seen = 0
        try:
            async with self._session.get(self._files + quote(found.file_path), allow_redirects=False) as response:
                if response.status != 200:
                    raise refusal(response.status if response.status >= 500 else 400, "wrong file_id")
                async for piece in response.content.iter_chunked(PIECE):
                    seen += len(piece)
                    if seen > DOWNLOAD_LIMIT:
                        raise Undeliverable(TOO_LARGE_FOR_BOTS)
                    yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failure(error) from None

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        """Opened with the first call: a client is made before there is a loop."""
        if self._opened is None:
            self._opened = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._opened

    async def _upload(self, call: Call) -> Raw:
        assert call.file is not None
        form = aiohttp.FormData(quote_fields=False)  # a quoted name would arrive as %E5%8D%81.pdf
        for key, value in call.parameters.items():
            form.add_field(key, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        with ExitStack() as stack:
            try:
                content = stack.enter_context(call.file.path.open("rb"))
            except OSError:
                raise Undeliverable(f"the file {call.file.name} cannot be read here") from None
            name = "".join(character if character.isprintable() else "_" for character in call.file.name)
            form.add_field(call.file_parameter, content, filename=name, content_type=call.file.media_type)
            return await self._post(call.method, form, {}, UPLOAD_SECONDS)

    async def _post(self, method: str, body: Any, headers: dict[str, str], seconds: float) -> Raw:
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.post(
                self._methods + method, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, answer = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failure(error) from None
        return _result(status, answer)


def _result(status: int, body: bytes) -> Raw:
    try:
        answer = _answers.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        if status >= 500:
            raise refusal(status, "") from None
        # A proxy's page, or an answer that was cut off.
        raise Unavailable("what answers at api_base is not the Bot API", maybe_sent=status < 400) from None
    if answer.ok:
        return answer.result
    parameters = answer.parameters
    raise refusal(
        answer.error_code or status,
        answer.description,
        retry_after=parameters.retry_after,
        moved_to=parameters.migrate_to_chat_id,
    )


def _read(result: Raw, type: type[T]) -> T:
    """A result as its type; one that is something else leaves open what became of the call."""
    try:
        return msgspec.json.decode(result, type=type)
    except msgspec.DecodeError:
        raise Unavailable("Telegram's answer makes no sense", maybe_sent=True) from None
