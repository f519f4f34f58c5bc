"""Builds a process from the settings, runs it and stops it. With `connections` and `web_chat`, the only place that names
concrete adapters and opens clients."""

import asyncio
import contextlib
import importlib.util
import ipaddress
import signal
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from omnibot import connections, web_chat
from omnibot import settings as configuration
from omnibot.adapters import webchat
from omnibot.adapters.webchat.intake import Accepted, Intake
from omnibot.adapters.webchat.routes import WebChat
from omnibot.adapters.webchat.streams import Streams
from omnibot.channel import Channel, ShowsForms
from omnibot.clock import Clock, SystemClock
from omnibot.connections import Connect, Connections, StoredState
from omnibot.customer_lookup import CustomerLookup, LookUp
from omnibot.domain.calibration import StandingPolicy
from omnibot.domain.conversation import Standing
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address, RawEvent
from omnibot.domain.rules import NO_RULES
from omnibot.doorbell import Doorbell
from omnibot.doorbell.local import BATCH, LocalDoorbell
from omnibot.duties import Duties
from omnibot.exchange import HEADERS
from omnibot.faq import entry
from omnibot.faq.index import Index
from omnibot.faq.live import LiveKnowledge
from omnibot.faq.matcher import Matcher
from omnibot.faq.training import Training
from omnibot.files import Files
from omnibot.flow import show_form, tell_of_channel, tell_status
from omnibot.flow.accept import Accepting
from omnibot.flow.deliver import Deliverer
from omnibot.flow.desk import Desk
from omnibot.flow.erase import erase_again
from omnibot.flow.knowledge.keep_knowledge import Knowledge
from omnibot.flow.owe import know_calendars
from omnibot.flow.receive import FORGOTTEN_AFTER, Receiver
from omnibot.front.door import FrontDoor
from omnibot.knowledge_sources import encoding, faq_path
from omnibot.log import Log
from omnibot.settings import Settings
from omnibot.settings import rules as rule_file
from omnibot.store import channels as stored_channels
from omnibot.store import groups, inbox, one_way_groups, users
from omnibot.store.transactions import Store
from omnibot.store.utterances import Utterance
from omnibot.supervise import Supervisor
from omnibot.texts import Texts
from omnibot.web import health, metrics
from omnibot.web.access import Access

if TYPE_CHECKING:
    from aiohttp import web

log = Log(__name__)

SWEEP_SECONDS = 1.0  # RELIABILITY allows 5; a forgotten message is somebody waiting
DELIVER_SECONDS = 0.25
KNOWLEDGE_SECONDS = 1.0
TRAFFIC_SECONDS = 5.0
RELOAD_SECONDS = 1.0
ONE_WAY_SECONDS = 5.0  # in which a worker notices the first group that was registered at an edge
STEP_SECONDS, DRAIN_SECONDS = 5.0, 8.0  # and 5 for requests: an orchestrator gives 20


class Role(StrEnum):
    """What a process does."""

    ALL = "all"
    EDGE = "edge"  # HTTP and open streams
    WORKER = "worker"  # receives, delivers, keeps promises


