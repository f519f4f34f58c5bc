"""Polling: confirmed only after the commit, resumed after a crash, alone on its token."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from omnibot.adapters.telegram import connect
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.intake import take
from omnibot.adapters.telegram.parse import KINDS
from omnibot.adapters.telegram.polling import Poller
from omnibot.channel import Misconfigured
from omnibot.demo.telegram import FakeTelegram
from omnibot.demo.telegram_wire import Refusal, Reset, too_many_requests
from omnibot.settings import TelegramAccount
from omnibot.store.transactions import Unavailable
from tests.adapters.telegram.conftest import Inbox, NoState
from tests.office import ManualClock

Start = Callable[[Awaitable[None]], "asyncio.Task[None]"]


class Notes(list[str | None]):
    """What the poller said, and how long it waited."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def poller(client: Client, inbox: Inbox, notes: Notes) -> Poller:
    async def commit(update: bytes) -> int:
        taken = take(update, channel="telegram")
        await inbox.receive(taken.event)
        return taken.update_id

    return Poller(client, commit, channel="telegram", tell=notes.append, sleep=notes.sleep)


def polls(fake: FakeTelegram) -> list[dict[str, Any]]:
    return [parameters for method, parameters in fake.calls if method == "getUpdates"]


async def test_an_update_is_confirmed_by_the_call_after_its_commit(
    poller: Poller, fake: FakeTelegram, inbox: Inbox
) -> None:
    await fake.say("hello")
    await poller.step()
    assert inbox.texts() == ["hello"]
    assert fake.confirmed == []
    update = await fake.say("again")
    await poller.step()
    assert fake.confirmed == [update["update_id"] - 1]
    assert polls(fake)[0]["allowed_updates"] == list(KINDS)


async def test_a_crash_between_commit_and_confirmation_loses_and_doubles_nothing(
    poller: Poller, client: Client, fake: FakeTelegram, inbox: Inbox, notes: Notes
) -> None:
    for text in ("one", "two", "three"):
        await fake.say(text)
    committed = 0

    async def commit_then_die(update: bytes) -> int:
        nonlocal committed
        await inbox.receive(take(update, channel="telegram").event)
        committed += 1
        if committed == 2:
            raise RuntimeError("killed")
        return take(update, channel="telegram").update_id

    with pytest.raises(RuntimeError):
        await Poller(client, commit_then_die, channel="telegram", tell=notes.append).step()
    assert fake.confirmed == []
    await poller.step()  # a new process
    assert inbox.texts() == ["one", "two", "three"]


async def test_what_the_store_refuses_is_asked_for_again(
    poller: Poller, fake: FakeTelegram, inbox: Inbox, notes: Notes, running: Start
) -> None:
    inbox.failures = [Unavailable("disk full"), Unavailable("disk full")]
    await fake.say("hello")
    running(poller.run())
    await fake.all_confirmed()
    assert inbox.texts() == ["hello"]
    assert notes[:2] == ["disk full", "disk full"]


async def test_ids_that_start_again_lower_are_not_skipped(poller: Poller, fake: FakeTelegram, inbox: Inbox) -> None:
    await fake.say("before the quiet week")
    await poller.step()
    fake.patience = 0
    await poller.step()  # confirms, and learns that nothing else is there
    fake.restart_ids(10)
    await fake.say("after")
    await poller.step()
    assert inbox.texts() == ["before the quiet week", "after"]


async def test_an_id_that_comes_again_years_later_is_another_update(inbox: Inbox) -> None:
    for date in (1, 2):
        body = b'{"update_id": 5, "message": {"message_id": 1, "date": %d, "chat": {"id": 7}, "text": "x"}}' % date
        await inbox.receive(take(body, channel="telegram").event)
    assert len(inbox.events) == 2


async def test_a_webhook_of_an_earlier_program_is_taken_away(
    poller: Poller, fake: FakeTelegram, inbox: Inbox, running: Start
) -> None:
    fake.webhook = {"url": "https://old.example.com/hook"}
    await fake.say("hello")
    running(poller.run())
    await fake.all_confirmed()
    assert inbox.texts() == ["hello"]
    assert fake.calls[0] == ("deleteWebhook", {"drop_pending_updates": False})


