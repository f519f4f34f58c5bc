"""The channel of a mail account, and the connection that opens it."""

import asyncio
import re
import secrets
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from omnibot.adapters.email import parse
from omnibot.adapters.email.imap import LOOK, Mailbox
from omnibot.adapters.email.intake import Intake
from omnibot.adapters.email.oauth import Tokens
from omnibot.adapters.email.originals import Originals
from omnibot.adapters.email.reader import Broken, Reader
from omnibot.adapters.email.render import Mailing, deliverable, for_header, recipient_of, render
from omnibot.adapters.email.smtp import Mailer
from omnibot.channel import (
    ChannelError,
    ChannelState,
    Health,
    Inbound,
    InboundFile,
    Limits,
    OutboundFile,
    OutboundMessage,
    Receive,
    Sent,
    Undeliverable,
)
from omnibot.clock import Clock
from omnibot.domain.message import RawEvent
from omnibot.domain.pace import Rate, Rates
from omnibot.settings.accounts import EmailAccount
from omnibot.texts import Texts

# A mail may be as long as a book; what people read is not. Files: 18 MB are 25 MB in base64, what the large providers take.
REFERENCES = 20  # longer chains help no mail reader
COPIES = 20  # people; who writes to more wants a mailing list
LIMITS = Limits(text_length=100_000, choices=0, file_size=18_000_000, references=lambda chat: REFERENCES, copies=COPIES)
# Large providers take 30 mails a minute of one account (https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits):
# 10 at once and one in three seconds are never more. To one address fewer: nobody reads ten mails a minute.
_ALL, _ADDRESS = Rate(every=timedelta(seconds=3), burst=10), Rate(every=timedelta(seconds=10), burst=5)
RATES = Rates(account=_ALL, chat=lambda _: _ADDRESS)
PATIENT_TRIES = 3  # after which a copy that its server does not take yet is left out
_SECRET_KEY = "reply_secret"  # noqa: S105 - where it is kept, not what it is
_CHUNK = 256 * 1024


class EmailChannel:
    """A mail account as the core sees it."""

    def __init__(
        self,
        account: EmailAccount,
        *,
        mailer: Mailer,
        state: ChannelState,
        originals: Originals,
        reader: Reader,
        clock: Clock,
    ) -> None:
        self._account = account
        self._limits = LIMITS.at_pace(RATES, account.pace)
        self._mailer = mailer
        self._state = state
        self._originals = originals
        self._reader = reader
        self._clock = clock
        self._mailing: Mailing | None = None
        self._making = (
            asyncio.Lock()
        )  # two first mails at once would make a secret each, and answers to one find nothing
        self.last_out: datetime | None = None

    @property
    def name(self) -> str:
        return self._account.channel

    @property
    def limits(self) -> Limits:
        return self._limits

    def parse(self, event: RawEvent) -> Inbound:
        return parse.inbound(event)

    async def send(self, message: OutboundMessage) -> Sent:
        mail = render(message, await self._known())
        for file in message.files:
            main, sub = _typed(file.media_type)
            mail.add_attachment(
                await _content(file), maintype=main, subtype=sub, filename=for_header(Path(file.name).name)
            )
        fit = {one: deliverable(one) for one in message.copies.everybody if one != self._account.address.lower()}
        refused = [(one, "this is not an address that mail can be sent to") for one in fit if fit[one] is None]
        refused += await self._mailer.send(
            mail, recipient_of(message), filter(None, fit.values()), is_last=message.attempt >= PATIENT_TRIES
        )
        self.last_out = self._clock.now()
        return Sent(str(mail["Message-ID"]), refused=tuple(refused))

    async def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        name, place = parse.place_of(file.handle)
        try:
            path = self._originals.path(name)
        except ValueError:
            raise Undeliverable("this file is not of a mail") from None
        if not place:
            async for chunk in _chunks(path):
                yield chunk
            return
        part = self._originals.scratch()
        try:
            await self._reader.extract(path, place[-1], part, inside=place[:-1])
            async for chunk in _chunks(part):
                yield chunk
        except Broken as error:
            raise Undeliverable(str(error)) from None
        finally:
            part.unlink(missing_ok=True)

    async def _known(self) -> Mailing:
        """What all mails share. The secret is made once: Message-IDs must stay the same over restarts."""
        async with self._making:
            if self._mailing is None:
                secret = await self._state.get(_SECRET_KEY)
                if secret is None:
                    secret = await self._state.settle(_SECRET_KEY, secrets.token_hex(32))
                self._mailing = Mailing(
                    channel=self.name,
                    address=self._account.address,
                    secret=bytes.fromhex(secret),
                    plus_addresses=self._account.plus_addresses,
                    texts=Texts("bot"),
                )
            return self._mailing


