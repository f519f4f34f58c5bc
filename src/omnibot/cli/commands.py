"""What the commands do. Heavy imports stand inside: `omnibot token create` must not load a web server."""

import asyncio
import gc
import getpass
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from omnibot import settings as configuration
from omnibot.domain.access import Role, User
from omnibot.settings import Settings
from omnibot.store import users
from omnibot.store.database import prepare
from omnibot.store.transactions import Store

T = TypeVar("T")


class WrongUse(Exception):
    """What was asked for does not fit; one line says why."""


BENCHMARKS = ("faq", "intake", "latency", "commits", "scaled", "stored", "match", "start", "idle", "corpora")


# A group of messages makes a few thousand values, which die with it. The collector looks for cycles among the new ones when
# there are this many of them, by default at 700: in the middle of each group, which costs 6 % of a message, and a hundred times
# while the modules are read, which make no garbage.
NEW_VALUES = 20_000


def serve(arguments: Namespace) -> int:
    gc.set_threshold(NEW_VALUES)
    from omnibot import app

    settings = read_settings(arguments)
    _set_up_logs(settings.server.log_level)
    try:
        _run(app.serve(settings, app.Role(arguments.role)))
    except OSError as error:
        print(f"omnibot: cannot serve {settings.public_url}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def demo(arguments: Namespace) -> int:
    """Serve sample data on this machine, with simulated platforms if asked."""
    gc.set_threshold(NEW_VALUES)
    from omnibot import demo as demonstration

    if not 1 <= arguments.port <= 65534:
        raise WrongUse("--port has to be between 1 and 65534")
    _set_up_logs("info")
    with ExitStack() as stack:
        data_dir = arguments.data_dir or stack.enter_context(TemporaryDirectory(prefix="omnibot-demo-"))
        run = partial(demonstration.run, port=arguments.port, data_dir=Path(data_dir), language=arguments.lang)
        _run(run(all_channels=arguments.all_channels))
    return 0


def migrate(arguments: Namespace) -> int:
    prepare(read_settings(arguments).database_url)
    print("the schema is up to date")
    return 0


def doctor(arguments: Namespace) -> int:
    from omnibot.cli.doctor import examine

    return examine(read_settings(arguments))


def add_user(arguments: Namespace) -> int:
    """Add somebody, or make a new link for an account that exists; prints the link, alone."""
    from omnibot.clock import SystemClock
    from omnibot.web.access import Access

    settings = read_settings(arguments)

    async def add(store: Store) -> str:
        user_id = await store.run(partial(_add_user, arguments=arguments, now=datetime.now(UTC)))
        return await Access(store, SystemClock(), public_url=settings.public_url).make_link(user_id)

    print(f"{settings.public_url}/console/welcome?code={with_store(settings, add)}")
    return 0


def _add_user(tx: Connection, arguments: Namespace, now: datetime) -> int:
    email, role = arguments.email, Role(arguments.role) if arguments.role else None
    if role is not None:
        name = arguments.name or email.partition("@")[0]
        user = users.add(tx, email=email, name=name, role=role, password_hash=None, now=now)
        if user is not None:
            return user.id
    return _known_user(tx, email, role).id


def _known_user(tx: Connection, email: str, role: Role | None) -> User:
    """Whoever forgot the password need not know the role."""
    known = users.by_email(tx, email)
    user = users.get(tx, known.id) if known else None
    if user is None and known is None:
        raise WrongUse(f"{email} has no account yet; say with --role what it may do: {', '.join(Role)}")
    if user is None:
        raise WrongUse(f"the account {email} is disabled")
    if role not in (None, user.role):
        raise WrongUse(f"{email} has an account already, with the role {user.role}")
    return user


def create_token(arguments: Namespace) -> int:
    """Print a new API token, alone."""
    from omnibot.web.access import new_token
    from omnibot.web.api import staff

    token = new_token()
    name = arguments.name or f"{arguments.role} token"
    body = partial(staff.create_token, token=token, name=name, role=Role(arguments.role), now=datetime.now(UTC))
    with_store(read_settings(arguments), lambda store: store.run(body))
    print(token)
    return 0


def bench(arguments: Namespace) -> int:
    """Run one of the benchmarks; they come with the source, not with the package."""
    import importlib

    root = Path(__file__).parents[3]
    if not (root / "bench").is_dir():
        print("omnibot: the benchmarks come with the source checkout, not with the installed package", file=sys.stderr)
        return 2
    sys.path.insert(0, str(root))
    return int(importlib.import_module(f"bench.{arguments.name}").main(arguments.options))


def terminal(arguments: Namespace) -> int:
    """Chat in this shell, on the same database as a running server."""
    settings = read_settings(arguments)
    _set_up_logs("error")
    _run(_chat(settings, user=arguments.user or getpass.getuser(), language=arguments.language))
    return 0


async def _chat(settings: Settings, *, user: str, language: str | None) -> None:
    from omnibot.adapters.terminal import NAME, TerminalChannel, chat
    from omnibot.app import Application, Role

    channel = TerminalChannel(sys.stdout)
    application = Application(settings, role=Role.WORKER, channels={NAME: channel}, connect=None)
    await application.start(listen=False)
    try:
        print("Write to the service; an empty input (Ctrl-D) ends the chat.")
        await chat(channel, application.receive, user=user, language=language)
    finally:
        await application.stop()


def read_settings(arguments: Namespace) -> Settings:
    return configuration.load(Path(arguments.config) if arguments.config else None)


def _set_up_logs(level: str) -> None:
    from omnibot.cli.logs import set_up_logs

    set_up_logs(level)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """On uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def with_store(settings: Settings, act: Callable[[Store], Awaitable[T]]) -> T:
    async def opened() -> T:
        store = Store(settings.database_url)
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(opened())
