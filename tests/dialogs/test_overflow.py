"""A team keeps its queue up to a limit; what is beyond it is offered to the team that it overflows to, noted once."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from omnibot.flow import find_owner
from omnibot.store import schema
from tests.dialogs.test_owners import holder, waits
from tests.office import Agent, Office, Visitor

RULES = """
[[teams]]
name = "office"
members = ["ada@example.com"]
overflow = "helpers"
{limit}
[[teams]]
name = "helpers"
members = ["grace@example.com"]
[[rules]]
name = "all"
team = "office"
"""

Opening = Callable[[str], Awaitable[Office]]


@pytest.fixture
def opens(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Opening:
    async def open_with(limit: str) -> Office:
        path = tmp_path / "service.toml"
        path.write_text(RULES.format(limit=limit), encoding="utf-8")
        return await open_office(service={"rules": str(path)})

    return open_with


async def sweep(office: Office) -> None:
    await find_owner.drain_queue(office.application.desk, office.clock.now())


async def notes(agent: Agent, visitor: Visitor) -> list[str]:
    return [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]


async def test_who_stands_behind_the_limit_goes_to_the_other_team(opens: Opening) -> None:
    office = await opens("overflow_length = 2")
    ada = await office.agent("Ada")
    await ada.post("/me/away", {"away": True})
    grace = await office.agent("Grace")
    visitors = []
    for _ in range(3):
        visitors.append(await waits(office))
        office.clock.advance(seconds=5)
    await sweep(office)
    assert [await holder(grace, visitor) for visitor in visitors] == [None, None, "Grace"]
    assert await notes(grace, visitors[2]) == ["Offered to helpers as well: too many wait for office."]
    assert await notes(grace, visitors[0]) == []


async def test_who_waits_too_long_goes_to_the_other_team_and_is_noted_once(opens: Opening) -> None:
    office = await opens("overflow_minutes = 20")
    ada, grace = await office.agent("Ada"), await office.agent("Grace")
    for away in (ada, grace):
        await away.post("/me/away", {"away": True})
    visitor = await waits(office)
    await sweep(office)
    assert await notes(ada, visitor) == []
    office.clock.advance(minutes=20)
    for _ in range(3):
        await sweep(office)
    noted = await notes(ada, visitor)
    offered = [note for note in noted if "Broken promise" not in note]  # which is noted by the clock
    assert offered == ["Offered to helpers as well: the wait for office is too long."]
    await grace.post("/me/away", {"away": False})
    await sweep(office)
    assert await holder(ada, visitor) == "Grace"
    rows = await office.application.store.read(lambda tx: tx.execute(schema.overflows.select()).all())
    assert [(row.from_team, row.to_team, row.why) for row in rows] == [("office", "helpers", "age")]


async def test_without_a_limit_the_other_team_helps_at_once(opens: Opening) -> None:
    office = await opens("")
    ada, grace = await office.agent("Ada"), await office.agent("Grace")
    await ada.post("/me/away", {"away": True})
    visitor = await waits(office)
    await sweep(office)
    assert await holder(grace, visitor) == "Grace"
