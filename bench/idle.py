"""`omnibot bench idle`: what one idle web chat costs: resident memory per open stream."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench import processes
from bench.intake import open_session
from bench.load import open_stream

SAMPLE = Path(__file__).parent.parent / "faq"  # named, so that nothing is learned while we measure


async def measure(streams: int) -> float:
    """Bytes per stream, after all of them have been pinged once."""
    with tempfile.TemporaryDirectory() as folder, processes.omnibot(Path(folder) / "data", faq=SAMPLE) as process:
        tokens = [await open_session(process) for _ in range(streams)]
        warm = [await open_stream(process.port, token) for token in tokens[:50]]
        await asyncio.sleep(1)
        before = process.resident_mb()
        opened = [await open_stream(process.port, token) for token in tokens[50:]]
        await asyncio.sleep(30)
        assert len(warm) == 50
        return (process.resident_mb() - before) * 1024 * 1024 / len(opened)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench idle", description=__doc__)
    parser.add_argument("--streams", type=int, default=2_000)
    options = parser.parse_args(argv)
    print(f"{asyncio.run(measure(options.streams)) / 1024:.1f} kB per idle web chat ({options.streams} streams)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
