"""Fetches an account's mails over IMAP, in a thread of its own: IDLE where the server has it, a look every minute in any case.

What was received is kept as (UIDVALIDITY, highest UID), not as the \\Seen flag, which other programs set, too. For each mail:

    fetch → store and commit (`take`) → mark \\Seen → remember the UID

so whatever breaks in between, the mail is fetched again, and the inbox knows it already. When UIDVALIDITY changes, UIDs
mean nothing any more: everything since a week before the last mail is looked at again.
"""

import asyncio
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.imap_utf7 import utf7_encode

from omnibot.adapters.email.oauth import Tokens
from omnibot.channel import ChannelState, Misconfigured
from omnibot.clock import Clock
from omnibot.log import Log
from omnibot.settings.accounts import EmailAccount

log = Log(__name__)

T = TypeVar("T")

SIZE = 36 * 1024 * 1024  # bytes of a mail that are fetched: 25 MB of files, what the large providers take, in base64
SECONDS = 30.0  # for one answer of the server
LOOK = timedelta(
    seconds=60
)  # between two looks, whether or not IDLE says something; servers and proxies drop silent ones after minutes
PAUSES = (1, 2, 4, 8, 15, 30, 60)  # seconds between attempts to connect
OVERLAP = timedelta(days=7)  # looked at again when UIDs have lost their meaning
_KEY = "imap"

# A mail's bytes, and whether its end is missing; returns when the mail is committed.
Take = Callable[[bytes, bool], Awaitable[None]]

_TROUBLE = (imaplib.IMAP4.error, ImapToolsError, OSError, ssl.SSLError, EOFError)
_TRANSIENT = re.compile(
    rb"\[(?:UNAVAILABLE|LIMIT|INUSE|SERVERBUG|CONTACTADMIN)\]|temporar|try again|too many", re.IGNORECASE
)


class Place(msgspec.Struct, frozen=True):
    """How far a folder was received."""

    validity: int
    uid: int
    at: datetime  # when the last mail was received, or when we first looked


class Interrupted(Exception):
    """We are asked to stop."""


