"""The configured accounts, opened: which worker fetches for each, how each is, and what happens when one stops working.

Every process opens all of them, an edge for the webhooks and a worker to send. What fetches (polling, sockets, IDLE) runs
in one worker per channel, which holds the channel's lease; when it dies, another takes over.
"""

import asyncio
import contextlib
import importlib
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.engine import Connection as Transaction

from omnibot.channel import (
    Channel,
    ChannelState,
    Connection,
    Health,
    Installs,
    Misconfigured,
    OffersInstallation,
    Receive,
)
from omnibot.clock import Clock
from omnibot.exchange import Route
from omnibot.log import Log
from omnibot.settings import Account, EmailAccount, NotifyAccount, SlackAccount, TelegramAccount
from omnibot.store import channels
from omnibot.store.transactions import Store, Unavailable
from omnibot.tasks import cancel

if TYPE_CHECKING:
    from aiohttp import web

log = Log(__name__)

LEASE = timedelta(seconds=15)
RENEW_SECONDS = 5.0
CHECK_SECONDS = 300.0
CHECK_LIMIT = 8.0  # seconds; well below the lease, which is not renewed meanwhile

# Imported only when such an account is on: each client library costs memory and time.
_ADAPTERS: dict[type[Account], str] = {
    TelegramAccount: "omnibot.adapters.telegram",
    SlackAccount: "omnibot.adapters.slack",
    EmailAccount: "omnibot.adapters.email",
    NotifyAccount: "omnibot.adapters.notify",
}


class Connect(Protocol):
    """What each adapter package offers as `connect`. Opens clients, so it is called in the running loop; no I/O yet."""

    def __call__(
        self,
        account: Account,
        *,
        receive: Receive,
        clock: Clock,
        state: ChannelState,
        public_url: str,
        data_dir: Path,
    ) -> Connection:
        """Raises Misconfigured."""


def connect(
    account: Account, *, receive: Receive, clock: Clock, state: ChannelState, public_url: str, data_dir: Path
) -> Connection:
    """Open an account with its platform's adapter. Raises Misconfigured."""
    adapter = importlib.import_module(_ADAPTERS[type(account)])
    opened: Connection = adapter.connect(
        account, receive=receive, clock=clock, state=state, public_url=public_url, data_dir=data_dir
    )
    return opened


class NoteHealth(Protocol):
    """Writes down how a channel is, and tells people of one that is dead (`flow.tell_of_channel`)."""

    def __call__(self, tx: Transaction, name: str, health: Health, *, is_final: bool, now: datetime) -> None:
        """`is_final`: waiting mends nothing."""


