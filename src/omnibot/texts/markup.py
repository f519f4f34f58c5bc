"""The Markdown subset in which answers and replies are written, as HTML that is safe to show. Raw HTML is never passed on."""

import re
from functools import cache, lru_cache
from html import escape
from typing import Any

from omnibot.domain.message import Author

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
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def to_html(text: str, author: Author) -> str:
    """A message as HTML. Only our own side writes Markdown; what a customer typed is shown as typed."""
    return plain_to_html(text) if author is Author.CUSTOMER else markdown_to_html(text)


def plain_to_html(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


@lru_cache(maxsize=4096)
def markdown_to_html(text: str) -> str:
    """p, br, strong, em, code, pre, ul, ol, li, blockquote and links to http, https, mailto and tel; nothing else."""
    return str(_renderer().render(text)).strip()


_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")  # what a backslash takes the meaning of: CommonMark 0.31, 2.4
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_JOINT = re.compile(r"(?<=\w)[.@](?=[^\W\d])|:(?=//)")
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
    from markdown_it import MarkdownIt  # loaded with the first answer

    renderer = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False}).enable(_ALLOWED)
    renderer.validateLink = _is_harmless  # type: ignore[method-assign]  # how markdown-it is told

    def link_open(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
        tokens[index].attrSet("rel", "noopener noreferrer nofollow")
        tokens[index].attrSet("target", "_blank")
        return str(self.renderToken(tokens, index, options, env))

    renderer.add_render_rule("link_open", link_open)
    return renderer


def _is_harmless(url: str) -> bool:
    return url.strip().lower().startswith(_SCHEMES)
