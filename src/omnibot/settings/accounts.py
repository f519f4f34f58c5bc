"""The accounts on platforms: `[telegram]`, `[slack]` and `[email]`, each one table, or several with a name each.

An account is on when its credentials are set. What it leaves out follows from the rest (`filled`).
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

DEFAULT = "default"  # the name of an account that has none

Name = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Pace = Annotated[float, Meta(ge=0, le=10)]
Tls = Annotated[str, Meta(pattern=r"^(ssl|starttls|none)\Z")]

# What is wrong with which key of an account, in words.
Problem = tuple[str, str]


class TelegramAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bot."""

    name: Name = DEFAULT
    token: str = ""
    api_base: str = "https://api.telegram.org"
    mode: Annotated[str, Meta(pattern=r"^(polling|webhook)\Z")] = "polling"
    webhook_secret: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,256}\Z")] = ""  # what the Bot API takes
    staff_chat_id: Annotated[str, Meta(pattern=r"^(-?[0-9]+)?\Z")] = ""
    pace: Pace = 1.0  # times the speed that the platform publishes; 0: as fast as we can

    @property
    def channel(self) -> str:
        """As in `Address.channel`."""
        return _channel("telegram", self.name)

    @property
    def staff_chat(self) -> str:
        """The chat in which the service team works; empty: none is named here."""
        return self.staff_chat_id

    @property
    def is_on(self) -> bool:
        return bool(self.token)

    def filled(self) -> Self:
        """The account with what follows from the rest written out."""
        return msgspec.structs.replace(self, api_base=self.api_base.rstrip("/"))

    def problems(self) -> Iterator[Problem]:
        if not _is_web_address(self.api_base):
            yield "api_base", "has to start with http:// or https://"
        if self.mode == "webhook" and not self.webhook_secret:
            yield "webhook_secret", "has to be set where mode is webhook: A-Z, a-z, 0-9, _ and -, at most 256"


class SlackAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An app in a workspace."""

    name: Name = DEFAULT
    bot_token: str = ""
    client_id: str = ""  # of an app that is installed in the console, which gives it its token
    client_secret: str = ""
    signing_secret: str = ""  # of requests that Slack sends us
    app_token: str = ""  # of the socket that we open; preferred where both are set
    api_base: str = "https://slack.com/api/"
    staff_channel: str = ""
    bots: list[str] = []  # bot or app ids of machines whose messages are read
    pace: Pace = 1.0  # times the speed that the platform publishes; 0: as fast as we can

    @property
    def channel(self) -> str:
        """As in `Address.channel`."""
        return _channel("slack", self.name)

    @property
    def staff_chat(self) -> str:
        """The chat in which the service team works; empty: none is named here."""
        return self.staff_channel

    @property
    def is_on(self) -> bool:
        return bool(self.bot_token or self.client_id)

    def filled(self) -> Self:
        """The account with what follows from the rest written out."""
        return msgspec.structs.replace(self, api_base=self.api_base.rstrip("/") + "/")

    def problems(self) -> Iterator[Problem]:
        if not _is_web_address(self.api_base):
            yield "api_base", "has to start with http:// or https://"
        if self.staff_channel and not re.match(r"^[CG][A-Z0-9]{2,}\Z", self.staff_channel):
            yield (
                "staff_channel",
                f"{self.staff_channel!r} is not the id of a channel such as C0123ABCD (see its details)",
            )
        for bot in self.bots:
            if not re.match(r"^[AB][A-Z0-9]{2,}\Z", bot):
                yield "bots", f"{bot!r} is not the id of a bot or an app, such as B0123ABCD or A0123ABCD"
        if self.is_on and not (self.signing_secret or self.app_token):
            yield "signing_secret", "has to be set where bot_token or client_id is, unless app_token is"
        if self.bot_token and self.client_id:
            yield (
                "client_id",
                "has to be empty where bot_token is set: an app that is installed in the console gets its own",
            )
        if self.client_id and not self.client_secret:
            yield "client_secret", "has to be set where client_id is"
        if self.client_secret and not self.client_id:
            yield "client_id", "has to be set where client_secret is"


class EmailAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mailbox."""

    name: Name = DEFAULT
    address: str = ""
    imap_host: str = ""
    imap_port: Port = 993
    imap_user: str = ""  # empty: the address
    imap_password: str = ""
    imap_tls: Tls = "ssl"
    imap_folder: str = "INBOX"
    imap_done_folder: str = ""  # where handled mails are moved; empty: they stay
    smtp_host: str = ""  # empty: imap_host
    smtp_port: Port = 587
    smtp_user: str = ""  # empty: imap_user
    smtp_password: str = ""  # empty: imap_password
    smtp_tls: Tls = "starttls"
    aliases: list[str] = []  # further addresses of the mailbox: mail from them is ours
    plus_addresses: bool = True  # whether the server takes `help+anything@` for `help@`
    authserv_id: str = ""  # our own mail server in `Authentication-Results`; empty: nobody vouches for a sender
    oauth_token_url: str = ""  # where access tokens come from; empty: passwords
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    oauth_client_until: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")] = ""  # the last day of that
    oauth_refresh_token: str = ""  # empty: the application itself signs in (client credentials)
    oauth_scope: str = ""
    pace: Pace = 1.0  # times the speed that large providers allow; 0: as fast as we can
    staff_chat: ClassVar[str] = ""  # nobody works by mail

    @property
    def channel(self) -> str:
        """As in `Address.channel`."""
        return _channel("email", self.name)

    @property
    def is_on(self) -> bool:
        return bool(self.address and self.imap_host)

    def filled(self) -> Self:
        """The account with what follows from the rest written out."""
        imap_user = self.imap_user or self.address
        return msgspec.structs.replace(
            self,
            imap_user=imap_user,
            smtp_host=self.smtp_host or self.imap_host,
            smtp_user=self.smtp_user or imap_user,
            smtp_password=self.smtp_password or self.imap_password,
        )

    def problems(self) -> Iterator[Problem]:
        if self.address and not _is_mail_address(self.address):
            yield "address", f"{self.address!r} is not an address such as help@example.com"
        for alias in self.aliases:
            if not _is_mail_address(alias):
                yield "aliases", f"{alias!r} is not an address such as help@example.com"
        if self.imap_host and not self.address:
            yield "address", "has to be set where imap_host is"
        if self.address and not self.imap_host:
            yield "imap_host", "has to be set where address is"
        if self.imap_done_folder and self.imap_done_folder == self.imap_folder:
            yield "imap_done_folder", "has to be another folder than imap_folder"
        if self.oauth_token_url and not _is_web_address(self.oauth_token_url):
            yield "oauth_token_url", "has to start with http:// or https://"
        if self.oauth_client_until and not _is_day(self.oauth_client_until):
            yield "oauth_client_until", f"{self.oauth_client_until!r} is not a day such as 2027-05-01"
        if self.oauth_token_url and not self.oauth_client_id:
            yield "oauth_client_id", "has to be set where oauth_token_url is"
        if self.oauth_token_url and not (self.oauth_refresh_token or self.oauth_client_secret):
            yield "oauth_refresh_token", "has to be set where oauth_token_url is, unless oauth_client_secret is"


class NotifyAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group on another system that can only be told things, by Apprise."""

    name: Name = DEFAULT
    url: str = ""
    staff_chat: ClassVar[str] = ""  # nobody can work there

    @property
    def channel(self) -> str:
        """As in `Address.channel`."""
        return _channel("notify", self.name)

    @property
    def is_on(self) -> bool:
        return bool(self.url)

    def filled(self) -> Self:
        return self

    def problems(self) -> Iterator[Problem]:
        if self.url and "://" not in self.url:
            yield "url", "has to be an Apprise URL such as feishu://TOKEN"


Account = TelegramAccount | SlackAccount | EmailAccount | NotifyAccount
SECRETS = {
    ("telegram", "token"),
    ("telegram", "webhook_secret"),
    ("slack", "bot_token"),
    ("slack", "client_secret"),
    ("slack", "signing_secret"),
    ("slack", "app_token"),
    ("notify", "url"),
    ("email", "imap_password"),
    ("email", "smtp_password"),
    ("email", "oauth_client_secret"),
    ("email", "oauth_refresh_token"),
}


def check(platform: str, accounts: list[Account], wrong: Callable[[str, str], Exception]) -> None:
    """Raise what `wrong` makes of the first account of a platform that cannot be as it is."""
    names: set[str] = set()
    for account in accounts:
        if account.name in names:
            raise wrong(f"{platform}.name", f"{account.name!r} is there twice; each account needs a name of its own")
        names.add(account.name)
        for key, what in account.problems():
            whose = "" if len(accounts) == 1 else f" (account {account.name})"
            raise wrong(f"{platform}.{key}", what + whose)


def _channel(platform: str, name: str) -> str:
    return platform if name == DEFAULT else f"{platform}:{name}"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_mail_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(at and local and domain) and text.split() == [text]


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
