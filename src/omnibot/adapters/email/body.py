"""What of a mail is its text, its HTML and its files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from omnibot.adapters.email import html as markup
from omnibot.adapters.email import mime
from omnibot.adapters.email.mime import Part

TEXT_LENGTH = 400_000  # characters of text that are kept; the mail itself is kept whole
FILES = 50
ATTACHED = "message/rfc822"
# Attached mails that are opened for their files, and how deep: each costs as much as reading a mail of its size.
OPENED, DEPTH = 10, 3

# What a file is called that has no name of its own.
_ENDINGS = {
    "text/calendar": "ics", "message/rfc822": "eml", "message/delivery-status": "txt", "text/rfc822-headers": "txt",
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "text/csv": "csv", "text/html": "html",
    "text/plain": "txt", "application/zip": "zip", "application/pgp-signature": "asc", "application/pgp-encrypted": "asc",
    "application/pkcs7-signature": "p7s", "application/x-pkcs7-signature": "p7s", "application/pkcs7-mime": "p7m",
    "application/ms-tnef": "dat", "text/vcard": "vcf", "text/x-vcard": "vcf", "audio/mpeg": "mp3", "video/mp4": "mp4",
}  # fmt: skip
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A part that is a file."""

    index: int  # which of the leaves of the mail that it is in
    inside: tuple[int, ...] = ()  # the attached mails that lead to it, the outermost first: which of the leaves each is
    name: str
    media_type: str
    size: int  # bytes, decoded
    content_id: str  # by which the HTML names it; empty where it does not
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The content of a mail."""

    text: str  # as written, or read out of the HTML
    html: str  # as sent, unsafe; empty where the mail has none
    files: tuple[File, ...]
    left_out: int  # how many files more there are
    protection: str  # "signed", "encrypted", or empty


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the mail that people read, in the forms that it comes in."""

    plain: str
    html: str


def of(mail: Part, *, opens_attached: bool = True) -> Body:
    """The content of a mail. `opens_attached`: the files of attached mails are among its files."""
    numbers = {id(leaf): number for number, leaf in enumerate(mail.leaves())}
    gatherer = _Gatherer(numbers)
    pieces = gatherer.gather(mail)
    if opens_attached:
        gatherer.open_attached(mail)
    text = "\n".join(_shown(piece) for piece in pieces if piece.plain.strip() or piece.html)
    html = "\n".join(piece.html or _as_html(piece.plain) for piece in pieces) if any(p.html for p in pieces) else ""
    return Body(
        text=text[:TEXT_LENGTH],
        html=html[: markup.LENGTH],
        files=tuple(gatherer.files),
        left_out=gatherer.left_out,
        protection=gatherer.protection,
    )


def _shown(piece: _Piece) -> str:
    return piece.plain if piece.plain.strip() else markup.to_text(piece.html)


def _as_html(text: str) -> str:
    return f"<pre>{text.replace('&', '&amp;').replace('<', '&lt;')}</pre>" if text.strip() else ""


class _Gatherer:
    """Walks the parts of one mail."""

    def __init__(self, numbers: dict[int, int]) -> None:
        self._numbers = numbers
        self._opened = 0
        self.files: list[File] = []
        self.left_out = 0
        self.protection = ""

    def gather(self, part: Part) -> list[_Piece]:
        if part.media_type == "multipart/alternative":
            return self._alternatives(part)
        if part.media_type == "multipart/signed":
            self.protection = self.protection or "signed"
        if part.media_type == "multipart/encrypted" or part.media_type in _SEALED:
            signs_only = part.options.get("smime-type", "").lower() == "signed-data"
            self.protection = "signed" if signs_only else "encrypted"
        if part.parts:
            return [piece for inner in part.parts for piece in self.gather(inner)]
        return self._leaf(part)

    def _alternatives(self, part: Part) -> list[_Piece]:
        """The same said several times: the plain form of one, the HTML of another."""
        forms = [self.gather(inner) for inner in part.parts]
        plain = next(
            (form for form in forms if any(p.plain.strip() for p in form) and not any(p.html for p in form)), None
        )
        rich = next((form for form in reversed(forms) if any(p.html for p in form)), None)
        if rich is None:
            return plain or []
        words = "\n".join(piece.plain for piece in plain) if plain else "\n".join(_shown(piece) for piece in rich)
        return [_Piece(words, "\n".join(piece.html or _as_html(piece.plain) for piece in rich))]

    def _leaf(self, part: Part) -> list[_Piece]:
        if _is_words(part):
            if part.media_type == "text/x-amp-html":
                return []
            if part.media_type == "text/plain":
                return [_Piece(part.text(), "")]
            if part.media_type == "text/enriched":
                return [_Piece(re.sub(r"<[^>]{0,200}>", "", part.text()), "")]
            return [_Piece("", part.text())]
        self._keep(part, self._numbers.get(id(part), 0), ())
        return []

    def open_attached(self, mail: Part, inside: tuple[int, ...] = ()) -> None:
        """The files in the attached mails, after the mail's own."""
        for number, leaf in enumerate(mail.leaves()):
            if leaf.media_type != ATTACHED or self._opened >= OPENED or len(self.files) >= FILES:
                continue
            self._opened += 1
            attached, where = mime.read(leaf.content()), (*inside, number)
            for index, part in _files(attached):
                self._keep(part, index, where)
            if len(where) < DEPTH:
                self.open_attached(attached, where)

    def _keep(self, part: Part, number: int, inside: tuple[int, ...]) -> None:
        if len(self.files) >= FILES:
            self.left_out += 1
            return
        media_type = part.media_type if not part.media_type.startswith("multipart/") else "application/octet-stream"
        name = part.name or f"attachment-{len(self.files) + 1}.{_ENDINGS.get(media_type, 'bin')}"
        self.files.append(
            File(
                index=number,
                inside=inside,
                name=name,
                media_type=media_type,
                size=len(part.content()),
                content_id="" if inside else part.content_id,  # it is another mail's HTML that names it
                problem=_problem(part, media_type, name),
            )
        )


def _files(mail: Part) -> Iterator[tuple[int, Part]]:
    """The leaves of an attached mail that are files: what is not its text."""
    for number, leaf in enumerate(mail.leaves()):
        if not _is_words(leaf):
            yield number, leaf


def _is_words(part: Part) -> bool:
    is_text = part.media_type in ("text/plain", "text/html", "text/enriched", "text/x-amp-html")
    return is_text and not part.is_attachment and not part.name


def _problem(part: Part, media_type: str, name: str) -> str | None:
    if media_type in _TNEF or name.lower() == "winmail.dat":
        return "Outlook's own format (TNEF), which holds the real files; ask for them again as plain attachments"
    if media_type in _SEALED and part.options.get("smime-type", "").lower() != "signed-data":
        return "encrypted: only the addressee's key opens it"
    return None
