"""Links of mails whose words name another host than the one they lead to: the oldest trick of phishing.

Told are hosts only, as browsers go to them, in ASCII: what looks like another alphabet's letters is seen as such.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

MOST = 5  # of one mail; whoever sees them knows enough
WORDS = 500  # characters of a link that are looked at

_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,24})"
_NAMED = re.compile(rf"(?:https?://(?:[^\s/@]*@)?|\bwww\.)({_HOST})", re.IGNORECASE)
_BARE = re.compile(rf"({_HOST})(?::\d+)?(?:/\S*)?", re.IGNORECASE)
_MAILBOX = re.compile(rf"[\w.+-]+@({_HOST})", re.IGNORECASE)
# Endings of names of files that are endings of hosts, too: alone, such a word claims nothing.
_FILES = {
    "md",
    "py",
    "sh",
    "rs",
    "pl",
    "cc",
    "ps",
    "zip",
    "mov",
    "js",
    "txt",
    "pdf",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "png",
    "jpg",
}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseLink:
    """The host that the words name, and the one that the link leads to."""

    claimed: str
    real: str


def false_links(html: str) -> tuple[FalseLink, ...]:
    """Those in safe HTML, each once, in order."""
    reader = _Links()
    reader.feed(html)
    reader.close()
    found = [claim for href, words in reader.links if (claim := _false(href, words)) is not None]
    return tuple(dict.fromkeys(found))[:MOST]


def _false(href: str, words: str) -> FalseLink | None:
    try:
        parts = urlsplit(href.strip())
        real = parts.path.rpartition("@")[2] if parts.scheme == "mailto" else parts.hostname or ""
        user = parts.username or ""
    except ValueError:
        return None
    claimed = _claimed(words, is_mail=parts.scheme == "mailto")
    if claimed is None and (found := _BARE.fullmatch(user)):
        claimed = found[1]  # https://bank.example@evil.example
    if claimed is None or not real:
        return None
    said, led = _ascii(claimed), _ascii(real)
    if not led or _is_same_site(said, led):
        return None
    return FalseLink(claimed=said or claimed, real=led)


def _claimed(words: str, *, is_mail: bool) -> str | None:
    """The host that a link's words name, if they do."""
    text = _INVISIBLE.sub("", words)[:WORDS].strip()
    if found := _NAMED.search(text):
        return found[1]
    if found := _MAILBOX.search(text):
        return found[1] if is_mail else None
    found = _BARE.fullmatch(text.rstrip(".,;:!?"))
    if found is None or found[1].rpartition(".")[2].lower() in _FILES:
        return None
    return found[1]


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode().lower().rstrip(".").removeprefix("www.")
    except UnicodeError:
        return ""


def _is_same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


class _Links(HTMLParser):
    """Each link's address with the words that stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._end()
            self._href = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end()

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        if self._href is not None:
            self.links.append((self._href, "".join(self._words)))
        self._href, self._words = None, []
