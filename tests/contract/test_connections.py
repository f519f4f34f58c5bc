"""What the core does with configured accounts: it serves their webhooks, lets one worker fetch, and reports what stops."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from omnibot import connections
from omnibot.__main__ import main
from omnibot.connections import Connections
from omnibot.settings import Account
from omnibot.store import channels, users
from omnibot.store.transactions import Store
from omnibot.supervise import Supervisor
from tests import office as offices
from tests.contract.platform import Platform
from tests.office import ManualClock, Office, eventually, settings
from tests.store.conftest import hire

ACCOUNTS: dict[str, Any] = {
    "telegram": [{"name": "default", "token": "1:a"}, {"name": "shop", "token": "2:b"}, {"name": "off"}],
}
HELLO = json.dumps({"chat": "a", "text": "hello"})

Open = Callable[..., Awaitable[Office]]


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setattr(connections, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0.01)
    return Platform()


async def lines(store: Store) -> dict[str, channels.ChannelLine]:
    found = await store.read(partial(channels.listing, names=["telegram", "telegram:shop"]))
    return {line.name: line for line in found}


async def test_what_a_platform_calls_us_with_is_received_and_answered(open_office: Open, platform: Platform) -> None:
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    async with office.http.post("/channels/telegram/webhook?id=1", data=HELLO) as response:
        assert response.status == 200
    heard = platform.channels["telegram"].heard
    await eventually(lambda: _is(len(heard("a")) == 1), "the platform has the answer")


async def test_what_a_platform_holds_is_fetched_once_and_the_place_is_kept(
    open_office: Open, platform: Platform
) -> None:
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    await platform.holds("telegram:shop", HELLO)
    heard = platform.channels["telegram:shop"].heard
    await eventually(lambda: _is(len(heard("a")) == 1), "the platform has the answer")
    offset = partial(channels.recall, channel="telegram:shop", key="offset")
    await eventually(lambda: _holds(office, offset, "1"), "the place is kept")
    assert await office.application.store.read(partial(channels.recall, channel="telegram", key="offset")) is None


async def test_an_account_that_is_refused_stops_alone_and_everybody_sees_it(
    open_office: Open, platform: Platform
) -> None:
    platform.refused.add("telegram")
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    await platform.holds("telegram:shop", HELLO)
    heard = platform.channels["telegram:shop"].heard
    await eventually(lambda: _is(len(heard("a")) == 1), "the other account answers")
    store = office.application.store

    async def is_known() -> bool:
        found = await lines(store)
        return (found["telegram"].is_working, found["telegram:shop"].is_working) == (False, True)

    await eventually(is_known, "both states are known")
    assert (await lines(store))["telegram"].detail == "the token was revoked"
    async with office.http.get("/metrics") as response:
        text = await response.text()
    assert 'omnibot_channel_working{channel="telegram"} 0.0' in text
    assert 'omnibot_channel_working{channel="telegram:shop"} 1.0' in text
    query = "SELECT action, subject, detail FROM audit WHERE action LIKE 'channel%' ORDER BY subject"
    rows = await store.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query.replace("%", "%%"))])
    assert rows == [
        ("channel_stopped", "channel:telegram", "the token was revoked"),
        ("channel_works", "channel:telegram:shop", "signed in"),
    ]


async def test_staff_see_in_the_console_which_channel_is_down(
    open_office: Open, platform: Platform, clock: ManualClock
) -> None:
    platform.refused.add("telegram")
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    store, access = office.application.store, office.application.access
    await eventually(lambda: _holds(office, channels.stopped, 1), "one is down")

    def sign_in(tx: Connection) -> None:
        users.open_session(tx, hashlib.sha256(b"t").hexdigest(), hire(tx, "ada").id, clock.now())

    await store.run(sign_in)
    async with office.http.get("/console/settings", cookies={access.cookie: "t"}) as response:
        page = await response.text()
    assert 'class="rail-item rail-alarm"' in page
    assert "Telegram (shop)" in page
    assert "down: the token was revoked" in page


async def test_what_is_not_configured_any_more_is_no_alarm(
    open_office: Open, platform: Platform, store: Store, clock: ManualClock
) -> None:
    note = partial(channels.note_health, name="slack", is_working=False, detail="gone", now=clock.now())
    await store.run(note)
    await open_office(connect=platform.connect, **ACCOUNTS)
    assert await store.read(channels.stopped) == 0
    assert [line.name for line in await store.read(channels.all_known)] == ["telegram", "telegram:shop"]


async def test_an_account_that_is_mended_goes_on_by_itself(open_office: Open, platform: Platform) -> None:
    platform.refused.add("telegram")
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    await eventually(lambda: _is("telegram" in office.application.deliverer.stopped), "it has stopped")
    await platform.holds("telegram", HELLO)
    platform.refused.clear()
    heard = platform.channels["telegram"].heard
    await eventually(lambda: _is(len(heard("a")) == 1), "it fetches and answers")


async def test_when_something_last_came_and_went_is_written_down(
    open_office: Open, platform: Platform, clock: ManualClock
) -> None:
    office = await open_office(connect=platform.connect, **ACCOUNTS)
    await platform.holds("telegram", HELLO)
    heard = platform.channels["telegram"].heard
    await eventually(lambda: _is(len(heard("a")) == 1), "the platform has the answer")
    await office.application.connections.note_traffic(office.application.deliverer.last_out)
    line = (await lines(office.application.store))["telegram"]
    assert (line.last_in, line.last_out) == (clock.now(), clock.now())


async def test_the_clients_are_closed_at_the_end(
    database_url: str, clock: ManualClock, platform: Platform, tmp_path: Path
) -> None:
    server = {"data_dir": str(tmp_path)}
    office = await offices.open_office(database_url, clock, connect=platform.connect, server=server, **ACCOUNTS)
    await office.close()
    assert platform.closed == {"telegram", "telegram:shop"}
    assert set(platform.pollers.values()) <= {0}


@pytest.fixture
async def worker(
    store: Store, clock: ManualClock, platform: Platform, tmp_path: Path
) -> AsyncIterator[Callable[[], Awaitable[Supervisor]]]:
    """A starter of workers that share the accounts; each returns its supervisor."""
    accounts: list[Account] = settings("sqlite://", telegram={"token": "1:a"}).accounts
    started: list[Supervisor] = []

    async def ignore(event: object) -> None:
        return

    async def start(stopped: dict[str, str] | None = None) -> Supervisor:
        opened = Connections(
            accounts,
            connect=platform.connect,
            store=store,
            clock=clock,
            receive=ignore,
            public_url="",
            data_dir=tmp_path,
            is_shared=True,
            stopped={} if stopped is None else stopped,
            note=lambda tx, name, health, *, is_final, now: None,
        )
        await opened.open()
        supervisor = Supervisor()
        started.append(supervisor)
        for name, loop in opened.loops().items():
            supervisor.start(name, loop)
        return supervisor

    yield start
    for supervisor in started:
        await supervisor.stop()


async def test_of_several_workers_one_fetches_and_another_takes_over_when_it_stops(
    worker: Callable[[], Awaitable[Supervisor]], platform: Platform
) -> None:
    first = await worker()
    await eventually(lambda: _is(platform.pollers.get("telegram") == 1), "the first polls")
    await worker()
    await first.stop()
    await eventually(lambda: _is(platform.pollers["telegram"] == 1), "the second polls")
    assert platform.most_pollers == 1


async def test_a_worker_takes_over_from_a_dead_one_when_its_lease_ends(
    worker: Callable[[], Awaitable[Supervisor]], platform: Platform, store: Store, clock: ManualClock
) -> None:
    claim = partial(channels.claim, name="telegram", token="dead", now=clock.now(), lease=connections.LEASE)
    assert await store.run(claim)
    await worker()
    assert not await store.run(partial(claim, token="another"))
    assert platform.pollers == {}
    clock.advance(seconds=connections.LEASE / timedelta(seconds=1))
    await eventually(lambda: _is(platform.pollers.get("telegram") == 1), "it polls")


async def test_who_stopped_to_send_goes_on_when_the_worker_that_has_the_channel_sees_it_work(
    worker: Callable[..., Awaitable[Supervisor]], store: Store, clock: ManualClock
) -> None:
    claim = partial(channels.claim, name="telegram", token="other", now=clock.now(), lease=connections.LEASE)
    note = partial(channels.note_health, name="telegram", now=clock.now())
    assert await store.run(claim)
    await store.run(partial(note, is_working=False, detail="the token was revoked"))
    stopped = {"telegram": "the token was revoked"}
    await worker(stopped)
    await asyncio.sleep(20 * connections.RENEW_SECONDS)
    assert stopped, "it is as it was"
    await store.run(partial(note, is_working=True, detail=""))
    await eventually(lambda: _is(not stopped), "it sends again")


async def test_who_has_lost_the_lease_stops_fetching(
    worker: Callable[[], Awaitable[Supervisor]], platform: Platform, store: Store, clock: ManualClock
) -> None:
    await worker()
    await eventually(lambda: _is(platform.pollers.get("telegram") == 1), "it polls")
    claim = partial(channels.claim, name="telegram", token="other", now=clock.now(), lease=connections.LEASE)
    assert await store.run(partial(claim, by_force=True))
    await eventually(lambda: _is(platform.pollers["telegram"] == 0), "it has stopped")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_doctor_says_which_account_does_not_answer(
    database_url: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "omnibot.toml"
    telegram = "[telegram]\ntoken = '1:hunter2'\napi_base = 'http://127.0.0.1:1'\n"
    path.write_text(f"[database]\nurl = '{database_url}'\n{telegram}", encoding="utf-8")
    assert main(["doctor", "--config", str(path)]) == 1
    said = capsys.readouterr().out
    assert "MEND  telegram: " in said
    assert "hunter2" not in said


async def _is(condition: bool) -> bool:
    return condition


async def _holds(office: Office, read: Any, expected: object) -> bool:
    return bool(await office.application.store.read(read) == expected)
