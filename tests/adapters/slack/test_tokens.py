"""Tokens of an installation: kept sealed, shared by processes, renewed by one of them at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from omnibot.adapters.slack.api import Api, Caller
from omnibot.adapters.slack.tokens import EARLY, KEY, LEASE, LOOKED, Installation, InstalledTokens, of_answer
from omnibot.channel import ChannelError, Misconfigured, Unavailable
from omnibot.connections import StoredState
from omnibot.demo.slack import TEAM, FakeSlack
from omnibot.demo.slack_installs import CLIENT_ID, CLIENT_SECRET, TOKEN_SECONDS
from omnibot.demo.slack_wire import RateLimit, Refuse, Reset, Status
from omnibot.settings import SlackAccount
from omnibot.store import channels
from omnibot.store.transactions import Store
from omnibot.store.transactions import Unavailable as Away
from tests.office import MONDAY, ManualClock

NUMBERS = count(1)
LIFE = timedelta(seconds=TOKEN_SECONDS)


class Process:
    """What one process has of the account."""

    def __init__(self, slack: FakeSlack, store: Store, clock: ManualClock, secret: str = CLIENT_SECRET) -> None:
        account = SlackAccount(client_id=CLIENT_ID, client_secret=secret, api_base=slack.api_base)
        self.caller = Caller(account.api_base, timeout=1)
        state = StoredState(store, "slack")
        self.tokens = InstalledTokens(
            account, caller=self.caller, state=state, clock=clock, how_to_install="ask an admin"
        )
        self.api = Api(self.caller, self.tokens)

    async def calls(self) -> str:
        """One call; returns the token that was used."""
        await self.api.post("auth.test")
        return await self.tokens.access()


@pytest.fixture
async def slack(clock: ManualClock) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack(now=lambda: int(clock.now().timestamp()))
    fake.rotates = True
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def process(slack: FakeSlack, store: Store, clock: ManualClock) -> AsyncIterator[Process]:
    async with started(slack, store, clock) as process:
        yield process


@pytest.fixture
async def another(slack: FakeSlack, store: Store, clock: ManualClock) -> AsyncIterator[Process]:
    async with started(slack, store, clock) as process:
        yield process


@asynccontextmanager
async def started(slack: FakeSlack, store: Store, clock: ManualClock, **given: Any) -> AsyncIterator[Process]:
    process = Process(slack, store, clock, **given)
    yield process
    await process.caller.close()


async def install(process: Process, slack: FakeSlack, clock: ManualClock) -> Installation:
    """As if an admin had just agreed."""
    made = of_answer(slack._give(TEAM), team=TEAM, id=str(next(NUMBERS)), now=clock.now())
    await process.tokens.keep(made)
    return made


async def test_what_was_not_installed_says_how(process: Process) -> None:
    with pytest.raises(Misconfigured, match="not installed yet: ask an admin"):
        await process.calls()


async def test_a_token_without_an_end_is_never_renewed(process: Process, slack: FakeSlack, clock: ManualClock) -> None:
    slack.rotates = False
    made = await install(process, slack, clock)
    clock.advance(days=400)
    assert await process.calls() == made.token
    assert slack.count("oauth.v2.access") == 0


async def test_a_token_is_renewed_two_hours_before_its_end(
    process: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds() - 1)
    assert await process.calls() == made.token
    clock.advance(seconds=1)
    second = await process.calls()
    assert second != made.token
    clock.advance(seconds=LIFE.total_seconds() - 10)
    assert await process.calls() != second
    assert slack.count("oauth.v2.access") == 2


async def test_of_many_that_want_to_renew_at_once_one_does(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    await another.calls()
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    used = await asyncio.gather(*(one.tokens.access() for one in (process, another) for _ in range(10)))
    assert slack.count("oauth.v2.access") == 1
    # Who was not the one uses what is good still, and soon what is newer.
    clock.advance(seconds=LOOKED.total_seconds())
    [newest] = {await process.calls(), await another.calls()}
    assert {*used} <= {made.token, newest}
    assert newest != made.token


async def test_another_process_finds_the_new_token_when_the_old_one_is_refused(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    assert await another.calls() == made.token
    newer = await install(process, slack, clock)
    del slack.tokens[made.token]
    assert await another.calls() == newer.token


async def test_who_died_while_renewing_holds_up_the_others_for_a_minute(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    assert await another.tokens._claim()
    assert await process.calls() == made.token
    clock.advance(seconds=LEASE.total_seconds())
    assert await process.calls() != made.token


@pytest.mark.parametrize("fault", [Status(503), RateLimit(5), Reset()])
async def test_a_slack_that_is_away_costs_nothing_while_the_token_is_good(
    process: Process, slack: FakeSlack, clock: ManualClock, fault: Any
) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    slack.plan("oauth.v2.access", fault)
    assert await process.calls() == made.token
    assert await process.calls() == made.token
    assert slack.count("oauth.v2.access") == 1  # not with each call
    assert await process.tokens.trouble() == ""
    clock.advance(seconds=LEASE.total_seconds())
    assert await process.calls() != made.token


async def test_a_token_that_ended_while_slack_was_away_is_waited_for(
    process: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    await install(process, slack, clock)
    clock.advance(seconds=LIFE.total_seconds())
    slack.plan("oauth.v2.access", Status(503))
    with pytest.raises(Unavailable) as caught:
        await process.calls()
    assert caught.value.retry_after == LEASE
    clock.advance(seconds=LEASE.total_seconds())
    await process.calls()


async def test_a_refused_renewal_is_known_before_the_token_ends(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    slack._refresh_tokens.clear()
    assert await process.calls() == made.token
    for one in (process, another):
        assert "cannot be renewed any more" in await one.tokens.trouble()
        assert "ask an admin before 2026-06-01 21:00 UTC" in await one.tokens.trouble()
    clock.advance(seconds=EARLY.total_seconds())
    with pytest.raises(Misconfigured, match=r"invalid_refresh_token\): ask an admin"):
        await process.calls()
    newer = await install(process, slack, clock)
    assert await process.calls() == newer.token
    assert await process.tokens.trouble() == ""


async def test_a_refusal_that_was_mended_is_tried_again(process: Process, slack: FakeSlack, clock: ManualClock) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    slack.plan("oauth.v2.access", Refuse("accesslimited"))
    assert await process.calls() == made.token
    assert await process.tokens.trouble() != ""
    clock.advance(seconds=LEASE.total_seconds())
    assert await process.calls() != made.token
    assert await process.tokens.trouble() == ""


async def test_who_installs_anew_while_a_token_is_renewed_wins(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    ask = another.caller.ask_for_token
    newest: list[Installation] = []

    async def ask_slowly(*given: Any) -> Any:
        answer = await ask(*given)
        newest.append(await install(process, slack, clock))
        return answer

    another.caller.ask_for_token = ask_slowly  # type: ignore[method-assign]
    assert await another.tokens.access() == newest[0].token
    assert await process.calls() == newest[0].token


async def test_a_token_that_the_database_did_not_take_is_kept_later(
    process: Process, another: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    clock.advance(seconds=(LIFE - EARLY).total_seconds())
    swap = process.tokens._state.swap

    async def swap_but_once(key: str, old: str | None, new: str) -> bool:
        if key == KEY:
            process.tokens._state.swap = swap  # type: ignore[method-assign]
            raise Away
        return await swap(key, old, new)

    process.tokens._state.swap = swap_but_once  # type: ignore[method-assign]
    with pytest.raises(Away):
        await process.tokens.access()
    clock.advance(seconds=LEASE.total_seconds())
    newest = await process.calls()
    assert newest != made.token
    assert slack.count("oauth.v2.access") == 1
    clock.advance(seconds=LOOKED.total_seconds())
    assert await another.calls() == newest
    assert await process.tokens.trouble() == ""


async def test_a_refused_token_that_is_the_newest_is_refused(
    process: Process, slack: FakeSlack, clock: ManualClock
) -> None:
    await install(process, slack, clock)
    slack.remove_app()
    with pytest.raises(ChannelError, match="invalid_auth"):
        await process.calls()
    assert slack.count("auth.test") == 1


async def test_nothing_in_the_database_opens_the_workspace(
    process: Process, slack: FakeSlack, store: Store, clock: ManualClock
) -> None:
    made = await install(process, slack, clock)
    kept = await store.read(partial(channels.recall, channel="slack", key="installation"))
    assert kept is not None
    assert made.token not in kept
    assert made.refresh_token not in kept
    async with started(slack, store, clock, secret="another") as wrong:
        with pytest.raises(Misconfigured, match="not installed yet"):
            await wrong.calls()


def test_what_slack_gives_with_and_without_rotation() -> None:
    plain = of_answer({"access_token": "xoxb-1"}, team="T1", id="1", now=MONDAY)
    assert (plain.token, plain.refresh_token, plain.good_until) == ("xoxb-1", "", None)
    rotated = of_answer(
        {"access_token": "xoxe.xoxb-1", "refresh_token": "xoxe-1", "expires_in": 43200},
        team="T1",
        id="1",
        now=MONDAY,
    )
    assert rotated.good_until == datetime(2026, 6, 1, 21, 0, tzinfo=UTC)
