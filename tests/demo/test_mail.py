"""The demo's mail servers, spoken to by the standard library's clients."""

import asyncio
import imaplib
import smtplib
from collections.abc import AsyncIterator

import pytest

from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost

MAIL = b"Subject: One\r\n\r\nHello\r\n"


@pytest.fixture
async def mailbox() -> AsyncIterator[DemoMailbox]:
    mailbox = DemoMailbox(first_id=100)
    await mailbox.start()
    yield mailbox
    await mailbox.stop()


@pytest.fixture
async def taken() -> list[tuple[str, bytes]]:
    return []


@pytest.fixture
async def post(taken: list[tuple[str, bytes]]) -> AsyncIterator[DemoPost]:
    post = DemoPost(lambda recipient, mail: taken.append((recipient, mail)))
    await post.start()
    yield post
    await post.stop()


async def test_what_was_put_is_found_fetched_and_marked(mailbox: DemoMailbox) -> None:
    await mailbox.put(MAIL)
    await mailbox.put(MAIL.replace(b"One", b"Two"))

    def read() -> tuple[list[bytes], bytes, list[bytes], list[bytes]]:
        with imaplib.IMAP4("127.0.0.1", mailbox.port) as client:
            client.login(USER, PASSWORD)
            assert client.select("INBOX") == ("OK", [b"2"])
            all_uids = client.uid("SEARCH", "ALL")[1]
            whole = client.uid("FETCH", "102", "(BODY.PEEK[]<0.5000>)")[1][0][1]
            client.uid("STORE", "101", "+FLAGS.SILENT", r"(\Seen)")
            return all_uids, whole, client.uid("SEARCH", "UNSEEN")[1], client.uid("SEARCH", "UID", "103:*")[1]

    all_uids, whole, unseen, newer = await asyncio.to_thread(read)
    assert all_uids == [b"101 102"]
    assert whole == MAIL.replace(b"One", b"Two")
    assert unseen == [b"102"]
    assert newer == [b"102"]  # as IMAP has it: the last one, whatever its number


async def test_a_wrong_password_opens_no_mailbox(mailbox: DemoMailbox) -> None:
    def read() -> None:
        with imaplib.IMAP4("127.0.0.1", mailbox.port) as client:
            client.login(USER, "wrong")

    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        await asyncio.to_thread(read)


async def test_who_waits_is_told_of_a_new_mail(mailbox: DemoMailbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
    writer.write(f"a LOGIN {USER} {PASSWORD}\r\nb IDLE\r\n".encode())
    await reader.readuntil(b"+ idling\r\n")
    await asyncio.sleep(0)  # the server's turn: it begins to listen for mails
    await mailbox.put(MAIL)
    assert await reader.readline() == b"* 1 EXISTS\r\n"
    writer.write(b"DONE\r\n")
    assert await reader.readline() == b"b OK done\r\n"
    writer.close()
    await writer.wait_closed()


async def test_a_sent_mail_is_handed_over_as_it_was(post: DemoPost, taken: list[tuple[str, bytes]]) -> None:
    mail = b"Subject: Dots\r\n\r\n.\r\n..\r\nend\r\n"

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", post.port) as client:
            client.login(USER, PASSWORD)
            client.sendmail("service@hausmark.example", ["mia@home.example", "tom@home.example"], mail)

    await asyncio.to_thread(send)
    assert taken == [("mia@home.example", mail), ("tom@home.example", mail)]


async def test_nobody_sends_without_the_password(post: DemoPost, taken: list[tuple[str, bytes]]) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", post.port) as client:
            client.sendmail("service@hausmark.example", ["mia@home.example"], MAIL)

    with pytest.raises(smtplib.SMTPSenderRefused):
        await asyncio.to_thread(send)
    assert taken == []
