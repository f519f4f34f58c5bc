"""The real adapters, each connected to a platform of ours: one way for a customer to say something through any of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from itertools import count
from typing import Any, Protocol

import aiohttp

from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost
from omnibot.demo.slack import APP_TOKEN, BOT_TOKEN, BOT_USER, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.demo.telegram import TOKEN, FakeTelegram
from tests.office import Office, Visitor

Json = dict[str, Any]
SERVICE = "help@shop.example"
CUSTOMER = "mia@home.example"


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


class Telegram:
    channel = "telegram"

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.fake = FakeTelegram()

    def sections(self, *, is_refused: bool = False) -> Json:
        self.fake.is_revoked = is_refused
        return {"telegram": {"token": TOKEN, "api_base": self.fake.url, "mode": self.mode, "webhook_secret": "s3"}}

    def opened(self, office: Office) -> None:
        if self.mode == "webhook":
            url = f"{office.url}/channels/telegram/default/webhook"
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

    async def _bring(self) -> None:
        while self.fake.webhook and self.fake.waiting:
            await self.fake.deliver()
        await self.fake.all_confirmed()


class Slack:
    channel = "slack"

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.fake = FakeSlack()

    def sections(self, *, is_refused: bool = False) -> Json:
        way = {"app_token": APP_TOKEN} if self.mode == "socket" else {"signing_secret": SIGNING_SECRET}
        token = "xoxb-wrong" if is_refused else BOT_TOKEN
        return {"slack": {"bot_token": token, "api_base": self.fake.api_base, **way}}

    def opened(self, office: Office) -> None:
        self.fake.events_url = f"{office.url}/channels/slack/default"

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


class Mail:
    channel = "email"

    def __init__(self) -> None:
        self.mailbox = DemoMailbox()
        self.post = DemoPost(lambda recipient, raw: None)

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


_NUMBERS = count(1)
Platform = Telegram | Slack | Mail | WebChat
ENTRANCES: dict[str, Callable[[], Platform]] = {
    "telegram by polling": lambda: Telegram("polling"),
    "telegram by webhook": lambda: Telegram("webhook"),
    "slack by http": lambda: Slack("http"),
    "slack by socket": lambda: Slack("socket"),
    "email": Mail,
    "web chat": WebChat,
}


@asynccontextmanager
async def standing(name: str) -> AsyncIterator[Platform]:
    """The platform of that name, running."""
    entrance = ENTRANCES[name]()
    servers: list[Any] = []
    if isinstance(entrance, Mail):
        servers = [entrance.mailbox, entrance.post]
    elif not isinstance(entrance, WebChat):
        servers = [entrance.fake]
    for server in servers:
        await server.start()
    try:
        yield entrance
    finally:
        for server in servers:
            with suppress(aiohttp.ClientError):
                await server.stop()
