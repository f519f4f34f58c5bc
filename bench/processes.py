"""The servers that are measured: child processes whose CPU time and memory are read from /proc."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omnibot.faq import entry, trained

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Process:
    """A running server."""

    port: int
    pid: int
    started: float  # seconds until it answered

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, path: str, *, env: dict[str, str] | None = None) -> Iterator[Process]:
    """Start a server, wait for the first answer on `path`, stop it in the end.

    It reads and keeps bytecode, which an installed package has from its installation, even where this shell says no.
    """
    before = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})},
    )
    try:
        while not _answers(port, path):
            if child.poll() is not None:
                raise RuntimeError(f"{command} ended with {child.returncode}")
            if time.perf_counter() - before > 180:
                raise RuntimeError(f"{command} does not answer")
        yield Process(port=port, pid=child.pid, started=time.perf_counter() - before)
    finally:
        child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(30)
        child.kill()


def _answers(port: int, path: str) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        time.sleep(0.005)
        return False
    return True


@contextlib.contextmanager
def limit() -> Iterator[Process]:
    """L."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with running(["-m", "bench.limit", str(port), f"{folder}/limit.sqlite3"], port, "/") as process:
            yield process


@contextlib.contextmanager
def aiogram(api_port: int) -> Iterator[Process]:
    """The peer of `bench.bot_api`."""
    port = free_port()
    with running(["-m", "bench.bot_api", str(port), str(api_port)], port, "/") as process:
        yield process


def _learn(faq: Path, folder: Path) -> None:
    """What a server has a few seconds after its first start, so that no training runs beside what is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    file = trained.file_for(entry.load(faq), folder)
    known = folder.parent / file.name  # for the other servers of this run
    if not known.exists():
        trained.main([str(faq), str(known)])
    shutil.copy(known, file)


@contextlib.contextmanager
def omnibot(
    folder: Path,
    *,
    role: str = "all",
    faq: Path | None = None,
    env: dict[str, str] | None = None,
    command: list[str] | None = None,
) -> Iterator[Process]:
    """omnibot with its limits out of the way, on the data in `folder`."""
    if faq:
        _learn(faq, folder)
    port = free_port()
    settings = {
        "OMNIBOT_SERVER__PORT": str(port),
        "OMNIBOT_SERVER__DATA_DIR": str(folder),
        "OMNIBOT_SERVER__LOG_LEVEL": "error",
        "OMNIBOT_WEBCHAT__MESSAGES_PER_MINUTE": "1000000000",
        **({"OMNIBOT_FAQ__PATH": str(faq)} if faq else {}),
        **(env or {}),
    }
    command = command or ["-m", "omnibot", "serve", "--role", role]
    with running(command, port, "/healthz", env=settings) as process:
        yield process
