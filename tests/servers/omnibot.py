"""omnibot itself, as those run it who install it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.servers.process import ROOT, Process, Server, free_port
from tests.servers.toml import toml


class OmnibotProcess(Server):
    """The real omnibot in its own process, on a free port, with its configuration and data in `directory`.

    `sections` are merged over the defaults below: `{"webchat": {"identity_secret": "s"}, "telegram": [{…}, {…}]}`.
    Several processes share one installation by sharing the database, Redis and data directory.
    """

    def __init__(
        self,
        directory: Path,
        *,
        role: Literal["all", "edge", "worker"] = "all",
        database_url: str = "",
        redis_url: str = "",
        data_dir: Path | None = None,
        sections: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        command: Sequence[str | Path] = (sys.executable, "-m", "omnibot"),
    ) -> None:
        self.role = role
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir or directory / "var"
        self.config = directory / "omnibot.toml"
        self._command = command
        self._process = Process(f"omnibot ({role})", log=directory / "omnibot.log")
        ours = {name: value for name, value in os.environ.items() if not name.startswith("OMNIBOT_")}
        self._env = {**ours, "PYTHONUNBUFFERED": "1", **(env or {})}
        directory.mkdir(parents=True, exist_ok=True)
        defaults: dict[str, Any] = {
            "server": {"host": "127.0.0.1", "port": self.port, "data_dir": str(self.data_dir)},
            "faq": {"path": str(ROOT / "faq")},
        }
        if database_url:
            defaults["database"] = {"url": database_url}
        if redis_url:
            defaults["redis"] = {"url": redis_url}
        self.config.write_text(toml(_merged(defaults, sections or {})), encoding="utf-8")

    def start(self, *, seconds: float = 30) -> None:
        """Start, or start again on the same port and data; return when it is ready for traffic."""
        self._process.start(
            [*self._command, "serve", "--config", self.config, "--role", self.role],
            ready=lambda: self.get_status("/readyz") == 200,
            seconds=seconds,
            env=self._env,
            cwd=ROOT,
        )

    def get_status(self, path: str) -> int:
        """The HTTP status of a GET, 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def kill(self) -> None:
        """As the kernel or a power cut does: no time to say goodbye."""
        self._process.end(signal.SIGKILL)

    def terminate(self, *, seconds: float = 30) -> int:
        """Ask it to stop, as an orchestrator does; the exit code."""
        return self._process.end(signal.SIGTERM, seconds=seconds)

    def close(self) -> None:
        if self.is_running:
            self.kill()

    def cli(self, *args: str, stdin: str = "", seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run another omnibot command on the same installation, whether it serves or not."""
        command = [*map(str, self._command), *args, "--config", str(self.config)]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=self._env, cwd=ROOT, timeout=seconds
        )

    def token(self, role: Literal["admin", "supervisor", "agent"] = "admin") -> str:
        """A fresh API token."""
        run = self.cli("token", "create", "--role", role)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout.strip()


def _merged(defaults: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for name, value in changes.items():
        both_tables = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = {**merged[name], **value} if both_tables else value
    return merged
