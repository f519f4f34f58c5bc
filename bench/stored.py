"""`omnibot bench stored`: CPU per message with a million stored conversations against a thousand, in one run."""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from bench import knowledge, processes
from bench.intake import chat_workers, measure

MESSAGES_EACH = 2


def fill(path: Path, conversations: int) -> None:
    """Put closed conversations with two messages and a received event each into a database that omnibot has made."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous=OFF")
    now = int(time.time() * 1e6)
    with db:
        db.executemany(
            "INSERT INTO contacts (id, language, created_at) VALUES (?, 'en', ?)",
            ((n, now) for n in range(1, conversations + 1)),
        )
        db.executemany(
            "INSERT INTO conversations (id, contact_id, channel, chat, thread, status, epoch, last_seq, language, bot,"
            " preview, updated_at, created_at) VALUES (?, ?, 'webchat', ?, '', 'closed', 1, 2, 'en', '{}', 'x', ?, ?)",
            ((n, n, f"filled{n}", now, now) for n in range(1, conversations + 1)),
        )
        for seq, author in ((1, "customer"), (2, "bot")):
            db.executemany(
                "INSERT INTO messages (conversation_id, seq, author, text, external_id, at) VALUES (?, ?, ?, ?, ?, ?)",
                ((n, seq, author, "how do i descale it", f"f{n}", now) for n in range(1, conversations + 1)),
            )
        db.executemany(
            "INSERT INTO inbox (channel, external_id, lane, conversation_id, seq, payload, state, outcome, attempts,"
            " not_before, received_at) VALUES ('webchat', ?, ?, ?, 1, '', 'done', 'answer', 0, ?, ?)",
            ((f"{n}:f{n}", f"webchat:{n}", n, now, now) for n in range(1, conversations + 1)),
        )
    db.close()


async def compare(conversations: int, rounds: int, seconds: float) -> tuple[float, float]:
    """Median CPU µs per message with 1,000 conversations and with many, rounds interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        faq = Path(folder) / "faq.jsonl"
        questions = knowledge.write(faq, 1_000)
        found: dict[int, list[float]] = {1_000: [], conversations: []}
        for size in found:
            with processes.omnibot(Path(folder) / str(size), faq=faq):
                pass  # makes the tables
            fill(Path(folder) / str(size) / "omnibot.sqlite3", size)
        for _ in range(rounds):
            for size, figures in found.items():
                with processes.omnibot(Path(folder) / str(size), faq=faq) as process:
                    figures.append((await measure(process, await chat_workers(process, questions), seconds)).cpu_us)
        few, many = (statistics.median(figures) for figures in found.values())
        return few, many


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench stored", description=__doc__)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args(argv)
    few, many = asyncio.run(compare(options.conversations, options.rounds, options.seconds))
    print(
        f"{few:.0f} µs a message with 1,000 conversations, {many:.0f} µs with {options.conversations:,}: {many / few:.2f} ×"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
