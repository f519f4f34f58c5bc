"""`omnibot bench scaled`: CPU per message on PostgreSQL and Redis (one edge, one worker) against embedded, in one run.

The CPU of the gateway's own processes counts; the database servers are not ours."""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from bench import knowledge, processes
from bench.intake import Figures, chat_workers, measure
from bench.processes import Process
from tests.servers import PostgresServer, RedisServer


class Together:
    """Several processes, measured as one."""

    def __init__(self, edge: Process, worker: Process) -> None:
        self._edge, self._worker = edge, worker
        self.port = edge.port

    def cpu_seconds(self) -> float:
        return self._edge.cpu_seconds() + self._worker.cpu_seconds()


async def compare(rounds: int, seconds: float) -> tuple[list[Figures], list[Figures]]:
    embedded: list[Figures] = []
    scaled: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder, PostgresServer(durable=True) as postgres, RedisServer() as redis:
        faq = Path(folder) / "faq.jsonl"
        questions = knowledge.write(faq, 1_000)
        for n in range(rounds):
            with processes.omnibot(Path(folder) / f"embedded{n}", faq=faq) as process:
                embedded.append(await measure(process, await chat_workers(process, questions), seconds))
            env = {"OMNIBOT_DATABASE__URL": postgres.new_database(), "OMNIBOT_REDIS__URL": redis.url}
            data = Path(folder) / f"scaled{n}"
            with (
                processes.omnibot(data, role="edge", faq=faq, env=env) as edge,
                processes.omnibot(data, role="worker", faq=faq, env=env) as worker,
            ):
                together = Together(edge, worker)
                scaled.append(await measure(together, await chat_workers(edge, questions), seconds))
    return embedded, scaled


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench scaled", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args(argv)
    embedded, scaled = asyncio.run(compare(options.rounds, options.seconds))
    ours, theirs = (statistics.median(f.cpu_us for f in found) for found in (embedded, scaled))
    rate = statistics.median(f.per_second for f in scaled)
    print(f"embedded {ours:.0f} µs, PostgreSQL + Redis {theirs:.0f} µs a message ({rate:.0f}/s): {theirs / ours:.2f} ×")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
