"""Sending against a real SMTP server: each answer has its own outcome, and every try is the same mail."""

import inspect
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from omnibot.adapters.email.connection import EmailConnection, open_account
from omnibot.adapters.email.smtp import translated
from omnibot.channel import ChannelError, Misconfigured, OutboundFile, OutboundMessage, Unavailable, Undeliverable
from omnibot.domain.message import Address, Author
from tests.adapters.email.servers import Ledger, Memory, PostOffice, account, free_port
from tests.office import ManualClock

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


def message(**changed: Any) -> OutboundMessage:
    given: dict[str, Any] = {
        "id": "7:3",
        "address": Address(channel="email", chat="mia@example.org", thread="<q1@example.org>"),
        "author": Author.BOT,
        "author_name": None,
        "text": "Your order left on **Friday**.",
        "choices": (),
        "at": AT,
    }
    return OutboundMessage(**{**given, **changed})


@pytest.fixture
def connection(smtp_port: int, memory: Memory, ledger: Ledger, tmp_path: Path, clock: ManualClock) -> EmailConnection:
    return opened(smtp_port, memory, ledger, tmp_path, clock)


def opened(
    port: int, memory: Memory, ledger: Ledger, folder: Path, clock: ManualClock, **changed: Any
) -> EmailConnection:
    return open_account(
        account(smtp_port=port, **changed), receive=ledger.receive, clock=clock, state=memory, data_dir=folder
    )


async def test_a_mail_arrives_with_text_and_html(connection: EmailConnection, office: PostOffice) -> None:
    sent = await connection.channel.send(message())
    taken = message_from_bytes(office.taken[0], policy=default)
    assert taken["Message-ID"] == sent.external_id
    assert [part.get_content_type() for part in taken.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "<strong>Friday</strong>" in taken.get_body(("html",)).get_content()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 later", "450 greylisted", "451 local error", "452 full"])
async def test_a_temporary_refusal_is_tried_later_with_the_same_id(
    connection: EmailConnection, office: PostOffice, command: str, answer: str
) -> None:
    office.answers = {command: [answer]}
    with pytest.raises(Unavailable) as caught:
        await connection.channel.send(message())
    assert caught.value.retry_after == timedelta(minutes=1)
    assert not caught.value.maybe_sent
    first = await connection.channel.send(message(attempt=2))
    assert message_from_bytes(office.taken[-1])["Message-ID"] == first.external_id


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["550 no such user", "552 too large", "554 refused"])
async def test_a_lasting_refusal_is_given_up(
    connection: EmailConnection, office: PostOffice, command: str, answer: str
) -> None:
    office.answers = {command: [answer]}
    with pytest.raises(Undeliverable, match=answer[:3]):
        await connection.channel.send(message())


async def test_a_line_cut_after_data_may_have_sent_it_and_the_copy_has_the_same_id(
    connection: EmailConnection, office: PostOffice
) -> None:
    office.drops_after_data = 1
    with pytest.raises(Unavailable) as caught:
        await connection.channel.send(message())
    assert caught.value.maybe_sent
    await connection.channel.send(message(attempt=2))
    assert len({message_from_bytes(copy)["Message-ID"] for copy in office.taken}) == 1
    assert len(office.taken) == 2


async def test_the_id_is_the_same_after_a_restart_and_another_for_another_account(
    connection: EmailConnection,
    smtp_port: int,
    memory: Memory,
    ledger: Ledger,
    tmp_path: Path,
    clock: ManualClock,
) -> None:
    first = await connection.channel.send(message())
    again = await opened(smtp_port, memory, ledger, tmp_path, clock).channel.send(message())
    other = await opened(smtp_port, Memory(), ledger, tmp_path, clock).channel.send(message())
    assert first == again != other


async def test_a_wrong_password_stops_the_channel(
    smtp_port: int, memory: Memory, ledger: Ledger, tmp_path: Path, clock: ManualClock
) -> None:
    connection = opened(smtp_port, memory, ledger, tmp_path, clock, smtp_password="wrong")
    with pytest.raises(Misconfigured, match="password"):
        await connection.channel.send(message())


async def test_a_server_without_tls_gets_no_password(
    smtp_port: int, office: PostOffice, memory: Memory, ledger: Ledger, tmp_path: Path, clock: ManualClock
) -> None:
    connection = opened(smtp_port, memory, ledger, tmp_path, clock, smtp_tls="starttls")
    with pytest.raises(Misconfigured):
        await connection.channel.send(message())
    assert not office.seen


async def test_a_server_that_is_down_is_tried_later(
    memory: Memory, ledger: Ledger, tmp_path: Path, clock: ManualClock
) -> None:
    connection = opened(free_port(), memory, ledger, tmp_path, clock)
    with pytest.raises(Unavailable) as caught:
        await connection.channel.send(message())
    assert not caught.value.maybe_sent


@pytest.mark.parametrize(
    "chat",
    [
        "",
        "nobody",
        "a@b\r\nBcc: x@y.example",
        "a b@c.example",
        "<a@b.example>",
        "a@b@c.example",
        "a@[127.0.0.1]",
        "a,b@c.example",
    ],
)
async def test_what_is_no_address_is_not_written_to(connection: EmailConnection, office: PostOffice, chat: str) -> None:
    with pytest.raises(Undeliverable):
        await connection.channel.send(message(address=Address(channel="email", chat=chat)))
    assert not office.seen


async def test_files_go_along(connection: EmailConnection, office: PostOffice, tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(b"\x89PNG" * 100)
    file = OutboundFile(name="../Fridge\r\nX: y.png", media_type="image/png", size=400, path=path)
    await connection.channel.send(message(files=(file,)))
    taken = message_from_bytes(office.taken[0], policy=default)
    (attached,) = taken.iter_attachments()
    assert attached.get_content() == b"\x89PNG" * 100
    assert taken["X"] is None


async def test_check_says_what_is_wrong(
    memory: Memory, ledger: Ledger, tmp_path: Path, clock: ManualClock, smtp_port: int, imap_port: int
) -> None:
    working = opened(smtp_port, memory, ledger, tmp_path, clock, imap_port=imap_port)
    assert (await working.check()).is_working
    refused = opened(smtp_port, memory, ledger, tmp_path, clock, imap_port=imap_port, smtp_password="wrong")
    health = await refused.check()
    assert not health.is_working
    assert "password" in health.detail
    assert "wrong" not in health.detail
    dead = opened(smtp_port, memory, ledger, tmp_path, clock, imap_port=free_port())
    assert not (await dead.check()).is_working


def test_every_error_of_the_library_is_translated() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(aiosmtplib, inspect.isclass)
        if issubclass(kind, aiosmtplib.SMTPException)
    ]
    assert len(kinds) >= 12
    for kind in kinds:
        for code in (421, 535, 550):
            assert isinstance(translated(made(kind, code), is_sending=True), ChannelError)
    assert isinstance(translated(socket.gaierror(), is_sending=False), Unavailable)


def made(kind: type, code: int) -> Exception:
    if kind is aiosmtplib.SMTPRecipientsRefused:
        return kind([aiosmtplib.SMTPRecipientRefused(code, "no", "a@example.org")])  # type: ignore[no-any-return]
    if issubclass(kind, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPRecipientRefused):
        return kind(code, "no", "a@example.org")  # type: ignore[no-any-return]
    if issubclass(kind, aiosmtplib.SMTPResponseException):
        return kind(code, "no")  # type: ignore[no-any-return]
    return kind("no")  # type: ignore[no-any-return]
