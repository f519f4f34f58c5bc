"""`omnibot bench latency`: p50 and p99 of "accepted" and of the whole round trip, at half of the maximum rate of this run."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import knowledge, processes
from bench.intake import accept_workers, chat_workers, measure
from bench.load import drive


def paced(workers: list[Callable[[], Awaitable[None]]], per_second: float) -> list[Callable[[], Awaitable[float]]]:
    """Workers that each keep to their share of the rate and return how long the work took, waiting left out."""
    interval = len(workers) / per_second

    def pace(work: Callable[[], Awaitable[None]], place: int) -> Callable[[], Awaitable[float]]:
        slot = time.perf_counter() + interval * place / len(workers)

        async def paced_work() -> float:
            nonlocal slot
            slot = max(slot + interval, time.perf_counter())
            await asyncio.sleep(max(0.0, slot - time.perf_counter()))
            started = time.perf_counter()
            await work()
            return time.perf_counter() - started

        return paced_work

    return [pace(work, place) for place, work in enumerate(workers)]


async def latencies(workers: list[Callable[[], Awaitable[None]]], per_second: float, seconds: float) -> list[float]:
    found: list[float] = []

    def keep(work: Callable[[], Awaitable[float]]) -> Callable[[], Awaitable[None]]:
        async def kept() -> None:
            found.append(await work())

        return kept

    await drive([keep(work) for work in paced(workers, per_second)], seconds, warm_up=0.0)
    return sorted(found)


async def report(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        faq = Path(folder) / "faq.jsonl"
        questions = knowledge.write(faq, 1_000)
        for name, role, make in (("accept", "edge", accept_workers), ("round trip", "all", chat_workers)):
            with processes.omnibot(Path(folder) / role, role=role, faq=faq) as process:
                workers = await make(process, questions)
                most = (await measure(process, workers, 2.0)).per_second
                found = await latencies(workers, most / 2, seconds)
            p50, p99 = found[len(found) // 2] * 1e3, found[int(len(found) * 0.99)] * 1e3
            print(f"{name:10} at {most / 2:.0f}/s (half of {most:.0f}/s): p50 {p50:.1f} ms  p99 {p99:.1f} ms")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench latency", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    asyncio.run(report(parser.parse_args(argv).seconds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