class Mailbox:
    """One folder of an account. `run` until cancelled."""

    def __init__(
        self,
        account: EmailAccount,
        *,
        take: Take,
        state: ChannelState,
        clock: Clock,
        look: timedelta = LOOK,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """`tokens` where the server takes no password."""
        self._tokens = tokens
        self._account = account
        self._take = take
        self._state = state
        self._clock = clock
        self._look = look.total_seconds()
        self._seconds = seconds
        self._trust = trust
        self._stopping = threading.Event()
        self._capabilities: frozenset[bytes] = frozenset()
        self._cannot_move = False
        self._client: BaseMailBox | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_connected = False
        self.trouble = ""  # what went wrong last, for people

    async def run(self) -> None:
        """Fetch until cancelled. Raises Misconfigured where the server refuses the credentials."""
        self._loop = asyncio.get_running_loop()
        self._stopping.clear()
        done: asyncio.Future[None] = self._loop.create_future()
        thread = threading.Thread(
            target=self._fetch_for_ever, args=(done,), name=f"imap-{self._account.name}", daemon=True
        )
        thread.start()
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            self._stopping.set()
            self._hang_up()
            with suppress(asyncio.TimeoutError, Interrupted):
                await asyncio.wait_for(asyncio.shield(done), timeout=self._seconds)
            raise

    def check(self, token: str = "") -> None:
        """Log in, with that token where there are tokens, and leave; blocking. Raises Misconfigured, or what the connection
        raises."""
        self._connect(token).logout()

    def _hang_up(self) -> None:
        """Wake the thread, whatever it waits for."""
        client = self._client
        if client is not None:
            with suppress(OSError):
                client.client.sock.shutdown(socket.SHUT_RDWR)

    def _fetch_for_ever(self, done: "asyncio.Future[None]") -> None:
        assert self._loop is not None
        failures = 0
        while not self._stopping.is_set():
            try:
                self._fetch_while_connected()
            except Interrupted:
                break
            except Misconfigured as error:
                self._finish(done, error)
                return
            except Exception as error:
                # The thread's supervisor: whatever a server or the store does, the next attempt is made.
                if self._stopping.is_set():  # we have hung up ourselves
                    break
                if self.is_connected or not failures:
                    log.warning("imap_down", channel=self._account.channel, error=type(error).__name__)
                failures = 0 if self.is_connected else failures + 1
                self.trouble = f"the IMAP server cannot be reached ({type(error).__name__})"
            finally:
                self.is_connected = False
                self._drop()
            self._stopping.wait(PAUSES[min(failures, len(PAUSES) - 1)])
        self._finish(done, None)

    def _finish(self, done: "asyncio.Future[None]", error: Exception | None) -> None:
        assert self._loop is not None

        def finish() -> None:
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)

        with suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(finish)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_TROUBLE):
                client.client.shutdown()
            client.client.sock.close()  # where what was left to send could not be sent, the line above gives up before

    def _fetch_while_connected(self) -> None:
        client = self._client = self._connect()
        # Asked again, since many servers tell only those who have logged in.
        self._capabilities = frozenset(
            b" ".join(part for part in client.client.capability()[1] if part).upper().split()
        )
        self._cannot_move = False
        place = self._place(client)
        if not self.is_connected:
            self.is_connected, self.trouble = True, ""
            log.info("imap_up", channel=self._account.channel)
        while not self._stopping.is_set():
            place = self._fetch_new(client, place)
            if b"IDLE" in self._capabilities:
                client.idle.wait(timeout=self._look)
            else:
                self._stopping.wait(min(self._look, 15.0))
        raise Interrupted

    def _connect(self, token: str = "") -> BaseMailBox:
        account = self._account
        if self._tokens and not token:
            token = self._wait_for(self._tokens.access())
        trust = self._trust or ssl.create_default_context()
        client: BaseMailBox
        if account.imap_tls == "ssl":
            client = MailBox(account.imap_host, account.imap_port, timeout=self._seconds, ssl_context=trust)
        elif account.imap_tls == "starttls":
            client = MailBoxStartTls(account.imap_host, account.imap_port, timeout=self._seconds, ssl_context=trust)
        else:
            client = MailBoxUnencrypted(account.imap_host, account.imap_port, timeout=self._seconds)
        try:
            if token:
                _show_token(client, account.imap_user, token)
            else:
                client.login(account.imap_user, account.imap_password, initial_folder=None)
        except (MailboxLoginError, *_TROUBLE) as error:
            client.client.shutdown()
            if _is_transient(error) or (self._tokens and self._tokens.refuse(token)):
                raise
            if token:
                raise Misconfigured(
                    "the IMAP server refuses the access token: does the consent include IMAP?"
                ) from None
            raise Misconfigured("the IMAP server refuses the user or the password") from None
        return client

    def _place(self, client: BaseMailBox) -> Place:
        """Where to go on. On the very first start, what nobody has read yet is received; the rest is history."""
        client.folder.set(self._account.imap_folder)
        validity = _number(client.client.untagged_responses.get("UIDVALIDITY"))
        raw = self._wait_for(self._state.get(_KEY))
        # Looked up first: what arrives from now on is new in any case.
        highest = max(_uids(client, "ALL"), default=0)
        if raw is None:
            return self._receive_all(client, _uids(client, "UNSEEN"), Place(validity, highest, self._clock.now()))
        place = msgspec.json.decode(raw, type=Place)
        if place.validity == validity:
            return place
        log.warning("imap_uids_changed", channel=self._account.channel)
        since = (place.at - OVERLAP).strftime("%d-%b-%Y")
        return self._receive_all(client, _uids(client, f"SINCE {since}"), Place(validity, highest, place.at))

    def _receive_all(self, client: BaseMailBox, uids: list[int], place: Place) -> Place:
        """Those up to the place; it is remembered only behind the last, so that a crash begins again."""
        for uid in (uid for uid in uids if uid <= place.uid):
            self._receive(client, uid, place)
        self._remember(place)
        return place

    def _fetch_new(self, client: BaseMailBox, place: Place) -> Place:
        # `n:*` always names the last mail, even one below n.
        for uid in (uid for uid in _uids(client, f"UID {place.uid + 1}:*") if uid > place.uid):
            place = self._receive(client, uid, place)
            self._remember(place)
        return place

    def _receive(self, client: BaseMailBox, uid: int, place: Place) -> Place:
        """One mail, from the server to the inbox."""
        if self._stopping.is_set():
            raise Interrupted
        raw = _fetch(client, uid)
        if raw is not None:  # None: somebody has deleted it meanwhile
            self._wait_for(self._take(raw[:SIZE], len(raw) > SIZE))
            client.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
            self._put_away(client, uid)
        return Place(validity=place.validity, uid=max(uid, place.uid), at=self._clock.now())

    def _put_away(self, client: BaseMailBox, uid: int) -> None:
        """Move a handled mail where the operator wants it (RFC 6851, or by copy and RFC 4315). It is safe with us already: what
        the server refuses stays where it is, and is told once."""
        folder = self._account.imap_done_folder
        if not folder or self._cannot_move:
            return
        name = _quoted(folder)
        if b"MOVE" in self._capabilities:
            status, _ = client.client.uid("MOVE", str(uid), name)
        else:
            status, _ = client.client.uid("COPY", str(uid), name)
            if status == "OK":
                client.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
                client.client.uid("EXPUNGE", str(uid))
        if status != "OK":
            self._cannot_move = True  # until the next connection
            log.error("imap_mails_not_moved", channel=self._account.channel)

    def _remember(self, place: Place) -> None:
        self._wait_for(self._state.set(_KEY, msgspec.json.encode(place).decode()))

    def _wait_for(self, work: Awaitable[T]) -> T:
        """Do something on the loop, and wait here."""
        assert self._loop is not None

        async def working() -> T:
            return await work

        coroutine: Coroutine[Any, Any, T] = working()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def _show_token(client: BaseMailBox, user: str, token: str) -> None:
    """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol: a refusal comes as a question, and wants an
    empty answer before it is said."""
    answers = iter([f"user={user}\1auth=Bearer {token}\1\1".encode()])
    client.client.authenticate("XOAUTH2", lambda _: next(answers, b""))


