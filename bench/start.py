"""`omnibot bench start`: seconds until the first answer and resident memory, against a bare aiohttp server in the same run.

`opened` is the memory after somebody has asked for the console, which loads aiohttp, the API and the console.
"""

import argparse
import statistics
import tempfile
import urllib.request
from pathlib import Path

from bench import processes

BARE = """
import sys
from aiohttp import web

async def answer(request):
    return web.Response(text="ok")

application = web.Application()
application.router.add_get("/", answer)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    bare: list[tuple[float, float]] = []
    omnibot: list[tuple[float, float]] = []
    opened: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with processes.omnibot(Path(folder) / "first"):
            pass  # it leaves bytecode behind, which no other start has to make
        for n in range(options.rounds):
            port = processes.free_port()
            with processes.running([str(script), str(port)], port, "/") as process:
                bare.append((process.started, process.resident_mb()))
            with processes.omnibot(Path(folder) / str(n)) as process:
                omnibot.append((process.started, process.resident_mb()))
                urllib.request.urlopen(f"http://127.0.0.1:{process.port}/console").close()
                opened.append(process.resident_mb())
    for what, place, unit in (("start", 0, "s"), ("memory", 1, "MB")):
        of_bare, ours = (statistics.median(values[place] for values in found) for found in (bare, omnibot))
        print(f"{what:8} bare aiohttp {of_bare:6.2f} {unit}  omnibot {ours:6.2f} {unit}  ratio {ours / of_bare:.2f}")
    bare_memory, ours = statistics.median(memory for _, memory in bare), statistics.median(opened)
    print(f"opened   bare aiohttp {bare_memory:6.2f} MB  omnibot {ours:6.2f} MB  ratio {ours / bare_memory:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
