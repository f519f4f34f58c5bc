"""The platforms of the demo and the people on them: what they do, and what they see."""

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
from omnibot.demo.cast import CASTS, SERVICE_ADDRESS, Cast, Pane, Person, Side
from omnibot.demo.lines import Line
from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost
from omnibot.demo.slack import FakeSlack
from omnibot.demo.slack_wire import Json
from omnibot.demo.telegram import FakeTelegram
from omnibot.settings import EmailAccount, SlackAccount, TelegramAccount

CONNECT_SECONDS = 20.0  # until Slack's socket is open
ANSWER_SECONDS = 5.0  # until a press is answered
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail, and when it stood in the mailbox (Unix time)."""

    mail: EmailMessage
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody attaches."""

    name: str
    media_type: str
    content: bytes


class Stage:
    """All simulators, on loopback, empty at the start."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        # Ids go on where an earlier demo on the same data stopped: one thing a second is more than people do.
        first_id = int((clock.now() - _EPOCH).total_seconds())
        self.telegram = FakeTelegram(now=self._now, first_id=first_id, changed=self.tell)
        self.slack = FakeSlack(now=self._now, first_id=first_id, changed=self.tell)
        self.mailbox = DemoMailbox(first_id=first_id)
        self.post = DemoPost(self._take)
        panes = [pane for cast in CASTS.values() for pane in cast.panes]
        self._people = {person.id: person for pane in panes for person in pane.people}
        mail = {person.id for person in self._people.values() if person.platform == "email"}
        self._letters: dict[str, list[Letter]] = {address: [] for address in mail}
        self._watchers: set[asyncio.Event] = set()
        self._place(panes)

    def _place(self, panes: list[Pane]) -> None:
        """Everybody into their groups."""
        self.telegram.forums |= {int(pane.chat) for pane in panes if pane.is_forum}
        for language, cast in CASTS.items():
            locale = "zh-CN" if language == "zh-Hans" else "en-US"
            for person in {person for pane in cast.panes for person in pane.people if person.platform == "slack"}:
                self.slack.add_user(person.id, person.name, locale)
        for pane in panes:
            if pane.chat and pane.platform == "slack":
                self.slack.chat(pane.chat)

    async def start(self) -> None:
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
        channels = [pane.chat for cast in CASTS.values() for pane in cast.of(Side.TEAM) if pane.platform == "slack"]
        return (
            TelegramAccount(token=telegram.TOKEN, api_base=self.telegram.url),
            SlackAccount(
                bot_token=slack.BOT_TOKEN,
                app_token=slack.APP_TOKEN,
                api_base=self.slack.api_base,
                staff_channel=channels[0],
            ),
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

    async def say(
        self,
        pane: Pane,
        person: Person,
        text: str,
        *,
        subject: str = "",
        answers: str = "",
        files: tuple[Upload, ...] = (),
    ) -> None:
        """Somebody writes; `answers` is a line of that chat. Raises LookupError."""
        chat = pane.chat_of(person)
        match person.platform:
            case "telegram":
                await self._to_telegram(person, int(chat), text, answers, files)
            case "slack":
                attached = [self.slack.add_file(file.name, file.content, file.media_type) for file in files]
                fields: Json = {"subtype": "file_share", "files": attached} if attached else {}
                thread = self._slack_thread(chat, answers) if answers else None
                await self._send(self.slack.message(person.id, text, chat=chat, thread=thread, **fields))
            case _:
                await self._mail(person, text, subject, files)

    async def press(self, pane: Pane, person: Person, line: str, label: str) -> str:
        """Somebody presses a button of a line; returns what pops up for them. Raises LookupError where there is none."""
        chat = pane.chat_of(person)
        if person.platform == "slack":
            await self._send(self.slack.press(person.id, label, chat=chat, ts=line))
            return ""
        sender = int(person.id)
        number = int(line)
        update = await self.telegram.press(label, chat=int(chat), sender=sender, name=person.name, message_id=number)
        id = str(update["callback_query"]["id"])
        with suppress(TimeoutError):
            await self.telegram.until(lambda: id in self.telegram.answers, seconds=ANSWER_SECONDS)
        return self.telegram.answers.get(id, "")

    async def edit(self, pane: Pane, person: Person, line: str, text: str) -> None:
        """Somebody changes a line of theirs. Raises LookupError where the platform does not know that."""
        chat = pane.chat_of(person)
        match person.platform:
            case "telegram":
                await self.telegram.edit(text, chat=int(chat), message_id=int(line))
            case "slack":
                await self._send(self.slack.edit(text, chat=chat, ts=line))
            case _:
                raise LookupError(person.platform)

    async def delete(self, pane: Pane, person: Person, line: str) -> None:
        """Somebody takes back a line of theirs. Raises LookupError where bots are not told."""
        if person.platform != "slack":
            raise LookupError(person.platform)
        await self._send(self.slack.delete(chat=pane.chat_of(person), ts=line))

    async def _to_telegram(self, person: Person, chat: int, text: str, answers: str, files: tuple[Upload, ...]) -> None:
        language = next(tag for tag, cast in CASTS.items() if any(person in pane.people for pane in cast.panes))
        place = {
            "chat": chat,
            "sender": int(person.id),
            "name": person.name,
            "language": language.lower(),
            **self._telegram_place(chat, answers),
        }
        if not files:
            await self.telegram.post(**place, text=text)
            return
        album = {"media_group_id": f"{person.id}-{self._now()}"} if len(files) > 1 else {}
        for number, file in enumerate(files):
            caption = {"caption": text} if text and not number else {}
            await self.telegram.attach(file.name, file.media_type, file.content, **place, **album, **caption)

    def _telegram_place(self, chat: int, answers: str) -> Json:
        """In a forum, an answer stands in the line's topic; elsewhere it names the line."""
        if not answers:
            return {}
        sent = next((m for m in self.telegram.sent if (m.chat, str(m.message_id)) == (str(chat), answers)), None)
        said = next(
            (p for p in self.telegram.posted if p["chat"]["id"] == chat and str(p["message_id"]) == answers), None
        )
        if chat in self.telegram.forums:
            thread = sent.parameters.get("message_thread_id") if sent else (said or {}).get("message_thread_id")
            return {"message_thread_id": int(thread)} if thread else {}
        about: Json = {"message_id": int(answers), "date": self._now(), "chat": {"id": chat, "type": "supergroup"}}
        if said:
            return {"reply_to_message": {name: said[name] for name in ("message_id", "date", "chat", "from")}}
        return {"reply_to_message": about | {"from": self.telegram.me}} if sent else {}

    def _slack_thread(self, chat: str, answers: str) -> str:
        posts = self.slack.chat(chat).posts
        return next((str(post.get("thread_ts") or answers) for post in posts if post["ts"] == answers), answers)

    async def _send(self, payload: Json) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self.slack.has_socket.wait()
        await self.slack.send(payload)

    async def _mail(self, person: Person, text: str, subject: str, files: tuple[Upload, ...]) -> None:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{person.name} <{person.id}>"
        mail["Date"] = format_datetime(self.clock.now())
        mail["Message-ID"] = make_msgid(domain="home.example")
        mail["Subject"] = " ".join(subject.split())
        answered = self._answered_by(person, mail["Subject"])
        mail["To"] = str(answered["Reply-To"] or answered["From"]) if answered else SERVICE_ADDRESS
        if answered:
            mail["In-Reply-To"] = mail["References"] = str(answered["Message-ID"])
        mail.set_content(text)
        for file in files:
            main, _, sub = file.media_type.partition("/")
            mail.add_attachment(file.content, maintype=main, subtype=sub or "octet-stream", filename=file.name)
        self._keep(person.id, mail)
        await self.mailbox.put(mail.as_bytes())

    def _answered_by(self, person: Person, subject: str) -> EmailMessage | None:
        """The newest mail of ours under that subject, as a mail program answers it."""
        for letter in reversed(self._letters[person.id]):
            if letter.mail["From"].addresses[0].addr_spec != person.id and letter.mail["Subject"] == subject:
                return letter.mail
        return None

    # What people see

    def seen(self, cast: Cast) -> dict[str, list[Line]]:
        """The transcripts, oldest line first: of a group by its pane, of private chats by pane and person ("team-private/11")."""
        found = {}
        for pane in cast.panes:
            if pane.chat:
                found[pane.id] = self._lines(pane, pane.people[0])
            else:
                for person in pane.people:
                    found[f"{pane.id}/{person.id}"] = self._lines(pane, person)
        return found

    def _lines(self, pane: Pane, person: Person) -> list[Line]:
        chat = pane.chat_of(person)
        match person.platform:
            case "telegram":
                titles = self.telegram.topics if pane.is_forum else None
                shown = lines.of_telegram(self.telegram.posted, self.telegram.sent, chat=int(chat), titles=titles)
            case "slack":
                names = {id: user["profile"]["display_name"] for id, user in self.slack.users.items()}
                whispers = [whisper for whisper in self.slack.whispers if whisper["channel"] == chat]
                shown = lines.of_slack(self.slack.chat(chat).posts, whispers, names=names)
            case _:
                shown = [
                    lines.of_mail(letter.mail, own_address=person.id, at=letter.at)
                    for letter in self._letters[person.id]
                ]
        return shown

    def file(self, platform: str, id: str) -> bytes:
        """What stands behind an attachment's path. Raises LookupError."""
        if platform == "slack":
            return self.slack.files[id][1]
        if id.startswith("sent-"):
            return next((sent.file for sent in self.telegram.sent if f"sent-{sent.message_id}" == id), b"")
        return self.telegram.content(id)

    async def watch(self, cast: Cast) -> AsyncIterator[dict[str, list[Line]]]:
        """What the people of a cast see, now and after each change."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while True:
                changed.clear()
                yield self.seen(cast)
                await changed.wait()
        finally:
            self._watchers.discard(changed)

    def tell(self) -> None:
        """Something looks different now."""
        for watcher in self._watchers:
            watcher.set()

    def _take(self, recipient: str, raw: bytes) -> None:
        """A mail for somebody; those for strangers are dropped."""
        with suppress(KeyError):
            self._keep(recipient, message_from_bytes(raw, policy=default))

    def _keep(self, address: str, mail: EmailMessage) -> None:
        self._letters[address].append(Letter(mail=mail, at=self._now()))
        self.tell()

    def _now(self) -> int:
        return int(self.clock.now().timestamp())
