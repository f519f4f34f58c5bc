"""Puts what a platform sent into a transcript: finds or opens the conversation it belongs to, and keeps all that came with it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import Deleted, Edited, InboundMessage, Limits
from omnibot.domain.choice import by_number
from omnibot.domain.conversation import Conversation
from omnibot.domain.language import Language, detect, parse_tag
from omnibot.domain.message import Attachment, Author, Message
from omnibot.domain.value import dataclass
from omnibot.faq.normalize import normalise
from omnibot.flow import hear_others, stand_for, word
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.guards import Unowned
from omnibot.flow.join import JOINED, Album, caption
from omnibot.flow.say import said_automatically, say
from omnibot.store import contacts, conversations, external_ids, files, inbox, message_details, messages, reachability
from omnibot.store.inbox import Waiting
from omnibot.store.message_details import Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event that has become a message in a conversation."""

    event_id: int
    conversation: Conversation
    message: Message
    is_settled: bool = False  # the event has its outcome already: nobody answers it


def place(
    tx: Connection,
    desk: Desk,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    album: Album | None,
    later: tuple[Edited | Deleted, ...],
    limits: Limits,
    now: datetime,
) -> Arrival | None:
    """The message in its conversation, with its files, as `later` events have changed it; None if it is not for us."""
    agent = stand_for.agent_of(tx, parsed)
    passed_on = parsed.passed_on if agent is not None else None
    if passed_on is not None:
        parsed = stand_for.as_written(parsed, passed_on)
    theirs = hear_others.find(tx, parsed, limits) if agent is None else None
    if theirs is not None:
        parsed = hear_others.as_theirs(parsed)
    conversation = theirs or _conversation(tx, parsed, now)
    if conversation is None:
        if not inbox.finish(tx, head.id, "ignored: nobody called us"):
            raise Unowned
        return None
    if limits.choices == 0 and not later and theirs is None:
        parsed = _pressed(tx, parsed, conversation)
    message = _put(tx, head, parsed, fetched, conversation, now)
    if agent is not None and passed_on is not None and passed_on.by is not None:
        stand_for.note(tx, desk, conversation, agent, storable(passed_on.above), now)
    if album is not None:
        _join(tx, message, parsed.address.channel, album)
    if not parsed.is_automatic and theirs is None:
        _tell_missing(tx, desk, conversation, fetched, now)
    for change in later:
        message = apply(tx, message, change, now)
    outcome = _unanswered(parsed, message)
    if passed_on is not None and passed_on.by is None:
        stand_for.tell_unnamed(tx, desk, conversation, now)
        outcome = "passed on, of nobody"
    if theirs is not None and outcome is None:
        hear_others.wait(tx, desk, theirs.id, now)
        outcome = "had a copy"
    if outcome and not inbox.finish(tx, head.id, outcome):
        raise Unowned
    return Arrival(event_id=head.id, conversation=conversation, message=message, is_settled=outcome is not None)


def _join(tx: Connection, message: Message, channel: str, album: Album) -> None:
    """The further parts end here; an edit or a reply that names one of them means this message."""
    if not inbox.join(tx, album.rest, JOINED, conversation_id=message.conversation_id, seq=message.seq):
        raise Unowned
    captions = {id: storable(text) for id, text in album.captions.items()}
    message_details.keep_captions(tx, message, captions)
    external_ids.keep(tx, channel, list(captions), conversation_id=message.conversation_id, seq=message.seq)


def _tell_missing(
    tx: Connection, desk: Desk, conversation: Conversation, fetched: list[Fetched], now: datetime
) -> None:
    """Say which files we do not have, unless the other side may be a machine; staff see it at the message."""
    missing = [file for file in fetched if file.problem]
    if missing and said_automatically(tx, desk, conversation, now) < desk.policy.automatic_per_hour:
        text = word.missing_files(desk.texts.of(conversation.language), missing, len(fetched))
        say(tx, desk, conversation, author=Author.SYSTEM, text=text, now=now)


def apply(tx: Connection, message: Message, change: Edited | Deleted, now: datetime) -> Message:
    """What an edit or a deletion makes of a message. The same one again changes nothing."""
    if isinstance(change, Deleted):
        if message.deleted_at is None:
            message_details.delete(tx, message, now)
    elif (text := _edited(tx, message, change)) != message.text:
        message_details.edit(tx, message, text, now)
        conversations.note_edit(tx, message, text)
    changed = messages.get(tx, message.conversation_id, message.seq)
    assert changed is not None
    return changed


def _edited(tx: Connection, message: Message, change: Edited) -> str:
    """What the message says now; of an album, each part has its own words."""
    text, captions = storable(change.text), message_details.captions(tx, message)
    if change.message_id not in captions:
        return text
    captions[change.message_id] = text
    message_details.keep_captions(tx, message, captions)
    return caption(captions.values())


def _unanswered(parsed: InboundMessage, message: Message) -> str | None:
    """The outcome of a message that nobody answers."""
    if parsed.is_automatic:
        return "automatic"
    return "deleted" if message.deleted_at else None


