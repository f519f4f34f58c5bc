"""Several events that are one message: the short texts of a burst, the parts of an album. People write in pieces.

A burst is what already waits together; nothing waits for more of it, so no answer comes later for it. The parts of an
album say that they belong together, so they wait for each other, for a moment. What is joined to an earlier event ends as
`JOINED` in the transaction that gives the earlier one its place (albums) or its outcome (bursts).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from omnibot.channel import Inbound, InboundMessage, Unreadable
from omnibot.domain.code import said_code
from omnibot.domain.command import Greeting, recognise
from omnibot.domain.message import Message, RawEvent
from omnibot.domain.policy import Policy
from omnibot.domain.triage import Understanding
from omnibot.domain.value import dataclass
from omnibot.faq.normalize import normalise
from omnibot.store.inbox import Waiting

JOINED = "joined"  # the outcome
TOGETHER = timedelta(seconds=10)  # between one piece and the next
SHORT = 200  # characters of one piece; whoever writes more has said what he wants
# Telegram sends the parts of an album one by one, within a fraction of a second; nothing says which is the last.
QUIET, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=5)

Parse = Callable[[RawEvent], Inbound]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A further text of a burst. `parsed` where it has no place in the transcript yet."""

    head: Waiting
    text: str
    parsed: InboundMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One question in several messages: the first, and the pieces that follow it."""

    question: Message
    understanding: Understanding
    rest: tuple[Piece, ...]


def burst(
    head: Waiting,
    first: Message,
    waiting: Iterable[Waiting],
    parse: Parse | None,
    *,
    understand: Callable[[Message], Understanding],
    policy: Policy,
) -> Burst | None:
    """The burst that begins with the head's message, and what it means as a whole; None if that stands alone. A second
    question that has an answer of its own belongs to no burst: both are answered."""
    if head.attempts or first.chosen or first.files or not _is_plain(first.text):
        return None
    rest: list[Piece] = []
    answering = _if_answering(understand(first), policy)
    opening = _parsed(head, parse)
    for earlier, event in pairwise([head, *waiting]):
        piece = _piece(event, opening, parse)
        if piece is None or event.received_at - earlier.received_at > TOGETHER or not _is_plain(piece.text):
            break
        own = _if_answering(understand(replace(first, text=piece.text)), policy)
        if own and answering and _entry(own) != _entry(answering):
            break
        answering = answering or own
        rest.append(piece)
    if not rest:
        return None
    texts = [first.text, *(piece.text for piece in rest)]
    question = replace(first, text="\n".join([text for text in texts if not _is_greeting(text)] or texts))
    whole = understand(question)
    return Burst(question=question, understanding=_if_answering(whole, policy) or answering or whole, rest=tuple(rest))


def _piece(event: Waiting, opening: InboundMessage | None, parse: Parse | None) -> Piece | None:
    if event.attempts:
        return None
    if event.message is not None:
        is_bare = not (event.message.chosen or event.message.files or event.message.deleted_at)
        return Piece(head=event, text=event.message.text) if is_bare else None
    parsed = _parsed(event, parse)
    if parsed is None or opening is None or parsed.choice or parsed.files or parsed.is_automatic:
        return None
    return Piece(head=event, text=parsed.text, parsed=parsed) if _origin(parsed) == _origin(opening) else None


def _origin(said: InboundMessage) -> tuple[object, ...]:
    """Who said it where: in a group, two people who speak at once ask two questions."""
    return said.address, said.sender, said.subject, said.is_verified, said.is_addressed


def _parsed(event: Waiting, parse: Parse | None) -> InboundMessage | None:
    try:
        parsed = parse(event.event) if parse and event.event.payload else None
    except Unreadable:  # it has its own turn
        return None
    return parsed if isinstance(parsed, InboundMessage) else None


def _is_plain(text: str) -> bool:
    if not text.strip() or len(text) > SHORT or said_code(text):
        return False
    return isinstance(recognise(normalise(text)), Greeting | None)


def _is_greeting(text: str) -> bool:
    return isinstance(recognise(normalise(text)), Greeting)


def _if_answering(understanding: Understanding, policy: Policy) -> Understanding | None:
    candidates = understanding.match.candidates if understanding.match else ()
    return understanding if candidates and candidates[0].score >= policy.answer_threshold else None


def _entry(understanding: Understanding) -> str:
    assert understanding.match is not None
    return understanding.match.candidates[0].entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Files that were sent as one, each in a message of its own on the platform."""

    whole: InboundMessage  # as one message: all captions, all files
    captions: dict[str, str]  # by the platform's id of the part; an edit names a part
    rest: tuple[int, ...]  # the events of the parts behind the first
    ready_at: datetime  # no part is expected after that


def album(head: Waiting, first: InboundMessage, waiting: Iterable[Waiting], parse: Parse) -> Album:
    """The album that begins with the head's part, as far as it is here. Other events may stand between the parts."""
    parts, events = [first], [head]
    for event in waiting:
        part = _parsed(event, parse)
        if part is not None and part.album == first.album and part.address == first.address:
            parts.append(part)
            events.append(event)
    whole = replace(
        first,
        text=caption([part.text for part in parts]),
        files=tuple(file for part in parts for file in part.files),
        is_addressed=any(part.is_addressed for part in parts),
    )
    return Album(
        whole=whole,
        captions={part.message_id: part.text for part in parts if part.message_id is not None},
        rest=tuple(event.id for event in events[1:]),
        ready_at=min(events[-1].received_at + QUIET, head.received_at + LONGEST_WAIT),
    )


def caption(texts: Iterable[str]) -> str:
    """The words of an album: most have them on the first part only, but each part may have its own."""
    return "\n".join(text for text in texts if text)
