"""The page with all roles side by side: what it loads, what people do on it (POST), and what they see (server-sent events).

Whoever reaches it may act as the admin, so it answers only under this machine's own names.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import jinja2
import msgspec
from aiohttp import hdrs, web

from omnibot.demo.cast import CASTS, Pane, Person
from omnibot.demo.lines import PICTURES
from omnibot.demo.stage import Stage, Upload

FILES = Path(__file__).parent / "static"
OWN_NAMES = ("127.0.0.1", "localhost")
TEXT_LENGTH = 4000  # about what Telegram takes
UPLOAD_LIMIT = 32 * 1024 * 1024  # bytes of one request; the page refuses files above 10 MB in all

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody does something in a pane."""

    pane: str
    person: str


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`content` is base64."""

    name: str
    type: str
    content: bytes


class Said(Act, frozen=True, kw_only=True):
    """Writes; `answers` is the line that it is said in answer to."""

    text: str = ""
    subject: str = ""
    answers: str = ""
    files: tuple[File, ...] = ()


class Pressed(Act, frozen=True, kw_only=True):
    """Presses a button."""

    line: str
    label: str


class Changed(Act, frozen=True, kw_only=True):
    """Changes a line of their own; without a text, takes it back."""

    line: str
    text: str = ""


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock goes forward."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=40 * 24 * 60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the page knows of omnibot."""

    url: str
    enter: Callable[[str, web.Response], Awaitable[None]]  # signs the account with that address in
    identify: Callable[[str], str]  # the signed identity of the customer with that number
    forward: Callable[[timedelta], None]
    ahead: Callable[[], timedelta]


class Page:
    """Serves it on loopback."""

    def __init__(self, stage: Stage, service: Service) -> None:
        self._stage = stage
        self._service = service
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        application = web.Application(middlewares=[_only_own_names], client_max_size=UPLOAD_LIMIT)
        application.add_routes(
            [
                web.get("/", self._show),
                web.get("/web", self._show_web),
                web.get("/console", self._to_console),
                web.get("/events", self._stream),
                web.post("/say", self._say),
                web.post("/press", self._press),
                web.post("/change", self._change),
                web.post("/clock", self._forward),
                web.get("/files/{platform}/{id}/{name}", self._file),
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
        at, language = self._service.url, _language(request)
        policy = f"default-src 'none'; script-src 'self' {at}; style-src 'self'; img-src 'self' data: blob: {at}; connect-src {at}"
        identity = self._service.identify(CASTS[language].visitor)
        return _page("web.html.j2", language, policy, service_url=at, identity=identity)

    async def _to_console(self, request: web.Request) -> web.Response:
        # Under the name that the page has: a cookie for one of this machine's names does not count under the other.
        port = urlsplit(self._service.url).port
        response = web.Response(status=303, headers={hdrs.LOCATION: f"http://{request.url.host}:{port}/console"})
        await self._service.enter(CASTS[_language(request)].first_agent.email, response)
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the page was closed
            async for chats in self._stage.watch(CASTS[_language(request)]):
                ahead = int(self._service.ahead().total_seconds())
                seen = {"now": int(self._stage.clock.now().timestamp()), "ahead": ahead, "chats": chats}
                await response.write(b"data: " + msgspec.json.encode(seen) + b"\n\n")
        return response

    async def _say(self, request: web.Request) -> web.Response:
        said = await _read(request, Said)
        if not (said.text.strip() or said.files) or len(said.text) > TEXT_LENGTH:
            raise web.HTTPUnprocessableEntity
        pane, person = _actor(request, said)
        files = tuple(Upload(name=file.name, media_type=file.type, content=file.content) for file in said.files)
        say = self._stage.say(pane, person, said.text, subject=said.subject, answers=said.answers, files=files)
        return await _done(say)

    async def _press(self, request: web.Request) -> web.Response:
        pressed = await _read(request, Pressed)
        return await _done(self._stage.press(*_actor(request, pressed), pressed.line, pressed.label))

    async def _change(self, request: web.Request) -> web.Response:
        changed = await _read(request, Changed)
        pane, person = _actor(request, changed)
        if changed.text.strip():
            return await _done(self._stage.edit(pane, person, changed.line, changed.text))
        return await _done(self._stage.delete(pane, person, changed.line))

    async def _forward(self, request: web.Request) -> web.Response:
        self._service.forward(timedelta(minutes=(await _read(request, Moved)).minutes))
        self._stage.tell()
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        try:
            content = self._stage.file(request.match_info["platform"], request.match_info["id"])
        except LookupError:
            raise web.HTTPNotFound from None
        kind = guess_type(request.match_info["name"])[0] or ""
        headers = {"X-Content-Type-Options": "nosniff"}
        if kind not in PICTURES:  # somebody else's page must not run under this name
            kind, headers[hdrs.CONTENT_DISPOSITION] = "application/octet-stream", "attachment"
        return web.Response(body=content, content_type=kind, headers=headers)


@web.middleware
async def _only_own_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Other sites in the same browser neither read (a name of theirs that leads here) nor write (no JSON without leave)."""
    if urlsplit(f"//{request.host}").hostname not in OWN_NAMES:
        raise web.HTTPMisdirectedRequest
    if request.method == hdrs.METH_POST and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return await handler(request)


def _actor(request: web.Request, act: Act) -> tuple[Pane, Person]:
    try:
        pane = CASTS[_language(request)].pane(act.pane)
        return pane, pane.person(act.person)
    except LookupError:
        raise web.HTTPNotFound from None


def _language(request: web.Request) -> str:
    wanted = request.query.get("lang") or request.headers.get(hdrs.ACCEPT_LANGUAGE) or ""
    return "zh-Hans" if wanted.lower().startswith("zh") else "en"


@cache
def _pages() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(FILES), autoescape=True, trim_blocks=True)


def _page(name: str, language: str, policy: str, **given: str) -> web.Response:
    texts = msgspec.json.decode((FILES / "texts.json").read_bytes())
    page = _pages().get_template(name).render(lang=language, texts=texts[language], cast=CASTS[language], **given)
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


async def _done(act: Awaitable[str | None]) -> web.Response:
    """`answer` is what pops up for whoever did it."""
    try:
        answer = await act
    except (LookupError, ValueError):
        raise web.HTTPNotFound from None
    except TimeoutError:
        raise web.HTTPServiceUnavailable from None
    return web.json_response({"answer": answer or ""})
