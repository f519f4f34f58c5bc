"""The mailbox against a real IMAP server: nothing is lost and nothing doubled, whatever breaks between fetching and marking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from omnibot.adapters.email.connection import EmailConnection
from omnibot.adapters.email.imap import _quoted
from omnibot.channel import InboundMessage, Misconfigured
from omnibot.store.transactions import Unavailable as StoreUnavailable
from tests.adapters.email.proxy import Proxy
from tests.adapters.email.servers import Folder, Ledger, Memory, mail

OpenMailbox = Callable[..., EmailConnection]


@asynccontextmanager
async def running(connection: EmailConnection) -> AsyncIterator[EmailConnection]:
    task = asyncio.create_task(connection.run())
    try:
        yield connection
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await connection.close()


async def settled(folder: Folder, unseen: int = 0) -> None:
    """Until so many mails are left unmarked."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(folder.unseen) != unseen:  # noqa: ASYNC110 - the server does not tell us
            await asyncio.sleep(0.05)


async def test_unread_mail_is_received_in_order_and_marked_after_commit(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1), mail(2), mail(3))
    async with running(open_mailbox()) as connection:
        events = await ledger.wait(3)
        await settled(folder)
    read = [connection.channel.parse(event) for event in events]
    assert [one.text for one in read if isinstance(one, InboundMessage)] == [
        f"Where is my order {n}?" for n in (1, 2, 3)
    ]


async def test_what_was_read_before_the_first_start_is_history(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1), flags=r"(\Seen)")
    folder.put(mail(2))
    async with running(open_mailbox()):
        events = await ledger.wait(1)
        await settled(folder)
    assert [event.external_id.split()[0] for event in events] == ["<q2@example.org>"]


async def test_idle_brings_a_mail_at_once(folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox) -> None:
    folder.put(mail(1))
    async with running(open_mailbox(look=timedelta(seconds=60))):
        await ledger.wait(1)
        await settled(folder)
        await asyncio.to_thread(folder.put, mail(2))
        await ledger.wait(2, seconds=5)


async def test_a_restart_receives_only_what_came_since(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1))
    async with running(open_mailbox()):
        await ledger.wait(1)
        await settled(folder)
    folder.put(mail(2))
    async with running(open_mailbox()):
        await ledger.wait(2)
        await settled(folder)
    assert ledger.handed == 2


async def test_a_mail_that_another_program_has_marked_is_received_all_the_same(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1))
    async with running(open_mailbox()):
        await ledger.wait(1)
        await settled(folder)
    folder.put(mail(2))
    folder.mark_seen()
    async with running(open_mailbox()):
        await ledger.wait(2)


async def test_a_kill_between_commit_and_mark_doubles_nothing(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1), mail(2))
    committed = asyncio.Event()

    async def receive_and_hang(event: object) -> None:
        await ledger.receive(event)  # type: ignore[arg-type]
        committed.set()
        await asyncio.Event().wait()  # the process is killed here: committed, not marked

    first = open_mailbox(receive=receive_and_hang)
    task = asyncio.create_task(first.run())
    await asyncio.wait_for(committed.wait(), 10)
    assert folder.unseen() == 2
    first._mailbox._stopping.set()
    first._mailbox._hang_up()
    task.cancel()
    async with running(open_mailbox()):
        await ledger.wait(2)
        await settled(folder)
    assert ledger.handed == 3
    assert len(ledger.events) == 2
    for leftover in asyncio.all_tasks() - {asyncio.current_task()}:
        leftover.cancel()
        with suppress(asyncio.CancelledError):
            await leftover


