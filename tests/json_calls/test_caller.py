"""Calls over real sockets: connections are kept, and whoever asks learns whether the call may have been done."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from omnibot.json_calls import caller as module
from omnibot.json_calls.answer import Answer
from omnibot.json_calls.caller import Caller, read_base
from omnibot.json_calls.errors import NotSent, TooLate, Unanswered, Untrusted
from tests.json_calls.conftest import (
    Client,
    Reply,
    Server,
    breaks_off,
    is_silent,
    says,
    says_and_hangs_up,
    serving,
    until,
)

OK = Answer(200, b"{}")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as opened:
        yield opened


@contextlib.asynccontextmanager
async def calling(url: str, *, limit: int = 1000, tls: ssl.SSLContext | None = None) -> AsyncIterator[Caller]:
    caller = Caller(url, limit=limit, tls=tls)
    yield caller
    await caller.close()


@pytest.fixture
async def caller(server: Server) -> AsyncIterator[Caller]:
    async with calling(f"http://127.0.0.1:{server.port}/base/") as opened:
        yield opened


async def ask(caller: Caller, seconds: float = 5.0) -> Answer:
    return await caller.post("bot4711:x/send", b'{"text":"hi"}', seconds=seconds)


async def test_a_call_is_one_request(server: Server, caller: Caller) -> None:
    assert await ask(caller) == OK
    [request] = server.asked
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /base/bot4711:x/send HTTP/1.1",
        b"Host: 127.0.0.1:%d" % server.port,
        b"User-Agent: omnibot",
        b"Accept-Encoding: identity",
        b"Content-Type: application/json",
        b"Content-Length: 13",
    ]
    assert body == b'{"text":"hi"}'


async def test_a_connection_is_used_again_and_calls_at_once_have_one_each(server: Server, caller: Caller) -> None:
    for _ in range(3):
        assert await ask(caller) == OK
    assert server.connections == 1
    assert await asyncio.gather(*(ask(caller) for _ in range(5))) == [OK] * 5
    assert server.connections == 5


@pytest.mark.parametrize(
    "reply",
    [
        says(*(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")),
        says(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n}\r\n0\r\n", b"\r\n"),
    ],
)
async def test_however_an_answer_comes_the_connection_is_kept(server: Server, caller: Caller, reply: Reply) -> None:
    server.replies = [reply, reply]
    assert [await ask(caller), await ask(caller)] == [OK, OK]
    assert server.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        says_and_hangs_up(b"HTTP/1.0 200 OK\r\n\r\n", b"{", b"}"),
        says_and_hangs_up(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"),
        says(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 Not Yours\r\nContent-Length: 0\r\n\r\n"),
    ],
)
async def test_a_connection_that_ends_with_its_answer_is_not_used_again(
    server: Server, caller: Caller, reply: Reply
) -> None:
    server.replies = [reply]
    assert [await ask(caller), await ask(caller)] == [OK, OK]
    assert server.connections == 2


@pytest.mark.parametrize("status", [400, 429, 500, 502, 503])
async def test_a_refusal_is_an_answer(server: Server, caller: Caller, status: int) -> None:
    server.replies = [says(b"HTTP/1.1 %d Refused\r\nContent-Length: 2\r\n\r\nno" % status)]
    assert await ask(caller) == Answer(status, b"no")
    assert await ask(caller) == OK
    assert server.connections == 1


async def test_what_the_other_end_closed_or_said_unasked_meanwhile_costs_no_call(
    server: Server, caller: Caller
) -> None:
    seen: list[Client] = []

    async def remember(client: Client) -> None:
        seen.append(client)
        await client.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server.replies = [remember, remember]
    assert await ask(caller) == OK
    seen[0].say_goodbye()
    await until(lambda: server.gone == 1)
    assert await ask(caller) == OK
    await seen[1].say(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    await until(lambda: server.gone == 2)
    assert await ask(caller) == OK
    assert server.connections == 3
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        breaks_off,
        says_and_hangs_up(),
        says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
        says_and_hangs_up(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001),
        says(b"220 mail.example ESMTP\r\n\r\n"),
    ],
)
async def test_a_call_without_a_whole_answer_may_have_been_done_and_is_not_repeated(
    server: Server, caller: Caller, reply: Reply
) -> None:
    assert await ask(caller) == OK  # on a connection that was used before, too
    server.replies = [reply]
    with pytest.raises(Unanswered):
        await ask(caller)
    assert len(server.asked) == 2
    assert await ask(caller) == OK


async def test_an_answer_that_does_not_come_in_time_is_not_taken_for_the_next(server: Server, caller: Caller) -> None:
    server.replies = [is_silent]
    with pytest.raises(TooLate):
        await ask(caller, 0.05)
    await server.left.wait()
    assert await ask(caller) == OK
    assert server.connections == 2


async def test_a_call_that_is_cancelled_leaves_no_connection_behind(server: Server, caller: Caller) -> None:
    server.replies = [is_silent]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await ask(caller)
    await server.left.wait()
    assert await ask(caller) == OK


async def test_whom_nobody_reaches_was_sent_nothing() -> None:
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        async with calling(url) as caller:
            with pytest.raises(NotSent):
                await ask(caller)


async def test_who_takes_too_long_to_let_us_in_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as plain, calling(f"https://127.0.0.1:{plain.port}") as caller:  # it never shakes hands
        with pytest.raises(NotSent):
            await ask(caller, 0.05)
        monkeypatch.setattr(module, "CONNECT_SECONDS", 0.05)
        with pytest.raises(NotSent):
            await ask(caller)


async def test_more_calls_than_connections_wait_for_one(
    server: Server, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 2)
    async with calling(f"http://127.0.0.1:{server.port}") as few:
        assert await asyncio.gather(*(ask(few) for _ in range(6))) == [OK] * 6
        assert server.connections == 2
        server.replies = [is_silent, is_silent]
        silent = [asyncio.create_task(ask(few)) for _ in range(2)]
        await until(lambda: len(server.asked) == 8)
        with pytest.raises(NotSent):
            await ask(few, 0.05)
        for call in silent:
            call.cancel()
        await asyncio.gather(*silent, return_exceptions=True)
        assert await ask(few) == OK


async def test_a_connection_that_nobody_uses_is_closed(
    server: Server, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    assert await ask(caller) == OK
    await server.left.wait()
    assert await ask(caller) == OK
    assert server.connections == 2


async def test_closing_ends_what_is_under_way(server: Server, caller: Caller) -> None:
    server.replies = [is_silent]
    call = asyncio.create_task(ask(caller))
    await until(lambda: len(server.asked) == 1)
    await caller.close()
    with pytest.raises(Unanswered):
        await call
    await server.left.wait()


def certify(folder: Path, name: x509.GeneralName) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate that vouches for itself: the server's context, and that of a client who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "omnibot's tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(file)
    trusting = ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    return serving, trusting


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


async def test_an_encrypted_connection_is_kept_and_calls_over_it_are_answered(tmp_path: Path) -> None:
    certified, trusting = certify(tmp_path, HERE)
    async with serving(tls=certified) as server, calling(f"https://127.0.0.1:{server.port}", tls=trusting) as caller:
        assert [await ask(caller), await ask(caller)] == [OK, OK]
        assert server.connections == 1
        server.replies = [breaks_off]
        with pytest.raises(Unanswered):
            await ask(caller)
        assert await ask(caller) == OK


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_who_cannot_prove_who_he_is_hears_nothing(tmp_path: Path) -> None:
    certified, trusting = certify(tmp_path, x509.DNSName("else.example"))
    async with serving(tls=certified) as server:
        for tls in (None, trusting):  # nobody vouches for it; it is somebody else's
            async with calling(f"https://127.0.0.1:{server.port}", tls=tls) as caller:
                with pytest.raises(Untrusted):
                    await ask(caller)
        assert server.asked == []


@pytest.mark.parametrize(
    ("url", "path", "field"),
    [
        ("https://api.telegram.org", "/", b"Host: api.telegram.org\r\n"),
        ("https://api.telegram.org:443/x/", "/x/", b"Host: api.telegram.org\r\n"),
        ("http://[::1]:8081/a b", "/a%20b/", b"Host: [::1]:8081\r\n"),
        ("http://bücher.example", "/", b"Host: xn--bcher-kva.example\r\n"),
        ("http://ana:p%40ss@host", "/", b"Authorization: Basic YW5hOnBAc3M=\r\n"),
    ],
)
def test_an_address_is_read(url: str, path: str, field: bytes) -> None:
    base = read_base(url)
    assert base.path == path.encode()
    assert field in base.fields
    assert base.is_encrypted == url.startswith("https:")


@pytest.mark.parametrize(
    "url",
    ["ftp://host", "host", "http://", "http://a..b", "http://a b", "http://h:99999", "http://h/?a", "http://h/#a"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        read_base(url)
