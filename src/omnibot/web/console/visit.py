"""One request of a signed-in person: who it is, in which language and time zone, and when."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import hdrs, web

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.language import Language, parse_tag
from omnibot.flow.desk import Desk
from omnibot.problem import Problem
from omnibot.store.transactions import Unavailable
from omnibot.texts import Texts, Words
from omnibot.web.access import Access
from omnibot.web.console.labels import Labels
from omnibot.web.console.recently import Recently
from omnibot.web.console.times import Times
from omnibot.web.middleware import log_failure

if TYPE_CHECKING:
    from omnibot.web.console.screens import Screens

ZONE_COOKIE = "omnibot_zone"  # set by the page's script; only how times are written depends on it
REFRESH = "X-Omnibot-Refresh"  # a request that the page makes by itself
SERVICE_DOMAIN = "@service.invalid"  # accounts of programs are not colleagues


@dataclass(frozen=True)
class Visit:
    request: web.Request
    user: User
    language: Language
    words: Words
    zone: ZoneInfo
    now: datetime
    news_mark: str  # what the page will have seen of the changes: all up to here

    @cached_property
    def times(self) -> Times:
        return Times(self.words, self.zone, self.now)

    @cached_property
    def labels(self) -> Labels:
        return Labels(self.words)


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]
Asked = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Visits:
    """Lets people in, or shows them where to sign in."""

    def __init__(self, desk: Desk, access: Access, clock: Clock, recently: Recently, screens: "Screens") -> None:
        self._desk = desk
        self._access = access
        self._clock = clock
        self._recently = recently
        self._screens = screens
        self.texts = Texts("console")

    def page(self, handler: Handler, role: Role = Role.AGENT) -> Asked:
        """A page: who is not signed in goes to sign in first and comes back; who has a wrong address is told so."""

        async def answer(request: web.Request) -> web.StreamResponse:
            user = await self._access.user(request)
            if user is None:
                raise web.HTTPFound(f"/console/sign-in?next={quote(request.path_qs, safe='')}")
            if not user.may_act_as(role):
                raise web.HTTPFound("/console")
            visit = self._visit(request, user)
            try:
                return await handler(visit)
            except web.HTTPNotFound:
                return self._screens.show_to(visit.language, visit.words, "missing.html.j2", status=404)

        return self.for_anybody(answer)

    def for_anybody(self, handler: Asked) -> Asked:
        """A page that is seen without signing in, too. Where it fails, a page says so: people read no problem documents."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except (web.HTTPException, Problem):
                raise
            except Unavailable as error:
                response = self._sorry(request, "away.html.j2", 503)
                response.headers[hdrs.RETRY_AFTER] = str(error.retry_after)
                return response
            except Exception as error:
                log_failure(request, error)
                return self._sorry(request, "failed.html.j2", 500)

        return answer

    def _sorry(self, request: web.Request, template: str, status: int) -> web.Response:
        language = language_of(request, None)
        was_sent = request.method == hdrs.METH_POST
        return self._screens.show_to(
            language, self.texts.of(language), template, status=status, was_sent=was_sent, at=self._clock.now()
        )

    def fragment(self, handler: Handler) -> Asked:
        """A part of a page, or a signal from one: 401 without a session."""

        async def answer(request: web.Request) -> web.StreamResponse:
            is_automatic = REFRESH in request.headers
            user = await (self._access.glance(request) if is_automatic else self._access.user(request))
            if user is None:
                raise web.HTTPUnauthorized
            return await handler(self._visit(request, user))

        return answer

    def _visit(self, request: web.Request, user: User) -> Visit:
        language = language_of(request, user)
        words, zone = self.texts.of(language), self._zone(request)
        return Visit(request, user, language, words, zone, self._clock.now(), self._recently.mark)

    def _zone(self, request: web.Request) -> ZoneInfo:
        try:
            return ZoneInfo(request.cookies.get(ZONE_COOKIE, ""))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self._desk.policy.calendar.zone


def language_of(request: web.Request, user: User | None) -> Language:
    """What the person chose, else what the browser asks for first."""
    if user is not None and user.language:
        return Language(user.language)
    wanted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "").partition(",")[0].partition(";")[0]
    return parse_tag(wanted)


def is_colleague(user: User) -> bool:
    return not user.email.endswith(SERVICE_DOMAIN)
