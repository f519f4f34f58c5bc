"""A server process of ours: started, awaited, and ended with the process that started it."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent


class ServerMissing(Exception):
    """A server cannot be had on this machine; the text says what to install."""


class ServerFailed(Exception):
    """A server did not come up, or went down by itself; the text ends with its log."""


def free_port() -> int:
    """A loopback port that nobody listens on, below those that the kernel hands to outgoing connections.

    Among those, a client that keeps trying a stopped server sooner or later gets the server's own port as its source,
    is connected to itself, and the server cannot start again.
    """
    for port in random.sample(range(15_000, 32_000), 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerFailed("No free port between 15000 and 32000.")


class Process:
    """One server process: its log, the wait until it is ready, and the leash that ends it when we die."""

    def __init__(
        self,
        name: str,
        *,
        log: Path,
        last_signal: signal.Signals = signal.SIGKILL,
        litter: Sequence[Path] = (),
    ) -> None:
        """When we die without a goodbye, the process gets `last_signal` and the directories in `litter` are removed."""
        self.name = name
        self._log = log
        self._last_signal = last_signal
        self._litter = litter
        self._running: subprocess.Popen[bytes] | None = None
        self._leash: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None, f"{self.name} is not running"
        return self._running.pid

    @property
    def is_running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def log(self) -> str:
        """All that the process has printed since its first start."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def start(
        self,
        command: Sequence[str | Path],
        *,
        ready: Callable[[], bool],
        seconds: float,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        """Return once `ready()` is true; raise `ServerFailed` when the process ends or `seconds` pass before."""
        assert not self.is_running, f"{self.name} is running already"
        with self._log.open("ab") as output:
            self._running = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
                **as_user(user),
            )
        # A pipe of ours that nobody writes to: it closes when we end, however we end, and then the shell goes on.
        self._leash = subprocess.Popen(
            [
                *("sh", "-c", 'read _; kill "-$0" "-$1"; shift; [ $# = 0 ] || { sleep 1; rm -rf "$@"; }'),
                *(str(int(self._last_signal)), str(self.pid), *map(str, self._litter)),
            ],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + seconds
        while not ready():
            if self.is_ended_within(0.02):
                raise ServerFailed(f"{self.name} ended with {self.end(signal.SIGKILL)}:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                self.end(signal.SIGKILL)
                raise ServerFailed(f"{self.name} was not ready after {seconds} s:\n{self.log()[-4000:]}")

    def is_ended_within(self, seconds: float) -> bool:
        assert self._running is not None, f"{self.name} was never started"
        try:
            self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, how: signal.Signals, *, seconds: float = 30) -> int:
        """Send the signal, wait for the end and return the exit code; kill the whole group after `seconds`."""
        assert self._running is not None, f"{self.name} was never started"
        self._let_go()
        if how == signal.SIGKILL:
            self._kill_group()
        elif self._running.poll() is None:
            self._running.send_signal(how)
        if not self.is_ended_within(seconds):
            self._kill_group()
            self._running.wait()
            raise ServerFailed(f"{self.name} did not end {seconds} s after {how.name}:\n{self.log()[-4000:]}")
        return self._running.returncode

    def _kill_group(self) -> None:
        assert self._running is not None
        if self._running.poll() is None:
            os.killpg(self._running.pid, signal.SIGKILL)

    def _let_go(self) -> None:
        if self._leash is None:
            return
        self._leash.kill()
        self._leash.wait()
        assert self._leash.stdin is not None
        self._leash.stdin.close()
        self._leash = None


class Server(ABC):
    """What a server of ours is to those who use it: a context in which it runs."""

    _process: Process

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def log(self) -> str:
        """All that it has printed since its first start."""
        return self._process.log()

    @abstractmethod
    def start(self) -> None:
        """Start, or start again on the same port."""

    @abstractmethod
    def close(self) -> None:
        """End it and remove what it has left, unless that is the caller's."""


def as_user(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
