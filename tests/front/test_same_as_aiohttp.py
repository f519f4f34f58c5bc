"""Whatever bytes come, in whatever pieces: the door gives the answers that aiohttp alone would give."""

import asyncio
from datetime import UTC, datetime

from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from omnibot.exchange import Answer, Call, Route
from omnibot.front.connection import Connection
from omnibot.front.door import FrontDoor
from omnibot.front.fallback import behind_aiohttp
from tests.front.wires import Wire, answers, settle


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 6, 1, 12, tzinfo=UTC)


async def hot(call: Call) -> Answer:
    for _ in range(len(call.body) % 4):
        await asyncio.sleep(0)
    return Answer(202, b"hot %d %s" % (len(call.body), call.body), (("Content-Type", "text/plain"),))


async def nothing(call: Call) -> Answer:
    return Answer(204)


async def cold(request: web.Request) -> web.Response:
    body = await request.read()
    return web.Response(body=b"cold %s %d %s" % (request.method.encode(), len(body), body))


async def deaf(request: web.Request) -> web.Response:
    return web.Response(status=403, body=b"deaf")


ROUTES = [Route("POST", "/hot", hot), Route("GET", "/hot", hot), Route("POST", "/nothing", nothing)]


def application() -> web.Application:
    made = web.Application(client_max_size=1_000_000)
    made.add_routes(
        [
            *map(behind_aiohttp, ROUTES),
            web.route("*", "/cold", cold),
            web.post("/deaf", deaf),
        ]
    )
    return made


async def furnish() -> web.Application:
    await asyncio.sleep(0)
    return application()


async def said_by_the_door(pieces: list[bytes]) -> tuple[list[tuple[int, bytes]], bool]:
    door = FrontDoor(furnish, ROUTES, Noon(), headers={}, observe=lambda labels, seconds: None)
    await door.open("127.0.0.1", 0)
    wire = Wire(Connection(door))
    await wire.send(*pieces)
    await settle()
    found = answers(wire.written), wire.is_open
    wire.lose()
    door.shut()
    await door.close()
    return found


async def said_by_aiohttp(pieces: list[bytes]) -> tuple[list[tuple[int, bytes]], bool]:
    runner = web.AppRunner(application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    assert runner.server is not None
    wire = Wire(runner.server())
    await wire.send(*pieces)
    await settle()
    found = answers(wire.written), wire.is_open
    wire.lose()
    await runner.cleanup()
    return found


def request(method: str, path: str, fields: list[str], body: bytes, *, version: str = "HTTP/1.1") -> bytes:
    lines = [f"{method} {path} {version}", "Host: x", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


paths = st.sampled_from(["/hot", "/cold", "/hot?x=1", "/hot?x=%31", "/deaf", "/missing", "/nothing", "/HOT"])
methods = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "OPTIONS", "BREW"])
odd_fields = st.sampled_from(
    [
        "X-Usual: yes",
        "Connection: keep-alive",
        "Connection: close",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Encoding: identity",
        "Cookie: a=b",
        "X: é",
        "Transfer-Encoding: chunked",
        "transfer-encoding: gzip, chunked",
        "Content-Length: 3",
        "Content-Length:  3",
        "Content-Length : 3",
        "Content-Length: +3",
        "Content-Length: 3, 3",
        "Upgrade: websocket",
        "Connection: upgrade",
        "Expect: 100-continue",
        " folded",
        "no colon",
        "Host: y",
    ]
)
bodies = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [
            b"0\r\n\r\n",
            b"3\r\nabc\r\n0\r\n\r\n",
            b"GET /cold HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /hot HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            b"x" * 9_000,
            b"x" * 20_000,
        ]
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    body = draw(bodies)
    fields = draw(st.lists(odd_fields, max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    if draw(st.integers(0, 9)) > 0:
        fields.append(f"Content-Length: {len(body) + draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]))}")
    version = draw(st.sampled_from(["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/2.0"]))
    return request(draw(methods), draw(paths), fields, body, version=version)


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """Some requests on one connection, here and there with a byte that does not belong, cut into pieces anywhere."""
    sent = draw(st.lists(requests(), min_size=1, max_size=5))
    if draw(st.booleans()):  # as a browser does: a request in one or two pieces, the next after the answer
        pieces = []
        for one in sent:
            end = one.index(b"\r\n\r\n") + 4
            pieces += [one[:end], one[end:]] if draw(st.booleans()) else [one]
        return [piece for piece in pieces if piece]
    data = b"".join(sent)
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(min_size=1, max_size=3)) + data[place + draw(st.integers(0, 2)) :]
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=6)))
    return [piece for piece in (data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)) if piece]


HOT = request("POST", "/hot", ["Content-Length: 3"], b"abc")
LAST = b"Connection: close\r\n"
LAST_HOT = request("POST", "/hot", ["Connection: close", "Content-Length: 3"], b"abc")
COLD = request("POST", "/cold", ["Content-Length: 3"], b"abc")


@example([HOT + LAST_HOT + HOT])
@example([HOT, HOT, HOT])
@example([HOT + HOT + COLD + HOT])
@example([COLD, HOT, COLD, HOT])
@example([HOT[:-1], HOT[-1:] + COLD])
@example([HOT[:9], HOT[9:], HOT])
@example([COLD[:-2], COLD[-2:], HOT])
@example([request("POST", "/hot", ["Content-Length: 20000"], b"x" * 20_000), HOT])
@example([request("POST", "/deaf", ["Content-Length: 20000"], b"x" * 19_000), b"x" * 1_000 + HOT])
@example([request("POST", "/hot", ["Transfer-Encoding: chunked", "Content-Length: 3"], b"3\r\nabc\r\n0\r\n\r\n"), HOT])
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations())
def test_the_same_answers_in_the_same_order(pieces: list[bytes]) -> None:
    async def both() -> None:
        (ours, we_go_on), (theirs, they_go_on) = await said_by_the_door(pieces), await said_by_aiohttp(pieces)
        if ours != theirs and theirs[-1][0] == 400:
            # Bytes that are no request make aiohttp forget the requests that came in the same piece. We answer those first; and
            # what comes after a request that says it is the last is not even looked at.
            assert ours[-1] == theirs[-1] or (LAST in b"".join(pieces) and not we_go_on)
            ours, theirs = ours[: len(theirs) - 1], theirs[:-1]
        assert (ours, we_go_on) == (theirs, they_go_on), repr(pieces)

    asyncio.run(both())
