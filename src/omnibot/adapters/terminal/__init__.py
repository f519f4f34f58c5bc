"""A chat in the shell: the smallest adapter, and the one to copy.

The platform is a pair of text streams. It promises nothing and limits nothing; a line is a message, a number presses
the button with that number. `parse` reads what came in, `render` writes what goes out, `TerminalChannel` sends, `chat`
receives.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from typing import TextIO

import msgspec

from omnibot.channel import (
    InboundFile,
    InboundMessage,
    Limits,
    OutboundMessage,
    Receive,
    Sent,
    Undeliverable,
    Unreadable,
)
from omnibot.domain.message import Address, Author, Choice, RawEvent

NAME = "terminal"
LIMITS = Limits(text_length=8_000, choices=0)

_SPEAKERS = {Author.BOT: "bot", Author.SYSTEM: "--", Author.AGENT: "agent", Author.CUSTOMER: "you"}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a typed line."""

    user: str
    text: str
    language: str | None = None
    choice: str | None = None


_decoder = msgspec.json.Decoder(Line)


def parse(event: RawEvent) -> InboundMessage:
    """A stored line as a message. Raises Unreadable."""
    try:
        line = _decoder.decode(event.payload)
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None
    return InboundMessage(
        address=Address(channel=event.channel, chat=line.user),
        sender_name=line.user,
        language_hint=line.language,
        text=line.text,
        choice=line.choice,
    )


def render(message: OutboundMessage) -> str:
    """A message as lines of text; choices are numbered."""
    speaker = message.author_name or _SPEAKERS[message.author]
    numbered = [f"  {n}) {choice.label}" for n, choice in enumerate(message.choices, start=1)]
    return "\n".join([f"{speaker}: {message.text}", *numbered])


class TerminalChannel:
    """Writes to a stream, and remembers which choices it showed last."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._choices: tuple[Choice, ...] = ()

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Limits:
        return LIMITS

    def parse(self, event: RawEvent) -> InboundMessage:
        return parse(event)

    async def send(self, message: OutboundMessage) -> Sent:
        try:
            print(render(message), file=self._output, flush=True)
        except (OSError, ValueError) as error:  # the shell is gone
            raise Undeliverable(f"the terminal cannot be written to: {error}") from None
        self._choices = message.choices
        return Sent(message.id)

    async def fetch(self, file: InboundFile) -> AsyncIterator[bytes]:
        raise Undeliverable("a terminal has no files")
        yield b""

    def pressed(self, text: str) -> Choice | None:
        """The choice whose number was typed."""
        if text.isascii() and text.isdigit() and 0 < int(text) <= len(self._choices):
            return self._choices[int(text) - 1]
        return None


async def chat(
    channel: TerminalChannel,
    receive: Receive,
    *,
    user: str,
    language: str | None,
    read_line: Callable[[], str] = sys.stdin.readline,
) -> None:
    """Receive typed lines until the input ends."""
    # A line has no id of its own; numbered within this run, a line is never taken for an earlier one.
    run, count = secrets.token_hex(8), 0
    while typed := await asyncio.to_thread(read_line):
        text = typed.strip()
        if not text:
            continue
        count += 1
        pressed = channel.pressed(text)
        line = Line(
            user=user,
            text=pressed.label if pressed else text,
            language=language,
            choice=pressed.id if pressed else None,
        )
        event = RawEvent(
            channel=NAME,
            external_id=f"{run}:{count}",
            lane=f"{NAME}:{user}",
            payload=msgspec.json.encode(line).decode(),
        )
        await receive(event)
