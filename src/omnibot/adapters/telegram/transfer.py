"""Files to and from the Bot API. By aiohttp, which is loaded with the first of them: most messages are words."""

from collections.abc import AsyncIterator
from contextlib import ExitStack

import aiohttp
import msgspec

from omnibot.adapters.telegram.content import DOWNLOAD_LIMIT
from omnibot.adapters.telegram.errors import (
    BROKEN,
    LATE,
    NO_ADDRESS,
    TOO_LARGE_FOR_BOTS,
    UNREACHABLE,
    UNTRUSTED,
    refusal,
)
from omnibot.adapters.telegram.render import Call
from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable
from omnibot.json_calls.answer import Answer

UPLOAD_SECONDS = 40.0  # below what the core gives a send
CONNECT_SECONDS = 10.0
PIECE = 64 * 1024  # bytes

_UPLOADING = aiohttp.ClientTimeout(total=UPLOAD_SECONDS, sock_connect=CONNECT_SECONDS)


class Transfer:
    """Moves files. Raises ChannelError."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def upload(self, url: str, call: Call) -> Answer:
        """Make a call that has a file; the answer, whatever its status."""
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
            try:
                async with self._session.post(url, data=form, timeout=_UPLOADING, allow_redirects=False) as response:
                    return Answer(response.status, await response.read())
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise failure(error) from None

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """What is there, in pieces."""
        seen = 0
        try:
            async with self._session.get(url, allow_redirects=False) as response:
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
        await self._session.close()


def failure(error: aiohttp.ClientError | TimeoutError | OSError) -> ChannelError:
    """`errors.failure` for what aiohttp raises."""
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return Misconfigured(NO_ADDRESS)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return Unavailable(UNTRUSTED)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Unavailable(UNREACHABLE)  # the call was never made
        case TimeoutError():
            return Unavailable(LATE, maybe_sent=True)
    return Unavailable(BROKEN, maybe_sent=True)
