"""Hands a mail to the account's SMTP server, once, over a connection of its own.

connect, log in, MAIL, RCPT     nothing was sent when one of these fails
DATA                            a connection that breaks here may have sent it: said as `maybe_sent`
"""

import ssl
from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import aiosmtplib
from aiosmtplib import SMTP, SMTPException

from omnibot.adapters.email.oauth import Tokens
from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable
from omnibot.settings.accounts import EmailAccount

SECONDS = 20.0  # per step; the core gives a send 45 s

# RELIABILITY M1: a server that says "later" is asked again after a minute at the earliest; greylisting waits longer.
LATER = timedelta(minutes=1)


class Mailer:
    """Sends for one account."""

    def __init__(
        self,
        account: EmailAccount,
        *,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """`tokens` where the server takes no password."""
        self._tokens = tokens
        self._account = account
        self._seconds = seconds
        self._trust = trust  # None: the machine's certificates

    async def send(
        self, mail: EmailMessage, recipient: str, copies: Iterable[str] = (), *, is_last: bool = False
    ) -> list[tuple[str, str]]:
        """Returns when the server has taken the mail: who gets no copy, and why. A copy that is not taken now is waited for,
        unless this is the last time. Raises ChannelError."""
        refused: list[tuple[str, str]] = []
        client = self._client()
        is_sending = False
        try:
            await self._open(client)
            await client.mail(self._account.address)
            await client.rcpt(recipient)
            for copy in copies:
                try:
                    await client.rcpt(copy)
                except aiosmtplib.SMTPResponseException as error:
                    if error.code < 500 and not is_last:
                        raise
                    refused.append((copy, _said(error)))
            is_sending = True
            await client.data(mail.as_bytes(policy=SMTP_POLICY))
        except (SMTPException, OSError, ValueError) as error:
            raise translated(error, is_sending=is_sending) from None
        finally:
            await _leave(client)
        return refused

    async def check(self) -> None:
        """Log in and leave. Raises ChannelError."""
        client = self._client()
        try:
            await self._open(client)
        except (SMTPException, OSError, ValueError) as error:
            raise translated(error, is_sending=False) from None
        finally:
            await _leave(client)

    def _client(self) -> SMTP:
        account = self._account
        return SMTP(
            hostname=account.smtp_host,
            port=account.smtp_port,
            timeout=self._seconds,
            use_tls=account.smtp_tls == "ssl",
            start_tls=False,  # done in `_open`, which tells a server without it from one that fails
            tls_context=self._trust,
        )

    async def _open(self, client: SMTP) -> None:
        await client.connect()
        if self._account.smtp_tls == "starttls":
            await client.ehlo()
            if not client.supports_extension("starttls"):
                raise aiosmtplib.SMTPNotSupported("STARTTLS, and nothing goes in clear unasked")
            await client.starttls()
        if self._tokens:
            await self._show_token(client, self._tokens)
        elif self._account.smtp_password:
            await client.login(self._account.smtp_user, self._account.smtp_password)

    async def _show_token(self, client: SMTP, tokens: Tokens) -> None:
        token = await tokens.access()
        try:
            await client.auth_xoauth2(self._account.smtp_user, token)
        except aiosmtplib.SMTPAuthenticationError:
            if tokens.refuse(token):
                raise Unavailable("the SMTP server refuses an access token that it took before") from None
            raise


async def _leave(client: SMTP) -> None:
    if not client.is_connected:
        return
    try:
        await client.quit(timeout=2.0)
    except (SMTPException, OSError):
        client.close()  # it has taken the mail, or said why not; how it says goodbye is of no interest


def translated(error: Exception, *, is_sending: bool) -> ChannelError:
    """The library's exception as what the core has to do."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            if 400 <= error.code < 500:
                return Unavailable(_said(error), LATER)
            return Misconfigured(f"the SMTP server refuses the password: {_said(error)}")
        case aiosmtplib.SMTPRecipientsRefused():
            return translated(error.recipients[0], is_sending=False) if error.recipients else Undeliverable("refused")
        case aiosmtplib.SMTPResponseException():
            return _answered(error)
        case aiosmtplib.SMTPNotSupported():
            return Misconfigured(f"the SMTP server lacks what is needed: {error}")
        case ValueError() if not is_sending:
            return Misconfigured(f"the SMTP settings do not fit each other: {error}")
    if _is_certificate(error):
        return Misconfigured("the SMTP server's certificate is not valid for its name")
    return Unavailable("the SMTP server cannot be reached, or stopped answering", maybe_sent=is_sending)


def _answered(error: aiosmtplib.SMTPResponseException) -> ChannelError:
    if error.code == 530:
        return Misconfigured(f"the SMTP server wants a password: {_said(error)}")
    if 500 <= error.code < 600:
        return Undeliverable(f"the mail server refuses it: {_said(error)}")
    return Unavailable(f"the mail server asks for patience: {_said(error)}", LATER)


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return " ".join(f"{error.code} {error.message}".split())[:300]


def _is_certificate(error: BaseException | None) -> bool:
    """Whether somewhere below a certificate was refused."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
