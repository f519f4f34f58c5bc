"""The API with its description, and the demo page."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec
from aiohttp import hdrs, web

from omnibot import __version__
from omnibot.channel import Channel, OpenChannel
from omnibot.clock import Clock
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge.find_gaps import Finder
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
from omnibot.web.api.incidents import Incidents
from omnibot.web.api.knowledge import Knowledge
from omnibot.web.api.ladder import LadderCalls
from omnibot.web.api.one_way_groups import OneWayGroups
from omnibot.web.api.people import Contacts
from omnibot.web.api.promises import Promises
from omnibot.web.api.ratings import Ratings
from omnibot.web.api.staff import Staff
from omnibot.web.api.thresholds import ThresholdCalls
from omnibot.web.api.tickets import Tickets
from omnibot.web.typing_signal import TypingSignal

DEMO = Path(__file__).parent / "demo"


def api_endpoints(
    desk: Desk,
    access: Access,
    clock: Clock,
    channels: Mapping[str, Channel] = MappingProxyType({}),
    open_one_way: OpenChannel | None = None,
) -> list[Endpoint]:
    """Every call of the admin API. `channels` are told when an agent writes; `open_one_way` opens that of groups which are
    registered by their address."""
    one_way = OneWayGroups(desk, clock, channels, open_one_way)
    finder = Finder(desk, clock)
    return [
        *Conversations(desk, clock, TypingSignal(channels, clock), channels).endpoints(),
        *Tickets(desk, clock).endpoints(),
        *Promises(desk, clock).endpoints(),
        *Cases(desk, clock).endpoints(),
        *Contacts(desk.store, clock, desk.policy.tiers).endpoints(),
        *Addresses(desk, clock, channels).endpoints(),
        *CustomerFacts(desk.store, clock).endpoints(),
        *Dealers(desk.store, clock, desk.one_way).endpoints(),
        *one_way.endpoints(),
        *Duty(desk.store, clock).endpoints(),
        *Knowledge(desk, clock).endpoints(),
        *Entries(desk, clock, finder).endpoints(),
        *Gaps(desk, clock, finder).endpoints(),
        *ThresholdCalls(desk, clock).endpoints(),
        *Staff(desk.store, access, clock).endpoints(),
        *LadderCalls(desk, clock).endpoints(),
        *Groups(desk.store, clock).endpoints(),
        *Ratings(desk.store, clock).endpoints(),
        *Incidents(desk, clock).endpoints(),
    ]


def api_routes(
    desk: Desk, access: Access, clock: Clock, channels: Mapping[str, Channel], open_one_way: OpenChannel
) -> list[web.AbstractRouteDef]:
    """The API and its description."""
    endpoints = api_endpoints(desk, access, clock, channels, open_one_way)
    described = msgspec.json.encode(openapi.document(endpoints, version=__version__))

    async def describe(request: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    files = FileRoutes(desk, access, clock).routes()
    return [*(endpoint.route(access) for endpoint in endpoints), *files, web.get("/api/v1/openapi.json", describe)]


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
