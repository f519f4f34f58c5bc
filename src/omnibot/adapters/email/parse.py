"""A stored mail as the core takes it: pure and quick, since the event holds what the limited process has read."""

import re

import msgspec

from omnibot.adapters.email.body import FILES
from omnibot.adapters.email.reading import ID_LENGTH, Attachment, Mail, Sender
from omnibot.adapters.email.subject import stripped
from omnibot.channel import Bounced, Ignored, Inbound, InboundFile, InboundMessage, PassedOn, Unreadable
from omnibot.domain.message import Address, RawEvent


class Stored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of an event: the mail as the worker read it, and where its bytes are."""

    raw: str  # the name of the kept original
    mail: Mail | None = None
    problem: str | None = None  # why it could not be read
    sender: Sender | None = None  # as far as could be told of one that could not be read


_decoder = msgspec.json.Decoder(Stored)


def inbound(event: RawEvent) -> Inbound:
    """What the event says. Raises Unreadable."""
    try:
        stored = _decoder.decode(event.payload)
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None
    mail = stored.mail
    if mail is None:
        return _unread(stored, event)
    if mail.decision == "ignored":
        return Ignored(mail.why)
    if mail.failure is not None:
        if not mail.failure.message_id:
            return Ignored(f"a bounce that does not tell of which mail: {mail.failure.why}")
        return Bounced(
            message_id=mail.failure.message_id,
            why=mail.failure.why,
            is_permanent=mail.failure.is_permanent,
            recipients=mail.failure.recipients,
        )
    return _message(mail, stored, event)


def _message(mail: Mail, stored: Stored, event: RawEvent) -> InboundMessage:
    person = mail.answer_to or mail.author
    if person is None:
        raise Unreadable("the mail names no sender")
    return InboundMessage(
        address=address_of(event.channel, person.address, mail),
        sender_name=person.name or person.address.partition("@")[0],
        language_hint=mail.language,
        text=mail.text,
        message_id=mail.message_id or None,
        sender=mail.author.address.lower()
        if mail.author and mail.author.address.lower() != person.address.lower()
        else None,
        references=tuple(dict.fromkeys((*tokens(mail.recipients), *mail.references))),
        subject=stripped(mail.subject) or None,
        quoted=mail.quoted or None,
        html=mail.html or None,
        files=tuple(_files(mail, stored.raw)),
        is_automatic=mail.decision == "automatic",
        is_verified=_is_verified(mail, person),
        copied=mail.copied,
        passed_on=_passed_on(mail, event.channel),
    )


def _passed_on(mail: Mail, channel: str) -> PassedOn | None:
    """An answer to it goes on in the thread of the mail that was passed on, where that is told."""
    found = mail.forward
    if found is None:
        return None
    author, id = found.author, found.message_id or mail.message_id or mail.key
    by = Address(channel=channel, chat=author.address.lower().rstrip("."), thread=id[:ID_LENGTH]) if author else None
    return PassedOn(
        by=by,
        name=(author.name or author.address.partition("@")[0]) if author else None,
        text=found.text,
        subject=stripped(found.subject) or None,
        quoted=found.quoted or None,
        html=found.html or None,
        message_id=id,
        is_automatic=found.is_automatic,
        above=found.above,
    )


def _is_verified(mail: Mail, person: Sender) -> bool | None:
    """Whether that person wrote the mail. Our server vouches for its author; he may have asked to answer somebody else."""
    is_author = mail.author is not None and mail.author.address.lower() == person.address.lower()
    return mail.is_verified if is_author or mail.is_verified is False else None


def address_of(channel: str, person: str, mail: Mail) -> Address:
    """Where the conversation is: with that person, in the thread that began with the oldest mail named. Two people who answer
    one newsletter do not meet, and a new mail of somebody known is a new conversation."""
    thread = mail.root or mail.message_id or mail.key
    return Address(channel=channel, chat=person.lower().rstrip("."), thread=thread[:ID_LENGTH])


# `support+mZK3…@example.com`: what stands behind the plus is the left side of the Message-ID of the mail that it answers.
_TOKEN = re.compile(r"[^+@]+\+(m[0-9a-v]{26})@([^@]+)")


def tokens(recipients: tuple[str, ...]) -> list[str]:
    """The mails of ours that are answered, by the reply addresses written to. Who has one was written to: it cannot be guessed."""
    return [f"<{found[1]}@{found[2]}>" for one in recipients if (found := _TOKEN.fullmatch(one))]


def _files(mail: Mail, raw: str) -> list[InboundFile]:
    files = [
        InboundFile(
            name=one.name, media_type=one.media_type, size=one.size, handle=_handle(raw, one), problem=one.problem
        )
        for one in mail.files
    ]
    if mail.files_left_out:
        files.append(
            InboundFile(
                name=f"{mail.files_left_out} more files",
                media_type="application/octet-stream",
                size=None,
                handle=raw,
                problem=f"a mail may bring {FILES} files; the rest is in the original",
            )
        )
    if mail.is_cut:
        files.append(
            InboundFile(
                name="original.eml",
                media_type="message/rfc822",
                size=None,
                handle=raw,
                problem="larger than is kept; the end is missing",
            )
        )
    return files


def _handle(raw: str, file: Attachment) -> str:
    """What `place_of` reads again."""
    return f"{raw}#{'.'.join(map(str, (*file.inside, file.index)))}"


def place_of(handle: str) -> tuple[str, tuple[int, ...]]:
    """The original's name, and the leaves that lead to the file; without any, the original is meant."""
    name, _, numbers = handle.partition("#")
    return name, tuple(int(number) for number in numbers.split(".") if number)


def _unread(stored: Stored, event: RawEvent) -> InboundMessage:
    """A mail that broke the reader: a person gets its original. Without a sender there is nobody to write to."""
    if stored.sender is None:
        raise Unreadable(stored.problem or "the mail cannot be read")
    person = stored.sender
    return InboundMessage(
        address=Address(channel=event.channel, chat=person.address.lower(), thread=event.external_id[:ID_LENGTH]),
        sender_name=person.name or None,
        language_hint=None,
        text="",
        files=(
            InboundFile(
                name="original.eml", media_type="message/rfc822", size=None, handle=stored.raw, problem=stored.problem
            ),
        ),
        is_automatic=True,
        is_verified=None,
    )
