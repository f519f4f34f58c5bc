"""What every test may ask for: empty databases, an empty Redis, and the whole of omnibot as its users run it."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from omnibot.faq import entry, trained
from omnibot.faq.entry import to_json_lines
from omnibot.faq.training import ONE_THREAD, Training
from omnibot.store import database
from omnibot.store.transactions import Store
from tests import office as offices
from tests.office import ManualClock, Office
from tests.servers import ROOT, OmnibotProcess, flush_redis, postgres_for_tests, redis_for_tests

# A machine that is slow, or busy with something else, makes no example wrong. All other checks stay on.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def new_postgres_database() -> Iterator[Callable[..., str]]:
    """A maker of fresh databases; one server per pytest worker, which takes half a second once."""
    with postgres_for_tests(os.environ.get("PYTEST_XDIST_WORKER", "main")) as new_database:
        yield new_database


@pytest.fixture
def postgres_url(new_postgres_database: Callable[..., str]) -> str:
    """The URL of an empty PostgreSQL database."""
    return new_postgres_database()


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    if os.environ.get("OMNIBOT_TEST_REDIS_URL") and "PYTEST_XDIST_WORKER" in os.environ:
        pytest.fail("Workers would hear each other through OMNIBOT_TEST_REDIS_URL: run pytest with `-n 0`.")
    with redis_for_tests() as url:
        yield url


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The URL of an empty Redis."""
    flush_redis(redis_server_url)
    return redis_server_url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables; a test that asks for it runs on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'omnibot.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as omnibot makes it at its first start, to be copied: far cheaper than 128 statements that make tables."""
    path = tmp_path_factory.mktemp("template") / "omnibot.sqlite"
    database.prepare(f"sqlite:///{path}")
    assert [path] == [*path.parent.iterdir()], "all of it stands in one file"
    return path


@pytest.fixture(scope="session")
def postgres_template(new_postgres_database: Callable[..., str]) -> str:
    """The same on PostgreSQL."""
    url = new_postgres_database(suffix="_template")
    database.prepare(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database in which nothing stands yet; a test that asks for it runs on each kind."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "omnibot.sqlite")
        return f"sqlite:///{path}"
    template: str = request.getfixturevalue("postgres_template")
    url: str = request.getfixturevalue("new_postgres_database")(template=template)
    return url


@pytest.fixture
def clock() -> ManualClock:
    """Monday, 1 June 2026, 09:00 UTC, until a test moves it."""
    return ManualClock()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An empty store."""
    opened = Store(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def open_office(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Office]]]:
    """A starter of the whole application in this process; takes what `tests.office.open_office` takes."""
    opened: list[Office] = []

    async def start(**options: Any) -> Office:
        # Whom another test has erased would be erased here again.
        options["server"] = {"data_dir": str(tmp_path / "var")} | options.get("server", {})
        office = await offices.open_office(database_url, clock, **options)
        opened.append(office)
        return office

    yield start
    for office in opened:
        await office.close()


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    """The whole application in this process, always open, with the sample FAQ."""
    return await open_office()


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process learns of the sample FAQ, and the entries beside it; learning takes three seconds of a processor."""
    folder = tmp_path_factory.mktemp("learned")
    base = entry.load(ROOT / "faq")
    model = trained.file_for(base, folder)
    entries = model.with_suffix(".jsonl")
    entries.write_text(to_json_lines(base.entries), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "omnibot.faq.trained", entries, model], check=True, env=os.environ | ONE_THREAD
    )
    assert Training(folder).words(base) is not None
    return folder


@pytest.fixture
def start_omnibot(tmp_path: Path, learned: Path) -> Iterator[Callable[..., OmnibotProcess]]:
    """A starter of omnibot processes, each in a directory of its own; takes what `OmnibotProcess` takes. Those with the
    sample FAQ know it as from an earlier start; the tests of faults and of the demo start with nothing, and learn."""
    started: list[OmnibotProcess] = []

    def start(**options: Any) -> OmnibotProcess:
        process = OmnibotProcess(tmp_path / f"omnibot-{len(started)}", **options)
        if "faq" not in options.get("sections", {}):
            shutil.copytree(learned, process.data_dir, dirs_exist_ok=True)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.close()
        sys.stdout.write(f"--- {process.url}\n{process.log()}\n")  # pytest shows it when the test has failed


@pytest.fixture
def server(start_omnibot: Callable[..., OmnibotProcess]) -> OmnibotProcess:
    """One omnibot in its default form: SQLite, no Redis, the sample FAQ, ready for traffic."""
    return start_omnibot()
