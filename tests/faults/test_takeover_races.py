"""Agents who take a conversation at the same moment, and a bot that is about to answer when one of them does."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from omnibot.store.schema import audit
from tests.faults.fleet import embedded_url, in_thread, process
from tests.faults.ledger import Ledger, now, prove, report
from tests.faults.visitors import ANSWERED, PERSON, Crowd, Visitor
from tests.servers import OmnibotProcess, PostgresServer, RedisServer

AGENTS, CONVERSATIONS = 50, 20
RACES, AT_ONCE = 240, 4
WINDOW = 0.05  # seconds by which one may be ahead of the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    edges: Sequence[OmnibotProcess]
    database_url: str
    directory: Path

    def crowd(self, seed: int) -> Crowd:
        return Crowd([edge.url for edge in self.edges], Ledger(self.directory / f"ledger-{seed}"), size=0, seed=seed)


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    """One process on SQLite; two edges and a worker on PostgreSQL."""
    with ExitStack() as running:
        if request.param == "sqlite":
            server = running.enter_context(process(tmp_path / "omnibot", "all"))
            yield Desk(edges=[server], database_url=embedded_url(server), directory=tmp_path)
            return
        postgres = running.enter_context(PostgresServer())
        urls = {
            "database_url": postgres.new_database(),
            "redis_url": running.enter_context(RedisServer()).url,
        }
        running.enter_context(process(tmp_path / "worker", "worker", **urls))
        edges = [running.enter_context(process(tmp_path / name, "edge", **urls)) for name in ("one", "two")]
        yield Desk(edges=edges, database_url=urls["database_url"], directory=tmp_path)


class Agent:
    """A person at one of the edges."""

    def __init__(self, http: aiohttp.ClientSession, edge: OmnibotProcess, name: str, token: str) -> None:
        self.name = name
        self._http = http
        self._url = f"{edge.url}/api/v1/conversations/"
        self._authority = {"Authorization": f"Bearer {token}"}

    async def act(self, conversation_id: int, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        content = {"json": body} if body else {}
        url = f"{self._url}{conversation_id}/{what}"
        async with self._http.post(url, headers=self._authority, **content) as answer:
            return answer.status, await answer.json()


async def hire(desk: Desk, http: aiohttp.ClientSession, count: int) -> list[Agent]:
    admin = {"Authorization": f"Bearer {await in_thread(partial(desk.edges[0].token, 'admin'))}"}
    agents = []
    for n, edge in zip(range(count), itertools.cycle(desk.edges), strict=False):
        body = {"name": f"Agent {n}", "role": "agent"}
        async with http.post(f"{desk.edges[0].url}/api/v1/tokens", json=body, headers=admin) as answer:
            assert answer.status == 201, await answer.text()
            agents.append(Agent(http, edge, body["name"], (await answer.json())["token"]))
    return agents


async def test_one_of_fifty_agents_gets_each_conversation(desk: Desk) -> None:
    crowd = desk.crowd(1)
    async with crowd.running():
        agents = await hire(desk, crowd.http, AGENTS)
        told: list[float] = []

        async def take(agent: Agent, conversation_id: int, barrier: asyncio.Event) -> tuple[Agent, int, dict[str, Any]]:
            await barrier.wait()
            began = now()
            status, body = await agent.act(conversation_id, "take")
            if status == 409:
                told.append(now() - began)
            return agent, status, body

        for _ in range(CONVERSATIONS):
            visitor = await crowd.admit()
            await visitor.say(PERSON)
            barrier = asyncio.Event()
            racing = [asyncio.create_task(take(agent, visitor.conversation_id, barrier)) for agent in agents]
            await asyncio.sleep(0)
            barrier.set()
            results = await asyncio.gather(*racing)
            assert Counter(status for _, status, _ in results) == {200: 1, 409: AGENTS - 1}
            [owner] = [agent.name for agent, status, _ in results if status == 200]
            assert {body["agent_name"] for _, status, body in results if status == 409} == {owner}
        await prove(crowd, desk.database_url)
    told.sort()
    report(
        {
            "claims": len(told) + CONVERSATIONS,
            "loser_told_p50_s": told[len(told) // 2],
            "p99_s": told[-(len(told) // 100)],
        }
    )
    assert _takes(desk.database_url) == CONVERSATIONS, "one line in the audit each"


def _takes(url: str) -> int:
    parsed = make_url(url)
    is_scaled = parsed.get_backend_name() == "postgresql"
    engine = sa.create_engine(parsed.set(drivername="postgresql+psycopg") if is_scaled else parsed)
    with engine.connect() as tx:
        count = tx.execute(sa.select(sa.func.count()).where(audit.c.action == "take")).scalar_one()
    engine.dispose()
    return count


async def test_no_word_of_the_bot_follows_a_takeover(desk: Desk) -> None:
    crowd = desk.crowd(2)
    dice = random.Random(2)
    async with crowd.running():
        agents = await hire(desk, crowd.http, AT_ONCE)

        async def race(visitor: Visitor, agent: Agent) -> None:
            async def take() -> None:
                await asyncio.sleep(dice.uniform(0, WINDOW))
                assert (await agent.act(id, "take"))[0] == 200

            async def ask() -> None:
                await asyncio.sleep(dice.uniform(0, WINDOW))
                await visitor.say(dice.choice(ANSWERED))

            id = visitor.conversation_id
            await asyncio.gather(take(), ask())
            # And what the customer writes meanwhile arrives in order, none of it answered by the bot.
            await asyncio.gather(visitor.say(ANSWERED[0]), agent.act(id, "messages", text="One moment, please."))
            await visitor.say(ANSWERED[1])
            assert (await agent.act(id, "hand-back"))[0] == 200
            await asyncio.sleep(4 * WINDOW)  # so that the next race does not stand in line behind this one

        async def race_on(agent: Agent) -> None:
            visitor = await crowd.admit()
            for _ in range(RACES // AT_ONCE):
                await race(visitor, agent)

        await asyncio.gather(*map(race_on, agents))
        numbers = await prove(crowd, desk.database_url)
    report({"races": RACES, "answered_before_the_takeover": numbers["outcomes"].get("answer", 0)})
    assert numbers["messages"] == 3 * RACES
    assert numbers["dead"] == 0
