"""The page with one pane per channel: what it loads, what people do on it (POST), and what they see (server-sent events).

Whoever reaches it may become the first admin, so it answers only under this machine's own names.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import jinja2
import msgspec
from aiohttp import hdrs, web

from omnibot.demo.stage import PEOPLE, Stage

FILES = Path(__file__).parent / "static"
OWN_NAMES = ("127.0.0.1", "localhost")
TEXT_LENGTH = 4000  # about what Telegram takes

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody writes."""

    channel: str
    text: str
    subject: str = ""


class Pressed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody presses a button."""

    channel: str
    line: str
    label: str


class Page:
    """Serves it on loopback."""

    def __init__(self, stage: Stage, *, service_url: str, console_link: Callable[[], Awaitable[str | None]]) -> None:
        """`service_url` is where omnibot is; `console_link` a one-time link while nobody can sign in."""
        self._stage = stage
        self._service_url = service_url
        self._console_link = console_link
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        application = web.Application(middlewares=[_only_own_names])
        application.add_routes(
            [
                web.get("/", self._show),
                web.get("/web", self._show_web),
                web.get("/console", self._to_console),
                web.get("/events", self._stream),
                web.post("/say", self._say),
                web.post("/press", self._press),
                web.static("/static", FILES),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _show(self, request: web.Request) -> web.Response:
        policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'"
        return _page("channels.html.j2", _language(request), policy)

    async def _show_web(self, request: web.Request) -> web.Response:
        """A site of its own, with the widget; stands in a pane of the page."""
        at = self._service_url
        policy = f"default-src 'none'; script-src 'self' {at}; style-src 'self'; img-src 'self' data: blob: {at}; connect-src {at}"
        return _page("web.html.j2", _language(request), policy, service_url=at)

    async def _to_console(self, request: web.Request) -> web.Response:
        raise web.HTTPSeeOther(await self._console_link() or f"{self._service_url}/console")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the page was closed
            async for seen in self._stage.watch(PEOPLE[_language(request)]):
                await response.write(b"data: " + msgspec.json.encode(seen) + b"\n\n")
        return response

    async def _say(self, request: web.Request) -> web.Response:
        said = await _read(request, Said)
        if not said.text.strip() or len(said.text) > TEXT_LENGTH:
            raise web.HTTPUnprocessableEntity
        person = PEOPLE[_language(request)]
        return await _done(self._stage.say(said.channel, person, said.text, subject=said.subject))

    async def _press(self, request: web.Request) -> web.Response:
        pressed = await _read(request, Pressed)
        person = PEOPLE[_language(request)]
        return await _done(self._stage.press(pressed.channel, person, pressed.line, pressed.label))


@web.middleware
async def _only_own_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Other sites in the same browser neither read (a name of theirs that leads here) nor write (no JSON without leave)."""
    if urlsplit(f"//{request.host}").hostname not in OWN_NAMES:
        raise web.HTTPMisdirectedRequest
    if request.method == hdrs.METH_POST and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return await handler(request)


def _language(request: web.Request) -> str:
    wanted = request.query.get("lang") or request.headers.get(hdrs.ACCEPT_LANGUAGE) or ""
    return "zh-Hans" if wanted.lower().startswith("zh") else "en"


@cache
def _pages() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(FILES), autoescape=True, trim_blocks=True)


def _page(name: str, language: str, policy: str, **given: str) -> web.Response:
    texts = msgspec.json.decode((FILES / "texts.json").read_bytes())
    page = _pages().get_template(name).render(lang=language, texts=texts[language], person=PEOPLE[language], **given)
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
        "X-Content-Type-Options": "nosniff",
        hdrs.VARY: hdrs.ACCEPT_LANGUAGE,
    }
    return web.Response(text=page, content_type="text/html", headers=headers)


async def _read(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.DecodeError:
        raise web.HTTPBadRequest from None


async def _done(act: Awaitable[None]) -> web.Response:
    try:
        await act
    except (LookupError, ValueError):
        raise web.HTTPNotFound from None
    except TimeoutError:
        raise web.HTTPServiceUnavailable from None
    return web.Response(status=204)
