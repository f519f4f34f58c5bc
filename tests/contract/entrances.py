"""The real adapters, each connected to a platform of ours: one way for a customer to say something through any of them."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from enum import StrEnum
from itertools import count
from typing import Any, Protocol

import aiohttp

from omnibot.adapters.terminal import NAME as TERMINAL
from omnibot.adapters.terminal import TerminalChannel, chat
from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost
from omnibot.demo.slack import APP_TOKEN, BOT_TOKEN, BOT_USER, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET, RateLimit, Refuse, Status
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.demo.telegram_wire import Refusal, blocked, too_many_requests
from omnibot.domain.message import RawEvent
from tests.office import Office, Visitor

Json = dict[str, Any]
PAUSE = timedelta(seconds=7)
SERVICE = "help@shop.example"
CUSTOMER = "mia@home.example"


class Failure(StrEnum):
    """The three ways in which sending fails, as platforms say them."""

    TOO_FAST = "too fast"
    DOWN = "down"
    GONE = "gone"


class Entrance(Protocol):
    """One platform with one customer."""

    channel: str

    def sections(self, *, is_refused: bool = False) -> Json:
        """What the settings say; `is_refused` with credentials that the platform does not know."""

    def opened(self, office: Office) -> None:
        """The application runs."""

    async def say(self, text: str) -> Any:
        """The customer writes; returns what the platform brought."""

    async def repeat(self, brought: Any) -> None:
        """The platform brings it again."""

    async def echo(self) -> None:
        """The platform brings what we, and what another bot, said."""

    def heard(self) -> int:
        """How many messages of ours the customer has."""

    def fail_next(self, how: Failure) -> timedelta | None:
        """The next message of ours fails like this; returns the pause that the platform names."""


class Telegram:
    channel = "telegram"
    name = "default"

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.fake = FakeTelegram()

    def sections(self, *, is_refused: bool = False) -> Json:
        self.fake.is_revoked = is_refused
        return {"telegram": {"token": TOKEN, "api_base": self.fake.url, "mode": self.mode, "webhook_secret": "s3"}}

    def opened(self, office: Office) -> None:
        if self.mode == "webhook":
            url = f"{office.url}/channels/telegram/{self.name}/webhook"
            self.fake.webhook = {"url": url, "secret_token": "s3"}

    async def say(self, text: str) -> Any:
        update = await self.fake.say(text)
        await self._bring()
        return update

    async def repeat(self, brought: Any) -> None:
        async with self.fake._news:
            self.fake.waiting.append(brought)
            self.fake._news.notify_all()
        await self._bring()

    async def echo(self) -> None:
        for sender in (self.fake.me, {"id": 99, "is_bot": True, "first_name": "Other"}):
            await self.fake.post(chat=7, sender=7, text="echo", **{"from": sender})
        await self._bring()

    def heard(self) -> int:
        return len(self.fake.sent)

    def fail_next(self, how: Failure) -> timedelta | None:
        faults = {
            Failure.TOO_FAST: too_many_requests(PAUSE.seconds),
            Failure.DOWN: Refusal(status=500, description="Internal Server Error"),
            Failure.GONE: blocked(),
        }
        self.fake.plan("sendMessage", faults[how])
        return PAUSE if how is Failure.TOO_FAST else None

    async def _bring(self) -> None:
        while self.fake.webhook and self.fake.waiting:
            await self.fake.deliver()
        await self.fake.all_confirmed()


class Slack:
    channel = "slack"
    name = "default"

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.fake = FakeSlack()

    def sections(self, *, is_refused: bool = False) -> Json:
        way = {"app_token": APP_TOKEN} if self.mode == "socket" else {"signing_secret": SIGNING_SECRET}
        token = "xoxb-wrong" if is_refused else BOT_TOKEN
        return {"slack": {"bot_token": token, "api_base": self.fake.api_base, **way}}

    def opened(self, office: Office) -> None:
        self.fake.events_url = f"{office.url}/channels/slack/{self.name}"

    async def say(self, text: str) -> Any:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # as Slack sends it
        payload = self.fake.message("U1", escaped, chat="D1")
        await self.repeat(payload)
        return payload

    async def repeat(self, brought: Any) -> None:
        if self.mode == "socket":
            await self.fake.has_socket.wait()
        await self.fake.send(brought)

    async def echo(self) -> None:
        for user, bot in ((BOT_USER, "B_OWN"), ("U9", "B_OTHER")):
            await self.repeat(self.fake.message(user, "echo", chat="D1", bot_id=bot))

    def heard(self) -> int:
        return len(self.fake.chat("D1").said())

    def fail_next(self, how: Failure) -> timedelta | None:
        faults = {
            Failure.TOO_FAST: RateLimit(PAUSE.seconds),
            Failure.DOWN: Status(503),
            Failure.GONE: Refuse("channel_not_found"),
        }
        self.fake.plan("chat.postMessage", faults[how])
        return PAUSE if how is Failure.TOO_FAST else None


class Mail:
    channel = "email"
    name = "default"

    def __init__(self) -> None:
        self.mailbox = DemoMailbox()
        self.sent: list[bytes] = []
        self.post = DemoPost(lambda recipient, raw: self.sent.append(raw))

    def sections(self, *, is_refused: bool = False) -> Json:
        account = {
            "address": SERVICE,
            "imap_host": "127.0.0.1",
            "imap_port": self.mailbox.port,
            "imap_user": USER,
            "imap_password": "wrong" if is_refused else PASSWORD,
            "imap_tls": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.post.port,
            "smtp_tls": "none",
        }
        return {"email": account}

    def opened(self, office: Office) -> None:
        pass

    async def say(self, text: str) -> Any:
        return await self._put(CUSTOMER, text)

    async def repeat(self, brought: Any) -> None:
        await self.mailbox.put(brought)

    async def echo(self) -> None:
        await self._put(SERVICE, "echo")

    def heard(self) -> int:
        return len(self.sent)

    def fail_next(self, how: Failure) -> timedelta | None:
        """Mail servers name no pause; ours is a minute."""
        faults = {
            Failure.TOO_FAST: b"450 4.2.1 too many, wait",
            Failure.DOWN: b"451 4.3.0 out of order",
            Failure.GONE: b"550 5.1.1 no such user",
        }
        self.post.answers.append(faults[how])
        return timedelta(minutes=1) if how is not Failure.GONE else None

    async def _put(self, sender: str, text: str) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, SERVICE, "A question"
        mail["Message-ID"] = make_msgid(domain="home.example")
        mail.set_content(text, cte="base64")
        await self.mailbox.put(mail.as_bytes())
        return mail.as_bytes()


class WebChat:
    """A browser: nobody but the visitor holds its token, so there are no other voices and no credentials of ours."""

    channel = "webchat"

    def sections(self, *, is_refused: bool = False) -> Json:
        return {}

    def opened(self, office: Office) -> None:
        self._office = office
        self._visitor: Visitor | None = None

    async def say(self, text: str) -> Any:
        brought = {"client_id": f"c{next(_NUMBERS)}", "text": text}
        await self.repeat(brought)
        return brought

    async def repeat(self, brought: Any) -> None:
        self._visitor = self._visitor or await self._office.visitor()
        path, headers = "/webchat/v1/messages", self._visitor.headers
        await self._office.call("POST", path, headers=headers, json=brought, status=202)

    async def echo(self) -> None:
        pass

    def heard(self) -> int:
        raise NotImplementedError("it reads for itself")

    def fail_next(self, how: Failure) -> timedelta | None:
        raise NotImplementedError("nothing is sent to it")


class Terminal:
    """A shell. It repeats nothing, hears nobody else, and fails for good only."""

    channel = TERMINAL

    def __init__(self) -> None:
        self.screen = io.StringIO()
        self.wired = TerminalChannel(self.screen)

    def sections(self, *, is_refused: bool = False) -> Json:
        return {"channels": {TERMINAL: self.wired}}

    def opened(self, office: Office) -> None:
        self._office = office

    async def say(self, text: str) -> Any:
        brought: list[RawEvent] = []

        async def receive(event: RawEvent) -> None:
            brought.append(event)
            await self._office.application.receive(event)

        typed = iter([f"{text}\n", ""])
        await chat(self.wired, receive, user="mia", language=None, read_line=lambda: next(typed))
        return brought[0]

    async def repeat(self, brought: Any) -> None:
        await self._office.application.receive(brought)

    async def echo(self) -> None:
        pass

    def heard(self) -> int:
        return self.screen.getvalue().count("bot: ")

    def fail_next(self, how: Failure) -> timedelta | None:
        self.screen.close()
        return None


_NUMBERS = count(1)
Platform = Telegram | Slack | Mail | WebChat | Terminal
ENTRANCES: dict[str, Callable[[], Platform]] = {
    "telegram by polling": lambda: Telegram("polling"),
    "telegram by webhook": lambda: Telegram("webhook"),
    "slack by http": lambda: Slack("http"),
    "slack by socket": lambda: Slack("socket"),
    "email": Mail,
    "web chat": WebChat,
    "terminal": Terminal,
}


@asynccontextmanager
async def standing(name: str) -> AsyncIterator[Platform]:
    """The platform of that name, running."""
    entrance = ENTRANCES[name]()
    servers: list[Any] = []
    if isinstance(entrance, Mail):
        servers = [entrance.mailbox, entrance.post]
    elif not isinstance(entrance, WebChat | Terminal):
        servers = [entrance.fake]
    for server in servers:
        await server.start()
    try:
        yield entrance
    finally:
        for server in servers:
            with suppress(aiohttp.ClientError):
                await server.stop()
