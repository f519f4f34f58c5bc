"""The Markdown subset in which answers and replies are written, as HTML that is safe to show. Raw HTML is never passed on."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from html import escape
from typing import Any

from omnibot.domain.message import Author
from omnibot.domain.regex import regex

_ALLOWED = [
    "paragraph",
    "list",
    "blockquote",
    "fence",
    "code",
    "backticks",
    "emphasis",
    "link",
    "newline",
    "escape",
    "entity",
    "autolink",
]
# An address as people paste it, up to a blank or Chinese punctuation; what ends the sentence is taken off afterwards.
_ADDRESS = regex(r"https?://(?=[\w\[])[^\s<>\"\u3000-\u303f\uff00-\uffef\u2018-\u201d\u4e00-\u9fff]+", re.IGNORECASE)
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def to_html(text: str, author: Author) -> str:
    """A message as HTML. Only our own side writes Markdown; what a customer typed is shown as typed. An address that an agent
    pasted becomes a link; lines of the bot and the system may repeat what a customer wrote, and make none."""
    if author is Author.CUSTOMER:
        return plain_to_html(text)
    return markdown_to_html(text, links=author is Author.AGENT)


def plain_to_html(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


@lru_cache(maxsize=4096)
def markdown_to_html(text: str, *, links: bool = False) -> str:
    """p, br, strong, em, code, pre, ul, ol, li, blockquote and links to http, https, mailto and tel; nothing else. With
    `links`, addresses that stand in the text alone are links as well."""
    return str((_linking_renderer() if links else _renderer()).render(text)).strip()


_PUNCTUATION = regex(r"[!-/:-@\[-`{-~]")  # what a backslash takes the meaning of: CommonMark 0.31, 2.4
_INDENTATION = regex(r"^[ \t]+", re.MULTILINE)
_JOINT = regex(r"(?<=\w)[.@](?=[^\W\d])|:(?=//)")
_WORD_JOINER = "\N{WORD JOINER}"


def as_typed(text: str, *, links: bool = True) -> str:
    """Markdown that shows a text as somebody typed it. Without `links`, words that look like an address are held apart by
    something that nobody sees, so that programs that look for addresses make no link of them."""
    if not links:
        text = _JOINT.sub(rf"\g<0>{_WORD_JOINER}", text)
    text = _INDENTATION.sub(lambda found: "\N{NO-BREAK SPACE}" * len(found[0]), text)
    return _PUNCTUATION.sub(r"\\\g<0>", text)


def markdown_tokens(text: str) -> list[Any]:
    """What a message is made of, as markdown-it's block tokens; for channels that show something else than HTML."""
    return list(_renderer().parse(text))


@cache
def _renderer() -> Any:
    return _new_renderer()


def _new_renderer() -> Any:
    from markdown_it import MarkdownIt  # loaded with the first answer

    renderer = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False}).enable(_ALLOWED)
    renderer.validateLink = _is_harmless  # type: ignore[method-assign]  # how markdown-it is told

    def link_open(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
        tokens[index].attrSet("rel", "noopener noreferrer nofollow")
        tokens[index].attrSet("target", "_blank")
        return str(self.renderToken(tokens, index, options, env))

    renderer.add_render_rule("link_open", link_open)
    return renderer


@cache
def _linking_renderer() -> Any:
    """Makes links of pasted addresses as well, which chat platforms do by themselves."""
    renderer = _new_renderer()
    # Before escapes become one with the text around them: what others wrote (`as_typed`) makes no link.
    renderer.core.ruler.before("text_join", "pasted_address", _link_addresses)
    return renderer


def _link_addresses(state: Any) -> None:
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = list(_with_links(block.children))


def _with_links(tokens: Iterable[Any]) -> Iterator[Any]:
    depth = 0  # of links that are written as such
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not depth:
            yield from _parted(token)
        else:
            yield token


def _parted(token: Any) -> Iterator[Any]:
    text, place = token.content, 0
    for found in _ADDRESS.finditer(text):
        address = _without_end(found[0])
        yield token.copy(content=text[place : found.start()])
        yield token.copy(type="link_open", tag="a", nesting=1, content="", attrs={"href": address})
        yield token.copy(content=address)
        yield token.copy(type="link_close", tag="a", nesting=-1, content="")
        place = found.start() + len(address)
    yield token.copy(content=text[place:])


def _without_end(address: str) -> str:
    """Without what belongs to the sentence: its full stop, and a bracket that the address has not opened."""
    while True:
        shorter = address.rstrip(".,:;!?'*_~")
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


def _is_harmless(url: str) -> bool:
    return url.strip().lower().startswith(_SCHEMES)
