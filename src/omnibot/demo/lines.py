"""What a person sees on each platform, as lines of a transcript for the page. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

from omnibot.demo.slack_wire import Json
from omnibot.demo.telegram import SentMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words that look the same."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message."""

    id: str  # of the platform
    is_own: bool  # the person wrote it
    at: int  # Unix time
    spans: tuple[Span, ...]
    author: str = ""
    subject: str = ""
    buttons: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def of_telegram(posted: Iterable[dict[str, Any]], sent: Iterable[SentMessage], *, chat: int) -> list[Line]:
    """A private chat: message ids count up over both sides."""
    own = [
        Line(id=str(post["message_id"]), is_own=True, at=post["date"], spans=(Span(text=post["text"]),))
        for post in posted
        if post["chat"]["id"] == chat
    ]
    told = [
        Line(
            id=str(message.message_id),
            is_own=False,
            at=message.at,
            spans=tuple(_entity_spans(message.text, message.entities)),
            buttons=tuple(message.buttons),
            files=(message.file_name,) if message.file_name else (),
        )
        for message in sent
        if message.chat == str(chat)
    ]
    return sorted(own + told, key=lambda line: int(line.id))


def of_slack(posts: Iterable[Json]) -> list[Line]:
    """A direct chat."""
    return [
        Line(
            id=post["ts"],
            is_own="bot_id" not in post,
            at=int(float(post["ts"])),
            spans=tuple(_block_spans(post)) or (Span(text=post["text"]),),
            author=next((block["elements"][0]["text"] for block in _blocks(post, "context")), ""),
            buttons=tuple(button["text"]["text"] for block in _blocks(post, "actions") for button in block["elements"]),
            files=tuple(file["name"] for file in post.get("files", ())),
        )
        for post in posts
    ]


def of_mail(mail: EmailMessage, *, own_address: str, at: int) -> Line:
    """A letter, with its plain text."""
    body = mail.get_body(("plain",))
    sender = mail["From"].addresses[0]
    return Line(
        id=str(mail["Message-ID"]),
        is_own=sender.addr_spec == own_address,
        at=at,
        author=sender.display_name or sender.addr_spec,
        subject=str(mail["Subject"]),
        spans=(Span(text=body.get_content().replace("\r\n", "\n").strip() if body else ""),),
        files=tuple(part.get_filename() or "" for part in mail.iter_attachments()),
    )


def _entity_spans(text: str, entities: list[dict[str, Any]]) -> Iterator[Span]:
    """Entities count in UTF-16 units and may overlap."""
    wide = text.encode("utf-16-le")
    ends = {0, len(wide) // 2}
    ends |= {place for entity in entities for place in (entity["offset"], entity["offset"] + entity["length"])}
    for start, end in pairwise(sorted(ends)):
        here = {
            entity["type"]: entity
            for entity in entities
            if entity["offset"] <= start and end <= entity["offset"] + entity["length"]
        }
        yield Span(
            text=wide[2 * start : 2 * end].decode("utf-16-le"),
            bold="bold" in here,
            italic="italic" in here,
            code="code" in here or "pre" in here,
            link=here.get("text_link", {}).get("url", ""),
        )


def _blocks(post: Json, kind: str) -> list[Json]:
    return [block for block in post.get("blocks", ()) if block["type"] == kind]


def _block_spans(post: Json) -> Iterator[Span]:
    containers = [container for block in _blocks(post, "rich_text") for container in block["elements"]]
    for number, container in enumerate(containers):
        if number:
            yield Span(text="\n")
        match container["type"]:
            case "rich_text_list":
                first = container.get("offset", 0) + 1
                for place, item in enumerate(container["elements"]):
                    mark = "• " if container["style"] == "bullet" else f"{first + place}. "
                    yield Span(text=("\n" if place else "") + "    " * container.get("indent", 0) + mark)
                    yield from _leaf_spans(item)
            case "rich_text_preformatted":
                yield from (replace(span, code=True) for span in _leaf_spans(container))
            case _:
                yield from _leaf_spans(container)


def _leaf_spans(container: Json) -> Iterator[Span]:
    for leaf in container["elements"]:
        style = leaf.get("style", {})
        yield Span(
            text=leaf["text"],
            bold=style.get("bold", False),
            italic=style.get("italic", False),
            code=style.get("code", False),
            link=leaf.get("url", ""),
        )
