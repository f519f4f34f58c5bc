"""Mails that say that one of ours did not arrive: RFC 3464 reports, and what older and other servers write instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from itertools import islice

from omnibot.adapters.email import address
from omnibot.adapters.email import headers as header_block
from omnibot.adapters.email import machine_words as words
from omnibot.adapters.email.mime import Part

_SCANNED = 300_000  # bytes of a suspicious mail that are searched
_FIELDS = re.compile(
    r"^(Action|Status|Diagnostic-Code|Final-Recipient|Original-Recipient)[ \t]*:[ \t]*(.{0,500})",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t\r\n]*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY_CODE = re.compile(r"\b(?:SMTP|said:?|error|reply|response|<<<|server)\b.{0,80}?\b([45])\d\d\b", re.IGNORECASE)
_DELAY = re.compile("|".join(words.DELAYED), re.IGNORECASE)
_SUBJECT = re.compile("|".join(words.BOUNCE_SUBJECT), re.IGNORECASE)
_TEXT = re.compile("|".join(words.BOUNCE_TEXT), re.IGNORECASE)
# Senders that no person uses; of these alone nothing follows, since web forms use them, too.
_ROBOT = re.compile(
    r"no-?reply|do-?not-?reply|noreply|daemon|post-?master|delivery|system|admin|error|return|bounce|notif",
    re.IGNORECASE,
)
_PARTS = ("message/delivery-status", "message/global-delivery-status")
_ORIGINALS = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A mail that did not arrive."""

    message_id: str  # of that mail, with its brackets; empty where the report does not tell
    why: str
    is_permanent: bool  # False: the server still tries
    recipients: tuple[str, ...] = ()  # whom it did not reach, in lower case; empty where the report does not tell


def failure_of(mail: Part, subject: str, text: str, *, is_from_daemon: bool) -> Failure | None:
    """What failed, if the mail says so."""
    report = _report(mail)
    if report is not None:
        return _from_report(mail, report, text)
    says_so = bool(_SUBJECT.search(subject))
    if mail.headers.has("x-failed-recipients") or (is_from_daemon and (says_so or _TEXT.search(text[:20_000]))):
        return _from_words(mail, subject, text)
    if _returns_mail(mail) and _ROBOT.search(_author_of(mail)) and _TEXT.search(text[:4_000]):
        return _from_words(mail, subject, text)
    if says_so and _TEXT.search(text[:20_000]) and (_STATUS.search(text[:20_000]) or _original_id(mail)):
        return _from_words(mail, subject, text)
    if (says_so or is_from_daemon) and (failed := _known_by_library(mail)):
        return Failure(
            message_id=_original_id(mail), why=_first_sentence(text) or subject, is_permanent=failed == "permanent"
        )
    return None


def _returns_mail(mail: Part) -> bool:
    """Whether a mail or its headers are attached."""
    return any(leaf.media_type in _ORIGINALS for leaf in mail.leaves())


def _author_of(mail: Part) -> str:
    author = address.author(mail.headers)
    return author.local if author else ""


def _report(mail: Part) -> str | None:
    """The fields of a delivery report, as text."""
    for leaf in mail.leaves():
        if leaf.media_type in _PARTS:
            return leaf.content()[:_SCANNED].decode("utf-8", "replace")
    return None


def _from_report(mail: Part, report: str, text: str) -> Failure | None:
    found: dict[str, list[str]] = {}
    for name, value in islice(_FIELDS.findall(report), 2_000):
        found.setdefault(name.lower(), []).append(value.strip())
    actions = {action.split()[0].lower() for action in found.get("action", []) if action.split()}
    statuses = found.get("status", [])
    if actions and not actions & {"failed", "delayed"} and actions <= {"delivered", "relayed", "expanded"}:
        return None  # it arrived; the report is automatic all the same
    is_permanent = "failed" in actions if actions else not any(status.startswith("4") for status in statuses)
    why = _diagnosis(found) or _first_sentence(text) or "the mail server reports a failure"
    failed = [value.partition(";")[2].strip(" <>").lower() for value in found.get("final-recipient", [])]
    recipients = tuple(dict.fromkeys(filter(None, failed)))
    return Failure(message_id=_original_id(mail), why=why, is_permanent=is_permanent, recipients=recipients)


def _diagnosis(found: dict[str, list[str]]) -> str:
    said = next(iter(found.get("diagnostic-code", [])), "").partition(";")[2].strip()
    status = next(iter(found.get("status", [])), "").split(" ")[0]
    return " ".join(f"{status} {said}".split())[:300]


def _from_words(mail: Part, subject: str, text: str) -> Failure:
    start = text[:20_000]
    codes = {*_STATUS.findall(start), *_REPLY_CODE.findall(start)}
    is_delayed = bool(_DELAY.search(subject) or (_DELAY.search(start) and "5" not in codes))
    is_permanent = not is_delayed and (codes != {"4"})
    return Failure(message_id=_original_id(mail), why=_first_sentence(text) or subject, is_permanent=is_permanent)


def _first_sentence(text: str) -> str:
    return next((" ".join(line.split())[:300] for line in text.split("\n") if len(line.split()) > 2), "")


def _original_id(mail: Part) -> str:
    """The Message-ID of the mail that came back, wherever the server put its headers."""
    for raw in _places(mail):
        if found := _MESSAGE_ID.search(raw):
            return found[1].decode("latin-1")
    return ""


def _places(mail: Part) -> Iterator[bytes]:
    leaves = list(mail.leaves())
    yield from (leaf.content()[:_SCANNED] for leaf in leaves if leaf.media_type in _ORIGINALS)
    yield from (leaf.content()[:_SCANNED] for leaf in leaves if leaf.media_type.startswith("text/"))
    replied = header_block.decode_words(mail.headers.raw("in-reply-to")).strip()
    yield b"Message-ID: " + replied.encode("utf-8", "replace")


def _known_by_library(mail: Part) -> str:
    """What flufl.bounce, which knows the words of many servers, makes of it: "permanent", "temporary" or nothing."""
    from flufl.bounce import all_failures

    head = b"".join(b"%s: %s\n" % (name.encode("latin-1"), value) for name, value in mail.headers.fields)
    try:
        temporary, permanent = all_failures(message_from_bytes(head[:_SCANNED] + b"\n" + mail.raw[:_SCANNED]))
    except Exception:
        # Its detectors expect honest bounces, and fail in their own ways on the rest; it is only asked for a second opinion.
        return ""
    return "permanent" if permanent else "temporary" if temporary else ""
