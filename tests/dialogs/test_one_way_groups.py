"""A dealer whose group is on another system: it is told of its cases through Apprise, and answers on a page behind a link.

Apprise speaks to a real HTTP server here. Hosts that are built into it (Discord's, Feishu's) are led to that server; what it
says to them is its own.
"""

import asyncio
import json
import re
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from omnibot.domain.access import Role
from omnibot.flow.dealers import show_cases
from omnibot.store import one_way_groups
from tests.dialogs.dealing import add_dealer, service
from tests.office import Office, Opener, eventually

apprise = pytest.importorskip("apprise", reason="the extra `notify` is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what Apprise loads with its first URL
    apprise.Apprise().add("json://localhost")

URLS = {
    "json": "json://127.0.0.1:{port}/group?cto=30&rto=30",
    "discord": "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz012345?cto=30&rto=30",
    "feishu": "feishu://0123456789abcdef0123456789abcdef?cto=30&rto=30",
}
LINK = re.compile(r"http://[^\s\"\\)]+/answer/[0-9a-f-]+")


class Sink:
    """A system's webhook: keeps what it is told, and refuses as long as it is `away`."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.is_away = False
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        if self.is_away:
            return web.Response(status=503)
        self.paths.append(request.path)
        self.told.append(json.loads(await request.text()))
        return web.json_response({"code": 0, "StatusCode": 0, "msg": "success"})

    @property
    def texts(self) -> list[str]:
        return [json.dumps(one, ensure_ascii=False) for one in self.told]

    def newest_link(self, office: Office) -> str:
        """The settings of the tests name port 0; the server knows which one that is."""
        newest = next(found for text in reversed(self.texts) if (found := LINK.findall(text)))
        return office.url + urlsplit(newest[-1]).path


@pytest.fixture
async def sink(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sink]:
    sink = Sink()
    application = web.Application()
    application.add_routes([web.post("/{path:.*}", sink.take)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sink.port = runner.addresses[0][1]
    requests = sys.modules["requests"]
    original = requests.Session.request

    def led_here(session: Any, method: str, url: str, **more: Any) -> Any:
        parts = urlsplit(url)
        if parts.hostname != "127.0.0.1":
            url = parts._replace(scheme="http", netloc=f"127.0.0.1:{sink.port}").geturl()
        return original(session, method, url, **more)

    monkeypatch.setattr(requests.Session, "request", led_here)
    yield sink
    await runner.cleanup()


async def hears(sink: Sink, *words: str) -> str:
    async def told() -> bool:
        return any(all(word in text for word in words) for text in sink.texts)

    for is_last in (False, False, False, True):
        try:
            await eventually(told, str(words))
            break
        except AssertionError:  # Apprise itself keeps to the rate of some systems: a message every few seconds
            if is_last:
                raise AssertionError(f"{words}: {sink.texts}") from None
    return next(text for text in reversed(sink.texts) if all(word in text for word in words))


async def open_with_group(kind: str, open_office: Opener, sink: Sink, folder: Path) -> tuple[Office, int]:
    """An office with one dealer, told in a group of that kind."""
    notify = [{"name": "nord", "url": URLS[kind].format(port=sink.port)}]
    office = await open_office(notify=notify, service=service(folder))
    supervisor = await office.agent("Margaret", Role.SUPERVISOR)
    dealer = await add_dealer(supervisor, "Nord")
    await supervisor.post(f"/dealers/{dealer}/groups", {"channel": "notify:nord"}, status=201)
    await supervisor.post(f"/dealers/{dealer}/groups", {"channel": "telegram"}, status=409)
    return office, dealer


async def sends(link: str, action: str, **fields: str) -> str:
    """Somebody fills in the form of an action on the page, as a browser does."""
    async with aiohttp.ClientSession() as http:
        async with http.get(link) as page:
            assert page.status == 200
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert f'value="{action}"' in await page.text()
        async with http.post(link, data={"action": action, "name": "Nils", **fields}) as page:
            assert page.status == 200
            return await page.text()


@pytest.mark.parametrize("kind", list(URLS))
async def test_the_group_is_told_and_answers_on_the_page(
    kind: str, open_office: Opener, sink: Sink, tmp_path: Path
) -> None:
    office, _ = await open_with_group(kind, open_office, sink, tmp_path)
    agent, visitor = await office.agent("Ada"), await office.visitor()
    number = await agent.opens_ticket(visitor, "The washer has a leak", description="Call me: +49 30 901820")
    text = await hears(sink, number, "New: who takes it?", "/answer/")
    assert "901820" not in text
    assert "**" not in text
    assert "Call me: [phone]" in text
    link = sink.newest_link(office)
    page = await sends(link, "accept")
    assert "is yours. Only you are told who the customer is" in page
    case = (await agent.get(f"/tickets/{number}"))["assignment"]
    assert case["dealer_stage"] == "accepted"
    async with aiohttp.ClientSession() as http, http.get(link) as again:
        assert "Only you are told" not in await again.text()
    await sends(link, "plan", text="Tuesday 14:00, replace the pump")
    await visitor.presses("Agree")
    await office.settled()
    await hears(sink, number, "Visit booked")
    poor = await sends(link, "done", cause="ok", text="ok", prevention="ok")
    assert "That says too little" in poor
    assert poor.count(">ok</textarea>") == 3, "what was typed stands there still"
    await sends(
        link, "done", cause="The pump was worn out", text="We put in a new pump", prevention="Clean the filter monthly"
    )
    await visitor.presses("Yes, it is done")
    await office.settled()
    assert (await agent.get(f"/tickets/{number}"))["ticket"]["status"] == "closed"
    if kind != "json":
        assert {"discord": "/api/webhooks/", "feishu": "/open-apis/bot/"}[kind] in sink.paths[0]


async def test_twenty_at_once_give_one_acceptance_and_a_wrong_link_nothing(
    open_office: Opener, sink: Sink, tmp_path: Path
) -> None:
    office, _ = await open_with_group("json", open_office, sink, tmp_path)
    agent, visitor = await office.agent("Ada"), await office.visitor()
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await hears(sink, number, "/answer/")
    link = sink.newest_link(office)
    async with aiohttp.ClientSession() as http:

        async def accepts(n: int) -> str:
            async with http.post(link, data={"action": "accept", "name": f"N{n}"}) as page:
                return await page.text()

        pages = await asyncio.gather(*(accepts(n) for n in range(20)))
        assert sum("Only you are told" in page for page in pages) == 1
        for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("-1-", "-2-"), link + "-1"):
            async with http.get(wrong) as page:
                assert page.status == 404
        async with http.post(link, data={"action": "drop", "name": "N"}) as page:
            assert page.status == 400
    await agent.post(f"/tickets/{number}/assign", {"team": "repairs"})
    async with aiohttp.ClientSession() as http, http.get(link) as page:
        shown = await page.text()
        assert page.status == 404 or "Taken back" in shown
        assert 'name="action"' not in shown


async def test_a_link_whose_offer_is_over_says_what_became_of_it(
    open_office: Opener, sink: Sink, tmp_path: Path
) -> None:
    notify = [{"name": name, "url": URLS["json"].format(port=sink.port)} for name in ("nord", "west")]
    office = await open_office(notify=notify, service=service(tmp_path))
    supervisor = await office.agent("Margaret", Role.ADMIN)
    groups = {}
    for name in ("nord", "west"):
        dealer = await add_dealer(supervisor, name.title())
        made = await supervisor.post(f"/dealers/{dealer}/groups", {"channel": f"notify:{name}"}, status=201)
        groups[name] = made["groups"][0]["id"]
    visitor = await office.visitor()
    number = await supervisor.opens_ticket(visitor, "The washer has a leak")
    await hears(sink, number, "/answer/")
    first = sink.newest_link(office)
    await sends(first, "decline", text="no room this week")

    async def asked_again() -> bool:
        return sink.newest_link(office) != first

    await eventually(asked_again, "the other dealer is asked")
    second = sink.newest_link(office)
    async with aiohttp.ClientSession() as http:

        async def opens(link: str) -> tuple[int, str]:
            async with http.get(link) as page:
                return page.status, await page.text()

        status, text = await opens(first)
        assert (status, "You have declined this case" in text, 'name="action"' in text) == (410, True, False)
        async with http.post(first, data={"action": "accept", "name": "Nils"}) as page:
            assert "You have declined this case" in await page.text()
        assert (await supervisor.get(f"/tickets/{number}"))["assignment"]["dealer_stage"] == "offered"
        office.clock.advance(hours=13)
        late = await opens(second)
        assert "Too late" in late[1] or "The time for your answer was over" in late[1]
        assert 'value="accept"' not in late[1]
        gone = f"/api/v1/groups/{groups['nord']}"
        async with http.delete(office.url + gone, headers=supervisor.headers) as answer:
            assert answer.status == 204
        status, text = await opens(first)
        assert (status, "gets no cases any more" in text) == (410, True)


async def test_a_dealer_asks_our_team_from_the_page(open_office: Opener, sink: Sink, tmp_path: Path) -> None:
    office, _ = await open_with_group("json", open_office, sink, tmp_path)
    agent, visitor = await office.agent("Ada"), await office.visitor()
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await hears(sink, number, "/answer/")
    page = await sends(sink.newest_link(office), "ask_hq", text="Is the pump in stock?")
    assert "Your question is with our team" in page
    changes = (await agent.get(f"/tickets/{number}"))["timeline"]
    assert "Is the pump in stock?" in str(changes)
    assert "Say it in a few words" in await sends(sink.newest_link(office), "ask_hq", text="  ")


async def test_a_system_that_is_away_is_told_later(open_office: Opener, sink: Sink, tmp_path: Path) -> None:
    office, _ = await open_with_group("json", open_office, sink, tmp_path)
    agent, visitor = await office.agent("Ada"), await office.visitor()
    sink.is_away = True
    number = await agent.opens_ticket(visitor, "The washer has a leak")
    await office.settled()
    assert sink.told == []
    sink.is_away = False

    async def told() -> bool:
        office.clock.advance(minutes=1)
        await show_cases.step(office.application.desk, office.clock.now())
        return any(number in text for text in sink.texts)

    await eventually(told, "the group is told once it is back")


async def test_an_admin_registers_a_group_by_its_address(open_office: Opener, sink: Sink, tmp_path: Path) -> None:
    office = await open_office(service=service(tmp_path))
    admin, supervisor = await office.agent("Ada", Role.ADMIN), await office.agent("Margaret", Role.SUPERVISOR)
    dealer = await add_dealer(supervisor, "Nord")
    url = URLS["json"].format(port=sink.port)
    new = {"dealer_id": dealer, "name": "Nord at Feishu", "url": url}
    await supervisor.post("/groups/one-way", new, status=403)
    made = await admin.post("/groups/one-way", new, status=201)
    assert made["address"] == "json://…roup"
    assert (await admin.post("/groups/one-way", new, status=409))["type"] == "urn:omnibot:name-taken"
    again = await admin.post("/groups/one-way", new | {"name": "Twice"}, status=409)
    assert again["type"] == "urn:omnibot:address-taken"
    assert url not in str(await admin.get("/groups")) + str(await admin.get(f"/dealers/{dealer}"))
    assert await admin.post(f"/groups/{made['id']}/test") == {"is_sent": True, "why": None}
    assert "This is a test" in sink.texts[-1]
    sink.is_away = True
    tried = await admin.post(f"/groups/{made['id']}/test")
    assert tried == {"is_sent": False, "why": "the group's system did not take it"}
    sink.is_away = False
    visitor = await office.visitor()
    number = await admin.opens_ticket(visitor, "The washer has a leak")
    await hears(sink, number, "New: who takes it?", "/answer/")
    assert "is yours" in await sends(sink.newest_link(office), "accept")


@pytest.mark.parametrize(
    ("url", "kind", "blanks"),
    [
        ("3f9a-SECRET-token", "no-address", {}),
        ("feishuu://SECRETSECRET", "similar-system", {"system": "feishu://"}),
        ("qqqqqq://SECRETSECRET", "unknown-system", {}),
        ("discord://SECRET", "wrong-form", {"system": "Discord", "example": "discord://{webhook_id}/{webhook_token}"}),
        ("syslog://", "this-machine", {"system": "syslog"}),
    ],
)
async def test_a_wrong_address_gets_a_clear_sentence_and_stands_nowhere(
    url: str, kind: str, blanks: dict[str, str], open_office: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = await open_office(service=service(tmp_path))
    admin = await office.agent("Ada", Role.ADMIN)
    dealer = await add_dealer(admin, "Nord")
    said = await admin.post("/groups/one-way", {"dealer_id": dealer, "name": "Nord", "url": url}, status=422)
    assert said["type"] == f"urn:omnibot:{kind}"
    assert said.items() >= blanks.items()
    assert "SECRET" not in str(said) + caplog.text


async def test_a_group_gets_another_address_and_is_forgotten_with_it(
    open_office: Opener, sink: Sink, tmp_path: Path
) -> None:
    office = await open_office(service=service(tmp_path))
    admin = await office.agent("Ada", Role.ADMIN)
    dealer = await add_dealer(admin, "Nord")
    url = URLS["json"].format(port=sink.port)
    new = {"dealer_id": dealer, "name": "Nord", "url": url}
    group = (await admin.post("/groups/one-way", new, status=201))["id"]

    moved = url.replace("/group", "/elsewhere")
    place = f"/api/v1/groups/{group}"
    await office.call("PUT", f"{place}/address", headers=admin.headers, json={"url": "feishuu://x"}, status=422)
    await office.call("PUT", f"{place}/address", headers=admin.headers, json={"url": moved}, status=200)
    assert (await admin.post(f"/groups/{group}/test"))["is_sent"]
    assert sink.paths[-1] == "/elsewhere"
    await office.call("DELETE", place, headers=admin.headers, status=204)
    await admin.post(f"/groups/{group}/test", status=404)
    kept = await office.application.store.read(one_way_groups.addresses)
    assert kept == {}
    assert (await admin.post("/groups/one-way", new, status=201))["id"] != group