async def _content(file: OutboundFile) -> bytes:
    try:
        return await asyncio.to_thread(file.path.read_bytes)
    except OSError:
        raise Undeliverable(f"the file {file.name} is gone") from None


def _typed(media_type: str) -> tuple[str, str]:
    """The two halves of the type; text goes as bytes, unchanged, so it is not named as text."""
    main, _, sub = media_type.partition("/")
    is_plain = main not in ("text", "multipart", "message") and main.isalnum() and bool(re.fullmatch(r"[\w.+-]+", sub))
    return (main, sub) if is_plain else ("application", "octet-stream")


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except OSError:
        raise Undeliverable("the original mail is not kept any more") from None
    with file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


class EmailConnection:
    """A mail account, opened."""

    def __init__(
        self,
        channel: EmailChannel,
        mailbox: Mailbox,
        mailer: Mailer,
        intake: Intake,
        reader: Reader,
        tokens: Tokens | None,
    ) -> None:
        self._tokens = tokens
        self._channel = channel
        self._mailbox = mailbox
        self._mailer = mailer
        self._intake = intake
        self._reader = reader

    @property
    def channel(self) -> EmailChannel:
        return self._channel

    def routes(self) -> list[web.AbstractRouteDef]:
        return []

    async def run(self) -> None:
        await self._mailbox.run()

    async def check(self) -> Health:
        detail = await self._found_wrong()
        warning = await self._tokens.warning() if self._tokens else ""
        return Health(
            is_working=not detail,
            detail="; ".join(part for part in (detail or "IMAP and SMTP answer", warning) if part),
            last_in=self._intake.last_in,
            last_out=self._channel.last_out,
        )

    async def _found_wrong(self) -> str:
        try:
            await self._mailer.check()
            await asyncio.to_thread(self._mailbox.check, await self._tokens.access() if self._tokens else "")
        except ChannelError as error:
            return error.why
        except Exception as error:
            # `check` promises to answer, and the IMAP library raises what sockets, TLS and servers happen to.
            return f"the IMAP server cannot be reached ({type(error).__name__})"
        return ""

    async def close(self) -> None:
        await self._reader.close()


def open_account(
    account: EmailAccount,
    *,
    receive: Receive,
    clock: Clock,
    state: ChannelState,
    data_dir: Path,
    trust: ssl.SSLContext | None = None,
    look: timedelta = LOOK,
) -> EmailConnection:
    """Open an account. Raw mails go to a folder in `data_dir`."""
    account = account.filled()
    own = frozenset({account.address.lower(), *(alias.lower() for alias in account.aliases)})
    originals, reader = Originals(data_dir, account.name), Reader()
    tokens = Tokens(account, state=state, clock=clock) if account.oauth_token_url else None
    mailer = Mailer(account, trust=trust, tokens=tokens)
    intake = Intake(
        account.channel,
        receive=receive,
        originals=originals,
        reader=reader,
        clock=clock,
        own=own,
        authserv_id=account.authserv_id,
    )
    mailbox = Mailbox(account, take=intake.take, state=state, clock=clock, look=look, trust=trust, tokens=tokens)
    channel = EmailChannel(
        account,
        mailer=mailer,
        state=state,
        originals=originals,
        reader=reader,
        clock=clock,
    )
    return EmailConnection(channel, mailbox, mailer, intake, reader, tokens)
