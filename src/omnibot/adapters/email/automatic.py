"""Which mails no person wrote: bounces, complaints, automatic replies, lists. None of them is ever answered (RFC 3834).

What a header says counts first; words count only where they stand in front, since people quote them, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from omnibot.adapters.email import address
from omnibot.adapters.email import machine_words as words
from omnibot.adapters.email.bounce import Failure, failure_of
from omnibot.adapters.email.mime import Part

# Every mail of ours carries this; one that comes back to us is not a customer's.
OWN_MARK = "x-omnibot-channel"


class Kind(Enum):
    PERSON = auto()  # somebody wrote it
    AUTOMATIC = auto()  # a machine wrote it: kept, shown, never answered
    BOUNCE = auto()  # one of ours did not arrive
    OWN = auto()  # we wrote it


@dataclass(frozen=True, slots=True)
class Verdict:
    """What wrote a mail; `why` is for people."""

    kind: Kind
    why: str
    failure: Failure | None = None  # of a bounce


_DAEMON = re.compile("|".join(words.DAEMONS))
_AWAY = re.compile(rf"^[\s\W]*(?:{'|'.join(words.AWAY_SUBJECT)})", re.IGNORECASE)
_AWAY_TEXT = re.compile(rf"^\W*(?:{'|'.join(words.AWAY_TEXT)})", re.IGNORECASE)
_SILENCING = {"all", "autoreply", "oof", "dr", "rn", "nrn"}
_MANY = {"bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply"}
_LIST_HEADERS = (
    "list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-archive", "mailing-list",
    "x-mailman-version", "x-beenthere",
)  # fmt: skip


def judge(mail: Part, subject: str, text: str, *, own: frozenset[str] = frozenset()) -> Verdict:
    """What wrote the mail. `own` are our addresses, in lower case."""
    author = address.author(mail.headers)
    if mail.headers.has(OWN_MARK) and _is_ours(mail, own):
        return Verdict(Kind.OWN, "omnibot's own mail")
    failure = failure_of(mail, subject, text, is_from_daemon=is_from_daemon(mail))
    if failure is not None:
        return Verdict(Kind.BOUNCE, failure.why, failure)
    if author is not None and author.key in own and _answers_to(mail) in own:
        return Verdict(Kind.OWN, "sent from our own address")
    why = next(_signs(mail, subject, text, own), None)
    return Verdict(Kind.AUTOMATIC, why) if why else Verdict(Kind.PERSON, "a person wrote it")


def _answers_to(mail: Part) -> str:
    """Web forms write in our name, with the customer as the one to answer."""
    box = address.answer_to(mail.headers)
    return box.key if box else ""


def _is_ours(mail: Part, own: frozenset[str]) -> bool:
    """Anybody can copy the mark; it counts where the mail also claims to come from us, or nothing is known about us."""
    author = address.author(mail.headers)
    return not own or (author is not None and author.key in own)


def is_from_daemon(mail: Part) -> bool:
    """Whether a mail server wrote it: it has no way back, or a server's name."""
    author = address.author(mail.headers)
    if author is not None and _DAEMON.fullmatch(author.local):
        return True
    return _has_null_return_path(mail) or mail.headers.raw("x-failed-recipients") != b""


def _has_null_return_path(mail: Part) -> bool:
    return any(value.strip() in (b"<>", b"< >") for value in mail.headers.all("return-path"))


def _signs(mail: Part, subject: str, text: str, own: frozenset[str]) -> Iterator[str]:
    """What tells that no person wrote it, the surest first."""
    headers = mail.headers
    submitted = headers.token("auto-submitted")
    if submitted and submitted != "no":
        yield f"Auto-Submitted: {submitted}"
    if mail.media_type == "multipart/report":
        yield f"a report ({mail.options.get('report-type') or 'of a mail server'})"
    if any(
        leaf.media_type in ("message/feedback-report", "message/disposition-notification") for leaf in mail.leaves()
    ):
        yield "a complaint or a receipt"
    for name in words.RESPONDER_HEADERS:
        if headers.has(name):
            yield f"the header {name}"
    suppressed = set(re.split(r"[\s,;]+", headers.raw("x-auto-response-suppress").decode("latin-1").lower()))
    if suppressed & _SILENCING:
        yield "X-Auto-Response-Suppress"
    if _AWAY.match(subject):
        yield "the subject is an automatic reply's"
    if _has_null_return_path(mail):
        yield "no return path"
    if not _is_our_group(mail, own):
        precedence = headers.token("precedence") or headers.token("x-precedence")
        if precedence in _MANY:
            yield f"Precedence: {precedence}"
        for name in _LIST_HEADERS:
            if headers.has(name):
                yield f"the header {name}"
    author = address.author(headers)
    if author is not None and _DAEMON.fullmatch(author.local):
        yield "a mail server wrote it"
    if _AWAY_TEXT.match(text[:400]):
        yield "the text is an automatic reply's"


def _is_our_group(mail: Part, own: frozenset[str]) -> bool:
    """A Google or Mailman group that is our own support address marks what people write to it as a list's mail."""
    if mail.headers.has("x-original-sender") or mail.headers.has("x-original-from"):
        return True
    posts = mail.headers.raw("list-post").decode("latin-1").lower()
    return any(ours in posts for ours in own)
