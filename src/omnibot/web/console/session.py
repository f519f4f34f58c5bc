"""Coming in and going out: one-time link, password, sign-out, and the person's own settings. The forms work without scripts."""

from collections.abc import Collection, Mapping
from functools import partial

from aiohttp import web

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.language import Language
from omnibot.flow.desk import Desk
from omnibot.problem import Problem
from omnibot.store import channels, members, users
from omnibot.web.access import LONGEST_PASSWORD, SHORTEST_PASSWORD, Access, password_problem
from omnibot.web.console import desk_view, install_pages
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits, language_of

HOME = "/console"
# What `password_problem` says, for the catalogue.
mark("Use at least 12 characters.")
mark("Use at most 128 characters.")
mark("Use more different characters.")


class Session:
    """The handlers."""

    def __init__(
        self,
        desk: Desk,
        access: Access,
        clock: Clock,
        screens: Screens,
        visits: Visits,
        *,
        embed: str | None,
        installers: Collection[str],
    ) -> None:
        self._embed = embed
        self._installers = installers
        self._desk = desk
        self._access = access
        self._clock = clock
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        page = self._visits.for_anybody
        return [
            web.get("/console/sign-in", page(self.show_sign_in)),
            web.post("/console/sign-in", page(self.sign_in)),
            web.get("/console/welcome", page(self.show_welcome)),
            web.post("/console/welcome", page(self.welcome)),
            web.post("/console/sign-out", page(self.sign_out)),
            web.get("/console/settings", self._visits.page(self.show_settings)),
            web.post("/console/settings", self._visits.page(self.change_settings)),
        ]

    async def show_sign_in(self, request: web.Request) -> web.Response:
        if await self._access.user(request) is not None:
            raise web.HTTPFound(HOME)
        is_new = not await self._desk.store.read(users.exist)
        return self._ask(request, "sign_in.html.j2", next=local(request.query.get("next")), is_new=is_new)

    async def sign_in(self, request: web.Request) -> web.Response:
        self._access.check_origin(request)
        form = await request.post()
        email, password = _field(form, "email"), _field(form, "password")
        ask = partial(self._ask, request, "sign_in.html.j2", next=local(_field(form, "next")), email=email)
        try:
            token = await self._access.sign_in(email, password[: LONGEST_PASSWORD + 1], request)
        except Problem as problem:
            if problem.status != 429:
                raise
            return ask(problem="too_often", status=429)
        if token is None:
            return ask(problem="wrong", status=401)
        return self._let_in(token, local(_field(form, "next")))

    async def show_welcome(self, request: web.Request) -> web.Response:
        invited = await self._access.invited(request.query.get("code", ""))
        if invited is None:
            return await self._expired(request)
        return self._ask(
            request,
            "welcome.html.j2",
            user=invited.user,
            code=request.query["code"],
            at_fault="",
            shortest=SHORTEST_PASSWORD,
        )

    async def welcome(self, request: web.Request) -> web.Response:
        self._access.check_origin(request)
        form = await request.post()
        code, password = _field(form, "code"), _field(form, "password")
        name, email = _field(form, "name").strip(), _field(form, "email").strip()
        invited = await self._access.invited(code)
        if invited is None:
            return await self._expired(request)
        problem, at_fault = password_problem(password), "password"
        if problem is None and invited.user is None and not _is_address(email):
            problem, at_fault = mark("Enter your e-mail address."), "email"
        if problem is not None:
            return self._ask(
                request,
                "welcome.html.j2",
                user=invited.user,
                code=code,
                problem=problem,
                at_fault=at_fault,
                name=name,
                email=email,
                shortest=SHORTEST_PASSWORD,
                status=422,
            )
        name = name[:200] or email.partition("@")[0]
        token = await self._access.accept_link(code, name=name, email=email, password=password)
        if token is None:
            return await self._expired(request)
        return self._let_in(token, HOME)

    async def sign_out(self, request: web.Request) -> web.Response:
        self._access.check_origin(request)
        await self._access.sign_out(request)
        response = web.Response(status=303, headers={"Location": "/console/sign-in"})
        self._access.clear_cookie(response)
        return response

    async def show_settings(self, visit: Visit) -> web.Response:
        query, is_admin = visit.request.query, visit.user.may_act_as(Role.ADMIN)
        counts = await self._desk.store.read(partial(desk_view.count, user=visit.user, now=visit.now))
        return self._screens.show(
            visit,
            "settings.html.j2",
            views=desk_view.VIEWS,
            place="settings",
            counts=counts,
            languages=list(Language),
            is_saved="saved" in query,
            installed=install_pages.outcome(query) if is_admin else None,
            install_paths={name: install_pages.path(name) for name in self._installers} if is_admin else {},
            channels=await self._desk.store.read(channels.all_known),
            embed=self._embed if is_admin else None,
            own_chats=await self._desk.store.read(partial(members.listing, user_id=visit.user.id)),
        )

    async def change_settings(self, visit: Visit) -> web.Response:
        form = await visit.request.post()
        language = _field(form, "language")
        if language in list(Language):
            await self._desk.store.run(partial(users.set_language, id=visit.user.id, language=language))
        return web.Response(status=303, headers={"Location": "/console/settings?saved"})

    async def _expired(self, request: web.Request) -> web.Response:
        is_new = not await self._desk.store.read(users.exist)
        return self._ask(request, "expired.html.j2", status=410, is_new=is_new)

    def _let_in(self, token: str, where: str) -> web.Response:
        response = web.Response(status=303, headers={"Location": where})
        self._access.set_cookie(response, token)
        return response

    def _ask(
        self,
        request: web.Request,
        template: str,
        *,
        status: int = 200,
        problem: str = "",
        email: str = "",
        name: str = "",
        user: User | None = None,
        **values: object,
    ) -> web.Response:
        language = language_of(request, user)
        words = self._visits.texts.of(language)
        return self._screens.show_to(
            language, words, template, status=status, problem=problem, email=email, name=name, user=user, **values
        )


def local(where: str | None) -> str:
    """A place in the console to go on to; never another site."""
    if where is None or not where.startswith(HOME) or "\\" in where or "//" in where.partition("?")[0]:
        return HOME
    if where[len(HOME) :][:1] not in ("", "/", "?") or not where.isprintable():
        return HOME
    return where


def _field(form: Mapping[str, object], name: str) -> str:
    value = form.get(name, "")
    return value.replace("\0", "") if isinstance(value, str) else ""


def _is_address(email: str) -> bool:
    name, at, domain = email.partition("@")
    return (
        bool(name and at and domain) and len(email) <= 254 and not any(c.isspace() for c in email) and "@" not in domain
    )
