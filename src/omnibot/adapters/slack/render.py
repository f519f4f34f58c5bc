"""A message as posts for `chat.postMessage`: rich text for eyes, plain `text` for notifications and screen readers. Pure.

Rich text shows what is in it literally, so that nothing needs escaping and nobody can be mentioned by accident; the plain
text is escaped. Limits: https://docs.slack.dev/reference/block-kit/blocks, and what others met (bolt-js#2509).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from omnibot.adapters.slack.interactions import CARD
from omnibot.adapters.slack.mrkdwn import escape
from omnibot.adapters.slack.split import cut, length
from omnibot.channel import OutboundMessage
from omnibot.domain.message import Author, Choice
from omnibot.texts.markup import markdown_tokens

Json = dict[str, Any]

# One post: the length of a section, far below the 4,000 at which texts are best split. With as many leaves as this, all
# blocks together stay below the undocumented 13,200 characters, markup included.
POST_LENGTH = 3_000
POST_LEAVES = 100
BUTTONS = 25  # in one row
LABEL_LENGTH = 75
VALUE_LENGTH = 2_000
NAME_LENGTH = 150
EVENT_TYPE = "omnibot_message"  # of the metadata by which a post is found again

_LISTS = {"bullet_list_open": "bullet", "ordered_list_open": "ordered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Some words that look the same."""

    text: str
    url: str = ""
    bold: bool = False
    italic: bool = False
    code: bool = False

    @property
    def size(self) -> int:
        return length(self.text) + length(self.url)

    def as_json(self) -> Json:
        style = {name: True for name in ("bold", "italic", "code") if getattr(self, name)}
        kind: Json = {"type": "link", "url": self.url} if self.url else {"type": "text"}
        return {**kind, "text": self.text, **({"style": style} if style else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph, an item of a list, a quotation or a block of code."""

    kind: str  # paragraph, bullet, ordered, quote, code
    leaves: tuple[Leaf, ...]
    indent: int = 0
    number: int = 0

    @property
    def plain(self) -> str:
        text = "".join(leaf.text for leaf in self.leaves)
        mark = {"bullet": "• ", "ordered": f"{self.number}. "}.get(self.kind, "")
        return "    " * self.indent + mark + text


def render(message: OutboundMessage) -> list[Json]:
    """The posts that say it, in order; none where it only brings files."""
    lines = list(_lines(message.text))
    buttons = [choice for choice in message.choices if length(choice.id) <= VALUE_LENGTH]
    # A choice that no button can hold is at least readable.
    lines += [_paragraph(choice.label) for choice in message.choices if choice not in buttons]
    parts = _pack(lines)
    if not parts and buttons:
        parts = [[]]
    return [
        _post(
            message, part, number, author=_author(message) if number == 0 else None, buttons=buttons if is_last else []
        )
        for number, part in enumerate(parts)
        for is_last in [number == len(parts) - 1]
    ]


def page(text: str) -> list[Json]:
    """A page of ours as blocks."""
    return list(_containers(list(_lines(text))))


def label(choice: Choice) -> str:
    """What stands on a button."""
    words = choice.label.strip() or choice.id
    return words if length(words) <= LABEL_LENGTH else words[: cut(words, LABEL_LENGTH - 1)] + "…"


def _author(message: OutboundMessage) -> str | None:
    name = (message.author_name or "").strip() if message.author is Author.AGENT else ""
    return name[:NAME_LENGTH] or None


def _post(message: OutboundMessage, lines: list[Line], part: int, *, author: str | None, buttons: list[Choice]) -> Json:
    blocks = [{"type": "context", "elements": [_plain_text(author)]}] if author else []
    if lines:
        blocks.append({"type": "rich_text", "elements": list(_containers(lines))})
    for start in range(0, len(buttons), BUTTONS):
        row = [
            _button(choice, start + n, keeps=message.keeps_choices)
            for n, choice in enumerate(buttons[start : start + BUTTONS])
        ]
        blocks.append({"type": "actions", "elements": row})
    words = "\n".join(line.plain for line in lines) or " / ".join(label(choice) for choice in buttons)
    return {
        "text": escape(f"{author}: {words}" if author else words),
        "blocks": blocks,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"id": message.id, "part": part}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _button(choice: Choice, number: int, *, keeps: bool) -> Json:
    kind = CARD if keeps else "choice:"
    return {"type": "button", "action_id": f"{kind}{number}", "value": choice.id, "text": _plain_text(label(choice))}


def _plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _containers(lines: list[Line]) -> Iterator[Json]:
    for (kind, indent), group in groupby(lines, key=lambda line: (line.kind, line.indent)):
        members = list(group)
        match kind:
            case "bullet" | "ordered":
                items = [{"type": "rich_text_section", "elements": _leaves(line)} for line in members]
                offset = {"offset": members[0].number - 1} if kind == "ordered" and members[0].number > 1 else {}
                yield {"type": "rich_text_list", "style": kind, "indent": indent, "elements": items, **offset}
            case "paragraph":
                # As Slack's own editor writes paragraphs.
                gap = {"type": "text", "text": "\n\n"}
                spaced = [leaf for line in members for leaf in (gap, *_leaves(line))]
                yield {"type": "rich_text_section", "elements": spaced[1:]}
            case _:
                for line in members:
                    name = "rich_text_quote" if kind == "quote" else "rich_text_preformatted"
                    yield {"type": name, "elements": _leaves(line)}


def _leaves(line: Line) -> list[Json]:
    return [leaf.as_json() for leaf in line.leaves]


def _paragraph(text: str) -> Line:
    return Line(kind="paragraph", leaves=(Leaf(text=text),))


def _lines(text: str) -> Iterator[Line]:
    """The Markdown subset, line by line. What stands inside a quotation becomes its text."""
    lists: list[tuple[str, int]] = []
    quoted: list[Leaf] = []
    depth = 0
    item: tuple[str, int] | None = None
    for token in markdown_tokens(_speakable(text)):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists.append((_LISTS[token.type], int(token.attrGet("start") or 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                kind, number = lists[-1]
                item, lists[-1] = (kind, number), (kind, number + 1)
            case "blockquote_open":
                depth += 1
            case "blockquote_close":
                depth -= 1
                if depth == 0 and quoted:
                    yield Line(kind="quote", leaves=tuple(quoted[1:]))
                    quoted = []
            case "inline" | "fence" | "code_block":
                leaves = tuple(_inline(token.children)) if token.type == "inline" else (_code(token.content),)
                if depth:
                    quoted += [Leaf(text="\n"), *leaves]
                elif item and token.type == "inline":
                    yield Line(kind=item[0], number=item[1], indent=len(lists) - 1, leaves=leaves)
                    item = None
                else:
                    yield Line(kind="paragraph" if token.type == "inline" else "code", leaves=leaves)


def _speakable(text: str) -> str:
    """Half a character cannot be sent; a mark stands in for it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _code(text: str) -> Leaf:
    return Leaf(text=text.removesuffix("\n"))


def _inline(tokens: list[Any]) -> Iterator[Leaf]:
    look = Leaf(text="")
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                look = replace(look, bold=token.nesting == 1)
            case "em_open" | "em_close":
                look = replace(look, italic=token.nesting == 1)
            case "link_open" | "link_close":
                look = replace(look, url=str(token.attrGet("href") or "") if token.nesting == 1 else "")
            case "softbreak" | "hardbreak":
                yield replace(look, text="\n")
            case "code_inline":
                yield replace(look, text=token.content, code=True)
            case _ if token.content:
                yield replace(look, text=token.content)


def _pack(lines: list[Line]) -> list[list[Line]]:
    """Lines in as few posts as hold them; a line that is too long goes on in the next post, as what it was."""
    posts: list[list[Line]] = []
    room = leaves = 0
    for line in lines:
        is_start = True
        for piece in (piece for leaf in line.leaves for piece in _pieces(leaf)):
            is_new = piece.size > room or leaves >= POST_LEAVES
            if is_new:
                posts.append([])
                room, leaves = POST_LENGTH, 0
            _append(posts[-1], line, piece, is_start=is_start or is_new)
            room -= piece.size + 2 * is_start  # the gap between paragraphs
            leaves += 1 + is_start
            is_start = False
    return posts


def _append(post: list[Line], line: Line, piece: Leaf, *, is_start: bool) -> None:
    if is_start:
        post.append(replace(line, leaves=(piece,)))
    else:
        post[-1] = replace(post[-1], leaves=(*post[-1].leaves, piece))


def _pieces(leaf: Leaf) -> Iterator[Leaf]:
    """A leaf in pieces that a post can hold. An address is never cut: one that is too long is not linked."""
    if leaf.size <= POST_LENGTH:
        yield leaf
        return
    rest = replace(leaf, url="") if length(leaf.url) > POST_LENGTH // 2 else leaf
    while rest.size > POST_LENGTH:
        end = cut(rest.text, POST_LENGTH - length(rest.url))
        yield replace(rest, text=rest.text[:end])
        rest = replace(rest, text=rest.text[end:])
    if rest.text:
        yield rest
