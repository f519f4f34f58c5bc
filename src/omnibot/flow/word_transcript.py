"""A conversation as a letter: who said what when, by the reader's clock and in the reader's language. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from omnibot.domain.decision import DID_NOT_HELP, HELPED, PERSON
from omnibot.domain.message import Author, Message
from omnibot.flow.word import WEEKDAYS
from omnibot.texts import Words
from omnibot.texts.markup import as_typed

LONGEST = 60_000  # characters; what people read of a mail, and escaped far below what a channel of mails takes
_TOOLS = {HELPED, DID_NOT_HELP, PERSON}  # buttons that stand under anything and say nothing of it
_GROUPED = timedelta(minutes=5)  # one heading for what one person says within this time


def title(words: Words, name: str) -> str:
    return words("Your chat with {name}", name=name)


def letter(words: Words, said: list[Message], *, name: str, zone: ZoneInfo) -> str:
    """The whole letter in the Markdown subset; of a long conversation, the newest part. What customers wrote is shown as
    they typed it, and no link comes of it: here the reader may be somebody else than the writer."""
    pieces = list(_pieces(words, said, zone))
    kept = _newest(pieces)
    opening = words("This is a copy of your chat with {name}, as you asked for it there.", name=as_typed(name))
    left_out = [words("What was said before is left out: it would be too long for a mail.")]
    closing = words(
        "Was it not you who asked? Then somebody typed your address by mistake, and there is nothing that you have to do."
    )
    return "\n\n".join([opening, *(left_out if len(kept) < len(pieces) else []), *kept, closing])


def _newest(pieces: list[str]) -> list[str]:
    length, kept = 0, list[str]()
    for piece in reversed(pieces):
        length += len(piece)
        if length > LONGEST and kept:
            break
        kept.append(piece[:LONGEST])
    return kept[::-1]


def _pieces(words: Words, said: Iterable[Message], zone: ZoneInfo) -> Iterator[str]:
    """A paragraph or more for each message, a heading where the day or the speaker changes."""
    day: date | None = None
    before: Message | None = None
    for message in said:
        local = message.at.astimezone(zone)
        heading = ""
        if local.date() != day:
            day, before = local.date(), None
            heading = f"**{words(WEEKDAYS[day.weekday()])}, {day:%Y-%m-%d}**\n\n"
        if message.author is not Author.SYSTEM and not _goes_on(before, message):
            heading += f"**{_speaker(words, message)}** · {local:%H:%M}\n"
        yield heading + "\n\n".join(_body(words, message))
        before = message


def _goes_on(before: Message | None, message: Message) -> bool:
    if before is None or (before.author, before.agent_id) != (message.author, message.agent_id):
        return False
    return message.at - before.at <= _GROUPED


def _speaker(words: Words, message: Message) -> str:
    if message.author is Author.CUSTOMER:
        return words("You")
    if message.author is Author.BOT:
        return words("Assistant")
    return as_typed(message.author_name or words("Service team"))


def _body(words: Words, message: Message) -> Iterator[str]:
    if message.deleted_at is not None:
        yield words("(taken back)")
        return
    if message.text:
        yield as_typed(message.text, links=False) if message.author is Author.CUSTOMER else message.text.strip()
    if offered := [choice for choice in message.choices if choice.id not in _TOOLS]:
        yield "\n".join(f"- {as_typed(choice.label)}" for choice in offered)
    if message.files:
        yield "\n".join(f"- {words('File: {name}', name=as_typed(file.name, links=False))}" for file in message.files)
