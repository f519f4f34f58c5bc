"""Files, both ways. Our token goes to Slack's own hosts and nowhere else, whatever address a payload names.

https://docs.slack.dev/messaging/working-with-files
"""

import asyncio
from collections.abc import AsyncIterator
from io import BufferedReader
from urllib.parse import urlsplit

import aiohttp

from omnibot.adapters.slack import errors
from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.parse import FILE_LIMIT
from omnibot.channel import InboundFile, Misconfigured, OutboundFile, Unavailable, Undeliverable
from omnibot.domain.message import Address

PIECE = 64 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=20)
NO_READING = "the app may not read files: give it the permission files:read"


async def download(api: Api, file: InboundFile) -> AsyncIterator[bytes]:
    """The file in pieces. Raises ChannelError."""
    if file.problem:
        raise Undeliverable(file.problem)
    url = file.handle
    if url.startswith("file:"):
        url = await _address_of(api, url.removeprefix("file:"))
    if not is_slacks(url, api.base):
        raise Undeliverable("its address is not one of Slack's")
    headers = {"Authorization": f"Bearer {await api.tokens.access()}"}
    try:
        async with api.session.get(url, headers=headers, allow_redirects=False, timeout=TIMEOUT) as response:
            _check(response, file)
            size = 0
            async for piece in response.content.iter_chunked(PIECE):
                size += len(piece)
                if size > FILE_LIMIT:
                    raise Undeliverable(f"it is larger than {FILE_LIMIT // 1024**2} MB")
                yield piece
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unavailable(errors.from_network(error).why) from None


def is_slacks(url: str, base: str) -> bool:
    """Whether an address is on the host of the Web API or below it, with the same scheme and port."""
    try:
        there, here = urlsplit(url), urlsplit(base)
        is_same_way = there.scheme == here.scheme and there.port == here.port
    except ValueError:
        return False
    host, own = there.hostname or "", here.hostname or ""
    if there.username is not None or there.password is not None or "\\" in url:
        return False
    return is_same_way and bool(own) and (host == own or host.endswith(f".{own}"))


async def upload(api: Api, file: OutboundFile, address: Address) -> str:
    """Put a file into a chat; returns its id. Raises ChannelError."""
    try:
        ticket = await api.get("files.getUploadURLExternal", filename=file.name, length=str(file.size))
        url, id = str(ticket.get("upload_url") or ""), str(ticket.get("file_id") or "")
        if not is_slacks(url, api.base):
            raise Undeliverable("Slack names a strange place for files")
        await _send_bytes(api, url, file)
        await api.post(
            "files.completeUploadExternal",
            files=[{"id": id, "title": file.name}],
            channel_id=address.chat,
            thread_ts=address.thread,
        )
    except Misconfigured as error:
        if "missing_scope" not in error.why:
            raise
        raise Undeliverable("the app may not send files: give it the permission files:write") from None
    return id


async def _address_of(api: Api, id: str) -> str:
    """Of a file from another workspace, which only `files.info` tells."""
    answer = await api.get("files.info", file=id)
    file = answer.get("file")
    file = file if isinstance(file, dict) else {}
    return str(file.get("url_private_download") or file.get("url_private") or "")


def _check(response: aiohttp.ClientResponse, file: InboundFile) -> None:
    if response.status == 429 or response.status >= 500:
        raise errors.from_answer(response.status, None, response.headers)
    is_sign_in = response.content_type == "text/html" and file.media_type != "text/html"
    if response.status in (301, 302, 303, 307, 308, 401, 403) or is_sign_in:
        raise Undeliverable(NO_READING)  # Slack shows its sign-in page
    if response.status != 200:
        raise Undeliverable("it is gone")


async def _send_bytes(api: Api, url: str, file: OutboundFile) -> None:
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
    try:
        opened = await asyncio.to_thread(file.path.open, "rb")
    except OSError:
        raise Undeliverable(f"{file.name} is no longer there") from None
    try:
        async with api.session.post(url, data=_pieces(opened), headers=headers, timeout=TIMEOUT) as response:
            if response.status != 200:
                raise errors.from_answer(response.status, {"error": "upload_failed"}, response.headers)
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(errors.from_network(error).why) from None
    finally:
        await asyncio.to_thread(opened.close)


async def _pieces(opened: BufferedReader) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(opened.read, PIECE):
        yield piece
