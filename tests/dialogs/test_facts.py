"""What omnibot knows of a customer, from where, and that nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role
from omnibot.domain.fact import Fact, Source
from omnibot.domain.language import Language
from omnibot.store import contacts, facts
from tests.office import MONDAY, Office, eventually

SECRET = "an identity secret of at least 32 characters"


class CustomerSystem:
    """The operator's own system, which may hang."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.hangs = False
        self.status = 200
        self.facts: dict[str, Any] = {"tier": "vip", "boiler": "B-7", "Wrong Key": "x", "long": "y" * 501, "pets": None}
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        application = web.Application()
        application.router.add_get("/customers", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{port}/customers"

    async def close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["customer"])
        self.tokens.add(request.headers.get("Authorization"))
        if self.hangs:
            await asyncio.Event().wait()
        return web.json_response({"facts": self.facts}, status=self.status)


@pytest.fixture
async def system() -> AsyncIterator[CustomerSystem]:
    opened = CustomerSystem()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def known_office(open_office: Callable[..., Awaitable[Office]], system: CustomerSystem) -> Office:
    service = {"lookup_url": system.url, "lookup_token": "s3cret", "lookup_seconds": 1}
    return await open_office(webchat={"identity_secret": SECRET}, service=service)


async def identified(office: Office, sub: str = "C-1") -> Any:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    now = int(office.clock.now().timestamp())
    claims = {"sub": sub, "name": "Mia", "exp": now + 3600, "iat": now}
    return await office.visitor(identity=jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET)))


async def known(office: Office, key: str) -> str | None:
    def read(tx: Connection) -> str | None:
        contact = contacts.by_external_ref(tx, "C-1")
        found = {fact.key: fact for fact in facts.of_contact(tx, contact.id)} if contact else {}
        return found[key].value if key in found else None

    return await office.application.store.read(read)


async def test_a_known_customer_who_waits_is_looked_up(known_office: Office, system: CustomerSystem) -> None:
    visitor = await identified(known_office)
    await visitor.says("hello")
    await known_office.settled()
    assert system.asked == []  # the bot needs no facts
    await visitor.says("talk to a person")
    await visitor.hears("bot: Hello", "system: Of course")

    async def learnt() -> bool:
        return await known(known_office, "boiler") == "B-7"

    await eventually(learnt, "the facts are there")
    assert await known(known_office, "tier") == "vip"
    assert await known(known_office, "long") is None
    assert system.asked == ["C-1"]
    assert system.tokens == {"Bearer s3cret"}


async def test_a_stranger_is_not_looked_up(known_office: Office, system: CustomerSystem) -> None:
    visitor = await known_office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    assert system.asked == []


async def test_a_system_that_hangs_delays_nobody_and_is_left_alone(
    known_office: Office, system: CustomerSystem
) -> None:
    system.hangs = True
    lookup = known_office.application.lookup
    assert lookup is not None
    visitor = await identified(known_office)
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")  # and the question hangs meanwhile

    async def asked() -> bool:
        return bool(system.asked)

    await eventually(asked, "the system was asked")
    await visitor.says("are you there?")
    await known_office.settled()
    now = known_office.clock.now
    for n in range(4):
        await lookup.ask(f"other-{n}", now())
    assert not lookup.wants("another", now())  # it rests
    assert await lookup.ask("another", now()) == {}
    assert "another" not in system.asked
    system.hangs = False
    known_office.clock.advance(minutes=11)
    assert lookup.at_once == 1
    assert (await lookup.ask("another", now()))["tier"] == "vip"
    assert lookup.at_once > 1


async def test_answers_that_make_no_sense_are_failures(known_office: Office, system: CustomerSystem) -> None:
    lookup = known_office.application.lookup
    assert lookup is not None
    system.facts = {"tier": "x" * 70_000}
    assert await lookup.ask("C-2", known_office.clock.now()) == {}
    system.facts = {"tier": {"nested": 1}}
    assert await lookup.ask("C-3", known_office.clock.now()) == {}
    system.status = 302
    assert await lookup.ask("C-4", known_office.clock.now()) == {}
    assert not lookup.wants("C-5", known_office.clock.now())


async def test_a_stranger_to_the_system_is_no_failure(known_office: Office, system: CustomerSystem) -> None:
    system.status = 404
    lookup = known_office.application.lookup
    assert lookup is not None
    for n in range(5):
        assert await lookup.ask(f"C-{n}", known_office.clock.now()) == {}
    assert len(system.asked) == 5


async def test_an_agent_sees_and_writes_down_what_is_known(office: Office) -> None:
    agent, supervisor = await office.agent("Ada"), await office.agent("Margaret", Role.SUPERVISOR)
    contact = await agent.post("/contacts", {"name": "Mia"}, status=201)
    at = f"/contacts/{contact['id']}"
    await agent.post(f"{at}/facts", {"key": "floor", "value": " 3 "})
    [fact] = (await agent.get(f"{at}/facts"))["items"]
    assert (fact["key"], fact["value"], fact["source"]) == ("floor", "3", "staff")
    await agent.post("/products", {"sku": "WM-100", "name": "Washer"}, status=403)
    await supervisor.post("/products", {"sku": "WM-100", "name": "Washer", "warranty_months": 24})
    await supervisor.post("/products", {"sku": "WM-100", "name": "Washer 100", "warranty_months": 24})
    assert [one["name"] for one in (await agent.get("/products"))["items"]] == ["Washer 100"]
    await agent.post(f"{at}/purchases", {"sku": "WM-1", "bought_on": "2025-01-02"}, status=422)
    await agent.post(f"{at}/purchases", {"sku": "WM-100", "bought_on": "2026-06-02"}, status=422)
    for bought_on in ("2020-01-02", "2025-01-02"):
        await agent.post(f"{at}/purchases", {"sku": "WM-100", "bought_on": bought_on}, status=201)
    covers = [one["warranty"] for one in (await agent.get(f"{at}/purchases"))["items"]]
    assert covers == [
        {"cover": "valid", "ends_on": "2027-01-01"},
        {"cover": "expired", "ends_on": "2022-01-01"},
    ]
    [owned] = (await agent.get(f"{at}/products"))["items"]
    assert (owned["purchases"], owned["under_warranty"]) == (2, True)
    for path in ("facts", "products", "purchases"):
        await agent.get(f"/contacts/4711/{path}", status=404)


async def test_the_newer_value_stays(office: Office) -> None:
    store = office.application.store

    def fill(tx: Connection) -> int:
        one = contacts.add(tx, language=Language.EN, now=MONDAY).id
        later = office.clock.advance(minutes=5)
        for value, at in (
            ("old", MONDAY),
            ("new", later),
            ("late", MONDAY),
        ):
            fact = Fact(contact_id=one, key="floor", value=value, source=Source.STAFF, at=at)
            facts.learn(tx, [fact])
        return one

    one = await store.run(fill)
    assert [fact.value for fact in await store.read(partial(facts.of_contact, contact_id=one))] == ["new"]
