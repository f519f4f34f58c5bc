"""Calls one platform: keeps its connections, opens others, and has a time for each."""

import asyncio
import ssl
from base64 import b64encode
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from aiohappyeyeballs import start_connection

from omnibot.json_calls.answer import Answer
from omnibot.json_calls.connection import Connection
from omnibot.json_calls.errors import NotSent, Untrusted

ANSWER_LIMIT = 32 * 1024 * 1024  # bytes
CONNECT_SECONDS = 10.0  # for the address, the connection and its encryption
CONNECTIONS = 100  # at the same time; more calls wait for one of them
IDLE_SECONDS = 15.0  # then the other end may have forgotten us, and a call would be lost
NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305, section 8

_IN_A_PATH = "/:@!$&'()*+,;=-._~%"


class Base(NamedTuple):
    """What all addresses of a platform begin with."""

    host: str
    port: int
    is_encrypted: bool
    path: bytes  # ends with a slash
    fields: bytes  # of each request: they say where it goes, and who asks


def read_base(url: str) -> Base:
    """Raises ValueError for what cannot be called."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not an address of the web")
    host = parts.hostname.encode("idna").decode()
    if quote(host, safe=":%") != host:
        raise ValueError("not a host")
    is_encrypted = parts.scheme == "https"
    usual = 443 if is_encrypted else 80
    port = parts.port or usual
    named = f"[{host}]" if ":" in host else host
    lines = [f"Host: {named}" if port == usual else f"Host: {named}:{port}"]
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {b64encode(secret.encode()).decode()}")
    lines += ["User-Agent: omnibot", "Accept-Encoding: identity", "Content-Type: application/json"]
    fields = "".join(f"{line}\r\n" for line in lines).encode()
    return Base(host, port, is_encrypted, _quoted(parts.path.rstrip("/") + "/"), fields)


@lru_cache(maxsize=64)  # a platform has a few methods, which are called again and again
def _quoted(path: str) -> bytes:
    return quote(path, safe=_IN_A_PATH).encode()


class Caller:
    """Posts to the addresses below one. Raises CallFailed, never anything of the network's."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None, limit: int = ANSWER_LIMIT) -> None:
        """`tls` says whom to trust; None: those whom this machine trusts. Raises ValueError for a `url` that cannot be called."""
        self._base = read_base(url)
        self._tls = tls
        self._limit = limit
        self._idle: list[Connection] = []  # the one that was used last is the next one to be used
        self._open: set[Connection] = set()
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._sweep: asyncio.TimerHandle | None = None

    async def post(self, path: str, body: bytes, *, seconds: float) -> Answer:
        """The answer, whatever its status. It is never asked twice: a platform may have done what it did not answer."""
        base, loop = self._base, asyncio.get_running_loop()
        until = loop.time() + seconds
        target = base.path + _quoted(path)
        request = b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (target, base.fields, len(body), body)
        await self._wait_for_a_place(until)
        try:
            connection = self._kept() or await self._connect(until)
            try:
                return await connection.call(request, until=until)
            finally:
                self._keep(connection)
        finally:
            self._places.release()

    async def close(self) -> None:
        """Whatever is under way has no answer."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in tuple(self._open):
            connection.close()
        self._open.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # the loop closes sockets in its next round

    async def _wait_for_a_place(self, until: float) -> None:
        if not self._places.locked():
            await self._places.acquire()  # does not wait
            return
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            raise NotSent("too many calls at once") from None

    def _kept(self) -> Connection | None:
        """One that is open and was used just now."""
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_free and connection.used_at > oldest:
                return connection
            self._drop(connection)
        return None

    def _keep(self, connection: Connection) -> None:
        if not connection.is_free:
            self._drop(connection)
            return
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._drop_idle)

    def _drop_idle(self) -> None:
        """Close what nobody has used for a while."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_SECONDS
        used = [connection for connection in self._idle if connection.is_free and connection.used_at > oldest]
        for connection in set(self._idle).difference(used):
            self._drop(connection)
        self._idle = used
        self._sweep = loop.call_later(IDLE_SECONDS, self._drop_idle) if used else None

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._open.discard(connection)

    async def _connect(self, until: float) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(until, loop.time() + CONNECT_SECONDS)):
                connection = await self._opened()
        except TimeoutError:
            raise NotSent("no connection in time") from None
        except ssl.SSLError:  # is an OSError, and would be one of those below
            raise Untrusted("the certificate cannot be trusted") from None
        except OSError:
            raise NotSent("no connection") from None
        self._open.add(connection)
        return connection

    async def _opened(self) -> Connection:
        base, loop = self._base, asyncio.get_running_loop()
        tls = None
        if base.is_encrypted:
            tls = self._tls = self._tls or await asyncio.to_thread(_trusted)
        found = await loop.getaddrinfo(base.host, base.port, type=1)
        # Several addresses may be known of which not all can be reached: a network with half an IPv6, a machine that is down.
        socket = await start_connection(found, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS, interleave=1, loop=loop)
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(limit=self._limit),
                sock=socket,
                ssl=tls,
                server_hostname=base.host if tls else None,
            )
        except BaseException:
            socket.close()
            raise
        return connection


@cache
def _trusted() -> ssl.SSLContext:
    """Those whom this machine trusts. Reading them takes a few hundredths of a second."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