def _conversation(tx: Connection, parsed: InboundMessage, now: datetime) -> Conversation | None:
    """The one it follows, by a message it refers to or by its address; else a new one, if it speaks to us."""
    address = parsed.address
    known = external_ids.conversation_of(tx, address.channel, parsed.references, chat=address.chat)
    conversation = conversations.get(tx, known) if known else conversations.at(tx, address)
    if conversation is not None or not parsed.is_addressed:
        return conversation
    language = first_language(parsed)
    contact_id = _known_contact(tx, parsed)
    if contact_id is None:
        contact_id = contacts.add(tx, language=language, name=storable(parsed.sender_name or "") or None, now=now).id
    return conversations.open_at(tx, address, contact_id=contact_id, language=language, page_url=None, now=now)


def first_language(parsed: InboundMessage) -> Language:
    """In which somebody speaks whom we do not know."""
    return detect(storable(parsed.text), hint=parse_tag(parsed.language_hint) if parsed.language_hint else None)


def _known_contact(tx: Connection, parsed: InboundMessage) -> int | None:
    """Who has written from this chat before or, where a chat is not a person, who this is."""
    if parsed.sender is not None:
        return message_details.contact_of_sender(tx, parsed.address.channel, parsed.sender)
    earlier = conversations.newest_at_chat(tx, parsed.address)
    return earlier.contact_id if earlier else None


def _pressed(tx: Connection, parsed: InboundMessage, conversation: Conversation) -> InboundMessage:
    """The message as a press, if it names by number what we offered last and have said nothing since."""
    if parsed.choice or parsed.files or parsed.is_automatic:
        return parsed
    newest = messages.newest_of_ours(tx, conversation.id)
    chosen = by_number(normalise(parsed.text), newest.choices) if newest else None
    if newest is None or chosen is None:
        return parsed
    answered = _answered(tx, parsed, conversation)
    return replace(parsed, choice=chosen.id) if answered in (None, newest.seq) else parsed


def _answered(tx: Connection, parsed: InboundMessage, conversation: Conversation) -> int | None:
    """The seq of the nearest message of this conversation that it refers to."""
    for reference in parsed.references:
        found = external_ids.find(tx, parsed.address.channel, reference)
        if found and found[0] == conversation.id:
            return found[1]
    return None


def _put(
    tx: Connection,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    conversation: Conversation,
    now: datetime,
) -> Message:
    text = storable(_words(tx, parsed, conversation))
    attached = tuple(_keep(tx, file, conversation.id, now) for file in fetched)
    message = Message(
        conversation_id=conversation.id,
        seq=conversations.next_seq(tx, conversation.id, preview=text, now=now),
        author=Author.CUSTOMER,
        author_name=storable(parsed.sender_name) if parsed.sender and parsed.sender_name else None,
        text=text,
        at=now,
        chosen=parsed.choice,
        external_id=head.event.external_id,
        files=attached,
    )
    if not inbox.set_place(tx, head.id, conversation_id=conversation.id, seq=message.seq):
        raise Unowned
    messages.add(tx, message)
    if attached:
        files.attach(tx, attached, conversation_id=conversation.id, seq=message.seq)
    details = details_of(parsed)
    message_details.add(tx, conversation.id, message.seq, details)
    if parsed.message_id is not None:
        ids = [parsed.message_id]
        external_ids.keep(tx, parsed.address.channel, ids, conversation_id=conversation.id, seq=message.seq)
    if details.subject:
        conversations.keep_subject(tx, conversation.id, details.subject)
    if not parsed.is_automatic:
        reachability.regain(tx, parsed.address)  # who writes to us can hear us
    return message


def _words(tx: Connection, parsed: InboundMessage, conversation: Conversation) -> str:
    """What was said. Of a button under a message that the platform shows no more, only the id comes: no words for people."""
    if parsed.choice is None or parsed.text != parsed.choice:
        return parsed.text
    offered = messages.offered_choice(tx, conversation.id, parsed.choice)
    return offered.label if offered else parsed.text


def details_of(parsed: InboundMessage) -> Details:
    """What it brings beside its words."""
    return Details(
        sender=parsed.sender,
        subject=_stored(parsed.subject),
        quoted=_stored(parsed.quoted),
        html=_stored(parsed.html),
        is_automatic=parsed.is_automatic,
        is_verified=parsed.is_verified,
        cc=tuple(map(storable, parsed.copied)),
    )


def _keep(tx: Connection, file: Fetched, conversation_id: int, now: datetime) -> Attachment:
    return files.add(
        tx,
        conversation_id=conversation_id,
        name=storable(file.name),
        media_type=file.media_type,
        size=file.size,
        sha256=file.kept.sha256 if file.kept else None,
        key=file.kept.key if file.kept else None,
        problem=file.problem,
        now=now,
    )


def storable(text: str) -> str:
    """Words with a mark in place of what no database keeps: NUL, and half of a surrogate pair. Whole pairs are joined."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _stored(text: str | None) -> str | None:
    return storable(text) if text else None
