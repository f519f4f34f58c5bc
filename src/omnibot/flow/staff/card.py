"""What a staff group is shown of a conversation, in the group's language. Pure."""

from datetime import datetime

from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.language import Language
from omnibot.domain.message import Author, Choice, Message, Note
from omnibot.domain.policy import Policy
from omnibot.domain.ticket import Ticket, TicketStatus
from omnibot.domain.value import dataclass
from omnibot.flow import word, word_channel
from omnibot.flow.look_up import Overview
from omnibot.flow.word import plain, spoken_number
from omnibot.texts import Words, mark

PREFIX = "staff"  # of the ids of a card's choices: "staff:take:12"
EXCERPT = 500  # characters of the customer's words
BEFORE = 10  # messages before the handoff that stand at the top of the thread
_REASONS = {
    HandoffReason.ASKED: mark("asked for a person"),
    HandoffReason.NO_MATCH: mark("the bot knows nothing near this"),
    HandoffReason.SECOND_FAILURE: mark("the bot failed twice"),
    HandoffReason.BOT_ERROR: mark("the bot broke"),
    HandoffReason.REOPENED: mark("objected to a resolved ticket"),
    HandoffReason.RELEASED: mark("a colleague put it back into the queue"),
    HandoffReason.COPIED: mark("somebody wrote who had a copy"),
    HandoffReason.UNDELIVERED: mark("a reply did not arrive"),
    HandoffReason.TOO_MANY: mark("many automatic answers in an hour; is it a machine?"),
    HandoffReason.SPLIT: mark("a colleague made it of a mail about something else"),
    HandoffReason.UNREADABLE: mark("what came in could not be read; please look"),
}
_TRIED = {
    "answer": mark("answered from the FAQ"),
    "suggest": mark("offered likely questions"),
    "ask_again": mark("asked for other words"),
}
_TICKET = {
    TicketStatus.NEW: mark("new"),
    TicketStatus.OPEN: mark("in work"),
    TicketStatus.PENDING: mark("on hold"),
    TicketStatus.RESOLVED: mark("resolved"),
    TicketStatus.CLOSED: mark("closed"),
}

