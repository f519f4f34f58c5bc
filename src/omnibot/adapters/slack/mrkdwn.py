"""Slack's two ways to write text, `mrkdwn` and rich text, read as our Markdown subset; and the way back for plain text.

What a person typed stays as it was typed: only what Slack itself marked up (bold, links, mentions, code) becomes
Markdown. https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Collection, Mapping
from functools import partial

import msgspec

from omnibot.adapters.slack.payloads import Block, Person, RichText, Style, rich_text_elements

# Rich text nests lists in sections at most; deeper is not Slack's.
DEEPEST = 16
# Slack cuts a message at 40,000 characters. What is longer did not come from there, and is taken as it is.
LONGEST = 50_000

_LINK = re.compile(r"<([^<>\n]*)>")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# A mark that is a mark: a word begins right after it and ends right before its twin. Links are stepped over.
_BOLD = re.compile(r"<[^<>\n]*>|(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")
_ITALIC = re.compile(r"<[^<>\n]*>|(?<![\w_])_(?=[^\s_])([^_\n]*[^\s_])_(?![\w_])")


def escape(text: str) -> str:
    """Text that Slack shows as it is; the three characters are all that it wants escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def from_mrkdwn(text: str, *, us: Collection[str] = (), people: Mapping[str, Person] | None = None) -> str:
    """A message's `text` as Markdown. Mentions of `us` are left out, other people are named where they are known."""
    if len(text) > LONGEST:
        return unescape(text)
    parts, end = [], 0
    for code in _CODE.finditer(text):
        parts.append(_from_prose(text[end : code.start()], us, people or {}))
        parts.append(_LINK.sub(lambda link: _address_of(link[1]), code[0]))
        end = code.end()
    parts.append(_from_prose(text[end:], us, people or {}))
    return unescape("".join(parts))


def _from_prose(text: str, us: Collection[str], people: Mapping[str, Person]) -> str:
    text = _ITALIC.sub(partial(_marked, "*"), _BOLD.sub(partial(_marked, "**"), text))
    return _LINK.sub(lambda link: _from_link(link[1], us, people), text)


def _marked(mark: str, found: re.Match[str]) -> str:
    return found[0] if found[1] is None else f"{mark}{found[1]}{mark}"


def _from_link(inside: str, us: Collection[str], people: Mapping[str, Person]) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return "" if target[1:] in us else f"@{label or _name(target[1:], people)}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
    return _link(target, label)


def _link(url: str, label: str) -> str:
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    return f"[{label}]({url})" if label and label not in (url, bare, url.partition("://")[2]) else bare


def _address_of(inside: str) -> str:
    """Inside code, links are written out."""
    return inside.partition("|")[2] or inside


def _name(user: str, people: Mapping[str, Person]) -> str:
    return (people[user].name if user in people else None) or user


def from_blocks(
    blocks: list[Block] | None, *, us: Collection[str] = (), people: Mapping[str, Person] | None = None
) -> str | None:
    """The rich text of a message as Markdown; None where it has none. Raises msgspec.DecodeError."""
    rich = [block.elements for block in blocks or () if block.type == "rich_text" and bytes(block.elements)]
    if not rich:
        return None
    containers = [element for elements in rich for element in rich_text_elements.decode(elements)]
    return _Reader(us, people or {}).containers(containers, 0)


class _Reader:
    """Writes rich text down as Markdown."""

    def __init__(self, us: Collection[str], people: Mapping[str, Person]) -> None:
        self._us = us
        self._people = people

    def containers(self, elements: list[RichText], depth: int) -> str:
        if depth > DEEPEST:
            return ""
        return "\n".join(self._container(element, depth) for element in elements).strip("\n")

    def _container(self, element: RichText, depth: int) -> str:
        inside = element.elements or []
        match element.type:
            case "rich_text_list":
                return self._list(element, inside, depth)
            case "rich_text_quote":
                return "\n".join(f"> {line}" for line in self._leaves(inside).split("\n"))
            case "rich_text_preformatted":
                return f"```\n{self._plain(inside)}\n```"
        return self._leaves(inside).removesuffix("\n")

    def _list(self, element: RichText, items: list[RichText], depth: int) -> str:
        lines = []
        for number, item in enumerate(items, start=(element.offset or 0) + 1):
            mark = f"{number}." if element.style == "ordered" else "-"
            text = self.containers([item], depth + 1).replace("\n", "\n  ")
            lines.append(f"{'  ' * min(element.indent or 0, DEEPEST)}{mark} {text}")
        return "\n".join(lines)

    def _leaves(self, elements: list[RichText]) -> str:
        return "".join(_styled(self._leaf(element), element.style) for element in elements)

    def _plain(self, elements: list[RichText]) -> str:
        return "".join(element.text or element.url or "" for element in elements)

    def _leaf(self, element: RichText) -> str:
        match element.type:
            case "link":
                return _link(element.url or "", element.text or "")
            case "user":
                user = element.user_id or ""
                return "" if user in self._us else f"@{_name(user, self._people)}"
            case "channel":
                return f"#{element.channel_id}"
            case "usergroup":
                return f"@{element.usergroup_id}"
            case "broadcast":
                return f"@{element.range}"
            case "emoji":
                return _emoji(element)
            case "date":
                return element.fallback or ""
            case "color":
                return element.value or ""
        return element.text or ""


def _emoji(element: RichText) -> str:
    try:
        return "".join(chr(int(code, 16)) for code in (element.unicode or "").split("-"))
    except (ValueError, OverflowError):
        return f":{element.name}:"  # the workspace's own


def _styled(text: str, style: object) -> str:
    """White space stays outside of the marks: Markdown sees no emphasis otherwise."""
    core = text.strip()
    if not core or not isinstance(style, dict):
        return text
    look = msgspec.convert(style, Style)
    marks = "`" if look.code else ("**" if look.bold else "") + ("*" if look.italic else "")
    return text.replace(core, f"{marks}{core}{marks[::-1]}", 1)
