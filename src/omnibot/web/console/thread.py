"""A transcript as it is drawn: day lines, bubbles grouped by who speaks, what happened, and notes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Literal

from omnibot.domain.link_claim import FalseLink, false_links
from omnibot.domain.message import Author, Message, Note
from omnibot.domain.subject_line import is_another
from omnibot.domain.triage import Explanation
from omnibot.flow.look_up import Overview
from omnibot.store.message_details import NOTHING, Details, Version
from omnibot.web.console.times import Times

GROUPED = timedelta(minutes=5)  # one heading for what one person says within this time


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    day: date
    text: str
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What customer, bot or agent said."""

    message: Message
    is_first: bool  # of its group
    pressed: frozenset[str]  # ids of the buttons under it that were pressed
    unsaid: str | None  # what stood on the choice that it took by its number
    why: Explanation | None
    delivery: tuple[str, str | None] | None
    details: Details
    versions: list[Version]  # what it said before it was edited
    has_original: bool  # its raw form is kept as a file
    other_subject: str | None  # of a mail that is about something else than the conversation, by its subject
    false_links: tuple[FalseLink, ...]  # whose words name another host than they lead to
    read_at: datetime | None  # when the customer had read so far, on the last of what agents said that was read
    kind: Literal["said"] = "said"

    @property
    def revision(self) -> str:
        """Another one when the line looks different: pages draw only what has changed."""
        state = self.delivery[0] if self.delivery else ""
        marks = f"{'-' if self.message.deleted_at else ''}{'r' if self.read_at else ''}"
        return f"{self.message.seq}{state}{len(self.versions) or ''}{marks}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A system line."""

    message: Message
    why: Explanation | None
    kind: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    note: Note
    is_first: bool
    kind: Literal["note"] = "note"


Item = DayLine | Said | Happened | Remarked


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What a customer asked and what the bot made of it."""

    seq: int
    asked: str
    why: Explanation


def tries(found: Overview) -> list[Try]:
    """Every time the FAQ proposed something."""
    return list(_tries(found))


def _tries(found: Overview) -> Iterator[Try]:
    # A customer may write on before the bot has answered: the first words that wait are those it answers.
    waiting: list[str] = []
    for line in found.messages:
        why = found.explanations.get(line.seq)
        if line.author is Author.CUSTOMER:
            waiting.append(line.text)
        elif why is None:
            waiting.clear()  # people speak; what was said to them is no question to the bot
        elif waiting:
            asked, waiting = "\n".join(waiting[: why.pieces]), waiting[why.pieces :]
            if why.candidates:
                yield Try(seq=line.seq, asked=asked, why=why)


def items(found: Overview, times: Times) -> list[Item]:
    return list(_items(found, times))


def _items(found: Overview, times: Times) -> Iterator[Item]:
    lines: list[Message | Note] = sorted(chain(found.messages, found.notes), key=lambda line: line.seq)
    pressed = frozenset(line.chosen for line in found.messages if line.chosen)
    unsaid = found.unsaid
    before: Message | Note | None = None
    last_read = max(
        (m.seq for m in found.messages if m.author is Author.AGENT and m.seq <= found.read.customer), default=0
    )
    for line in lines:
        day = line.at.astimezone(times.zone).date()
        if before is None or before.at.astimezone(times.zone).date() != day:
            yield DayLine(day=day, text=times.day(line.at))
            before = None
        is_first = before is None or _speaker(before) != _speaker(line) or line.at - before.at > GROUPED
        read_at = found.read.customer_at if line.seq == last_read else None
        drawn = partial(_drawn, found, line, is_first=is_first, pressed=pressed)
        yield drawn(unsaid=unsaid.get(line.seq), read_at=read_at)
        before = line


def _drawn(
    found: Overview,
    line: Message | Note,
    *,
    is_first: bool,
    pressed: frozenset[str],
    unsaid: str | None,
    read_at: datetime | None,
) -> Item:
    if isinstance(line, Note):
        return Remarked(note=line, is_first=is_first)
    why = found.explanations.get(line.seq)
    if line.author is Author.SYSTEM:
        return Happened(message=line, why=why)
    details = found.details.get(line.seq, NOTHING)
    return Said(
        message=line,
        is_first=is_first,
        pressed=pressed,
        unsaid=unsaid,
        why=why,
        delivery=found.deliveries.get(line.seq),
        details=details,
        versions=found.versions.get(line.seq, []),
        has_original=line.seq in found.originals,
        other_subject=details.subject if _is_off_subject(found, line, details) else None,
        false_links=false_links(details.html) if details.html else (),
        read_at=read_at,
    )


def _is_off_subject(found: Overview, line: Message, details: Details) -> bool:
    return line.author is Author.CUSTOMER and is_another(details.subject, found.subject)


def _speaker(line: Message | Note) -> tuple[str, int | None, str | None]:
    return ("note" if isinstance(line, Note) else line.author.value, line.agent_id, line.author_name)
