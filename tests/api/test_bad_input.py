"""Whatever is sent, the answer is a problem document with the right status, and never a 500."""

import io
import json

from omnibot.store import inbox
from tests.office import Agent, Json, Office, Visitor

PROBLEM = "application/problem+json"
JSON = "application/json"


async def answer(
    office: Office, method: str, path: str, *, headers: dict[str, str], body: bytes | None = None, kind: str = JSON
) -> tuple[int, Json]:
    """Status and problem document; whatever else comes is a failure."""
    headers = headers | ({"Content-Type": kind} if kind else {})
    async with office.http.request(
        method,
        path,
        data=io.BytesIO(body) if body is not None else None,
        headers=headers,
        skip_auto_headers=["Content-Type"],
    ) as got:
        text = await got.text()
        assert got.content_type == PROBLEM, f"{method} {path} {body!r:.80}: {got.status} {text}"
        problem: Json = json.loads(text)
        assert problem["status"] == got.status
        assert problem["title"]
        return got.status, problem


DEEP = b'{"client_id": "1", "text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not JSON": (b"{", 400),
    "half a string": (b'{"client_id": "1", "text": "x', 400),
    "a comment": (b'{"client_id": "1", "text": "x"} // hi', 400),
    "invalid UTF-8": (b'{"client_id": "1", "text": "\xff\xfe"}', 400),
    "UTF-16": ('{"client_id": "1", "text": "x"}'.encode("utf-16"), 400),
    "half a surrogate pair": (b'{"client_id": "1", "text": "\\ud800"}', 400),
    "deep nesting": (DEEP, 422),
    "deep nesting where nothing belongs": (b'{"x":' * 50_000 + b"1" + b"}" * 50_000, 422),
    "an array": (b"[]", 422),
    "null": (b"null", 422),
    "a number": (b"1e400", 422),
    "an empty object": (b"{}", 422),
    "a text that is a number": (b'{"client_id": "1", "text": 1}', 422),
    "a text that is an object": (b'{"client_id": "1", "text": {"$gt": ""}}', 422),
    "a huge number": (b'{"client_id": ' + b"9" * 5_000 + b', "text": "x"}', 422),
    "an unknown field": (b'{"client_id": "1", "text": "x", "author": "agent"}', 422),
    "neither text nor choice": (b'{"client_id": "1"}', 422),
    "text and choice": (b'{"client_id": "1", "text": "x", "choice": "helped"}', 422),
    "an empty text": (b'{"client_id": "1", "text": ""}', 422),
    "a blank text": (b'{"client_id": "1", "text": " \\n\\t"}', 422),
    "NUL in the text": (b'{"client_id": "1", "text": "a\\u0000b"}', 422),
    "8,001 characters": (json.dumps({"client_id": "1", "text": "x" * 8_001}).encode(), 422),
    "an empty client_id": (b'{"client_id": "", "text": "x"}', 422),
    "a long client_id": (json.dumps({"client_id": "x" * 65, "text": "x"}).encode(), 422),
    "a client_id with a line end": (b'{"client_id": "a\\n", "text": "x"}', 422),
    "a client_id with NUL": (b'{"client_id": "a\\u0000", "text": "x"}', 422),
    "an unknown choice": (b'{"client_id": "1", "choice": "entry:nothing"}', 422),
    "a choice with NUL": (b'{"client_id": "1", "choice": "\\u0000"}', 422),
    "more than a megabyte": (b'{"client_id": "1", "text": "' + b"x" * 1_048_576 + b'"}', 413),
}


async def test_a_bad_message_is_refused_and_leaves_nothing(office: Office, visitor: Visitor) -> None:
    for name, (body, status) in BODIES.items():
        got, problem = await answer(office, "POST", "/webchat/v1/messages", headers=visitor.headers, body=body)
        assert got == status, f"{name}: {problem}"
    assert await visitor.transcript() == []
    assert await office.application.store.read(inbox.backlog) == (0, None)


