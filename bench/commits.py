"""`omnibot bench commits`: the same pipeline with grouped commits and with one commit per operation, in one run."""

import argparse
import asyncio
import importlib
import statistics
import tempfile
from pathlib import Path

from bench import knowledge, processes
from bench.intake import Figures, chat_workers, measure


def _never(plan: object) -> bool:
    return False


# One transaction per operation: no group of utterances, none of bodies, and no answer in the transaction that accepts or with
# those of others. By module, the names that are set in it; a test sees that it looks them up.
SINGLY: dict[str, dict[str, object]] = {
    "omnibot.adapters.webchat.intake": {"GROUP": 1},
    "omnibot.flow.receive": {"is_plain": _never},
    "omnibot.store.transactions": {"GROUP_LIMIT": 1},
}


def serve() -> int:
    """Omnibot, with these."""
    for module, names in SINGLY.items():
        for name, value in names.items():
            setattr(importlib.import_module(module), name, value)
    from omnibot.__main__ import main as omnibot

    return omnibot(["serve"])


async def compare(rounds: int, seconds: float) -> tuple[list[Figures], list[Figures]]:
    grouped: list[Figures] = []
    single: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder:
        faq = Path(folder) / "faq.jsonl"
        questions = knowledge.write(faq, 1_000)
        for n in range(rounds):
            with processes.omnibot(Path(folder) / f"grouped{n}", faq=faq) as process:
                grouped.append(await measure(process, await chat_workers(process, questions), seconds))
            with processes.omnibot(
                Path(folder) / f"single{n}",
                faq=faq,
                command=["-c", "import sys; from bench import commits; sys.exit(commits.serve())"],
            ) as process:
                single.append(await measure(process, await chat_workers(process, questions), seconds))
    return grouped, single


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench commits", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args(argv)
    rates = [
        statistics.median(f.per_second for f in found)
        for found in asyncio.run(compare(options.rounds, options.seconds))
    ]
    print(f"grouped {rates[0]:.0f}/s, one commit per operation {rates[1]:.0f}/s: {rates[0] / rates[1]:.2f} ×")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
