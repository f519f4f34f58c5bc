"""A mailbox without a password: tokens from a provider, XOAUTH2 towards pymap and aiosmtpd."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult

from omnibot.adapters.email.connection import EmailConnection, open_account
from omnibot.adapters.email.oauth import Tokens
from omnibot.channel import Misconfigured, Unavailable
from omnibot.sealed import seal, unseal
from tests.adapters.email.servers import PASSWORD, USER, Folder, Ledger, Memory, PostOffice, account, mail, smtp_server
from tests.office import ManualClock

Json = dict[str, Any]


class Provider:
    """A token endpoint, and what it has handed out."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Json] = []
        self.good: set[str] = set()  # access tokens that servers take
        self.answers: list[tuple[int, Json]] = []  # in the place of a token

    async def start(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/token", self._give)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/token"  # type: ignore[union-attr]
        return runner

    async def _give(self, request: web.Request) -> web.Response:
        self.asked.append(dict(await request.post()))
        if self.answers:
            status, answer = self.answers.pop(0)
            return web.json_response(answer, status=status)
        token = f"access-{len(self.asked)}"
        self.good.add(token)
        answer = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        if self.asked[-1]["grant_type"] == "refresh_token":
            answer["refresh_token"] = f"refresh-{len(self.asked)}"
        return web.json_response(answer)

    def takes(self, encoded: bytes) -> bool:
        """What a mail server asks its directory."""
        user, bearer, *_ = base64.b64decode(encoded).split(b"\1")
        return user == b"user=" + USER.encode() and bearer.removeprefix(b"auth=Bearer ").decode() in self.good


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    runner = await provider.start()
    yield provider
    await runner.cleanup()


@asynccontextmanager
async def imap_with_tokens(port: int, provider: Provider) -> AsyncIterator[int]:
    """The real IMAP server behind a gate that takes tokens only, as Gmail's and Microsoft's do."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to = await asyncio.open_connection("127.0.0.1", port)
        writer.write(await behind.readline())
        try:
            while line := await reader.readline():
                tag, name = line.split()[:2]
                if name.upper() == b"LOGIN":
                    writer.write(tag + b" NO [AUTHENTICATIONFAILED] no passwords here\r\n")
                elif name.upper() == b"AUTHENTICATE":
                    writer.write(b"+ \r\n")
                    if not provider.takes(await reader.readline()):
                        writer.write(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
                        assert (await reader.readline()).strip() == b""  # the empty answer that is wanted
                        writer.write(tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
                        continue
                    to.write(tag + f" LOGIN {USER} {PASSWORD}\r\n".encode())
                    break
                else:
                    to.write(line)
                    while not (said := await behind.readline()).startswith(tag):
                        writer.write(said)
                    writer.write(said)
            await asyncio.gather(_pump(reader, to), _pump(behind, writer))
        finally:
            to.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


class TokenOffice(PostOffice):
    """An SMTP server that takes tokens."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        if self._provider.takes(args[1].encode()):
            return AuthResult(success=True)
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)


@pytest.fixture
def office(provider: Provider) -> TokenOffice:
    return TokenOffice(provider)


@pytest.fixture
def smtp_port(office: TokenOffice) -> Iterator[int]:
    with smtp_server(office) as port:
        yield port


Open = Callable[..., Awaitable[EmailConnection]]


@pytest.fixture
async def open_mailbox(
    folder: Folder,
    smtp_port: int,
    provider: Provider,
    ledger: Ledger,
    memory: Memory,
    clock: ManualClock,
    tmp_path: Any,
) -> AsyncIterator[Open]:
    async with imap_with_tokens(folder.port, provider) as port:

        async def opened(**changed: Any) -> EmailConnection:
            given = {
                "imap_port": port,
                "smtp_port": smtp_port,
                "folder": folder.name,
                "imap_password": "",
                "oauth_token_url": provider.url,
                "oauth_client_id": "omnibot",
                "oauth_client_secret": "hunter2",
                "oauth_refresh_token": "refresh-0",
            }
            return open_account(
                account(**{**given, **changed}), receive=ledger.receive, clock=clock, state=memory, data_dir=tmp_path
            )

        yield opened


def tokens_of(provider: Provider, memory: Memory, clock: ManualClock, **changed: Any) -> Tokens:
    given = {"oauth_token_url": provider.url, "oauth_client_id": "omnibot", "oauth_refresh_token": "refresh-0"}
    return Tokens(account(**{**given, **changed}), state=memory, clock=clock)


