"""How the door treats its connections: slow ones, idle ones, impatient ones, and all of them when it shuts."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from omnibot.exchange import Answer, Call, Outlet, Route
from omnibot.front.connection import BODY_SECONDS, BUFFER_LIMIT, IDLE_SECONDS, Connection
from omnibot.front.door import FrontDoor
from tests.front.wires import Wire, answers, settle
from tests.office import ManualClock


class News:
    """A source that writes what it is told to."""

    def __init__(self) -> None:
        self.outlet: Outlet | None = None
        self.went_on = 0
        self.left = 0

    def begin(self, outlet: Outlet) -> None:
        self.outlet = outlet

    def go_on(self) -> None:
        self.went_on += 1

    def leave(self) -> None:
        self.left += 1


class House:
    """A door with three hot paths: one that waits until it is let go, one that breaks, one without an end."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.news = News()
        self.observed: list[tuple[str, str, str]] = []
        routes = [
            Route("POST", "/wait", self._wait),
            Route("GET", "/break", self._break),
            Route("GET", "/news", self._news),
        ]
        self.door = FrontDoor(
            self._furnish,
            routes,
            ManualClock(),
            headers={"X-Always": "yes"},
            observe=lambda labels, seconds: self.observed.append(labels),
        )
        self.passed = 0.0
        self.door.time = lambda: self.door.loop.time() + self.passed

    async def _wait(self, call: Call) -> Answer:
        await self.go.wait()
        return Answer(202, call.body)

    async def _break(self, call: Call) -> Answer:
        raise ZeroDivisionError("nobody may read this")

    async def _news(self, call: Call) -> Answer:
        return Answer(200, headers=(("Content-Type", "text/event-stream"),), source=self.news)

    async def _furnish(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/cold", self._cold)
        return application

    async def _cold(self, request: web.Request) -> web.Response:
        return web.Response(text="cold")

    def enter(self) -> Wire:
        return Wire(Connection(self.door))


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.door.open("127.0.0.1", 0)
    yield made
    made.go.set()
    made.door.shut()
    await made.door.close()


WAIT = b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n%d"
COLD = b"GET /cold HTTP/1.1\r\nHost: x\r\n\r\n"
NEWS = b"GET /news HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_requests_of_one_connection_are_answered_one_after_the_other(house: House) -> None:
    wire = house.enter()
    await wire.send(WAIT % 1 + WAIT % 2, COLD + WAIT % 3)
    assert wire.written == b""
    house.go.set()
    await settle()
    await settle()
    assert answers(wire.written) == [(202, b"1"), (202, b"2"), (200, b"cold"), (404, b"404: Not Found")]


async def test_who_sends_without_reading_is_not_read_any_more(house: House) -> None:
    wire = house.enter()
    await wire.send(WAIT % 1, b"x" * (BUFFER_LIMIT + 1))
    assert wire.is_reading_paused
    house.go.set()
    await settle()
    assert not wire.is_reading_paused
    assert answers(wire.written)[0] == (202, b"1")


async def test_nothing_more_is_answered_while_answers_are_not_read(house: House) -> None:
    house.go.set()
    wire = house.enter()
    wire.protocol.pause_writing()
    await wire.send(WAIT % 1, WAIT % 2 + WAIT % 3)
    assert len(answers(wire.written)) < 3
    wire.protocol.resume_writing()
    await settle()
    assert answers(wire.written) == [(202, b"1"), (202, b"2"), (202, b"3")]


async def test_a_failure_is_a_problem_that_tells_nothing(house: House) -> None:
    wire = house.enter()
    await wire.send(b"GET /break HTTP/1.1\r\nHost: x\r\n\r\n")
    (status, body), *rest = answers(wire.written)
    assert (status, rest) == (500, [])
    assert b"nobody" not in body
    assert b"X-Always: yes\r\n" in wire.written
    assert house.observed == [("GET", "/break", "500")]


async def test_a_body_that_does_not_come_ends_the_connection(house: House) -> None:
    slow, fast = house.enter(), house.enter()
    await slow.send((WAIT % 1)[:-1])
    house.passed = BODY_SECONDS + 1
    house.door.look()
    await settle()
    assert not slow.is_open
    assert fast.is_open


async def test_an_idle_connection_ends_after_an_hour_and_a_busy_one_does_not(house: House) -> None:
    idle, waiting, lent, reading = house.enter(), house.enter(), house.enter(), house.enter()
    await waiting.send(WAIT % 1)
    await lent.send(COLD[:-2])
    await reading.send(NEWS)
    house.passed = IDLE_SECONDS + 1
    house.door.look()
    await settle()
    assert [wire.is_open for wire in (idle, waiting, lent, reading)] == [False, True, True, True]


async def test_a_connection_that_was_lent_is_ours_again_after_the_answer(house: House) -> None:
    house.go.set()
    wire = house.enter()
    await wire.send(COLD, WAIT % 1, COLD, WAIT % 2)
    assert answers(wire.written) == [(200, b"cold"), (202, b"1"), (200, b"cold"), (202, b"2")]
    assert house.observed == [("POST", "/wait", "202")] * 2


async def test_a_stream_is_written_until_its_reader_leaves(house: House) -> None:
    wire = house.enter()
    await wire.send(NEWS)
    outlet = house.news.outlet
    assert outlet is not None
    outlet.write(b"one\n")
    wire.protocol.pause_writing()
    assert outlet.is_full
    wire.protocol.resume_writing()
    assert house.news.went_on == 1
    wire.lose()
    outlet.write(b"two\n")
    assert answers(wire.written) == [(200, b"one\n")]
    assert house.news.left == 1


async def test_a_reader_who_left_before_the_stream_began_is_forgotten(house: House) -> None:
    wire = house.enter()
    wire.protocol.data_received(NEWS)
    wire.lose()
    await settle()
    assert (house.news.outlet, house.news.left) == (None, 1)


async def test_when_the_door_shuts_who_is_in_gets_an_answer_that_is_the_last(house: House) -> None:
    idle, waiting = house.enter(), house.enter()
    await waiting.send(COLD, WAIT % 1)
    house.door.shut()
    closing = asyncio.create_task(house.door.close())
    await settle()
    assert not idle.is_open
    assert not closing.done()
    house.go.set()
    await closing
    assert answers(waiting.written) == [(200, b"cold"), (202, b"1")]
    assert b"Connection: close" in waiting.written
    assert not waiting.is_open


async def test_nobody_waits_for_an_application_that_cannot_be_made_and_the_next_request_tries_again() -> None:
    house, tries = House(), 0

    async def furnish() -> web.Application:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ZeroDivisionError("nobody may read this")
        await asyncio.sleep(0)
        application = web.Application()
        application.router.add_get("/cold", house._cold)
        return application

    house.door._furnish = furnish
    await house.door.open("127.0.0.1", 0)
    first, second = house.enter(), house.enter()
    await first.send(COLD)
    assert (first.is_open, bytes(first.written)) == (False, b"")
    await second.send(COLD)
    assert answers(second.written) == [(200, b"cold")]
    house.door.shut()
    await house.door.close()


async def test_who_leaves_while_the_application_is_made_leaves_the_others_alone() -> None:
    house = House()
    go = asyncio.Event()
    furnish = house._furnish

    async def slowly() -> web.Application:
        await go.wait()
        return await furnish()

    house.door._furnish = slowly
    await house.door.open("127.0.0.1", 0)
    gone, patient = house.enter(), house.enter()
    await gone.send(COLD)
    await patient.send(COLD)
    gone.lose()
    go.set()
    await settle()
    assert answers(patient.written) == [(200, b"cold")]
    house.door.shut()
    await house.door.close()