class Application:
    """One process."""

    def __init__(
        self,
        settings: Settings,
        *,
        role: Role = Role.ALL,
        clock: Clock | None = None,
        channels: dict[str, Channel] | None = None,
        connect: Connect | None = connections.connect,
        index: Index | None = None,
    ) -> None:
        """Open the database and read the FAQ. `channels` come on top of the configured accounts, which `connect` opens
        when the process starts (None: leave them to another process); `index` is one that was made of the FAQ already.
        Raises WrongConfiguration, BrokenEntries, NewerSchema."""
        self.settings = settings
        self.role = role
        self.clock = clock or SystemClock()
        self.channels = dict(channels or {})  # the receiver's and the deliverer's as well; grows in `start`
        standing = StandingPolicy(configuration.policy(settings))
        loaded = index.knowledge_base if index else entry.load(faq_path(settings))
        matcher = Matcher(
            loaded,
            index=index,
            fallbacks=map(Language, settings.faq.fallback_languages),
            silent=entry.load_questions(Path(settings.faq.must_not_answer)) if settings.faq.must_not_answer else (),
        )
        self.store = Store(settings.database_url)
        training = Training(settings.data_dir, encoding(settings))
        self.knowledge = Knowledge(loaded, matcher, self.store, standing, training)
        self.live = LiveKnowledge(matcher, faq_path(settings), training=training, take=self.knowledge.take_files)
        self.doorbell = self._open_doorbell()
        self.desk = Desk(
            store=self.store,
            doorbell=self.doorbell,
            standing=standing,
            matcher=matcher,
            knowledge=self.knowledge,
            texts=Texts("bot"),
            files=Files(
                settings.data_dir,
                size_limit=settings.files.size_limit,
                types=tuple(settings.files.types),
                cleans_pictures=settings.files.clean_pictures,
            ),
            reading_channels=frozenset({webchat.NAME}),
            tells_reading=settings.webchat.read_marks,
            rules=rule_file.load(Path(settings.service.rules)) if settings.service.rules else NO_RULES,
            unowned_after=timedelta(minutes=settings.service.unowned_minutes),
            one_way=frozenset(
                [one.channel for one in settings.accounts if isinstance(one, configuration.NotifyAccount)]
                + [one_way_groups.CHANNEL]
            ),
            post=next((one.channel for one in settings.accounts if isinstance(one, configuration.EmailAccount)), None),
            public_url=settings.public_url,
            staff_language=Language(settings.server.language),
        )
        self.receiver = Receiver(self.desk, self.channels)
        self.supervisor = Supervisor()
        send_on = partial(self.supervisor.ring, "deliver")
        self.deliverer = Deliverer(self.desk, self.channels, self.clock, ring=send_on)
        self._has_accounts = connect is not None
        self.connections = Connections(
            settings.accounts if connect is not None else [],
            connect=connect or connections.connect,
            store=self.store,
            clock=self.clock,
            receive=self.receive,
            public_url=settings.public_url,
            data_dir=settings.data_dir,
            is_shared=settings.is_scaled,
            stopped=self.deliverer.stopped,
            note=partial(tell_of_channel.note, desk=self.desk),
        )
        service = settings.service
        self.lookup = (
            CustomerLookup(LookUp(url=service.lookup_url, token=service.lookup_token, timeout=service.lookup_seconds))
            if service.lookup_url
            else None
        )
        self.duties = Duties(self.desk, self.clock, retention=configuration.retention(settings), lookup=self.lookup)
        self._trusted_proxies = [ipaddress.ip_network(network) for network in settings.server.trusted_proxies]
        self.access = Access(
            self.store,
            self.clock,
            public_url=settings.public_url,
            trusted_proxies=self._trusted_proxies,
            requests_per_minute=settings.server.api_requests_per_minute,
        )
        is_alone = role is Role.ALL and self.store.is_embedded
        self.intake = Intake(self.store, self.doorbell, self.clock, answering=self._accept if is_alone else None)
        self.accepting = Accepting(self.desk, self.clock, self.receiver, self.deliverer, at_once=is_alone)
        self.streams = Streams(self.store, self.doorbell, self._standing)
        self.door: FrontDoor | None = None
        self._is_ready = False
        self._sends = False
        self.port = settings.server.port

    @property
    def is_edge(self) -> bool:
        return self.role is not Role.WORKER

    @property
    def is_worker(self) -> bool:
        return self.role is not Role.EDGE

    async def start(self, *, listen: bool = True) -> None:
        """Start the loops, then open the doors."""
        await self.doorbell.open()
        await self.knowledge.refresh()
        await self.live.recall()
        self.supervisor.every("knowledge", KNOWLEDGE_SECONDS, self.knowledge.refresh)
        if self._has_accounts:
            await self.store.run(partial(stored_channels.know_only, names=self.connections.names))
        self.channels.update(await self.connections.open())
        await self._watch_one_way()
        for channel in self.channels.values():
            if isinstance(channel, ShowsForms):
                channel.judge_by(partial(show_form.problems, self.desk, self.clock))
        await self._register_groups()
        if not self.store.is_embedded:  # with one writer, nobody waits for another
            await self.store.run(partial(know_calendars, policy=self.desk.policy, now=self.clock.now()))
        if self.is_worker:
            await erase_again(self.store, self.desk.files, self.clock.now())
            self.supervisor.start("receive", self._receive, ends=True)
            self.supervisor.every("sweep", SWEEP_SECONDS, self._sweep)
            self.duties.begin(self.supervisor)
            if self.channels:
                self._begin_to_send()
            for name, loop in self.connections.loops().items():
                self.supervisor.start(name, loop)
        if self.connections.names:
            self.supervisor.every("traffic", TRAFFIC_SECONDS, self._note_traffic)
        if self._has_accounts:
            self.supervisor.every("one-way", ONE_WAY_SECONDS, self._watch_one_way)
        self.supervisor.every("reload", RELOAD_SECONDS, self.live.reload)
        if self.is_edge:
            self.supervisor.start("ping", self.streams.ping_forever)
        if listen:
            await self._listen()
        self._is_ready = True

    async def stop(self) -> None:
        """Take nothing new, finish what was taken, then close."""
        self._is_ready = False
        if self.door is not None:
            self.door.shut()
        self.streams.close()
        if self.door is not None:
            await self.door.close()
        # A step that was cut off would have committed an answer and told nobody.
        self.doorbell.hush()
        await self.supervisor.stop(patience=STEP_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._drain()
        await self.receiver.close()
        await self.deliverer.close()
        await self.connections.close()
        if self.lookup is not None:
            await self.lookup.close()
        await self.doorbell.close()
        await self.store.close()

    async def receive(self, event: RawEvent) -> None:
        """What adapters call; returns when the event is committed."""
        await self.accepting.accept(event)
        self.connections.last_in[event.channel] = self.clock.now()

    async def first_link(self) -> str | None:
        """A one-time link for the first admin, while nobody can sign in."""
        if await self.store.read(users.exist):
            return None
        return f"{self.base_url}/console/welcome?code={await self.access.make_link()}"

    @property
    def base_url(self) -> str:
        if self.settings.server.public_url:
            return self.settings.public_url
        return f"http://{self.settings.server.host}:{self.port}"

    def _open_doorbell(self) -> Doorbell:
        if not self.settings.is_scaled:
            return LocalDoorbell()
        from omnibot.doorbell.redis import RedisDoorbell  # only a scaled installation has the client

        return RedisDoorbell(self.settings.redis.url)

    async def _listen(self) -> None:
        chat = self._open_web_chat() if self.is_edge and self.settings.webchat.enabled else None
        hot = health.routes(
            self.desk,
            self.clock,
            channels=self.connections.names,
            count_own=self._count_own,
            is_ready=lambda: self._is_ready,
        )
        hot += chat.hot_routes() if chat else []
        hot += self.connections.hot_routes() if self.is_edge else []

        async def furnish() -> "web.Application":
            # Half a second of imports; open streams go on meanwhile.
            site = await asyncio.to_thread(importlib.import_module, "omnibot.web.site")
            made: web.Application = site.furnish(
                hot,
                is_edge=self.is_edge,
                desk=self.desk,
                access=self.access,
                clock=self.clock,
                channels=self.channels,
                chat=chat,
                webhooks=self.connections.routes(),
                installers=self.connections.installers(),
                open_one_way=self._open_one_way,
            )
            return made

        self.door = FrontDoor(furnish, hot, self.clock, headers=HEADERS, observe=metrics.REQUEST_SECONDS.observe)
        try:
            self.port = await self.door.open(self.settings.server.host, self.settings.server.port)
        except OSError:
            if self.is_edge:
                raise
            # A worker beside its edge on one machine: its work does not need the door.
            log.warning("health_port_taken", port=self.settings.server.port)

    def _open_web_chat(self) -> WebChat:
        return web_chat.open_web_chat(
            self.settings,
            self.desk,
            self.clock,
            channels=self.channels,
            intake=self.intake,
            streams=self.streams,
            tell_standing=self._standing,
            trusted_proxies=self._trusted_proxies,
        )

    async def _standing(self, conversation_id: int) -> Standing | None:
        now = self.clock.now()
        return await self.store.read(partial(tell_status.standing, desk=self.desk, id=conversation_id, now=now))

    async def _receive(self) -> None:
        async for lanes in self.doorbell.rings():
            waiting = lanes
            while waiting:
                waiting = await self.receiver.step(waiting, self.clock.now())
                self.supervisor.ring("deliver")  # an answer may wait to be sent

    def _accept(self, tx: Connection, utterances: list[Utterance], now: datetime) -> Accepted:
        return self.receiver.accept(tx, utterances, now)

    async def _sweep(self) -> None:
        """Find what a crash or a lost ring has left behind. The lanes are received here: the doorbell may be away."""
        forgotten = await self._forgotten_lanes(FORGOTTEN_AFTER)
        for start in range(0, len(forgotten), BATCH):
            lanes = forgotten[start : start + BATCH]
            while lanes:
                lanes = await self.receiver.step(lanes, self.clock.now())

    async def _forgotten_lanes(self, age: timedelta) -> list[str]:
        now, channels = self.clock.now(), list(self.channels)
        return await self.store.read(partial(inbox.forgotten_lanes, channels=channels, now=now, age=age))

    async def _drain(self) -> None:
        await self.accepting.finish()
        if self.is_worker and not self.settings.is_scaled:
            lanes = await self._forgotten_lanes(timedelta(0))
            while lanes:
                lanes = await self.receiver.step(lanes, self.clock.now())
        while self.channels and await self.deliverer.step(self.clock.now()):
            pass
        await self.receiver.finish()
        await self.deliverer.finish()

    async def _deliver(self) -> None:
        # Without waiting for any: what is slow would hold up the next message of a chat that is done.
        while await self.deliverer.go_on(self.clock.now()):
            pass

    async def _register_groups(self) -> None:
        """The staff groups that the settings name."""
        for account in self.settings.accounts if self._has_accounts else []:
            if account.staff_chat:
                await self.store.run(
                    partial(
                        groups.register,
                        address=Address(channel=account.channel, chat=account.staff_chat),
                        role=GroupRole.STAFF,
                        language=self.desk.staff_language,
                        by=None,
                        now=self.clock.now(),
                    )
                )

    async def _watch_one_way(self) -> None:
        """Another process may have registered the first group of that kind."""
        if one_way_groups.CHANNEL not in self.channels:
            known = await self.store.read(one_way_groups.addresses)
            if known:
                await self._open_one_way()

    async def _open_one_way(self) -> Channel | None:
        """The channel of the groups that are registered in the console by their addresses. It costs nothing before the first
        one; None without Apprise."""
        name = one_way_groups.CHANNEL
        if name not in self.channels and self._has_accounts and importlib.util.find_spec("apprise"):
            adapter = await asyncio.to_thread(importlib.import_module, "omnibot.adapters.notify")
            self.channels.setdefault(name, adapter.OneWayChannel(name, StoredState(self.store, name)))
            if self.is_worker and self._is_ready:
                self._begin_to_send()
        return self.channels.get(name)

    def _begin_to_send(self) -> None:
        """Once there is a channel that sends."""
        if not self._sends:
            self._sends = True
            self.supervisor.every("deliver", DELIVER_SECONDS, self._deliver)
            self.duties.begin_cards(self.supervisor)

    async def _note_traffic(self) -> None:
        await self.connections.note_traffic(self.deliverer.last_out)

    def _count_own(self) -> None:
        metrics.STREAMS.set(self.streams.count)
        metrics.RECEIVED.set(self.receiver.received)
        metrics.FAQ_PROBLEMS.set(len(self.desk.matcher.problems))
        metrics.DOORBELL_DEGRADED.set(int(self.doorbell.is_degraded))
        for loop, failures in self.supervisor.failures.items():
            metrics.LOOP_FAILURES.set(failures, loop=loop)


async def serve(settings: Settings, role: Role) -> None:
    """Run until SIGTERM or SIGINT."""
    await run(Application(settings, role=role))


async def run(application: Application, *, greeting: str = "") -> None:
    """Run until SIGTERM or SIGINT. `greeting` stands above what the person at the terminal is told."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    try:
        await application.start()
        application.supervisor.start("learn", application.live.learn)
        await _greet(application, greeting)
        await stopping.wait()
    finally:
        await application.stop()


async def _greet(application: Application, greeting: str) -> None:
    """What the person at the terminal needs to go on."""
    log.info("started", role=application.role.value, port=application.port)
    if not application.is_edge:
        return
    lines = [
        *([greeting] if greeting else []),
        f"Demo page with the chat  {application.base_url}/",
        f"Agent console            {application.base_url}/console",
    ]
    if link := await application.first_link():
        lines.append(f"First sign-in (once, for 15 minutes): {link}")
    print("\n".join(lines), flush=True)  # noqa: T201 (the answer to the command, not a log line)
