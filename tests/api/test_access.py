"""Who may do what: no route without a token, none above one's role, and nothing of other people's."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from omnibot.domain.access import Role
from omnibot.web import server
from omnibot.web.access import password_problem
from omnibot.web.api.endpoint import Endpoint
from tests.office import Agent, Office, Visitor


def endpoints(office: Office) -> list[Endpoint]:
    application = office.application
    return server.api_endpoints(application.desk, application.access, application.clock)


def calls(office: Office) -> Iterator[tuple[Endpoint, str]]:
    """Every endpoint with a path that names the first of everything."""
    for endpoint in endpoints(office):
        yield endpoint, "/api/v1" + re.sub(r"{\w+}", "1", endpoint.path)


async def status_of(office: Office, method: str, path: str, headers: dict[str, str]) -> int:
    body = {} if method in ("POST", "PATCH") else None
    async with office.http.request(method, path, headers=headers, json=body) as response:
        return response.status


WRONG = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer omb_wrong"},
    {"Authorization": "Bearer \udcff"},
    {"Authorization": "Basic cm9vdDpyb290"},
    {"Cookie": "omnibot_session=wrong"},
    {"Cookie": "__Host-omnibot=wrong"},
    {"X-Forwarded-User": "root@example.com", "X-Remote-User": "root@example.com"},
]


async def test_no_route_of_the_api_answers_without_a_valid_token(office: Office, visitor: Visitor) -> None:
    wrong = [*WRONG, visitor.headers]
    for endpoint, path in calls(office):
        for headers in wrong:
            assert await status_of(office, endpoint.method, path, headers) == 401, f"{endpoint.method} {path} {headers}"


async def test_files_are_not_given_or_taken_without_a_valid_token(office: Office, visitor: Visitor) -> None:
    for headers in [*WRONG, visitor.headers]:
        assert await status_of(office, "GET", "/api/v1/files/1", headers) == 401
        assert await status_of(office, "GET", "/api/v1/conversations/1/messages/1/original", headers) == 401
        assert await status_of(office, "POST", "/api/v1/conversations/1/files", headers) == 401


async def test_every_route_of_the_server_is_known(office: Office) -> None:
    """A new route that nobody thought about in these tests shows here."""
    door = office.application.door
    assert door is not None
    public = {"/widget.js", "/healthz", "/readyz", "/metrics", "/", "/demo", "/api/v1/openapi.json", "/answer/{link}"}
    # Raw bytes in and out: described in docs/interface.md, guarded as the others are.
    files = {
        "/api/v1/files/{id}",
        "/api/v1/conversations/{id}/files",
        "/api/v1/conversations/{id}/messages/{seq}/original",
    }
    described = {"/api/v1" + endpoint.path for endpoint in endpoints(office)} | files
    found = {resource.canonical for resource in (await door.application()).router.resources()}
    others = {
        path for path in found - public - described if not path.startswith(("/webchat/v1/", "/console", "/widget/"))
    }
    assert others == set()


async def test_the_console_shows_nothing_to_strangers(office: Office) -> None:
    door = office.application.door
    assert door is not None
    for resource in (await door.application()).router.resources():
        path = re.sub(r"{[^}]+}", "1", resource.canonical)
        if not path.startswith("/console"):
            continue
        for route in resource:
            if route.method not in ("GET", "POST"):
                continue
            async with office.http.request(route.method, path, allow_redirects=False) as response:
                text = await response.text()
            assert response.status < 500, path
            assert "conversation_id" not in text, path


async def test_a_role_may_what_the_roles_before_it_may_and_no_more(
    office: Office, agent: Agent, supervisor: Agent, admin: Agent
) -> None:
    rank = list(Role)
    for endpoint, path in calls(office):
        if endpoint.method == "DELETE":
            path += "000000"  # nobody's: being allowed to delete is tried on nothing
        for role, user in zip(rank, (agent, supervisor, admin), strict=True):
            may = rank.index(role) >= rank.index(endpoint.role)
            status = await status_of(office, endpoint.method, path, user.headers)
            assert (status != 403) is may, f"{role} {endpoint.method} {path}: {status}"


async def test_an_agent_cannot_make_users_or_tokens(office: Office, agent: Agent, supervisor: Agent) -> None:
    for user in (agent, supervisor):
        await user.post("/users", {"email": "x@example.com", "name": "x", "role": "admin"}, status=403)
        await user.post("/tokens", {"name": "x", "role": "admin"}, status=403)
        await user.get("/tokens", status=403)


async def test_a_token_may_be_made_used_and_revoked(office: Office, admin: Agent) -> None:
    made = await admin.post("/tokens", {"name": "report", "role": "agent"}, status=201)
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert await status_of(office, "GET", "/api/v1/me", headers) == 200
    assert made["token"] not in str(await admin.get("/tokens"))
    await office.call("DELETE", f"/api/v1/tokens/{made['id']}", headers=admin.headers, status=204)
    office.clock.advance(seconds=6)  # other processes notice within five seconds
    assert await status_of(office, "GET", "/api/v1/me", headers) == 401
    await office.call("DELETE", f"/api/v1/tokens/{made['id']}", headers=admin.headers, status=404)


async def test_a_token_ends_after_a_year(office: Office, agent: Agent) -> None:
    office.clock.advance(seconds=timedelta(days=365, seconds=1).total_seconds())
    await agent.get("/me", status=401)


async def test_a_disabled_account_can_do_nothing_any_more(office: Office, agent: Agent, admin: Agent) -> None:
    await agent.get("/me")
    await office.call("DELETE", f"/api/v1/users/{agent.id}", headers=admin.headers, status=204)
    office.clock.advance(seconds=6)
    await agent.get("/me", status=401)
    await office.call("DELETE", f"/api/v1/users/{admin.id}", headers=admin.headers, status=409)


async def test_a_session_of_the_console_calls_only_from_its_own_pages(office: Office, admin: Agent) -> None:
    added = await admin.post("/users", {"email": "new@example.com", "name": "New", "role": "agent"}, status=201)
    access = office.application.access
    session = await access.accept_link(
        added["link_code"], name="New", email="new@example.com", password="correct horse battery staple"
    )
    cookie = {"Cookie": f"{access.cookie}={session}"}
    assert await status_of(office, "GET", "/api/v1/me", cookie) == 200
    for headers, status in (
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": office.url, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": office.url}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
    ):
        assert await status_of(office, "POST", "/api/v1/contacts", cookie | headers) == status, headers
    office.clock.advance(minutes=61)
    assert await status_of(office, "GET", "/api/v1/me", cookie) == 401


async def test_the_first_admin_link_works_once_and_not_for_long(office: Office) -> None:
    access = office.application.access
    earlier, code = await access.make_link(), await access.make_link()
    assert not await access.may_use(earlier)
    password = "correct horse battery staple"
    assert await access.accept_link(earlier, name="a", email="a@example.com", password=password) is None
    assert await access.accept_link(code, name="a", email="a@example.com", password=password) is not None
    assert await access.accept_link(code, name="b", email="b@example.com", password=password) is None
    late = await access.make_link()
    office.clock.advance(minutes=15, seconds=1)
    assert not await access.may_use(late)


async def test_what_is_a_visitors_is_no_other_visitors(office: Office, agent: Agent) -> None:
    """T20: every call of a visitor with everything that belongs to another one; the same answer as for nothing at all."""
    owner, stranger = await office.visitor(), await office.visitor()
    await owner.says("machine does not work")
    [line] = await owner.hears("bot: Did you mean")
    number = await agent.opens_ticket(owner, "SECRET leak")
    await owner.hears("system: SECRET")
    choice = line["choices"][0]["id"]

    async def tries(method: str, path: str, **request: object) -> tuple[int, str]:
        async with office.http.request(method, path, headers=stranger.headers, **request) as response:  # type: ignore[arg-type]
            return response.status, await response.text()

    theirs, nothing = owner.conversation_id, 10**9
    for path in (
        "/webchat/v1/messages?after=0&conversation_id={}",
        "/webchat/v1/messages/{}",
        "/webchat/v1/{}/messages",
    ):
        refused = await tries("GET", path.format(theirs))
        assert refused == await tries("GET", path.format(nothing))
        assert "SECRET" not in str(refused)
    pressed = {"client_id": "1", "choice": choice}
    assert (await tries("POST", "/webchat/v1/messages", json=pressed))[0] == 422
    named = {"client_id": "2", "text": "x", "conversation_id": str(theirs)}
    assert (await tries("POST", "/webchat/v1/messages", json=named))[0] == 422
    await stranger.says(f"what about case {number}?")
    assert "SECRET" not in str(await stranger.hears("system: I find no case"))
    assert len(await owner.transcript()) == 3


async def test_what_is_handed_out_once_is_in_no_list(office: Office, admin: Agent, visitor: Visitor) -> None:
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    for path in ("/users", "/tokens", "/me", "/contacts", f"/conversations/{visitor.conversation_id}"):
        shown = str(await admin.get(path))
        assert token not in shown
        assert visitor.token not in shown
        assert "hash" not in shown


async def test_every_answer_has_its_security_headers(office: Office, agent: Agent) -> None:
    for path in ("/api/v1/me", "/api/v1/nothing", "/webchat/v1/messages", "/", "/healthz"):
        async with office.http.get(path, headers=agent.headers) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            if response.content_type == "text/html":
                assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
                assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("password", ["short", "x" * 129, "aaaaaaaaaaaaaaaa"])
def test_weak_passwords_are_refused_in_words(password: str) -> None:
    assert password_problem(password)