class StoredState:
    """A channel's memory in the database."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._channel = channel

    async def get(self, key: str) -> str | None:
        return await self._store.read(partial(channels.recall, channel=self._channel, key=key))

    async def set(self, key: str, value: str) -> None:
        await self._store.run(partial(channels.remember, channel=self._channel, key=key, value=value))

    async def settle(self, key: str, value: str) -> str:
        return await self._store.run(partial(channels.settle, channel=self._channel, key=key, value=value))

    async def swap(self, key: str, old: str | None, new: str) -> bool:
        return await self._store.run(partial(channels.swap, channel=self._channel, key=key, old=old, new=new))


class Connections:
    """All configured accounts of this process."""

    def __init__(
        self,
        accounts: list[Account],
        *,
        connect: Connect,
        store: Store,
        clock: Clock,
        receive: Receive,
        public_url: str,
        data_dir: Path,
        is_shared: bool,
        stopped: dict[str, str],
        note: NoteHealth,
    ) -> None:
        """`is_shared` where other processes may hold a channel's lease; `stopped` is shared with the deliverer."""
        self._accounts = accounts
        self._connect = connect
        self._store = store
        self._clock = clock
        self._receive = receive
        self._public_url = public_url
        self._data_dir = data_dir
        self._is_shared = is_shared
        self._stopped = stopped
        self._note = note
        self._open: dict[str, Connection] = {}
        self._told: dict[str, bool] = {}  # what the log says of each channel
        self.last_in: dict[str, datetime] = {}

    @property
    def names(self) -> list[str]:
        """The channels of all configured accounts, whether they could be opened or not."""
        return [account.channel for account in self._accounts]

    async def open(self) -> dict[str, Channel]:
        """Open every account; one that cannot be is reported, and the others go on. Returns their channels by name."""
        for account in self._accounts:
            name = account.channel
            try:
                self._open[name] = self._connect(
                    account,
                    receive=self._receive,
                    clock=self._clock,
                    state=StoredState(self._store, name),
                    public_url=self._public_url,
                    data_dir=self._data_dir,
                )
            except Misconfigured as error:
                await self._report(name, Health(is_working=False, detail=error.why), is_final=True)
            except ImportError as error:
                await self._report(
                    name, Health(is_working=False, detail=f"cannot be used here: {error}"), is_final=True
                )
        return {name: connection.channel for name, connection in self._open.items()}

    def installers(self) -> dict[str, Installs]:
        """By channel, of those accounts that an admin installs."""
        offered = {name: one.installs() for name, one in self._open.items() if isinstance(one, OffersInstallation)}
        return {name: installs for name, installs in offered.items() if installs is not None}

    def hot_routes(self) -> list[Route]:
        """Where platforms call us, of those whose requests the front door reads."""
        return [route for route in self._routes() if isinstance(route, Route)]

    def routes(self) -> "list[web.AbstractRouteDef]":
        """Where the others call us."""
        return [route for route in self._routes() if not isinstance(route, Route)]

    def _routes(self) -> "Iterator[Route | web.AbstractRouteDef]":
        return (route for connection in self._open.values() for route in connection.routes())

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """A loop per channel that a worker has to keep running."""
        return {f"channel {name}": partial(self._keep, name, connection) for name, connection in self._open.items()}

    async def note_traffic(self, last_out: dict[str, datetime]) -> None:
        """Write down when something came in and went out here since the last time."""
        noted, self.last_in = self.last_in, {}
        sent = dict(last_out)
        last_out.clear()
        for name in {*noted, *sent} & {*self.names}:
            note = partial(channels.note_traffic, name=name, last_in=noted.get(name), last_out=sent.get(name))
            await self._store.run(note)

    async def close(self) -> None:
        """Close every client."""
        for name, connection in self._open.items():
            try:
                await connection.close()
            except Exception:
                # One that cannot even be closed must not keep the others open.
                log.exception("channel_broke", channel=name)

    async def _keep(self, name: str, connection: Connection) -> None:
        """Wait until the channel is ours, fetch while it is, for ever."""
        token = secrets.token_hex(16)
        # A process of its own database may take what its dead predecessor still holds.
        claim = partial(channels.claim, name=name, token=token, lease=LEASE, by_force=not self._is_shared)
        while True:
            if await self._store.run(partial(claim, now=self._clock.now())):
                await self._hold(name, connection, token)
            elif name in self._stopped and await self._is_mended(name):
                del self._stopped[name]
            await asyncio.sleep(RENEW_SECONDS)

    async def _is_mended(self, name: str) -> bool:
        """Whether the worker that has the channel has seen it work since we stopped to send there, which we wrote down."""
        [line] = await self._store.read(partial(channels.listing, names=[name]))
        return line.is_working is True

    async def _hold(self, name: str, connection: Connection, token: str) -> None:
        fetching = asyncio.create_task(self._fetch(name, connection), name=f"fetch {name}")
        loop = asyncio.get_running_loop()
        check_at = loop.time()
        renew = partial(channels.renew, name=name, token=token, lease=LEASE)
        installs = self.installers().get(name)
        seen = ""
        try:
            while await self._store.run(partial(renew, now=self._clock.now())):
                revision = await installs.revision() if installs is not None else seen
                if loop.time() >= check_at or revision != seen:
                    seen = revision
                    check_at = loop.time() + CHECK_SECONDS
                    is_working = await self._check(name, connection)
                    if is_working and name in self._stopped:
                        del self._stopped[name]
                        return  # it was mended: begin again
                await asyncio.sleep(RENEW_SECONDS)
                if fetching.done():
                    fetching.result()  # raises what it stumbled over; the supervisor begins again
            log.warning("channel_lease_lost", channel=name)
        finally:
            await cancel([fetching])
            with contextlib.suppress(Unavailable):
                await self._store.run(partial(channels.release, name=name, token=token))

    async def _fetch(self, name: str, connection: Connection) -> None:
        try:
            await connection.run()
        except Misconfigured as error:
            self._stopped[name] = error.why
            await self._report(name, Health(is_working=False, detail=error.why), is_final=True)

    async def _check(self, name: str, connection: Connection) -> bool:
        """Ask the platform, and write down what it says; whether it answers as it should."""
        health = await check(connection)
        if health.is_working and name in self._stopped:
            return True
        await self._report(name, health)
        return health.is_working

    async def _report(self, name: str, health: Health, *, is_final: bool = False) -> None:
        """One line in the log and one in the audit when a channel stops working, and when it is back."""
        if self._told.get(name) != health.is_working:
            self._told[name] = health.is_working
            if health.is_working:
                log.info("channel_works", channel=name)
            else:
                log.error("channel_stopped", channel=name, why=health.detail)
        noting = partial(self._note, name=name, health=health, is_final=is_final, now=self._clock.now())
        await self._store.run(noting)


async def check(connection: Connection) -> Health:
    """How the channel is, in bounded time and whatever its adapter does."""
    try:
        async with asyncio.timeout(CHECK_LIMIT):
            return await connection.check()
    except TimeoutError:
        return Health(is_working=False, detail="the platform did not answer in time")
    except Exception:
        log.exception("channel_broke", channel=connection.channel.name)
        return Health(is_working=False, detail="the adapter broke; see the log")
