"""A real IMAP server and a real SMTP server for the tests, and what stands behind the adapter: an inbox that knows what it has."""

import asyncio
import imaplib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from omnibot.domain.message import RawEvent
from omnibot.settings.accounts import EmailAccount

USER, PASSWORD = "demouser", "demopass"


def free_port() -> int:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


# Its passwords are for nobody's eyes: half a million rounds of hashing take 0.4 s of a processor at every login.
_PYMAP = """
from functools import partial
from pymap import config
config.BuiltinHash = partial(config.BuiltinHash, rounds=1)
from pymap.main import main
main()
"""


@contextmanager
def imap_server() -> Iterator[int]:
    """pymap, which speaks IDLE and UIDPLUS, on a port of its own."""
    port = free_port()
    command = f"--no-tls --host 127.0.0.1 --port {port} --no-service admin dict --demo-data"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PYMAP, *command.split()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
                break
            assert time.monotonic() < deadline, "pymap does not start"
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


class Folder:
    """A folder on the IMAP server, seen with the eyes of another mail program."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.name = f"Support{secrets.token_hex(4)}"
        with self.opened() as client:
            client.create(self.name)

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(USER, PASSWORD)
        try:
            yield client
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def put(self, *mails: bytes, flags: str = "") -> None:
        with self.opened() as client:
            for mail in mails:
                status, said = client.append(self.name, flags or None, None, mail)
                assert status == "OK", said

    def renew(self, *mails: bytes) -> None:
        """Delete the folder and make it again: every UID means something else now."""
        with self.opened() as client:
            client.delete(self.name)
            client.create(self.name)
        self.put(*mails)

    def unseen(self) -> int:
        with self.opened() as client:
            client.select(self.name, readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    def mark_seen(self) -> None:
        with self.opened() as client:
            client.select(self.name)
            client.store("1:*", "+FLAGS", r"(\Seen)")


class Ledger:
    """The inbox: the same id again is the same event. Remembers every hand-over."""

    def __init__(self) -> None:
        self.events: dict[str, RawEvent] = {}
        self.handed = 0
        self.failures: list[Exception] = []
        self._changed = asyncio.Condition()

    async def receive(self, event: RawEvent) -> None:
        self.handed += 1
        if self.failures:
            raise self.failures.pop(0)
        async with self._changed:
            self.events.setdefault(event.external_id, event)
            self._changed.notify_all()

    async def wait(self, count: int, *, seconds: float = 60.0) -> list[RawEvent]:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: len(self.events) >= count), seconds)
        return list(self.events.values())


class Memory:
    """What a connection remembers, outliving it."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def set(self, key: str, value: str) -> None:
        self.kept[key] = value

    async def settle(self, key: str, value: str) -> str:
        return self.kept.setdefault(key, value)


class PostOffice:
    """The SMTP server's mind: what it took, and what it answers next at which command."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.recipients: list[list[str]] = []  # of each mail that was taken
        self.strangers: dict[str, str] = {}  # what RCPT answers for these addresses
        self.seen: list[bytes] = []  # everything that arrived at DATA, taken or not
        self.answers: dict[str, list[str]] = {}
        self.drops_after_data = 0

    def _planned(self, command: str) -> str | None:
        return self.answers[command].pop(0) if self.answers.get(command) else None

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._planned("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._planned("RCPT") or self.strangers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.seen.append(envelope.content)
        if answer := self._planned("DATA"):
            return answer
        self.taken.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        if self.drops_after_data:
            self.drops_after_data -= 1
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@contextmanager
def smtp_server(office: PostOffice, *, has_tls: bool = False) -> Iterator[int]:
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=_authenticate,
        auth_require_tls=False,
        decode_data=False,
        enable_SMTPUTF8=False,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def account(*, imap_port: int = 1, smtp_port: int = 1, folder: str = "INBOX", **changed: Any) -> EmailAccount:
    given: dict[str, Any] = {
        "address": "support@shop.example",
        "imap_host": "127.0.0.1",
        "imap_port": imap_port,
        "imap_user": USER,
        "imap_password": PASSWORD,
        "imap_tls": "none",
        "imap_folder": folder,
        "smtp_port": smtp_port,
        "smtp_tls": "none",
    }
    return EmailAccount(**{**given, **changed}).filled()


def mail(number: int = 1, *, text: str = "", sender: str = "Mia <mia@example.org>", **headers: str) -> bytes:
    """A plain mail as a person writes it."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "support@shop.example"
    made["Subject"] = f"Question {number}"
    made["Date"] = "Mon, 01 Jun 2026 08:59:00 +0000"
    made["Message-ID"] = f"<q{number}@example.org>"
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        if value:
            made[name.replace("_", "-")] = value
    made.set_content(text or f"Where is my order {number}?\n")
    return made.as_bytes()
