"""Customers see that an agent writes, where their platform can show it; nothing else depends on it."""

import asyncio

import pytest

from omnibot.channel import Unavailable
from omnibot.domain.message import Address
from omnibot.web import typing_signal
from omnibot.web.typing_signal import TypingSignal
from tests.contract.conftest import PushChannel
from tests.office import ManualClock

ANA, BEN = Address(channel="push", chat="a"), Address(channel="push", chat="b")


class Showing(PushChannel):
    """A platform that can show it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Address] = []
        self.failure: Exception | None = None
        self.hangs = False

    async def show_typing(self, address: Address) -> None:
        self.shown.append(address)
        if self.failure:
            raise self.failure
        if self.hangs:
            await asyncio.Event().wait()


@pytest.fixture
def showing() -> Showing:
    return Showing()


async def test_it_is_shown_once_in_four_seconds_and_chat(showing: Showing, clock: ManualClock) -> None:
    signal = TypingSignal({"push": showing}, clock)
    for _ in range(3):
        await signal.show(ANA)
        await signal.show(BEN)
        clock.advance(seconds=1)
    assert showing.shown == [ANA, BEN]
    clock.advance(seconds=1)
    await signal.show(ANA)
    assert showing.shown == [ANA, BEN, ANA]


@pytest.mark.parametrize("failure", [Unavailable("busy"), RuntimeError("a bug")])
async def test_what_it_raises_is_ignored(showing: Showing, clock: ManualClock, failure: Exception) -> None:
    showing.failure = failure
    await TypingSignal({"push": showing}, clock).show(ANA)
    assert showing.shown == [ANA]


async def test_a_platform_that_hangs_holds_nobody(
    showing: Showing, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_signal, "LIMIT", 0.01)
    showing.hangs = True
    async with asyncio.timeout(1):
        await TypingSignal({"push": showing}, clock).show(ANA)


async def test_a_channel_that_cannot_show_it_is_left_alone(clock: ManualClock) -> None:
    signal = TypingSignal({"push": PushChannel()}, clock)
    await signal.show(ANA)
    await signal.show(Address(channel="webchat", chat="x"))
