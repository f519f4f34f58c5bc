"""The Bot API over HTTP (https://core.telegram.org/bots/api#making-requests): a call, a download, nothing of a chat's.

Calls are `json_calls`'; only files need aiohttp (`transfer`). The token is part of every address. It is never logged, and
never part of an error.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from omnibot.adapters.telegram.errors import NO_ADDRESS, failure, refusal
from omnibot.adapters.telegram.render import Call
from omnibot.adapters.telegram.wire import User
from omnibot.channel import Misconfigured, Unavailable, Undeliverable
from omnibot.json_calls.answer import Answer
from omnibot.json_calls.caller import Caller
from omnibot.json_calls.errors import CallFailed
from omnibot.settings import TelegramAccount

if TYPE_CHECKING:
    from omnibot.adapters.telegram.transfer import Transfer

ANSWER_SECONDS = 20.0

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
        self._base = account.api_base
        self._bot = f"bot{account.token}/"
        self._caller: Caller | None = None
        self._transfer: Transfer | None = None

    async def send(self, call: Call) -> int:
        """Make a sending call; returns the message's id."""
        if call.file is None:
            answer = await self.call(call.method, call.parameters)
        else:
            answer = _result(await self._files().upload(f"{self._base}/{self._bot}{call.method}", call))
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

    async def call(self, method: str, parameters: dict[str, Any] | None = None, *, seconds: float | None = None) -> Raw:
        """Any method; returns its result."""
        if self._caller is None:
            try:
                self._caller = Caller(self._base)
            except ValueError:
                raise Misconfigured(NO_ADDRESS) from None
        body = msgspec.json.encode(parameters or {})
        try:
            answer = await self._caller.post(self._bot + method, body, seconds=seconds or self._answer_seconds)
        except CallFailed as error:
            raise failure(error) from None
        return _result(answer)

    async def download(self, file_id: str) -> AsyncIterator[bytes]:
        """A file in pieces."""
        found = _read(await self.call("getFile", {"file_id": file_id}), _Path)
        if not found.file_path:
            raise Undeliverable("the file is gone")
        async for piece in self._files().download(f"{self._base}/file/{self._bot}{quote(found.file_path)}"):
            yield piece

    async def close(self) -> None:
        if self._caller is not None:
            await self._caller.close()
        if self._transfer is not None:
            await self._transfer.close()

    def _files(self) -> "Transfer":
        if self._transfer is None:
            from omnibot.adapters.telegram.transfer import Transfer

            self._transfer = Transfer()
        return self._transfer


def _result(given: Answer) -> Raw:
    status = given.status
    try:
        answer = _answers.decode(given.body)
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
