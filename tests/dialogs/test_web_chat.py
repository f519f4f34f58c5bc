"""What the web chat promises to a browser: each message once, in order, and nothing missed by anybody who looks again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.awkward import AWKWARD
from tests.office import Json, Office, Visitor


async def send(office: Office, visitor: Visitor, client_id: str, text: str) -> Json:
    body = {"client_id": client_id, "text": text}
    return await office.call("POST", "/webchat/v1/messages", headers=visitor.headers, json=body, status=202)


async def test_the_same_client_id_again_is_the_same_message(visitor: Visitor, office: Office) -> None:
    first = await visitor.says("hello", client_id="once")
    await visitor.hears("bot: Hello!")
    assert await visitor.says("hello", client_id="once") == first
    await visitor.hears_nothing()
    assert [line["text"] for line in await visitor.transcript() if line["author"] == "customer"] == ["hello"]


async def test_fifty_copies_at_once_are_one_message_with_one_answer(visitor: Visitor, office: Office) -> None:
    answers = await asyncio.gather(*(send(office, visitor, "same", "hello") for _ in range(50)))
    assert len({(answer["id"], answer["seq"]) for answer in answers}) == 1
    await visitor.hears("bot: Hello!")


async def test_the_same_client_id_of_two_visitors_is_two_messages(office: Office, visitor: Visitor) -> None:
    other = await office.visitor()
    await send(office, visitor, "1", "hello")
    await send(office, other, "1", "hello")
    await visitor.hears("bot: Hello!")
    await other.hears("bot: Hello!")


async def test_messages_stand_in_the_order_of_their_seq(visitor: Visitor) -> None:
    accepted = [await visitor.says(text) for text in ("talk to a person", "one", "two", "three")]
    await visitor.hears("system: Of course")
    transcript = await visitor.transcript()
    seqs = [line["seq"] for line in transcript]
    assert seqs == sorted(set(seqs))
    assert [line["seq"] for line in transcript if line["author"] == "customer"] == [one["seq"] for one in accepted]


async def test_who_was_away_catches_up_from_the_last_line_seen(visitor: Visitor) -> None:
    await visitor.says("hello")
    await visitor.hears("bot: Hello!")
    seen = visitor.cursor
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    missed = await visitor.transcript(after=seen)
    assert [line["author"] for line in missed] == ["customer", "bot"]
    assert await visitor.transcript(after=missed[-1]["seq"]) == []


async def test_a_long_absence_is_caught_up_page_by_page(visitor: Visitor, office: Office) -> None:
    agent = await office.agent()
    for n in range(120):
        await agent.replies(visitor, f"line {n}")
    tab = await visitor.tab(after=0)
    await tab.hears("system: Ada", *(f"agent: line {n}" for n in range(120)))
    tab.close()
    page = await visitor.transcript()
    assert len(page) == 100
    rest = await visitor.transcript(after=page[-1]["seq"])
    assert [line["text"] for line in page + rest][1:] == [f"line {n}" for n in range(120)]


async def test_a_stream_resumes_after_the_last_event_it_saw(visitor: Visitor) -> None:
    tab = await visitor.tab()
    await visitor.says("hello")
    last = await tab.hears("customer: hello", "bot: Hello!")
    tab.close()
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Hello!", "bot: Did that help?")
    resumed = await visitor.tab(after=0, last_event_id=last)
    await resumed.hears("customer: How do I", "bot: Did that help?")
    resumed.close()


async def test_two_tabs_hear_the_same(visitor: Visitor) -> None:
    tabs = [await visitor.tab(), await visitor.tab()]
    await visitor.says("hello")
    await visitor.says("talk to a person")
    for tab in tabs:
        heard = [(await tab.next("message"))[1] for _ in range(4)]
        assert [line["seq"] for line in heard] == sorted(line["seq"] for line in heard)
        assert {line["text"].split()[0] for line in heard} == {"hello", "Hello!", "talk", "Of"}
        tab.close()


async def test_the_sixth_tab_closes_the_first(visitor: Visitor) -> None:
    tabs = [await visitor.tab()]
    await tabs[0].next("status")  # it has read what there was
    tabs += [await visitor.tab() for _ in range(5)]
    await visitor.says("hello")
    await tabs[-1].hears("customer: hello", "bot: Hello!")
    async with asyncio.timeout(60):
        assert (await tabs[0].read_rest()).count(b"event: message") == 0
    for tab in tabs:
        tab.close()


async def test_opening_a_session_again_resumes_it(visitor: Visitor, office: Office) -> None:
    await visitor.says("hello")
    await visitor.hears("bot: Hello!")
    resumed = await office.visitor(token=visitor.token)
    assert resumed.token == visitor.token
    assert resumed.conversation_id == visitor.conversation_id
    assert resumed.cursor == visitor.cursor


async def test_a_session_outlives_a_restart(
    open_office: Callable[..., Awaitable[Office]], visitor: Visitor, office: Office
) -> None:
    await visitor.says("hello")
    await visitor.hears("bot: Hello!")
    restarted = await open_office()
    again = await restarted.visitor(token=visitor.token)
    assert [line["text"].split()[0] for line in await again.transcript()] == ["hello", "Hello!"]


async def test_a_session_ends_after_ninety_days(visitor: Visitor, office: Office) -> None:
    await visitor.says("hello")
    await visitor.hears("bot: Hello!")
    office.clock.advance(days=90, seconds=1)
    await office.call("GET", "/webchat/v1/messages", headers=visitor.headers, status=401)
    fresh = await office.visitor(token=visitor.token)
    assert fresh.conversation_id != visitor.conversation_id


WRONG_TOKENS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    'Bearer ["x"]',
    "Bearer {}",
    "Bearer 0",
    "Basic eDp5",
    "Bearer \udcff",
]
CALLS = [("GET", "messages"), ("GET", "stream"), ("POST", "messages"), ("POST", "typing")]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_a_wrong_or_missing_token_opens_nothing(office: Office, method: str, path: str) -> None:
    body = {"client_id": "1", "text": "x"}
    for headers in ({}, *({"Authorization": wrong} for wrong in WRONG_TOKENS)):
        problem = await office.call(method, f"/webchat/v1/{path}", headers=headers, json=body, status=401)
        assert problem["status"] == 401


async def test_a_token_in_the_address_is_no_token(office: Office, visitor: Visitor) -> None:
    await office.call("GET", f"/webchat/v1/messages?token={visitor.token}", status=401)


async def test_pages_of_other_sites_are_refused(office: Office, visitor: Visitor) -> None:
    foreign = visitor.headers | {"Origin": "https://evil.example"}
    for method, path in (
        ("GET", "/webchat/v1/messages"),
        ("GET", "/webchat/v1/stream"),
        ("POST", "/webchat/v1/session"),
    ):
        problem = await office.call(method, path, headers=foreign, json={}, status=403)
        assert "origin" in problem["detail"]
    async with office.http.options("/webchat/v1/session", headers=foreign) as preflight:
        assert preflight.status == 403
        assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.parametrize(
    "origin", ["null", "http://[", "https://", "//", "https://shop.example.evil.example", "\udcff"]
)
async def test_an_odd_origin_is_a_foreign_one(open_office: Callable[..., Awaitable[Office]], origin: str) -> None:
    office = await open_office(webchat={"allowed_origins": ["https://shop.example"]})
    await office.call("POST", "/webchat/v1/session", headers={"Origin": origin}, json={}, status=403)


async def test_pages_of_allowed_sites_may_read_answers_and_refusals(
    open_office: Callable[..., Awaitable[Office]],
) -> None:
    origin = "https://shop.example"
    office = await open_office(webchat={"allowed_origins": [origin]})
    visitor = await office.visitor()
    for headers in ({"Origin": origin}, visitor.headers | {"Origin": origin}):
        async with office.http.get("/webchat/v1/messages", headers=headers) as response:
            assert response.status == (200 if "Authorization" in headers else 401)
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert response.headers["Vary"] == "Origin"


async def test_our_own_pages_may_always_call(office: Office) -> None:
    await office.call("POST", "/webchat/v1/session", headers={"Origin": office.url}, json={}, status=201)


async def test_awkward_text_is_kept_and_shown_as_written(visitor: Visitor, office: Office) -> None:
    await visitor.says("talk to a person")
    agent = await office.agent()
    for text in AWKWARD:
        await visitor.says(text)
        await agent.replies(visitor, text)
    await office.settled()
    transcript = await visitor.transcript()
    assert [line["text"] for line in transcript if line["author"] == "agent"] == AWKWARD
    assert [line["text"] for line in transcript if line["author"] == "customer"][1:] == AWKWARD
    assert all("<b>" not in line["html"] for line in transcript)
    assert 'href="javascript' not in str(transcript)


async def test_an_earlier_version_of_the_widget_is_served_for_ever(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "widgets"
    [own] = folder.iterdir()
    earlier = folder / f"{'a' * 32}.js"
    earlier.write_bytes(b"// an earlier one")
    (folder / "secret.txt").write_bytes(b"no")
    for name, body in ((own.name, own.read_bytes()), (earlier.name, b"// an earlier one")):
        async with office.http.get(f"/widget/{name}") as response:
            assert response.status == 200
            assert await response.read() == body
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
    async with office.http.get("/widget.js") as response:
        assert await response.read() == own.read_bytes()
        assert "immutable" not in response.headers["Cache-Control"]
    for name in ("secret.txt", "b" * 32 + ".js", "..%2fwidgets%2f" + earlier.name, "a" * 32 + ".js%00"):
        await office.call("GET", f"/widget/{name}", status=404)
