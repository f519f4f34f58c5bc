"""`omnibot doctor`: checks the configuration and all it names, and says what to mend."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from omnibot import connections
from omnibot import settings as configuration
from omnibot.channel import Health, Misconfigured
from omnibot.clock import SystemClock
from omnibot.domain.message import RawEvent
from omnibot.faq import entry
from omnibot.knowledge_sources import encoding, faq_path
from omnibot.settings import Account, Settings
from omnibot.store import channels, schema
from omnibot.store.database import open_engine
from omnibot.store.transactions import Unavailable

# What was looked at, whether it is well, and what was found or is to be mended.
Finding = tuple[str, bool, str]


def examine(settings: Settings) -> int:
    """Print a line per finding; 0 if all is well, 1 if not."""
    findings = [finding for check in _CHECKS for finding in check(settings)]
    for what, is_well, words in findings:
        print(f"{'ok  ' if is_well else 'MEND'}  {what}: {words}")
    return 0 if all(is_well for _, is_well, _ in findings) else 1


def _configuration(settings: Settings) -> Iterator[Finding]:
    configuration.policy(settings)
    yield "configuration", True, f"serves {settings.public_url}"
    if settings.server.host not in ("127.0.0.1", "localhost", "::1") and not settings.server.public_url:
        yield "server.public_url", False, "other machines can reach this server; set the address they use"
    if settings.is_scaled and settings.database_url.startswith("sqlite"):
        yield "database.url", False, "redis.url is set, so several processes share the database: use postgresql://"


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if os.access(existing, os.W_OK):
        yield "data folder", True, str(folder)
    else:
        yield "data folder", False, f"{existing} cannot be written to"


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        engine = open_engine(settings.database_url, reader=True, connections=1)
        with engine.connect() as tx:
            known = engine.dialect.has_table(tx, "alembic_version")
            found = tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if known else None
        engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        yield "database", False, f"{engine_name(settings)} does not answer: {reason}"
        return
    if found is None:
        yield "database", True, f"{engine_name(settings)} answers; it is empty and will be set up at the first start"
    elif found == schema.REVISION:
        yield "database", True, f"{engine_name(settings)} answers, revision {found}"
    elif found < schema.REVISION:
        yield "database", True, f"revision {found} will be brought to {schema.REVISION} at the next start"
    else:
        yield (
            "database",
            False,
            f"revision {found} is newer than this omnibot ({schema.REVISION}): install the newer omnibot",
        )


def engine_name(settings: Settings) -> str:
    """The kind of database, without its address: that has a password."""
    return "SQLite" if settings.database_url.startswith("sqlite") else "PostgreSQL"


def _redis(settings: Settings) -> Iterator[Finding]:
    if not settings.is_scaled:
        return
    try:
        from redis import Redis
        from redis.exceptions import RedisError
    except ImportError:
        yield "redis", False, "the client is not installed: pip install 'omnibot[scaled]'"
        return
    try:
        with Redis.from_url(settings.redis.url, socket_connect_timeout=5) as client:
            client.ping()
    except (RedisError, OSError) as error:
        yield "redis", False, f"does not answer ({type(error).__name__}); messages wait for the sweep until it does"
    else:
        yield "redis", True, "answers"


def _faq(settings: Settings) -> Iterator[Finding]:
    try:
        knowledge_base = entry.load(faq_path(settings))
    except entry.BrokenEntries as error:
        for problem in error.problems:
            yield "faq", False, str(problem)
        yield "faq", False, "a server that runs goes on with the last good version; one that starts now would not"
    else:
        yield "faq", True, f"{len(knowledge_base.entries)} entries, version {knowledge_base.version}"
    try:
        encoding(settings)
    except configuration.WrongConfiguration as error:
        yield "faq", False, str(error)


def _web_chat(settings: Settings) -> Iterator[Finding]:
    if not settings.webchat.enabled:
        yield "webchat", True, "is off"
        return
    origins = ", ".join(settings.webchat.allowed_origins) or "only pages of this server"
    yield "webchat", True, f"on; may be called from: {origins}"


def _channels(settings: Settings) -> Iterator[Finding]:
    for account in settings.accounts:
        health = asyncio.run(_ask(account, settings))
        yield account.channel, health.is_working, health.detail


async def _ask(account: Account, settings: Settings) -> Health:
    """What the account's platform says; nothing is received, and nothing remembered."""
    try:
        connection = connections.connect(
            account,
            receive=_refuse,
            clock=SystemClock(),
            state=_Remembered(settings, account.channel),
            public_url=settings.public_url,
            data_dir=settings.data_dir,
        )
    except (Misconfigured, ImportError) as error:
        return Health(is_working=False, detail=str(error))
    try:
        return await connections.check(connection)
    finally:
        await connection.close()


async def _refuse(event: RawEvent) -> None:
    raise Unavailable("this is only a check")


class _Remembered:
    """What the account's connection has remembered, to be read only. Nothing where there is no database yet."""

    def __init__(self, settings: Settings, channel: str) -> None:
        self._settings = settings
        self._channel = channel

    async def get(self, key: str) -> str | None:
        return await asyncio.to_thread(self._read, key)

    async def set(self, key: str, value: str) -> None:
        return

    async def settle(self, key: str, value: str) -> str:
        return await self.get(key) or value

    async def swap(self, key: str, old: str | None, new: str) -> bool:
        return False

    def _read(self, key: str) -> str | None:
        engine = None
        try:
            engine = open_engine(self._settings.database_url, reader=True, connections=1)
            with engine.connect() as tx:
                return channels.recall(tx, self._channel, key)
        except (SQLAlchemyError, OSError, ImportError):
            return None  # `_database` says what is wrong with it
        finally:
            if engine is not None:
                engine.dispose()


def _port(settings: Settings) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((settings.server.host, settings.server.port)) == 0
    words = "answers: omnibot or something else runs there" if taken else "is free"
    yield f"port {settings.server.port}", True, words


_CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _configuration,
    _data_folder,
    _database,
    _redis,
    _faq,
    _web_chat,
    _channels,
    _port,
)
