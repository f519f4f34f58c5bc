"""Sending and fetching against a Bot API server that refuses, hangs and breaks."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from omnibot.adapters.telegram.channel import TelegramChannel
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.formatted import TEXT_LENGTH
from omnibot.channel import (
    InboundFile,
    Misconfigured,
    Moved,
    OutboundFile,
    Sent,
    Unavailable,
    Undeliverable,
)
from omnibot.demo.telegram import BIG_FILE, TOKEN, FakeTelegram
from omnibot.demo.telegram_wire import Refusal, Reset, Silence, blocked, too_many_requests
from omnibot.domain.message import Address, Choice
from tests.adapters.telegram.conftest import Inbox, NoState, account_at, outbound
from tests.office import ManualClock


def a_file(handle: str, **fields: object) -> InboundFile:
    return InboundFile(**{"name": "a", "media_type": "x/y", "size": None, "handle": handle, **fields})  # type: ignore[arg-type]


async def fetched(channel: TelegramChannel, file: InboundFile) -> bytes:
    return b"".join([piece async for piece in channel.fetch(file)])


async def test_a_message_arrives_with_formatting_and_buttons(channel: TelegramChannel, fake: FakeTelegram) -> None:
    sent = await channel.send(outbound("**Clean** it", choices=(Choice(id="helped", label="Yes"),)))
    [message] = fake.sent
    assert message.text == "Clean it"
    assert message.entities == [{"type": "bold", "offset": 0, "length": 5}]
    assert list(message.buttons) == ["Yes"]
    assert sent == Sent(f"7:{message.message_id}")


async def test_a_long_message_arrives_in_parts_and_names_them_all(channel: TelegramChannel, fake: FakeTelegram) -> None:
    sent = await channel.send(outbound("👍🏽" * TEXT_LENGTH))
    assert "".join(fake.heard()) == "👍🏽" * TEXT_LENGTH
    assert [sent.external_id, *sent.others] == [f"7:{message.message_id}" for message in fake.sent]


async def test_files_are_uploaded_with_their_caption(
    channel: TelegramChannel, fake: FakeTelegram, tmp_path: Path
) -> None:
    path = tmp_path / "0f3a"
    path.write_bytes(b"%PDF" + b"x" * 300_000)
    file = OutboundFile(name="Rechnung 十.pdf", media_type="application/pdf", size=300_004, path=path)
    await channel.send(outbound("Your *invoice*", files=(file,)))
    [message] = fake.sent
    assert (message.method, message.file_name, message.text) == ("sendDocument", "Rechnung 十.pdf", "Your invoice")
    assert message.file == path.read_bytes()
    assert message.entities[0]["type"] == "italic"


async def test_a_file_that_is_gone_here_is_undeliverable(channel: TelegramChannel, tmp_path: Path) -> None:
    file = OutboundFile(name="a.pdf", media_type="application/pdf", size=1, path=tmp_path / "gone")
    with pytest.raises(Undeliverable, match=r"a\.pdf cannot be read"):
        await channel.send(outbound("", files=(file,)))


async def test_a_pause_is_kept_for_that_chat_only(
    channel: TelegramChannel, fake: FakeTelegram, clock: ManualClock
) -> None:
    fake.plan("sendMessage", too_many_requests(30))
    with pytest.raises(Unavailable) as pause:
        await channel.send(outbound("one"))
    assert pause.value.retry_after == timedelta(seconds=30)
    clock.advance(seconds=10)
    with pytest.raises(Unavailable) as rest:
        await channel.send(outbound("one"))
    assert rest.value.retry_after == timedelta(seconds=20)
    await channel.send(outbound("hello", chat="8"))
    assert [parameters["chat_id"] for _, parameters in fake.calls] == [7, 8]  # nothing in the forbidden window
    clock.advance(seconds=20)
    await channel.send(outbound("one"))
    assert fake.heard() == ["one"]


async def test_parts_that_arrived_are_not_repeated(
    channel: TelegramChannel, fake: FakeTelegram, clock: ManualClock
) -> None:
    parts = ["a" * 4000, "b" * 4000, "c" * 4000]
    message = outbound("\n\n".join(parts))
    fake.plan("sendMessage", Refusal(status=500, description=""))
    with pytest.raises(Unavailable):
        await channel.send(message)
    await channel.send(outbound("else", id="1.2", chat="8"))
    fake.plan("sendMessage", None, too_many_requests(1))
    with pytest.raises(Unavailable):
        await channel.send(message)
    clock.advance(seconds=1)
    sent = await channel.send(message)
    assert fake.heard() == parts
    assert len(sent.others) == 2


@pytest.mark.parametrize("fault", [Silence(), Reset()])
async def test_an_answer_that_is_lost_leaves_open_whether_it_arrived(
    channel: TelegramChannel, fake: FakeTelegram, fault: Silence | Reset
) -> None:
    fake.plan("sendMessage", fault)
    with pytest.raises(Unavailable) as lost:
        await channel.send(outbound("hello"))
    assert lost.value.maybe_sent
    assert fake.heard() == ["hello"]


async def test_a_send_that_is_cancelled_half_way_goes_on_from_there(
    channel: TelegramChannel, fake: FakeTelegram
) -> None:
    message = outbound("a" * 4000 + "\n\n" + "b" * 4000)
    fake.plan("sendMessage", None, Silence(is_done=False))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await channel.send(message)
    await channel.send(message)
    assert fake.heard() == ["a" * 4000, "b" * 4000]


async def test_a_server_that_is_not_there_took_nothing(clock: ManualClock, inbox: Inbox) -> None:
    from omnibot.adapters.telegram import connect

    account = account_at("http://127.0.0.1:9")
    connection = connect(account, receive=inbox.receive, clock=clock, state=NoState(), public_url="")
    with pytest.raises(Unavailable) as gone:
        await connection.channel.send(outbound("hello"))
    assert not gone.value.maybe_sent
    health = await connection.check()
    assert (health.is_working, health.detail) == (False, "Telegram cannot be reached")
    await connection.close()


async def test_who_blocked_us_is_undeliverable(channel: TelegramChannel, fake: FakeTelegram) -> None:
    fake.plan("sendMessage", blocked())
    with pytest.raises(Undeliverable, match="blocked"):
        await channel.send(outbound("hello"))
    assert len(fake.calls) == 1


async def test_a_revoked_token_stops_the_channel(channel: TelegramChannel, fake: FakeTelegram) -> None:
    fake.is_revoked = True
    with pytest.raises(Misconfigured, match="BotFather"):
        await channel.send(outbound("hello"))


async def test_formatting_that_is_refused_is_sent_plain(
    channel: TelegramChannel, fake: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan("sendMessage", Refusal(status=400, description="Bad Request: can't parse entities: no"))
    await channel.send(outbound("**hello**"))
    [message] = fake.sent
    assert (message.text, message.entities) == ("hello", [])
    assert [record.msg for record in caplog.records] == ["formatting_refused"]
    assert "hello" not in str([vars(record) for record in caplog.records])


async def test_a_picture_with_odd_measures_goes_as_a_document(
    channel: TelegramChannel, fake: FakeTelegram, tmp_path: Path
) -> None:
    path = tmp_path / "banner"
    path.write_bytes(b"png")
    fake.plan("sendPhoto", Refusal(status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"))
    await channel.send(outbound("", files=(OutboundFile(name="b.png", media_type="image/png", size=3, path=path),)))
    [message] = fake.sent
    assert (message.method, message.file) == ("sendDocument", b"png")


async def test_a_group_that_moved_gets_the_message_and_the_core_hears_of_it_once(
    channel: TelegramChannel, fake: FakeTelegram, inbox: Inbox
) -> None:
    gone = Refusal(
        status=400,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": -1001500},
    )
    fake.plan("sendMessage", gone)
    await channel.send(outbound("one", chat="-500"))
    await channel.send(outbound("two", chat="-500"))
    assert fake.heard(-1001500) == ["one", "two"]
    [event] = inbox.events.values()
    assert channel.parse(event) == Moved(
        address=Address(channel="telegram", chat="-500"), to=Address(channel="telegram", chat="-1001500")
    )


@pytest.mark.parametrize(
    ("status", "why", "maybe_sent"),
    [
        (502, r"Telegram is out of order \(502\)", True),
        (404, "what answers at api_base is not the Bot API", False),
        (200, "what answers at api_base is not the Bot API", True),
    ],
)
async def test_an_answer_that_is_no_json_says_nothing_of_the_page(
    channel: TelegramChannel, fake: FakeTelegram, status: int, why: str, maybe_sent: bool
) -> None:
    page = f"<html>no route to /bot{TOKEN}/sendMessage</html>".encode()
    fake.plan("sendMessage", Refusal(status=status, description="", body=page))
    with pytest.raises(Unavailable, match=why) as error:
        await channel.send(outbound("hello"))
    assert error.value.maybe_sent is maybe_sent
    assert TOKEN not in str(error.value)


async def test_nothing_to_say_is_undeliverable(channel: TelegramChannel) -> None:
    with pytest.raises(Undeliverable):
        await channel.send(outbound("  "))


async def test_a_file_is_fetched_in_pieces(channel: TelegramChannel, fake: FakeTelegram) -> None:
    content = bytes(range(256)) * 4000
    assert await fetched(channel, a_file(fake.add_file(content))) == content


async def test_a_file_that_is_too_large_is_never_fetched(channel: TelegramChannel, fake: FakeTelegram) -> None:
    handle = fake.add_file(b"x" * (BIG_FILE + 1))
    with pytest.raises(Undeliverable, match="20 MB"):
        await fetched(channel, a_file(handle))
    with pytest.raises(Undeliverable, match="as the message said"):
        await fetched(channel, a_file(handle, problem="as the message said"))


async def test_a_file_that_is_gone_will_never_come(channel: TelegramChannel) -> None:
    with pytest.raises(Undeliverable, match="gone"):
        await fetched(channel, a_file("nothing"))


async def test_a_download_that_breaks_can_be_tried_again(channel: TelegramChannel, fake: FakeTelegram) -> None:
    content = b"x" * 1_000_000
    handle = fake.add_file(content)
    fake.plan("download", Reset())
    with pytest.raises(Unavailable):
        await fetched(channel, a_file(handle))
    assert await fetched(channel, a_file(handle)) == content


async def test_typing_is_shown_in_the_topic_and_nobody_misses_it(channel: TelegramChannel, fake: FakeTelegram) -> None:
    fake.plan("sendChatAction", blocked())
    address = Address(channel="telegram", chat="-100", thread="77")
    await channel.show_typing(address)
    await channel.show_typing(address)
    assert fake.actions == [{"chat_id": -100, "action": "typing", "message_thread_id": 77}]


async def test_the_token_is_in_no_log(
    client: Client, channel: TelegramChannel, fake: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="omnibot")
    for method, fault in (("sendMessage", Reset()), ("sendChatAction", Silence()), ("getMe", blocked())):
        fake.plan(method, fault)
    with pytest.raises(Unavailable):
        await channel.send(outbound("hello"))
    await channel.show_typing(Address(channel="telegram", chat="7"))
    await channel.answer_press("q")
    assert TOKEN not in str([vars(record) for record in caplog.records])
