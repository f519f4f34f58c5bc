"""A message of ours as a mail: one column of HTML and the same as text, safe headers, marks on automatic mail only (RFC 3834).

The Message-ID is made of our message's id and a secret, so every try has the same one (receivers drop the second copy) and
nobody can guess it. The reply address carries it behind a plus: an answer tells what it answers, whatever the mail program
does to the references.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from omnibot.adapters.email.automatic import OWN_MARK
from omnibot.adapters.email.headers import one_line
from omnibot.adapters.email.subject import stripped
from omnibot.channel import OutboundMessage, Undeliverable
from omnibot.domain.language import Language, detect
from omnibot.texts import Texts
from omnibot.texts.markup import markdown_to_html

REFERENCES = 20  # more make header lines that old servers cut
SUBJECT_LENGTH = 200

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s<>@,;:\"()\[\]\\]{1,253}")
_REFERENCE = re.compile(r"<[!-;=?-~]{1,250}>")
_LINK = re.compile(r"(?<!!)\[([^\]]{1,300})\]\(((?:https?://|mailto:|tel:)[^\s)]{1,1000})\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.{1,500}?)(?<=\S)\1", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What is the same in all mails of an account."""

    channel: str
    address: str
    secret: bytes
    plus_addresses: bool = True  # whether the server takes `support+anything@…` for `support@…`
    texts: Texts


def token(message_id: str, secret: bytes) -> str:
    """The left side of a Message-ID, the same for the same message of ours: `m` and 26 characters of 0-9a-v."""
    digest = hmac.new(secret, message_id.encode(), hashlib.sha256).digest()[:16]
    return "m" + base64.b32hexencode(digest).decode().rstrip("=").lower()


def render(message: OutboundMessage, mailing: Mailing) -> EmailMessage:
    """The mail, files excepted. Raises Undeliverable where the address is none."""
    recipient = recipient_of(message)
    words = mailing.texts.of(detect(message.text, hint=Language.EN))
    local, _, domain = mailing.address.rpartition("@")
    own = token(message.id, mailing.secret)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = MailAddress(display_name=for_header(message.author_name or ""), addr_spec=mailing.address)
    mail["To"] = recipient
    if in_copy := [fit for one in message.copies.cc if (fit := deliverable(one))]:
        mail["Cc"] = ", ".join(in_copy)
    mail["Subject"] = _subject(message) or words("Your message")
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{own}@{domain}>"
    _follow(mail, message.references)
    mail["Reply-To"] = f"{local}+{own}@{domain}" if mailing.plus_addresses else mailing.address
    mail[OWN_MARK.title()] = mailing.channel
    if message.is_automatic:
        mail["Auto-Submitted"] = "auto-replied" if message.references else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    above, how = (
        words("Reply above this line"),
        words("Answer with the number of your choice.") if message.choices else "",
    )
    mail.set_content(_as_text(message, above, how), cte="quoted-printable")
    mail.add_alternative(_as_html(message, above, how), subtype="html", cte="quoted-printable")
    return mail


def for_header(text: str) -> str:
    """Words of people for a header. The standard library decodes RFC 2047 words in what it is given, line ends included, so
    none may be left: `=?utf-8?q?=0D=0ABcc:_x?=` would become a header of its own."""
    return one_line(text).replace("=?", "= ?")


def recipient_of(message: OutboundMessage) -> str:
    """The address written to, fit for a header and for SMTP. Raises Undeliverable."""
    recipient = deliverable(message.address.chat)
    if recipient is None:
        raise Undeliverable("this is not an address that mail can be sent to")
    return recipient


def deliverable(address: str) -> str | None:
    """An address as headers and SMTP take it; None if they cannot."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        ascii_domain = ""
    fit = f"{local}@{ascii_domain}"
    return fit if _ADDRESS.fullmatch(fit) and "=?" not in fit else None


def _subject(message: OutboundMessage) -> str:
    """The conversation's subject; an answer keeps it, so that mail programs put it with the rest. A notice has a title."""
    subject = stripped(for_header(message.subject or message.opens or ""))[:SUBJECT_LENGTH]
    return f"Re: {subject}" if subject and message.references else subject


def _follow(mail: EmailMessage, references: tuple[str, ...]) -> None:
    """RFC 5322, 3.6.4: In-Reply-To names the nearest, References the chain from the oldest on."""
    chain = [one for one in references if _REFERENCE.fullmatch(one) and "=?" not in one]
    if not chain:
        return
    mail["In-Reply-To"] = chain[0]
    oldest_first = chain[::-1]
    kept = oldest_first if len(oldest_first) <= REFERENCES else [oldest_first[0], *oldest_first[1 - REFERENCES :]]
    mail["References"] = " ".join(kept)


def _as_text(message: OutboundMessage, above: str, how: str) -> str:
    numbered = "\n".join(
        f"{number}) {one_line(choice.label)}" for number, choice in enumerate(message.choices, start=1)
    )
    pieces = (f"-- {above} --", to_plain(message.text), numbered, how)
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def to_plain(text: str) -> str:
    """The Markdown subset as people write plain mails: links behind their words, emphasis as it is, nothing escaped."""
    text = _LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} <{link[2]}>", text)
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub(r"*\2*", text)).strip()


# One column, no pictures, colours left to the reader's own light or dark mode; attributes, since mail programs drop style sheets.
_PAGE = """\
<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></head>
<body style="margin:0;padding:16px">
<div style="max-width:560px;font:16px/1.5 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif">
<p style="margin:0 0 16px;font-size:12px;opacity:.65">-- {above} --</p>
{body}
</div>
</body></html>
"""


def _as_html(message: OutboundMessage, above: str, how: str) -> str:
    body = markdown_to_html(message.text)
    if message.choices:
        items = "".join(f"<li>{escape(one_line(choice.label))}</li>" for choice in message.choices)
        body += f'\n<ol style="padding-left:24px">{items}</ol>\n<p>{escape(how)}</p>'
    return _PAGE.format(above=escape(above), body=body)
