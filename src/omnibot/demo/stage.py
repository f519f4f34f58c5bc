"""The platforms of the demo and the people on them: what they do, and what they see. One person per language and platform."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, make_msgid

from omnibot.clock import Clock
from omnibot.demo import lines, slack, telegram
from omnibot.demo.lines import Line
from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost
from omnibot.demo.slack import FakeSlack
from omnibot.demo.slack_wire import Json
from omnibot.demo.telegram import FakeTelegram
from omnibot.settings import EmailAccount, SlackAccount, TelegramAccount

SERVICE_ADDRESS = "service@hausmark.example"
CONNECT_SECONDS = 20.0  # until Slack's socket is open
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who writes; a different name on each platform, as these are different customers."""

    language: str
    telegram_name: str
    telegram_chat: int
    slack_name: str
    slack_user: str
    mail_name: str
    mail_address: str


PEOPLE = {
    person.language: person
    for person in (
        Person(
            language="en",
            telegram_name="Mia",
            telegram_chat=7,
            slack_name="Jonas",
            slack_user="U1",
            mail_name="Elena Rossi",
            mail_address="elena@home.example",
        ),
        Person(
            language="zh-Hans",
            telegram_name="王芳",
            telegram_chat=8,
            slack_name="李强",
            slack_user="U2",
            mail_name="陈静",
            mail_address="chenjing@home.example",
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail, and when it stood in the mailbox (Unix time)."""

    mail: EmailMessage
    at: int


class Stage:
    """All simulators, on loopback, empty at the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Ids go on where an earlier demo on the same data stopped: one thing a second is more than people do.
        first_id = int((clock.now() - _EPOCH).total_seconds())
        self.telegram = FakeTelegram(now=self._now, first_id=first_id, changed=self._tell)
        self.slack = FakeSlack(now=self._now, first_id=first_id, changed=self._tell)
        self.mailbox = DemoMailbox(first_id=first_id)
        self.post = DemoPost(self._take)
        self._letters: dict[str, list[Letter]] = {person.mail_address: [] for person in PEOPLE.values()}
        self._watchers: set[asyncio.Event] = set()

    async def start(self) -> None:
        for person in PEOPLE.values():
            self.slack.add_user(person.slack_user, person.slack_name, _locale(person))
        await self.telegram.start()
        await self.slack.start()
        await self.mailbox.start()
        await self.post.start()

    async def stop(self) -> None:
        await self.telegram.stop()
        await self.slack.stop()
        await self.mailbox.stop()
        await self.post.stop()

    def accounts(self) -> tuple[TelegramAccount, SlackAccount, EmailAccount]:
        """How omnibot connects to the platforms here."""
        return (
            TelegramAccount(token=telegram.TOKEN, api_base=self.telegram.url),
            SlackAccount(bot_token=slack.BOT_TOKEN, app_token=slack.APP_TOKEN, api_base=self.slack.api_base),
            EmailAccount(
                address=SERVICE_ADDRESS,
                imap_host="127.0.0.1",
                imap_port=self.mailbox.port,
                imap_user=USER,
                imap_password=PASSWORD,
                imap_tls="none",
                smtp_port=self.post.port,
                smtp_tls="none",
            ),
        )

    # What people do

    async def say(self, channel: str, person: Person, text: str, *, subject: str = "") -> None:
        """Somebody writes. Raises LookupError for a channel that is not here."""
        match channel:
            case "telegram":
                tag = person.language.lower()
                await self.telegram.say(text, chat=person.telegram_chat, name=person.telegram_name, language=tag)
            case "slack":
                await self._to_slack(self.slack.message(person.slack_user, text, chat=_direct(person)))
            case "email":
                await self._mail(person, text, subject)
            case _:
                raise LookupError(channel)

    async def press(self, channel: str, person: Person, line: str, label: str) -> None:
        """Somebody presses a button of a message. Raises LookupError where there is none."""
        match channel:
            case "telegram":
                await self.telegram.press(label, chat=person.telegram_chat, message_id=int(line))
            case "slack":
                await self._to_slack(self.slack.press(person.slack_user, label, chat=_direct(person), ts=line))
            case _:
                raise LookupError(channel)

    async def _to_slack(self, payload: Json) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self.slack.has_socket.wait()
        await self.slack.send(payload)

    async def _mail(self, person: Person, text: str, subject: str) -> None:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{person.mail_name} <{person.mail_address}>"
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = make_msgid(domain="home.example")
        mail["Subject"] = " ".join(subject.split())
        answered = self._answered_by(person, mail["Subject"])
        mail["To"] = str(answered["Reply-To"] or answered["From"]) if answered else SERVICE_ADDRESS
        if answered:
            mail["In-Reply-To"] = mail["References"] = str(answered["Message-ID"])
        mail.set_content(text)
        self._keep(person.mail_address, mail)
        await self.mailbox.put(mail.as_bytes())

    def _answered_by(self, person: Person, subject: str) -> EmailMessage | None:
        """The newest mail of ours under that subject, as a mail program answers it."""
        for letter in reversed(self._letters[person.mail_address]):
            if letter.mail["From"].addresses[0].addr_spec != person.mail_address and letter.mail["Subject"] == subject:
                return letter.mail
        return None

    # What people see

    def seen(self, person: Person) -> dict[str, list[Line]]:
        """The transcripts, by channel, oldest line first."""
        chat = person.telegram_chat
        return {
            "telegram": lines.of_telegram(self.telegram.posted, self.telegram.sent, chat=chat),
            "slack": lines.of_slack(self.slack.chat(_direct(person)).posts),
            "email": [
                lines.of_mail(letter.mail, own_address=person.mail_address, at=letter.at)
                for letter in self._letters[person.mail_address]
            ],
        }

    async def watch(self, person: Person) -> AsyncIterator[dict[str, list[Line]]]:
        """What somebody sees, now and after each change."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while True:
                changed.clear()
                yield self.seen(person)
                await changed.wait()
        finally:
            self._watchers.discard(changed)

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    def _take(self, recipient: str, raw: bytes) -> None:
        """A mail for somebody; those for strangers are dropped."""
        with suppress(KeyError):
            self._keep(recipient, message_from_bytes(raw, policy=default))

    def _keep(self, address: str, mail: EmailMessage) -> None:
        self._letters[address].append(Letter(mail=mail, at=self._now()))
        self._tell()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _direct(person: Person) -> str:
    return f"D{person.slack_user[1:]}"


def _locale(person: Person) -> str:
    return "zh-CN" if person.language == "zh-Hans" else "en-US"