def _is_transient(error: Exception) -> bool:
    """Whether a login failed for a reason that passes: the line, a busy server, too many connections."""
    if isinstance(error, imaplib.IMAP4.abort) or not isinstance(error, imaplib.IMAP4.error | MailboxLoginError):
        return True
    said = error.command_result[1] if isinstance(error, MailboxLoginError) else [str(error).encode()]
    return any(_TRANSIENT.search(part) for part in said if isinstance(part, bytes))


def _quoted(folder: str) -> str:
    """A folder's name on the wire: modified UTF-7, quoted."""
    return '"' + utf7_encode(folder).decode().replace("\\", "\\\\").replace('"', '\\"') + '"'


def _uids(client: BaseMailBox, criteria: str) -> list[int]:
    """The matching mails in the order of their arrival."""
    status, data = client.client.uid("SEARCH", *criteria.split())
    if status != "OK":
        raise imaplib.IMAP4.abort(f"SEARCH: {status}")
    return sorted(int(uid) for line in data if line for uid in line.split())


def _fetch(client: BaseMailBox, uid: int) -> bytes | None:
    """A mail's bytes, one more than `SIZE` at most. PEEK leaves \\Seen alone."""
    status, data = client.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{SIZE + 1}>)")
    if status != "OK":
        raise imaplib.IMAP4.abort(f"FETCH: {status}")
    return next((part[1] for part in data if isinstance(part, tuple)), None)


def _number(values: Sequence[object] | None) -> int:
    return next((int(value) for value in values or [] if isinstance(value, bytes) and value.isdigit()), 0)
