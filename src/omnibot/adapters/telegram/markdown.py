"""Our Markdown subset as text with formatting. Pure.

Entities instead of `parse_mode`: nothing has to be escaped, so no text can break the markup.
"""

from functools import lru_cache
from typing import Any

from omnibot.adapters.telegram.formatted import Formatted, Span
from omnibot.texts.markup import markdown_tokens

_INLINE = {"strong": "bold", "em": "italic"}
_LINKED = ("http://", "https://")  # Telegram drops links to anything else


@lru_cache(maxsize=1024)  # the bot says the same again and again, and reading Markdown costs more than sending it
def formatted(text: str) -> Formatted:
    """A message as Telegram shows it."""
    writer = _Writer()
    for token in markdown_tokens(_speakable(text)):
        writer.block(token)
    return writer.finish()


def _speakable(text: str) -> str:
    """Half a character cannot be sent; a mark stands in for it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Writer:
    """Collects text and spans, block by block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._spans: list[Span] = []
        self._open: list[tuple[str, int, str]] = []  # type, start, link
        self._numbers: list[int | None] = []  # of the lists that we are in; None where they have bullets
        self._quotes = 0
        self._is_fresh = True  # nothing stands on this line yet but what belongs to the block that comes

    def finish(self) -> Formatted:
        spans = sorted(self._spans, key=lambda span: (span.start, -span.end))
        return Formatted(text="".join(self._pieces), spans=tuple(spans))

    def block(self, token: Any) -> None:
        match token.type:
            case "paragraph_open":
                self._separate(1 if token.hidden else 2)
            case "inline":
                for child in token.children:
                    self._inline(child)
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._open_item()
            case "blockquote_open":
                self._open_quote()
            case "blockquote_close":
                self._close_quote()
            case "fence" | "code_block":
                self._separate(2)
                self._write_as("pre", token.content.rstrip("\n"), language=token.info.split(" ")[0])

    def _inline(self, token: Any) -> None:
        kind, _, end = token.type.rpartition("_")
        if kind in _INLINE:
            self._begin(_INLINE[kind]) if end == "open" else self._end()
        elif kind == "link":
            self._begin("text_link", str(token.attrs["href"])) if end == "open" else self._end_link()
        elif token.type == "code_inline":
            self._write_as("code", token.content)
        elif token.type in ("softbreak", "hardbreak"):
            self._write("\n")
        else:
            self._write(token.content)

    def _open_item(self) -> None:
        self._separate(1)
        number = self._numbers[-1]
        indentation = "  " * (len(self._numbers) - 1)
        self._write(f"{indentation}• " if number is None else f"{indentation}{number}. ")
        if number is not None:
            self._numbers[-1] = number + 1
        self._is_fresh = True

    def _open_quote(self) -> None:
        self._quotes += 1
        if self._quotes == 1:  # quotations in quotations are refused
            self._separate(2)
            self._begin("blockquote")
            self._is_fresh = True

    def _close_quote(self) -> None:
        self._quotes -= 1
        if self._quotes == 0:
            self._end()
            self._is_fresh = False

    def _separate(self, lines: int) -> None:
        if not self._is_fresh:
            self._write("\n" * lines)
        self._is_fresh = False

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _write_as(self, type: str, text: str, *, language: str = "") -> None:
        self._add(type, self._length, self._length + len(text), language=language)
        self._write(text)

    def _begin(self, type: str, url: str = "") -> None:
        self._open.append((type, self._length, url))

    def _end(self) -> None:
        type, start, _ = self._open.pop()
        self._add(type, start, self._length)

    def _end_link(self) -> None:
        type, start, url = self._open.pop()
        label = "".join(self._pieces)[start:]
        bare = url.removeprefix("mailto:").removeprefix("tel:")
        if label in (url, bare):
            return  # Telegram finds these by itself
        if url.startswith(_LINKED):
            self._add(type, start, self._length, url=url)
        elif bare:
            self._write(f" ({bare})")

    def _add(self, type: str, start: int, end: int, *, url: str = "", language: str = "") -> None:
        if end > start:
            self._spans.append(Span(type=type, start=start, end=end, url=url, language=language))
