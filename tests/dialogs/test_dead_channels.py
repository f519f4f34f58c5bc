"""A channel that dies: who hears of it, where, and when."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from omnibot.channel import Health
from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, Refuse
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.flow import tell_of_channel
from omnibot.store import channels
from tests.dialogs.staff_chat import TelegramChat
from tests.office import ManualClock, Office, eventually

GROUP = TelegramChat.GROUP
DIRECT = "D1"


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], slack: FakeSlack, telegram: FakeTelegram) -> Office:
    """Customers write on Slack, people work on Telegram."""
    slack.add_user("U1", "Mia")
    office = await open_office(
        slack={"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET},
        telegram={"token": TOKEN, "api_base": telegram.url, "staff_chat_id": str(GROUP)},
    )
    slack.events_url = f"{office.url}/channels/slack/default"
    await eventually(lambda: _is_known(office), "both channels work")
    return office


async def line(office: Office) -> channels.ChannelLine:
    [found] = await office.application.store.read(partial(channels.listing, names=["slack"]))
    return found


async def _is_known(office: Office) -> bool:
    return bool((await line(office)).is_working)


async def note(office: Office, *, is_working: bool, detail: str, is_final: bool, now: Any) -> None:
    health = Health(is_working=is_working, detail=detail)
    noting = partial(
        tell_of_channel.note, desk=office.application.desk, name="slack", health=health, is_final=is_final, now=now
    )
    await office.application.store.run(noting)


def told(telegram: FakeTelegram) -> list[str]:
    return [text for text in telegram.heard(GROUP) if "channel slack" in text]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"type": "app_uninstalled"}, "the app was removed from the workspace"),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}, "the token was revoked"),
    ],
)
async def test_an_app_that_is_removed_is_an_alarm_at_once_elsewhere(
    office: Office, slack: FakeSlack, telegram: FakeTelegram, event: dict[str, Any], why: str
) -> None:
    payload = slack.event(event)
    await slack.send(payload)
    await telegram.until(lambda: told(telegram) != [])
    found = await line(office)
    assert (found.is_working, found.detail) == (False, why)
    async with office.http.get("/metrics") as response:
        assert 'omnibot_channel_working{channel="slack"} 0.0' in await response.text()
    await slack.send(payload)
    await slack.send(slack.event(event))  # the same word again
    await office.settled()
    assert told(telegram) == [f"The channel slack has stopped: {why}. Nobody is reached there."]
    assert [post for chat in slack.chats.values() for post in chat.said() if "has stopped" in post] == []


async def test_a_token_of_a_person_is_none_of_ours(office: Office, slack: FakeSlack, telegram: FakeTelegram) -> None:
    await slack.send(slack.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}))
    await office.settled()
    assert (await line(office)).is_working
    assert told(telegram) == []


async def test_a_message_that_finds_the_token_revoked_is_an_alarm_and_is_kept(
    office: Office, slack: FakeSlack, telegram: FakeTelegram
) -> None:
    slack.plan("chat.postMessage", Refuse("token_revoked"))
    await slack.send(slack.message("U1", "How do I clean the filter?", chat=DIRECT))
    await telegram.until(lambda: told(telegram) != [])
    assert "the token was revoked" in told(telegram)[0]
    assert not (await line(office)).is_working
    waiting = "SELECT count(*) FROM outbox WHERE channel = 'slack' AND state IN ('pending', 'sending')"
    assert await office.application.store.read(lambda tx: tx.exec_driver_sql(waiting).scalar_one()) == 1


async def test_a_network_that_is_away_for_a_moment_wakes_nobody(
    office: Office, telegram: FakeTelegram, clock: ManualClock
) -> None:
    away = {"is_working": False, "detail": "no answer", "is_final": False}
    await note(office, **away, now=clock.now())
    await note(office, **away, now=clock.advance(minutes=5))
    await note(office, is_working=True, detail="there", is_final=False, now=clock.advance(minutes=1))
    await note(office, **away, now=clock.advance(minutes=1))
    await office.settled()
    assert told(telegram) == []
    await note(office, **away, now=clock.advance(minutes=10))
    await note(office, **away, now=clock.advance(minutes=5))
    await telegram.until(lambda: told(telegram) != [])
    await note(office, is_working=True, detail="there", is_final=False, now=clock.advance(minutes=1))
    await telegram.until(lambda: "The channel slack is back." in told(telegram))
    assert len(told(telegram)) == 2
