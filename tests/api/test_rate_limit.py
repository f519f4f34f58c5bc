"""One visitor who floods is slowed down; nobody else is."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic

import aiohttp

from omnibot.store import messages
from tests.office import Office, Visitor


async def post(office: Office, visitor: Visitor, n: int) -> tuple[int, str | None]:
    body = {"client_id": f"flood-{n}", "text": f"message {n}"}
    async with office.http.post("/webchat/v1/messages", headers=visitor.headers, json=body) as response:
        return response.status, response.headers.get("Retry-After")


async def test_after_the_burst_a_flood_is_refused_and_what_was_accepted_is_kept(office: Office) -> None:
    noisy, quiet = await office.visitor(), await office.visitor()
    begun = monotonic()
    await noisy.says("talk to a person")
    flood = [asyncio.create_task(post(office, noisy, n)) for n in range(100)]
    await quiet.says("hello")
    answers = await asyncio.gather(*flood)
    await quiet.hears("bot: Hello!")
    refilled = monotonic() - begun  # one a second, however slow this machine is
    counted = Counter(status for status, _ in answers)
    assert counted.keys() == {202, 429}
    assert 59 <= counted[202] <= 59 + refilled  # the burst, of which the first message was one
    assert all(int(wait or 0) >= 1 for status, wait in answers if status == 429)
    await office.settled()
    kept = await office.application.store.read(
        partial(messages.after, conversation_id=noisy.conversation_id, seq=0, limit=500)
    )
    accepted = {f"message {n}" for n, (status, _) in enumerate(answers) if status == 202}
    assert {line.text for line in kept if line.text.startswith("message")} == accepted
    for n in range(20):
        await quiet.says(f"line {n}")


async def test_a_refusal_is_a_problem_that_other_sites_pages_may_read(office: Office) -> None:
    noisy = await office.visitor()
    headers = noisy.headers | {"Origin": office.application.settings.public_url}

    async def send(n: int) -> tuple[int, str, Mapping[str, str]]:
        body = {"client_id": f"flood-{n}", "text": "x"}
        async with office.http.post("/webchat/v1/messages", headers=headers, json=body) as response:
            return response.status, response.content_type, response.headers

    # All of it at once: one more a second is let through, and a slow machine takes seconds for what comes one by one.
    answers = await asyncio.gather(*(send(n) for n in range(120)))
    refusals = [(kind, told) for status, kind, told in answers if status == 429]
    assert refusals
    for kind, told in refusals:
        assert kind == "application/problem+json"
        assert told["Access-Control-Allow-Origin"] == headers["Origin"]
        assert told["Access-Control-Expose-Headers"] == "Retry-After"


async def test_a_client_that_waits_as_told_gets_through(office: Office) -> None:
    """The seconds are real: the limit counts durations, so that setting a clock opens no gate."""
    noisy = await office.visitor()
    answers = [await post(office, noisy, n) for n in range(62)]
    refused = [wait for status, wait in answers if status == 429]
    assert not refused or refused == ["1"] * len(refused)


async def test_many_visitors_behind_one_loopback_proxy_open_sessions_freely(office: Office) -> None:
    opened = await asyncio.gather(*(office.visitor() for _ in range(60)))
    assert len({visitor.conversation_id for visitor in opened}) == 60


async def test_slow_or_silent_connections_keep_nobody_out(office: Office) -> None:
    """Half-open requests of one client do not use up what others need."""
    port = office.application.port
    writers = []
    for _ in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /webchat/v1/session HTTP/1.1\r\nHost: x\r\nContent-Le")
        writers.append(writer)
    async with (
        aiohttp.ClientSession(office.url, timeout=aiohttp.ClientTimeout(5)) as http,
        http.get("/healthz") as response,
    ):
        assert response.status == 200
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def test_a_token_that_is_used_too_often_is_refused_and_another_is_not(
    open_office: Callable[..., Awaitable[Office]],
) -> None:
    office = await open_office(server={"api_requests_per_minute": 5})
    busy, quiet = await office.agent("Ada"), await office.agent("Ben")
    statuses = []
    begun = monotonic()
    for _ in range(8):
        async with office.http.get("/api/v1/conversations", headers=busy.headers) as response:
            statuses.append(response.status)
            if response.status == 429:
                assert response.content_type == "application/problem+json"
                assert 1 <= int(response.headers["Retry-After"]) <= 12
    refilled = (monotonic() - begun) / 12
    assert statuses[:5] == [200] * 5
    assert set(statuses[5:]) <= {200, 429}
    assert statuses[5:].count(200) <= refilled
    assert 429 in statuses or refilled >= 3
    await quiet.get("/conversations")
