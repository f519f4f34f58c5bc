"""`omnibot bench intake`: what a message costs, as ratios to L in the same run, five interleaved rounds, medians.

`aiogram` is a peer: a bot on aiogram's webhook that echoes and stores nothing. It is left out where aiogram is not installed.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import itertools
import json
import statistics
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench import bot_api, knowledge, processes
from bench.load import Connection, EventStream, Run, connect, drive, open_stream, post
from bench.processes import Process

CONNECTIONS = 64
LOADING_SECONDS = 3.0  # the first message of a channel that sends loads its library and makes forty statements
LOADS = ["limit", "accept", "round_trip", "telegram", "aiogram"]


class Measured(Protocol):
    """What CPU time can be asked of."""

    def cpu_seconds(self) -> float: ...


@dataclass
class Figures:
    """One kind of load in one round."""

    per_second: float
    cpu_us: float  # of the server, per message
    p50_ms: float
    p99_ms: float


async def measure(process: Measured, workers: list[Callable[[], Awaitable[None]]], seconds: float) -> Figures:
    await drive(workers, 0.1, warm_up=0.7)
    before = process.cpu_seconds()
    run: Run = await drive(workers, seconds, warm_up=0.0)
    cpu = process.cpu_seconds() - before
    ordered = sorted(run.latencies)
    return Figures(
        per_second=run.per_second,
        cpu_us=cpu / run.done * 1e6,
        p50_ms=ordered[len(ordered) // 2] * 1e3,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1e3,
    )


async def limit_workers(process: Process) -> list[Callable[[], Awaitable[None]]]:
    """Requests for L, with the keys that the widget makes: random."""

    def worker(connection: Connection) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            body = {"client_id": str(uuid.uuid4()), "text": "how do i start the washing machine"}
            status, _ = await connection.request(post("/messages", body))
            assert status == 202

        return work

    return [worker(await connect(process.port)) for _ in range(CONNECTIONS)]


async def open_session(process: Process) -> str:
    connection = await connect(process.port)
    status, body = await connection.request(post("/webchat/v1/session", {"language": "en"}))
    assert status == 201, body
    assert connection.transport is not None
    connection.transport.close()
    return str(json.loads(body)["token"])


async def accept_workers(process: Process, questions: list[str]) -> list[Callable[[], Awaitable[None]]]:
    """Visitors who only get "accepted": one conversation each."""
    numbers = itertools.count()

    def worker(connection: Connection, token: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            n = next(numbers)
            body = {"client_id": str(uuid.uuid4()), "text": questions[n % len(questions)]}
            status, answer = await connection.request(post("/webchat/v1/messages", body, token))
            assert status == 202, answer

        return work

    return [worker(await connect(process.port), await open_session(process)) for _ in range(CONNECTIONS)]


async def chat_workers(
    process: Process, questions: list[str], *, visitors: int = CONNECTIONS
) -> list[Callable[[], Awaitable[None]]]:
    """Visitors who wait on their open stream until they are answered."""
    numbers = itertools.count()

    def worker(connection: Connection, stream: EventStream, token: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            n = next(numbers)
            body = {"client_id": str(uuid.uuid4()), "text": questions[n % len(questions)]}
            status, answer = await connection.request(post("/webchat/v1/messages", body, token))
            assert status == 202, answer
            await stream.passed(json.loads(answer)["seq"] + 1)

        return work

    workers = []
    for _ in range(visitors):
        token = await open_session(process)
        workers.append(worker(await connect(process.port), await open_stream(process.port, token), token))
    return workers


def median(rounds: list[Figures], name: str) -> float:
    return statistics.median(getattr(figures, name) for figures in rounds)


async def outbound(
    context: contextlib.AbstractContextManager[Process], api: bot_api.BotApi, questions: list[str], seconds: float
) -> Figures:
    with context as process:
        people = await bot_api.workers(process, api, questions, people=CONNECTIONS)
        await drive(people, LOADING_SECONDS, warm_up=0.0)
        return await measure(process, people, seconds)


async def compare(rounds: int, seconds: float, names: list[str]) -> dict[str, list[Figures]]:
    """Each kind of load, interleaved."""
    found: dict[str, list[Figures]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        faq = Path(folder) / "faq.jsonl"
        questions = knowledge.write(faq, 1_000)
        for n in range(rounds):
            for name, figures in found.items():
                figures.append(await _round(name, Path(folder) / f"{name}{n}", faq, questions, seconds))
    return found


async def _round(name: str, data: Path, faq: Path, questions: list[str], seconds: float) -> Figures:
    match name:
        case "limit":
            with processes.limit() as process:
                return await measure(process, await limit_workers(process), seconds)
        case "accept":
            with processes.omnibot(data, role="edge", faq=faq) as process:
                return await measure(process, await accept_workers(process, questions), seconds)
        case "round_trip":
            with processes.omnibot(data, faq=faq) as process:
                return await measure(process, await chat_workers(process, questions), seconds)
        case "telegram":
            async with bot_api.serving() as api:
                server = processes.omnibot(data, faq=faq, env=bot_api.settings(api))
                return await outbound(server, api, questions, seconds)
        case "aiogram":
            async with bot_api.serving() as api:
                return await outbound(processes.aiogram(api.port), api, questions, seconds)
    raise ValueError(f"there is no {name}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench intake", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument(
        "--only", nargs="+", choices=LOADS[1:], default=LOADS[1:-1], help="leave the others out; aiogram only if named"
    )
    options = parser.parse_args(argv)
    names = [name for name in LOADS if name == "limit" or name in options.only]
    if importlib.util.find_spec("aiogram") is None:
        names = [name for name in names if name != "aiogram"]
    rounds = asyncio.run(compare(options.rounds, options.seconds, names))
    found = {
        name: {key: median(figures, key) for key in ("per_second", "cpu_us", "p50_ms", "p99_ms")}
        for name, figures in rounds.items()
    }
    limit = found["limit"]
    for name, figures in found.items():
        print(
            f"{name:12} {figures['per_second']:8.0f}/s {figures['per_second'] / limit['per_second']:5.2f} L "
            f"{figures['cpu_us']:7.0f} µs CPU {figures['cpu_us'] / limit['cpu_us']:5.2f} × L's "
            f"p50 {figures['p50_ms']:6.1f} ms  p99 {figures['p99_ms']:6.1f} ms"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
