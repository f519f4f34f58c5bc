"""Who wrote, and who else is named: the address headers of a mail, however badly they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from omnibot.adapters.email.headers import Headers, decode_words, one_line

# What is read of a header with tens of thousands of recipients.
RECIPIENTS = 200
_LENGTH = 254  # RFC 5321, 4.5.3.1.3
_NAME_LENGTH = 200

_RECIPIENTS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "x-forwarded-to", "x-forwarded-for", "resent-to",
)  # fmt: skip
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)?|<[^<>]*>?|[,;]|[^"(<,;]+', re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]\\@]+@[^\s<>\"'(),;:\\@]+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person's or a machine's address, as the mail writes it."""

    name: str
    address: str

    @property
    def key(self) -> str:
        """The address in the form that is compared: without case."""
        return self.address.lower().rstrip(".")

    @property
    def local(self) -> str:
        return self.key.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]


def mailboxes(value: bytes, charset: str = "") -> Iterator[Mailbox]:
    """Those in a header value that have an address, in order, at most `RECIPIENTS`."""
    return islice((box for pieces in _entries(value) if (box := _mailbox(pieces, charset))), RECIPIENTS)


def _entries(value: bytes) -> Iterator[list[str]]:
    """The value cut at its commas, each entry as quoted strings, comments, angle addresses and words."""
    entry: list[str] = []
    for found in _PIECE.finditer(value.decode("latin-1")):
        if found[0] in ",;":
            yield entry
            entry = []
        else:
            entry.append(found[0])
    yield entry


def _mailbox(pieces: list[str], charset: str) -> Mailbox | None:
    angles = [piece[1:].rstrip("> ").strip() for piece in pieces if piece.startswith("<")]
    words = " ".join(_unquoted(piece) for piece in pieces if piece[0] not in "<(")
    comments = " ".join(piece[1:].rstrip(")") for piece in pieces if piece.startswith("("))
    address = next((angle for angle in reversed(angles) if "@" in angle), "") or next(
        (one for one in angles if one), ""
    )
    if not address:
        found = _ADDRESS.search(" ".join(piece for piece in pieces if piece[0] not in '("')) or _ADDRESS.search(words)
        if found is None:
            return None
        address = found[0]
        words = words.replace(address, " ").strip(" :'")
        words = "" if words.endswith(":") else words
    # A route (`<@relay:who@where>`) and a scheme are not part of the address.
    address = re.sub(r"^(?:@[^:]*:|mailto:)", "", "".join(address.split()), flags=re.IGNORECASE)
    if not 3 <= len(address) <= _LENGTH or address.startswith("@"):
        return None
    name = _read(words, charset) or _read(comments, charset)
    return Mailbox(name="" if name == address else name[:_NAME_LENGTH], address=_read(address, charset))


def _unquoted(piece: str) -> str:
    if not piece.startswith('"'):
        return piece.strip()
    return re.sub(r"\\(.)", r"\1", piece[1:].removesuffix('"')).strip()


def _read(text: str, charset: str) -> str:
    return " ".join(one_line(decode_words(text.strip().encode("latin-1"), charset)).strip("'\" ").split())


def first(headers: Headers, *names: str, charset: str = "") -> Mailbox | None:
    """The first mailbox in the first of these headers that has any."""
    for name in names:
        for value in headers.all(name):
            for box in mailboxes(value, charset):
                return box
    return None


def author(headers: Headers, charset: str = "") -> Mailbox | None:
    """Who wrote the mail, as it claims itself."""
    return first(headers, "from", "sender", "reply-to", "resent-from", "return-path", charset=charset)


def answer_to(headers: Headers, charset: str = "") -> Mailbox | None:
    """Where an answer goes. A Google group rewrites the author ("Mia via Support") and keeps the person apart."""
    original = first(headers, "x-original-sender", "x-original-from", charset=charset)
    replies = first(headers, "reply-to", charset=charset)
    if original is not None and (replies is None or _is_list(headers, replies)):
        return original
    return replies or author(headers, charset)


def _is_list(headers: Headers, box: Mailbox) -> bool:
    posts = headers.raw("list-post").decode("latin-1").lower()
    return box.key in posts or box.key == headers.raw("x-beenthere").decode("latin-1").lower().strip()


def copied(headers: Headers, *, own: frozenset[str]) -> list[Mailbox]:
    """Who else got the mail, by what all of them see. Nobody, if we do not stand among them: whoever wrote to us unseen does
    not want the others to know."""
    seen = {box.key: box for name in ("to", "cc") for value in headers.all(name) for box in mailboxes(value)}
    others = [box for key, box in seen.items() if _unplussed(key) not in own]
    return others if len(others) < len(seen) else []


def _unplussed(key: str) -> str:
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def recipients(headers: Headers) -> list[Mailbox]:
    """Everybody whom the mail went to, as far as its headers tell."""
    found = (box for name in _RECIPIENTS for value in headers.all(name) for box in mailboxes(value))
    return list({box.key: box for box in islice(found, RECIPIENTS)}.values())