async def test_mail_is_fetched_and_both_servers_are_checked_with_a_token(
    open_mailbox: Open, provider: Provider, folder: Folder, ledger: Ledger
) -> None:
    connection = await open_mailbox()
    health = await connection.check()
    assert (health.is_working, health.detail) == (True, "IMAP and SMTP answer")
    folder.put(mail())
    running = asyncio.create_task(connection.run())
    [event] = await ledger.wait(1)
    assert "Where is my order 1" in event.payload
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await connection.close()
    assert provider.asked == [
        {
            "client_id": "omnibot",
            "client_secret": "hunter2",
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
        }
    ]


async def test_a_token_that_is_taken_back_early_is_replaced(
    open_mailbox: Open, provider: Provider, clock: ManualClock
) -> None:
    connection = await open_mailbox()
    assert (await connection.check()).is_working
    provider.good.clear()
    clock.advance(minutes=10)
    assert not (await connection.check()).is_working  # which drops it
    assert (await connection.check()).is_working
    assert len(provider.asked) == 2
    await connection.close()


async def test_a_token_that_servers_never_take_stops_the_channel(open_mailbox: Open, provider: Provider) -> None:
    connection = await open_mailbox()
    provider.takes = lambda encoded: False  # type: ignore[method-assign]
    with pytest.raises(Misconfigured, match="does the consent include IMAP"):
        await asyncio.wait_for(connection.run(), 20)
    assert "hunter2" not in (await connection.check()).detail
    await connection.close()


async def test_a_consent_that_was_withdrawn_is_an_alarm_at_the_first_failure(
    open_mailbox: Open, provider: Provider
) -> None:
    connection = await open_mailbox()
    provider.answers = [(400, {"error": "invalid_grant"})] * 2
    health = await connection.check()
    assert (health.is_working, "consent anew" in health.detail) == (False, True)
    with pytest.raises(Misconfigured):
        await asyncio.wait_for(connection.run(), 20)
    await connection.close()


async def test_a_provider_that_is_down_is_asked_again(provider: Provider, memory: Memory, clock: ManualClock) -> None:
    tokens = tokens_of(provider, memory, clock)
    provider.answers = [(503, {}), (200, {"error": "odd"}), (400, {"error": "slow_down"})]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await tokens.access()
    assert await tokens.access() == "access-4"
    with pytest.raises(Unavailable):
        await tokens_of(provider, memory, clock, oauth_token_url="http://127.0.0.1:1/token").access()


async def test_a_token_is_asked_for_once_and_again_before_it_ends(
    provider: Provider, memory: Memory, clock: ManualClock
) -> None:
    tokens = tokens_of(provider, memory, clock)
    assert set(await asyncio.gather(*(tokens.access() for _ in range(5)))) == {"access-1"}
    clock.advance(minutes=54)
    assert await tokens.access() == "access-1"
    clock.advance(minutes=1)
    assert await tokens.access() == "access-2"


async def test_the_newest_refresh_token_is_kept_sealed_until_another_is_configured(
    provider: Provider, memory: Memory, clock: ManualClock
) -> None:
    await tokens_of(provider, memory, clock).access()
    assert "refresh-1" not in str(memory.kept)
    await tokens_of(provider, memory, clock).access()  # after a restart
    await tokens_of(provider, memory, clock, oauth_refresh_token="another").access()
    assert [asked["refresh_token"] for asked in provider.asked] == ["refresh-0", "refresh-1", "another"]


async def test_an_application_signs_in_by_itself(provider: Provider, memory: Memory, clock: ManualClock) -> None:
    tokens = tokens_of(
        provider, memory, clock, oauth_refresh_token="", oauth_client_secret="s", oauth_scope="https://x/.default"
    )
    await tokens.access()
    [asked] = provider.asked
    assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "https://x/.default")


async def test_the_end_of_the_clients_secret_is_told_at_thirty_seven_and_one_day(
    provider: Provider, memory: Memory, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = tokens_of(provider, memory, clock, oauth_client_until="2026-07-11")  # in forty days
    told = []
    for _ in range(45):
        await tokens.warning()
        warning = await tokens.warning()
        told.append((len(caplog.records), warning))
        clock.advance(days=1)
    assert [told[day][0] for day in (9, 10, 32, 33, 38, 39, 44)] == [0, 1, 1, 2, 2, 3, 3]
    assert told[9][1] == ""
    assert told[33][1] == "the OAuth client's secret ends in 7 days"
    assert told[44][1] == "the OAuth client's secret has ended"


def test_what_is_sealed_is_read_with_the_same_secret_only() -> None:
    sealed = seal("refresh", "secret")
    assert "refresh" not in sealed
    assert unseal(sealed, "secret") == "refresh"
    assert unseal(sealed, "another") is None
    assert unseal(sealed[:-3], "secret") is None
    assert unseal("", "secret") is None