async def test_nothing_is_marked_while_the_store_refuses(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnibot.adapters.email.imap.PAUSES", (0.1,))
    folder.put(mail(1))
    ledger.failures = [StoreUnavailable("full"), StoreUnavailable("full")]
    async with running(open_mailbox()):
        await ledger.wait(1)
        await settled(folder)
    assert ledger.handed == 3


async def test_new_uids_for_old_mails_double_nothing_and_lose_nothing(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    mails = [mail(number) for number in range(20)]
    folder.put(*mails)
    async with running(open_mailbox()):
        await ledger.wait(20)
        await settled(folder)
    folder.renew(*mails[5:], mail(100))
    async with running(open_mailbox()):
        await ledger.wait(21)
        await settled(folder)
    assert len(ledger.events) == 21


async def test_the_same_message_id_with_other_words_is_another_mail(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1, text="first"), mail(1, text="second"), mail(1, text="first"))
    async with running(open_mailbox()):
        await ledger.wait(2)
        await settled(folder)
    assert len(ledger.events) == 2


async def test_mails_without_an_id_are_told_apart(folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox) -> None:
    folder.put(mail(1, text="one", Message_ID=""), mail(1, text="two", Message_ID=""))
    async with running(open_mailbox()):
        await ledger.wait(2)


async def test_an_empty_mail_is_an_event_too(folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox) -> None:
    folder.put(b"\r\n", mail(2))
    async with running(open_mailbox()):
        await ledger.wait(2)


async def test_a_lost_connection_is_made_again(folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox) -> None:
    folder.put(mail(1))
    async with running(open_mailbox(look=timedelta(seconds=60))) as connection:
        await ledger.wait(1)
        await settled(folder)
        connection._mailbox._hang_up()
        await asyncio.to_thread(folder.put, mail(2))
        await ledger.wait(2)


async def test_a_line_cut_anywhere_loses_and_doubles_nothing(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RELIABILITY E1: resets at twenty places, in greetings, answers and the middle of a mail."""
    monkeypatch.setattr("omnibot.adapters.email.imap.PAUSES", (0.01,))
    folder.put(*(mail(number, text="x" * 2_000) for number in range(3)))
    async with Proxy(folder.port) as proxy:
        proxy.cuts = [
            1,
            40,
            100,
            180,
            260,
            400,
            700,
            900,
            1_000,
            1_100,
            1_200,
            1_500,
            1_800,
            2_100,
            2_500,
            2_900,
            3_200,
            3_600,
            4_500,
            6_000,
        ]
        async with running(open_mailbox(imap_port=proxy.port)) as connection:
            await ledger.wait(3, seconds=60)
            await settled(folder)
            texts = [connection.channel.parse(event) for event in ledger.events.values()]
    assert proxy.connections > 10
    assert {len(one.text) for one in texts if isinstance(one, InboundMessage)} == {2_000}
    assert len(ledger.events) == 3


async def test_a_server_that_falls_silent_is_left(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RELIABILITY E5: the line stays open and says nothing, while idle as well as in an answer."""
    monkeypatch.setattr("omnibot.adapters.email.imap.PAUSES", (0.01,))
    folder.put(mail(1), mail(2))
    async with Proxy(folder.port) as proxy:
        proxy.silences = [10, 500, 1_500]
        connection = open_mailbox(imap_port=proxy.port, look=timedelta(seconds=1))
        connection._mailbox._seconds = 3.0
        async with running(connection):
            await ledger.wait(2, seconds=60)
            await settled(folder)
    assert proxy.connections >= 3


async def test_a_wrong_password_is_told_and_not_tried_again(open_mailbox: OpenMailbox) -> None:
    connection = open_mailbox(imap_password="wrong")
    with pytest.raises(Misconfigured, match="password"):
        await asyncio.wait_for(connection.run(), 10)


async def test_cancelling_ends_at_once_while_idle(folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox) -> None:
    folder.put(mail(1))
    connection = open_mailbox(look=timedelta(seconds=600))
    task = asyncio.create_task(connection.run())
    await ledger.wait(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    await connection.close()


async def test_the_place_survives_as_validity_and_uid(
    folder: Folder, ledger: Ledger, memory: Memory, open_mailbox: OpenMailbox
) -> None:
    folder.put(mail(1))
    async with running(open_mailbox()):
        await ledger.wait(1)
        await settled(folder)
    assert '"uid":101' in memory.kept["imap"]


@pytest.mark.parametrize("name", ["Done", "Erledigt & weg", "已处理"])
async def test_a_handled_mail_is_moved_after_its_commit(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox, name: str
) -> None:
    done = Folder(folder.port)
    with done.opened() as client:
        done.name = f"{name} {done.name}"
        client.create(_quoted(done.name))
    folder.put(mail(1), mail(2))
    async with running(open_mailbox(imap_done_folder=done.name)):
        await ledger.wait(2)
        await holds(folder, 0)
        await holds(done, 2)
        folder.put(mail(3))
        await ledger.wait(3)
        await holds(done, 3)
    assert ledger.handed == 3


async def test_where_it_cannot_be_moved_it_stays_and_is_received_once(
    folder: Folder, ledger: Ledger, open_mailbox: OpenMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put(mail(1), mail(2))
    async with running(open_mailbox(imap_done_folder="Nowhere")):
        await ledger.wait(2)
        await settled(folder)
        folder.put(mail(3))
        await ledger.wait(3)
        await settled(folder)
    assert ledger.handed == 3
    assert [record.message for record in caplog.records].count("imap_mails_not_moved") == 1
    await holds(folder, 3)


async def holds(folder: Folder, count: int) -> None:
    """Until so many mails are in it."""

    def counted() -> int:
        with folder.opened() as client:
            return int(client.select(_quoted(folder.name), readonly=True)[1][0] or 0)

    async with asyncio.timeout(60):
        while await asyncio.to_thread(counted) != count:  # noqa: ASYNC110 - the server does not tell us
            await asyncio.sleep(0.05)