async def test_another_reader_on_the_token_is_reported_and_outlasted(
    poller: Poller, fake: FakeTelegram, inbox: Inbox, notes: Notes, running: Start
) -> None:
    conflict = Refusal(status=409, description="Conflict: terminated by other getUpdates request; …")
    fake.plan("getUpdates", conflict, conflict)
    await fake.say("hello")
    running(poller.run())
    await fake.all_confirmed()
    assert inbox.texts() == ["hello"]
    assert notes[:2] == ["another program reads this bot's updates"] * 2
    assert notes[-1] is None
    assert 0.5 <= notes.pauses[0] <= 1 <= notes.pauses[1] <= 2


async def test_two_readers_do_not_lose_or_double_anything(
    poller: Poller, client: Client, fake: FakeTelegram, inbox: Inbox, notes: Notes, running: Start
) -> None:
    async def commit(update: bytes) -> int:
        await inbox.receive(take(update, channel="telegram").event)
        return take(update, channel="telegram").update_id

    running(poller.run())
    running(Poller(client, commit, channel="telegram", tell=notes.append, sleep=notes.sleep).run())
    texts = [f"message {n}" for n in range(50)]
    for text in texts:
        await fake.say(text)
    await fake.all_confirmed()
    assert inbox.texts() == texts


async def test_faults_are_waited_out_as_long_as_telegram_says(
    poller: Poller, fake: FakeTelegram, inbox: Inbox, notes: Notes, running: Start
) -> None:
    fake.plan("getUpdates", Refusal(status=500, description=""), too_many_requests(17), Reset())
    await fake.say("hello")
    running(poller.run())
    await fake.all_confirmed()
    assert inbox.texts() == ["hello"]
    assert notes.pauses[1] == 17


async def test_a_revoked_token_ends_the_polling(poller: Poller, fake: FakeTelegram) -> None:
    fake.is_revoked = True
    with pytest.raises(Misconfigured):
        await poller.run()


async def test_a_hundred_at_a_time_all_arrive_in_order(
    poller: Poller, fake: FakeTelegram, inbox: Inbox, running: Start
) -> None:
    texts = [f"message {n}" for n in range(250)]
    for text in texts:
        await fake.say(text)
    running(poller.run())
    await fake.all_confirmed()
    assert inbox.texts() == texts


async def test_a_connection_polls_answers_presses_and_knows_its_name(
    fake: FakeTelegram, account: TelegramAccount, inbox: Inbox, clock: ManualClock, running: Start
) -> None:
    connection = connect(account, receive=inbox.receive, clock=clock, state=NoState(), public_url="")
    assert connection.routes() == []
    running(connection.run())
    mention = {"type": "mention", "offset": 0, "length": 14}
    await fake.post(chat=-100, sender=7, text="@fake_shop_bot hello", entities=[mention])
    await fake.push({"callback_query": {"id": "q7", "from": {"id": 7, "first_name": "Mia"}, "data": "x"}})
    await fake.all_confirmed()
    assert [type(connection.channel.parse(event)).__name__ for event in inbox.events.values()] == [
        "InboundMessage",
        "Ignored",
    ]
    await fake.until(lambda: fake.answered == ["q7"])
    health = await connection.check()
    assert (health.is_working, health.detail) == (True, "@fake_shop_bot answers, by polling")
    assert health.last_in == clock.now()
    await connection.close()


async def test_a_double_tap_in_a_private_chat_is_one_press(fake: FakeTelegram, inbox: Inbox) -> None:
    query = {"from": {"id": 7, "first_name": "Mia"}, "data": "k", "message": {"message_id": 9, "chat": {"id": 7}}}
    for n in range(2):
        body = {"update_id": n, "callback_query": query | {"id": f"q{n}"}}
        await inbox.receive(take(msgspec.json.encode(body), channel="telegram").event)
    assert len(inbox.events) == 1


async def test_after_twenty_hours_of_silence_the_health_is_an_alarm(
    fake: FakeTelegram, account: TelegramAccount, inbox: Inbox, clock: ManualClock, running: Start
) -> None:
    connection = connect(account, receive=inbox.receive, clock=clock, state=NoState(), public_url="")
    fake.plan("deleteWebhook", too_many_requests(100_000))
    running(connection.run())
    async with asyncio.timeout(60):
        while (health := await connection.check()).is_working:
            pass
    assert "drops" not in health.detail
    clock.advance(hours=21)
    assert (await connection.check()).detail.endswith("; Telegram drops updates older than 24 h")
    await connection.close()
