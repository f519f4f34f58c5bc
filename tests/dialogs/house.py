"""Where letters come to: mail servers on loopback, and what arrived for whom."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost


class House:
    """A mailbox of ours and a post office."""

    def __init__(self) -> None:
        self.mailbox = DemoMailbox()
        self.letters: dict[tuple[str, str], EmailMessage] = {}  # a second copy has the same Message-ID
        self.post = DemoPost(self._take)

    async def __aenter__(self) -> Self:
        await self.mailbox.start()
        await self.post.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.mailbox.stop()
        await self.post.stop()

    @property
    def account(self) -> dict[str, Any]:
        """`[email]` of an office that has it."""
        return {
            "address": "service@example.com",
            "imap_host": "127.0.0.1",
            "imap_port": self.mailbox.port,
            "imap_user": USER,
            "imap_password": PASSWORD,
            "imap_tls": "none",
            "smtp_port": self.post.port,
            "smtp_tls": "none",
        }

    def letters_to(self, address: str) -> list[EmailMessage]:
        return [letter for (to, _), letter in self.letters.items() if to == address]

    def _take(self, recipient: str, raw: bytes) -> None:
        letter = message_from_bytes(raw, policy=policy.default)
        self.letters[recipient, letter["Message-ID"]] = letter


def read(letter: EmailMessage, kind: str = "plain") -> str:
    """One of its two forms."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())