async def test_a_bad_reply_is_refused_and_says_nothing(office: Office, visitor: Visitor, agent: Agent) -> None:
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    path = f"/api/v1/conversations/{visitor.conversation_id}/messages"
    usual = {"client_id", "choice"}
    for name, (body, status) in BODIES.items():
        if any(word in name for word in usual) and "text" not in name:
            continue
        expected = 422 if name == "neither text nor choice" else status
        got, problem = await answer(office, "POST", path, headers=agent.headers, body=body)
        assert got == expected, f"{name}: {problem}"
    for more in ({"seen_seq": -1}, {"seen_seq": 2**31}, {"seen_seq": 1.5}, {"internal": "yes"}, {"client_id": "a\n"}):
        body = json.dumps({"text": "x", **more}).encode()
        assert (await answer(office, "POST", path, headers=agent.headers, body=body))[0] == 422
    await visitor.hears_nothing()


OTHER_KINDS = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
]


async def test_another_content_type_is_415(office: Office, visitor: Visitor, agent: Agent) -> None:
    for kind in OTHER_KINDS:
        body = b'{"client_id": "1", "text": "x"}'
        for path, headers in (
            ("/webchat/v1/messages", visitor.headers),
            ("/webchat/v1/session", {}),
            ("/api/v1/contacts", agent.headers),
        ):
            assert (await answer(office, "POST", path, headers=headers, body=body, kind=kind))[0] == 415


BAD_SESSIONS = [
    {"language": 7},
    {"language": "x" * 36},
    {"identity": ["token"]},
    {"identity": {"sub": "x"}},
    {"identity": 1},
    {"page_url": "x" * 2_001},
    {"page_url": "a\0b"},
    {"token": "x"},
]


async def test_a_bad_session_is_not_opened(office: Office) -> None:
    for body in BAD_SESSIONS:
        raw = json.dumps(body).encode()
        assert (await answer(office, "POST", "/webchat/v1/session", headers={}, body=raw))[0] == 422


BAD_CURSORS = ["-1", "x", "1.5", "１", "99999999999", "2147483648", "1;DROP", "%00", " 1"]


async def test_a_bad_cursor_is_422(office: Office, visitor: Visitor) -> None:
    for after in BAD_CURSORS:
        for path in ("messages", "stream"):
            got, _ = await answer(office, "GET", f"/webchat/v1/{path}?after={after}", headers=visitor.headers)
            assert got == 422, after
        if after.isascii() and after.strip() == after:
            headers = visitor.headers | {"Last-Event-ID": after}
            assert (await answer(office, "GET", "/webchat/v1/stream", headers=headers))[0] == 422, after


BAD_QUERIES = [
    "status=bot%0A",
    "status=lost",
    "status=bot,,open",
    "status=bot&status=open",
    "assignee=me%0A",
    "assignee=you",
    "assignee=0",
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=1e9",
    "limit=99999999999999999999999999",
    "cursor=x",
    "cursor=-1",
    "cursor=1%0A",
    "cursor=9999999999999999999999",
    "channel=%00",
    "channel=webchat%0A",
    "search=%00",
    f"search={'x' * 201}",
    "unknown=1",
]


async def test_a_bad_query_is_422(office: Office, agent: Agent) -> None:
    for query in BAD_QUERIES:
        got, _ = await answer(office, "GET", f"/api/v1/conversations?{query}", headers=agent.headers)
        assert got == 422, query


async def test_odd_but_possible_queries_find_nothing_and_break_nothing(office: Office, agent: Agent) -> None:
    for query in (
        "search=%25_%5C",
        "search=%FF",
        "search=%F0%9F%98%80",
        "cursor=999999999999999",
        "assignee=999999999",
    ):
        assert (await agent.get(f"/conversations?{query}"))["items"] == []
    assert (await agent.get("/tickets?search=10001-4"))["items"] == []
    assert (await agent.get("/tickets?cursor=999999999999999&status=new,open"))["items"] == []


