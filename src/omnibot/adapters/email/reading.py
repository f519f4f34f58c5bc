"""A raw mail, understood. Runs in the limited process (`worker`), so it imports no client and nothing of the core's."""

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from omnibot.adapters.email import address, automatic, body, forward, mime, quotes, reply
from omnibot.adapters.email import html as markup
from omnibot.adapters.email.address import Mailbox
from omnibot.adapters.email.automatic import Kind
from omnibot.adapters.email.headers import Headers, one_line
from omnibot.adapters.email.subject import is_forward

REFERENCES = 50
COPIES = 50  # further readers that are kept
MOST_FORWARDED = 5  # attached mails that are read
ID_LENGTH = 250
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")

Decision = Literal["message", "automatic", "bounce", "ignored"]


class Sender(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address and the name beside it."""

    address: str
    name: str = ""


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of the mail, or of one that is attached to it: `body.File`."""

    name: str
    media_type: str
    size: int
    index: int
    content_id: str = ""
    problem: str | None = None
    inside: tuple[int, ...] = ()


class Failed(msgspec.Struct, frozen=True):
    """What a bounce says."""

    message_id: str
    why: str
    is_permanent: bool
    recipients: tuple[str, ...] = ()


class Forwarded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail that the sender passes on, as far as what he sent tells."""

    author: Sender | None = None  # None: nobody, or nobody's address, is named
    subject: str = ""
    text: str = ""  # what the author wrote
    quoted: str = ""
    html: str = ""  # safe to show; empty where the mail stands inside another
    message_id: str = ""  # empty where it is not told
    is_automatic: bool = False
    above: str = ""  # what the sender has written to it


class Mail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail, understood. Text without HTML unless it says so."""

    decision: Decision
    why: str
    author: Sender | None  # who says to have written it
    answer_to: Sender | None  # where an answer goes
    recipients: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()  # who else got it, as all of them see
    subject: str = ""
    text: str = ""  # what the person wrote
    quoted: str = ""
    html: str = ""  # the whole mail, safe to show
    files: tuple[Attachment, ...] = ()
    files_left_out: int = 0
    message_id: str = ""  # with its brackets; empty where the mail has none
    references: tuple[str, ...] = ()  # the nearest first
    root: str = ""  # the oldest mail that this one follows
    sent_at: datetime | None = None
    language: str | None = None
    protection: str = ""  # "signed", "encrypted"
    is_verified: bool | None = None  # whether our own mail server vouches for the author; None: it says nothing
    failure: Failed | None = None
    forward: Forwarded | None = None
    is_cut: bool = False  # larger than is kept
    key: str = ""  # the same for the same mail, however often and by which way it came


def read(
    raw: bytes,
    *,
    own: frozenset[str] = frozenset(),
    authserv_id: str = "",
    is_cut: bool = False,
    is_inside: bool = False,
) -> Mail:
    """A mail's bytes understood; never raises on content. `own` are our addresses, in lower case; `is_inside`: it came in
    another mail."""
    tree = mime.read(raw)
    headers = tree.headers
    charset = _charset(tree)
    subject = headers.text("subject", charset)
    content = body.of(tree, opens_attached=not is_inside)
    author, answer_to = address.author(headers, charset), address.answer_to(headers, charset)
    verdict = automatic.judge(tree, subject, content.text, own=own)
    has_plain = any(leaf.media_type == "text/plain" and not leaf.is_attachment for leaf in tree.leaves())
    split = quotes.split(content.html) if content.html and not has_plain else reply.split(content.text)
    return Mail(
        decision=_DECISIONS[verdict.kind],
        why=verdict.why,
        author=_sender(author),
        answer_to=_sender(answer_to),
        recipients=tuple(box.key for box in address.recipients(headers)),
        copied=_copied(headers, author, answer_to, own),
        subject=subject,
        text=split.reply,
        quoted=split.quoted,
        html=markup.to_safe(content.html) if content.html else "",
        files=tuple(_attachment(file) for file in content.files),
        files_left_out=content.left_out,
        message_id=_first_id(headers),
        references=_references(headers),
        root=_root(headers),
        sent_at=_date(headers),
        language=headers.token("content-language")[:35].split(",")[0] or None,
        protection=content.protection,
        is_verified=_is_verified(headers, author, authserv_id),
        failure=_failed(verdict),
        forward=_forward(tree, subject, content.text, own) if verdict.kind is Kind.PERSON and not is_inside else None,
        is_cut=is_cut,
        key=key_of(raw, headers),
    )


_DECISIONS: dict[Kind, Decision] = {
    Kind.PERSON: "message",
    Kind.AUTOMATIC: "automatic",
    Kind.BOUNCE: "bounce",
    Kind.OWN: "ignored",
}


def _sender(box: Mailbox | None) -> Sender | None:
    return Sender(box.address, box.name) if box else None


def _attachment(file: body.File) -> Attachment:
    return Attachment(file.name, file.media_type, file.size, file.index, file.content_id, file.problem, file.inside)


def _forward(tree: mime.Part, subject: str, text: str, own: frozenset[str]) -> Forwarded | None:
    """What is passed on: a mail that is attached, or else one whose head stands in the text."""
    attached = [leaf for leaf in tree.leaves() if leaf.media_type == body.ATTACHED][:MOST_FORWARDED]
    if attached and not tree.headers.raw("in-reply-to"):
        return _attached([read(leaf.content(), own=own, is_inside=True) for leaf in attached], text, own)
    found = forward.inline(text, is_named=is_forward(subject))
    if found is None:
        return None
    split = reply.split(found.text)
    return Forwarded(
        author=_customer(_sender(found.author), own),
        subject=found.subject,
        text=split.reply,
        quoted=split.quoted,
        message_id=next(iter((*_ids(tree.headers.raw("x-forwarded-message-id")), *_references(tree.headers))), ""),
        above=reply.split(found.above).reply,
    )


def _attached(mails: list[Mail], text: str, own: frozenset[str]) -> Forwarded:
    """Of several, only those of one person stand for somebody: the first speaks, the others are files. Mailing lists and forms on
    sites have answers sent to ourselves: then it is the author who gets them."""
    authors = [_customer(mail.answer_to, own) or mail.author for mail in mails]
    is_one = len({author.address.lower() if author else "" for author in authors}) == 1
    mail, above = mails[0], reply.split(text).reply
    if not is_one or mail.decision not in ("message", "automatic"):
        return Forwarded(above=above)
    return Forwarded(
        author=_customer(authors[0], own),
        subject=mail.subject,
        text=mail.text,
        quoted=mail.quoted,
        html=mail.html,
        message_id=mail.message_id,
        is_automatic=mail.decision == "automatic",
        above=above,
    )


def _customer(author: Sender | None, own: frozenset[str]) -> Sender | None:
    """Nobody where what is passed on is our own."""
    return None if author is None or author.address.lower() in own else author


def _failed(verdict: automatic.Verdict) -> Failed | None:
    failure = verdict.failure
    if failure is None:
        return None
    return Failed(failure.message_id, one_line(failure.why), failure.is_permanent, failure.recipients)


def _copied(
    headers: Headers, author: Mailbox | None, answer_to: Mailbox | None, own: frozenset[str]
) -> tuple[str, ...]:
    """Whoever wrote it, or is answered, is no further reader."""
    known = {box.key for box in (author, answer_to) if box}
    return tuple(box.key for box in address.copied(headers, own=own) if box.key not in known)[:COPIES]


def _charset(tree: mime.Part) -> str:
    """What unlabelled bytes in the headers are likely written in: what the text is. Latin-1 is no hint, it stands everywhere."""
    given = (leaf.charset for leaf in tree.leaves() if leaf.media_type.startswith("text/"))
    return next(
        (charset for charset in given if charset.lower() not in ("", "us-ascii", "iso-8859-1", "windows-1252")), ""
    )


def key_of(raw: bytes, headers: Headers) -> str:
    """The Message-ID and a digest of what the author sent. Some send different mails under one id; what relays add stays out."""
    mine = b"\0".join(headers.raw(name) for name in ("from", "date", "subject"))
    end = re.search(rb"\r?\n\r?\n", raw)
    words = raw[end.end() :] if end else raw
    digest = hashlib.sha256(mine + b"\0" + words.replace(b"\r\n", b"\n").strip()).hexdigest()[:24]
    return f"{_first_id(headers) or '<>'} {digest}"


def _ids(value: bytes) -> list[str]:
    text = value.decode("utf-8", "replace")
    return [f"<{found}>" for found in _MESSAGE_ID.findall(text)]


def _first_id(headers: Headers) -> str:
    for value in headers.all("message-id"):
        if found := _ids(value):
            return found[0]
        bare = one_line(value.decode("utf-8", "replace")).strip("<> ")
        if bare:
            return f"<{''.join(bare.split())[:ID_LENGTH]}>"
    return ""


def _references(headers: Headers) -> tuple[str, ...]:
    """What the mail answers, then the chain backwards."""
    answered = [found for value in headers.all("in-reply-to") for found in _ids(value)]
    chain = [found for value in headers.all("references") for found in _ids(value)]
    return tuple(dict.fromkeys((*answered, *reversed(chain))))[:REFERENCES]


def _root(headers: Headers) -> str:
    chain = [found for value in headers.all("references") for found in _ids(value)]
    answered = [found for value in headers.all("in-reply-to") for found in _ids(value)]
    return next(iter((*chain, *answered)), "")


def _date(headers: Headers) -> datetime | None:
    try:
        date = parsedate_to_datetime(one_line(headers.raw("date")[:200].decode("latin-1")))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_verified(headers: Headers, author: Mailbox | None, authserv_id: str) -> bool | None:
    """What our own mail server found out about the author's domain. Anybody can write such a header; only the first of our
    own server counts, and only a DMARC pass or an aligned DKIM signature."""
    if not authserv_id or author is None:
        return None
    from omnibot.adapters.email.authentication import vouches

    return vouches(headers.all("authentication-results"), author.domain, authserv_id)
