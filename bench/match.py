"""`omnibot bench match`: CPU of one FAQ match at 10,000 phrasings against 1,000, in one run."""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import knowledge
from omnibot.domain.language import Language
from omnibot.faq import entry
from omnibot.faq.matcher import Matcher

SIZES = (1_000, 10_000)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench match", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    today = datetime.now(UTC).date()
    prepared = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.jsonl"
            questions = knowledge.write(path, size)
            prepared.append((Matcher(entry.load(path)), questions[:200]))
    found: list[list[float]] = [[] for _ in SIZES]
    for _ in range(options.rounds):
        for (matcher, questions), figures in zip(prepared, found, strict=True):
            before = time.process_time()
            for question in questions:
                matcher.match(question, language=Language.EN, today=today)
            figures.append((time.process_time() - before) / len(questions) * 1e6)
    small, large = (statistics.median(figures) for figures in found)
    print(f"{small:.0f} µs at {SIZES[0]:,} phrasings, {large:.0f} µs at {SIZES[1]:,}: {large / small:.2f} ×")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