NO_IDS = ["0", "-1", "x", "1.5", "9" * 16, "9" * 40, "%00", "１", "1%0A", "..%2F1", "me"]


async def test_an_id_that_is_none_is_nobodys(office: Office, agent: Agent) -> None:
    for id in NO_IDS:
        for path in (f"/conversations/{id}", f"/tickets/{id}", f"/contacts/{id}"):
            assert (await answer(office, "GET", f"/api/v1{path}", headers=agent.headers))[0] == 404
        got, _ = await answer(office, "POST", f"/api/v1/conversations/{id}/take", headers=agent.headers)
        assert got == 404


async def test_a_wrong_method_is_405_and_says_which_are_right(office: Office, agent: Agent) -> None:
    for method, path in (
        ("DELETE", "/api/v1/me"),
        ("PUT", "/api/v1/conversations"),
        ("DELETE", "/webchat/v1/messages"),
    ):
        async with office.http.request(method, path, headers=agent.headers) as response:
            assert (response.status, response.content_type) == (405, PROBLEM)
            assert "GET" in response.headers["Allow"]


async def test_what_does_not_exist_is_404(office: Office, agent: Agent) -> None:
    for path in (
        "/api/v1/nothing",
        "/api/v2/me",
        "/webchat/v1/nothing",
        "/webchat/v2/session",
        "/nothing",
    ):
        got, _ = await answer(office, "GET", path, headers=agent.headers)
        assert got == 404, path
    async with office.http.get("/console/x", headers=agent.headers) as page:
        assert (page.status, page.content_type) == (404, "text/html"), "people get a page"


async def test_things_that_name_what_does_not_exist(office: Office, visitor: Visitor, agent: Agent) -> None:
    await agent.post("/tickets", {"subject": "x"}, status=422)
    await agent.post("/tickets", {"subject": "x", "conversation_id": 1, "contact_id": 1}, status=422)
    await agent.post("/tickets", {"subject": "x", "conversation_id": 4711}, status=404)
    await agent.post("/tickets", {"subject": "x", "contact_id": 2**53}, status=404)
    await agent.post("/tickets", {"subject": "x", "contact_id": 2**53 + 1}, status=422)
    number = await agent.opens_ticket(visitor, "x")
    await agent.post(f"/tickets/{number}/events", {"kind": "comment", "text": " "}, status=422)
    await agent.post(f"/tickets/{number}/events", {"kind": "prioritise", "text": "most"}, status=422)
    await agent.post(f"/tickets/{number}/events", {"kind": "explode"}, status=422)
    await agent.post(f"/tickets/{number}/assign", {"agent_id": 4711}, status=422)
    await agent.post("/contacts", {"email": "not an address"}, status=422)
    await agent.post("/contacts", {"email": "a@b\n"}, status=422)
    await agent.post("/contacts", {"name": "\0"}, status=422)


async def test_our_own_failures_are_problems_too_and_tell_nothing(office: Office, agent: Agent) -> None:
    """A closed database stands for one that is away."""
    store = office.application.store
    store._closing = True
    try:
        got, problem = await answer(office, "GET", "/api/v1/conversations", headers=agent.headers)
        async with office.http.get("/readyz") as ready:
            assert (ready.status, ready.headers["Retry-After"]) == (503, "2")
    finally:
        store._closing = False
    assert got == 503
    assert "closed" not in problem["detail"]


async def test_null_is_a_word_in_a_query_and_no_absence(office: Office) -> None:
    visitor, other, agent = await office.visitor(), await office.visitor(), await office.agent()
    await visitor.says("the display says null")
    await other.says("hello")
    await office.settled()
    assert (await agent.get("/conversations?channel=null"))["items"] == []
    found = (await agent.get("/conversations?search=null"))["items"]
    assert [one["id"] for one in found] == [visitor.conversation_id]
    for wrong in ("status=null", "assignee=NULL", "cursor=null"):
        await office.call("GET", f"/api/v1/conversations?{wrong}", headers=agent.headers, status=422)
