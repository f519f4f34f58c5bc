"""The HTTP surface that is not a channel's: API, health, metrics and the demo page, put into one application."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec
from aiohttp import hdrs, web

from omnibot import __version__
from omnibot.channel import Channel
from omnibot.clock import Clock
from omnibot.flow.desk import Desk
from omnibot.flow.find_gaps import Finder
from omnibot.web import metrics
from omnibot.web.access import Access
from omnibot.web.api import openapi
from omnibot.web.api.addresses import Addresses
from omnibot.web.api.cases import Cases
from omnibot.web.api.contacts import CustomerFacts
from omnibot.web.api.conversations import Conversations
from omnibot.web.api.dealers import Dealers
from omnibot.web.api.duty import Duty
from omnibot.web.api.endpoint import Endpoint
from omnibot.web.api.entries import Entries
from omnibot.web.api.files import FileRoutes
from omnibot.web.api.gaps import Gaps
from omnibot.web.api.groups import Groups
from omnibot.web.api.knowledge import Knowledge
from omnibot.web.api.people import Contacts
from omnibot.web.api.promises import Promises
from omnibot.web.api.staff import Staff
from omnibot.web.api.tickets import Tickets
from omnibot.web.typing_signal import TypingSignal

DEMO = Path(__file__).parent / "demo"


def api_endpoints(
    desk: Desk, access: Access, clock: Clock, channels: Mapping[str, Channel] = MappingProxyType({})
) -> list[Endpoint]:
    """Every call of the admin API. `channels` are told when an agent writes."""
    finder = Finder(desk, clock)
    return [
        *Conversations(desk, clock, TypingSignal(channels, clock), channels).endpoints(),
        *Tickets(desk, clock).endpoints(),
        *Promises(desk, clock).endpoints(),
        *Cases(desk, clock).endpoints(),
        *Contacts(desk.store, clock, desk.policy.tiers).endpoints(),
        *Addresses(desk, clock).endpoints(),
        *CustomerFacts(desk.store, clock).endpoints(),
        *Dealers(desk.store, clock).endpoints(),
        *Duty(desk.store, clock).endpoints(),
        *Knowledge(desk, clock).endpoints(),
        *Entries(desk, clock, finder).endpoints(),
        *Gaps(desk, clock, finder).endpoints(),
        *Staff(desk.store, access, clock).endpoints(),
        *Groups(desk.store, clock).endpoints(),
    ]


def api_routes(desk: Desk, access: Access, clock: Clock, channels: Mapping[str, Channel]) -> list[web.AbstractRouteDef]:
    """The API and its description."""
    endpoints = api_endpoints(desk, access, clock, channels)
    described = msgspec.json.encode(openapi.document(endpoints, version=__version__))

    async def describe(request: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    files = FileRoutes(desk, access, clock).routes()
    return [*(endpoint.route(access) for endpoint in endpoints), *files, web.get("/api/v1/openapi.json", describe)]


def health_routes(
    desk: Desk,
    clock: Clock,
    *,
    channels: list[str],
    count_own: Callable[[], None],
    is_ready: Callable[[], bool],
) -> list[web.AbstractRouteDef]:
    """Alive, ready, measured."""

    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        await desk.store.read(lambda tx: tx.exec_driver_sql("SELECT 1").scalar())
        if not is_ready():
            return web.json_response({"status": "stopping"}, status=503)
        # Without Redis everything still arrives, later: that is no reason to take us out of the balancer.
        return web.json_response({"status": "degraded" if desk.doorbell.is_degraded else "ok"})

    async def show_metrics(request: web.Request) -> web.Response:
        return await metrics.render(desk.store, clock.now(), channels, count_own)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics)]


def demo_routes() -> list[web.AbstractRouteDef]:
    """A page of a fictitious appliance maker that carries the widget."""

    @cache
    def page(lang: str) -> str:
        import jinja2  # loaded with the first page

        pages = jinja2.Environment(loader=jinja2.FileSystemLoader(DEMO), autoescape=True, trim_blocks=True)
        texts = msgspec.json.decode((DEMO / "texts.json").read_bytes())
        return pages.get_template("page.html.j2").render(lang=lang, texts=texts[lang], static="/demo")

    async def show(request: web.Request) -> web.Response:
        wanted = request.query.get("lang") or request.headers.get(hdrs.ACCEPT_LANGUAGE) or ""
        lang = "zh-Hans" if wanted.lower().startswith("zh") else "en"
        return web.Response(text=page(lang), content_type="text/html", headers={hdrs.VARY: hdrs.ACCEPT_LANGUAGE})

    return [web.get("/", show), web.static("/demo", DEMO)]
