"""Whatever comes while a group is written is the next group; everybody hears what became of his own."""

import asyncio
from collections.abc import Callable

import pytest

from omnibot.store import batcher
from omnibot.store.batcher import Batcher, Written
from omnibot.store.transactions import Unavailable


class Pen:
    """Writes when it is told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.heard: list[str] = []
        self.may_write = asyncio.Event()
        self.afterwards: Callable[[], None] | None = None

    async def write(self, items: list[str]) -> Written[str]:
        self.groups.append(items)
        await self.may_write.wait()
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items], self.afterwards

    async def hear(self, waiting: "asyncio.Future[str]") -> None:
        self.heard.append(await waiting)


async def test_what_comes_while_a_group_is_written_is_the_next() -> None:
    pen = Pen()
    writer = Batcher(pen.write, largest=2)
    first = [writer.add("a")]
    await asyncio.sleep(0)
    rest = [writer.add(item) for item in "bcd"]
    pen.may_write.set()
    assert await asyncio.gather(*first, *rest) == ["A", "B", "C", "D"]
    assert pen.groups == [["a"], ["b", "c"], ["d"]]
    assert await writer.add("e") == "E", "after a pause somebody writes again"


async def test_of_one_key_only_the_first_is_in_a_group_and_their_order_stays() -> None:
    pen = Pen()
    pen.may_write.set()
    writer = Batcher(pen.write, largest=8, key=lambda item: item[0])
    assert await asyncio.gather(*map(writer.add, ["a1", "a2", "b1", "a3", "b2"])) == ["A1", "A2", "B1", "A3", "B2"]
    assert pen.groups == [["a1", "b1"], ["a2", "b2"], ["a3"]]


async def test_several_groups_may_be_under_way() -> None:
    pen = Pen()
    writer = Batcher(pen.write, largest=1, writers=2)
    waiting = [writer.add(item) for item in "abc"]
    await asyncio.sleep(0)
    assert pen.groups == [["a"], ["b"]]
    pen.may_write.set()
    assert await asyncio.gather(*waiting) == ["A", "B", "C"]


async def test_each_of_a_group_hears_what_went_wrong_and_the_next_group_is_written() -> None:
    pen = Pen()
    writer = Batcher(pen.write, largest=2)
    waiting = [writer.add(item) for item in ("a", "bad", "c")]
    pen.may_write.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in found] == [ValueError, ValueError, str]


async def test_who_gives_up_does_not_disturb_the_others() -> None:
    pen = Pen()
    writer = Batcher(pen.write, largest=2)
    gone, stays = writer.add("a"), writer.add("b")
    await asyncio.sleep(0)
    gone.cancel()
    pen.may_write.set()
    assert await stays == "B"


async def test_what_is_done_afterwards_comes_after_the_callers_and_before_the_end() -> None:
    pen = Pen()
    pen.may_write.set()
    pen.afterwards = lambda: pen.heard.append("afterwards")
    writer = Batcher(pen.write, largest=2)
    hearing = [asyncio.create_task(pen.hear(writer.add(item))) for item in "ab"]
    await asyncio.sleep(0)
    await writer.finish()
    assert pen.heard == ["A", "B", "afterwards"]
    await asyncio.gather(*hearing)


async def test_the_line_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "WAITING_LIMIT", 1)
    pen = Pen()
    writer = Batcher(pen.write, largest=1)
    waiting = writer.add("a")
    with pytest.raises(Unavailable):
        writer.add("b")
    pen.may_write.set()
    assert await waiting == "A"