_LANGUAGES = {
    Language.EN: mark("English"),
    Language.ZH_HANS: mark("Chinese"),
    Language.ZH_HANT: mark("Traditional Chinese"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A card as it is shown."""

    text: str
    choices: tuple[Choice, ...]


def face(words: Words, found: Overview, policy: Policy, now: datetime, snoozed: tuple[datetime, str] | None) -> Face:
    """The newest state first, then what an agent needs so that the customer repeats nothing."""
    conversation = found.conversation
    lines = [
        f"**{_standing(words, found)}** · #{conversation.id} · {_who(words, found)}",
        f"{word_channel.name(words, conversation.address.channel)} · {words(_LANGUAGES[conversation.language])}",
    ]
    if conversation.is_with_people:
        lines += [
            _clock(words, conversation, policy, now),
            *([_asleep(words, snoozed, policy, now)] if snoozed else []),
        ]
        lines.append(_why(words, found))
    lines += [_ticket(words, ticket) for ticket in own_tickets(found)]
    if conversation.is_with_people and (asked := found.question or _last_words(found)):
        lines.append(f"> {plain(_cut(asked))}")
        if (last := _last_words(found)) and last != asked:
            lines.append(f"> {plain(_cut(last))}")
    text = "\n\n".join(line for line in lines if line)
    return Face(text=text, choices=_choices(words, found))


def title(words: Words, found: Overview) -> str:
    """Of the thread that is opened for a conversation."""
    return f"#{found.conversation.id} {_name(words, found)}"


def line(words: Words, found: Overview, said: Message | Note) -> str:
    """What was said in the conversation, as its thread shows it."""
    if isinstance(said, Note):
        return words("🔒 {name} notes: {text}", name=plain(said.author_name), text=said.text)
    match said.author:
        case Author.CUSTOMER:
            # What somebody writes to us is shown as it is, never as our markup.
            name = plain(said.author_name) if said.author_name else words("Customer")
            return f"👤 **{name}**: {found.spelled_out(said)}"
        case Author.AGENT:
            return f"↪ **{plain(said.author_name or '')}**: {said.text}"
        case Author.BOT:
            return f"🤖 {said.text}"
        case Author.SYSTEM:
            return f"ℹ️ {said.text}"


def change(words: Words, changed: Message) -> str:
    """What became of a message that stands above."""
    name = plain(changed.author_name) if changed.author_name else words("Customer")
    if changed.deleted_at is not None:
        return words("🗑 {name} has taken back: {text}", name=name, text=plain(_cut(changed.text)))
    return words("✏️ {name} has changed a message; it says now: {text}", name=name, text=changed.text)


def before(words: Words, found: Overview, until: int) -> str:
    """The last messages up to a seq, for the top of the thread."""
    return "\n\n".join(line(words, found, said) for said in found.messages if said.seq <= until)[-3_000:]


def own_tickets(found: Overview) -> list[Ticket]:
    """Those of this very conversation, the newest first."""
    return [ticket for ticket in found.tickets if ticket.conversation_id == found.conversation.id][:3]


def _standing(words: Words, found: Overview) -> str:
    match found.conversation.status:
        case Status.QUEUED:
            return words("🟠 Waiting")
        case Status.OPEN:
            return words("🔵 {name} has it", name=plain(found.agent_name or "?"))
        case Status.BOT:
            return words("⚪ With the bot")
        case Status.CLOSED:
            return words("⚪ Closed")


def _who(words: Words, found: Overview) -> str:
    return plain(_name(words, found))


def _name(words: Words, found: Overview) -> str:
    return found.contact.name or found.contact.email or words("Visitor {n}", n=found.contact.id)


def _clock(words: Words, conversation: Conversation, policy: Policy, now: datetime) -> str:
    if conversation.due_at is None:
        return words("Answered; nothing is owed.")
    when = word.moment(words, conversation.due_at, now, policy.calendar.zone)
    if conversation.due_at <= now:
        return words("⚠️ **Overdue**: a reply was due {when}.", when=when)
    return words("⏱ Reply due {when}.", when=when)


def _asleep(words: Words, snoozed: tuple[datetime, str], policy: Policy, now: datetime) -> str:
    until, by = snoozed
    return words(
        "💤 {name} put it off; it comes up again {when}.",
        name=plain(by),
        when=word.moment(words, until, now, policy.calendar.zone),
    )


def _why(words: Words, found: Overview) -> str:
    reason = found.conversation.reason
    parts = [words("Why: {reason}.", reason=words(_REASONS[reason]))] if reason else []
    tried = [_TRIED[why.decision] for _, why in sorted(found.explanations.items()) if why.decision in _TRIED]
    if tried:
        parts.append(
            words("The bot {tried}.", tried=word.listed(words, (words(one) for one in dict.fromkeys(tried[-5:]))))
        )
    return " ".join(parts)


def _ticket(words: Words, ticket: Ticket) -> str:
    return words(
        "🎫 {number} · {subject} · {status}",
        number=spoken_number(ticket.number),
        subject=plain(ticket.subject),
        status=words(_TICKET[ticket.status]),
    )


def _last_words(found: Overview) -> str | None:
    said = [message for message in found.messages if message.author is Author.CUSTOMER and not message.deleted_at]
    return found.spelled_out(said[-1]) if said else None


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[:EXCERPT] + "…"


def _choices(words: Words, found: Overview) -> tuple[Choice, ...]:
    conversation = found.conversation
    is_in_work = any(ticket.is_open for ticket in own_tickets(found))
    ticket = ("resolve", words("Resolve")) if is_in_work else ("ticket", words("Ticket"))
    match conversation.status:
        case Status.QUEUED:
            offered = [("take", words("Take")), ticket, ("snooze", words("Snooze"))]
        case Status.OPEN:
            offered = [
                ticket,
                ("hand-back", words("Hand back")),
                ("release", words("Release")),
                ("close", words("Close")),
            ]
        case _:
            offered = [ticket] if is_in_work else []
    return tuple(Choice(id=f"{PREFIX}:{name}:{conversation.id}", label=label) for name, label in offered)
