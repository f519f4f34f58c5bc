"""What a person sees on each platform, as lines of a transcript for the page. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from itertools import pairwise
from mimetypes import guess_type
from typing import Any

from omnibot.demo.slack_wire import Json
from omnibot.demo.telegram import SentMessage

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # what a browser shows and never runs
_MENTION = re.compile(r"<@(\w+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words that look the same."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file; without a path only its name is shown."""

    name: str
    path: str = ""
    is_picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message."""

    id: str  # of the platform
    is_own: bool  # a person wrote it, not the bot
    at: int  # Unix time
    spans: tuple[Span, ...]
    by: str = ""  # the person's id on the platform
    author: str = ""
    subject: str = ""
    buttons: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    thread: str = ""
    title: str = ""  # of the topic that begins here
    is_reply: bool = False  # stands in a thread below the line that opened it
    is_edited: bool = False
    only_for: str = ""  # nobody else sees it


def of_telegram(
    posted: Iterable[Json], sent: Iterable[SentMessage], *, chat: int, titles: dict[int, str] | None = None
) -> list[Line]:
    """A chat: message ids count up over both sides. With `titles` it is a forum, topic by topic."""
    own = [
        Line(
            id=str(post["message_id"]),
            is_own=True,
            at=post["date"],
            spans=(Span(text=post.get("text") or post.get("caption") or ""),),
            by=str(post.get("from", {}).get("id", "")),
            author=post["from"]["first_name"] if chat < 0 else "",
            files=tuple(_files_of(post)),
            thread=str(post.get("message_thread_id") or ""),
            is_edited="edit_date" in post,
        )
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
            files=(_attached(message.file_name, f"telegram/sent-{message.message_id}"),) if message.file_name else (),
            thread=str(message.parameters.get("message_thread_id") or ""),
        )
        for message in sent
        if message.chat == str(chat)
    ]
    shown = sorted(own + told, key=lambda line: int(line.id))
    return shown if titles is None else _by_topic(shown, titles)


def of_slack(
    posts: Iterable[Json], whispers: Iterable[Json] = (), *, names: dict[str, str] | None = None
) -> list[Line]:
    """A chat, each thread below the post that opened it; `names` of people, by id."""
    known = names or {}
    said = [
        Line(
            id=post["ts"],
            is_own="bot_id" not in post,
            at=int(float(post["ts"])),
            spans=tuple(_block_spans(post)) or (Span(text=_named(post["text"], known)),),
            by="" if "bot_id" in post else post.get("user", ""),
            author=_author(post) or ("" if "bot_id" in post else known.get(post.get("user", ""), "")),
            buttons=tuple(button["text"]["text"] for block in _blocks(post, "actions") for button in block["elements"]),
            files=tuple(_attached(file["name"], f"slack/{file.get('id', '')}") for file in post.get("files", ())),
            thread=post.get("thread_ts") or post["ts"],
            is_reply=post.get("thread_ts") not in (None, "", post["ts"]),
            is_edited="edited" in post,
        )
        for post in posts
    ]
    told = [
        Line(
            id=whisper["ts"],
            is_own=False,
            at=int(float(whisper["ts"])),
            spans=(Span(text=_named(whisper["text"], known)),),
            thread=whisper.get("thread_ts") or whisper["ts"],
            is_reply=bool(whisper.get("thread_ts")),
            only_for=known.get(whisper["user"], ""),
        )
        for whisper in whispers
    ]
    lines = sorted(said + told, key=lambda line: tuple(map(int, line.id.split("."))))
    opened = {thread: place for place, thread in reversed(list(enumerate(line.thread for line in lines)))}
    return sorted(lines, key=lambda line: opened[line.thread])


def _by_topic(lines: list[Line], titles: dict[int, str]) -> list[Line]:
    """The general topic first, then each in the order in which it was opened."""
    threads = sorted({int(line.thread or 0) for line in lines})
    found = []
    for thread in threads:
        first, *rest = [line for line in lines if int(line.thread or 0) == thread]
        found += [replace(first, title=titles.get(thread, "")), *rest]
    return found


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
        files=tuple(Attached(name=part.get_filename() or "") for part in mail.iter_attachments()),
    )


def _files_of(post: Json) -> Iterator[Attached]:
    if post.get("photo"):
        yield Attached(name="photo.jpg", path=f"telegram/{post['photo'][-1]['file_id']}", is_picture=True)
    if document := post.get("document"):
        yield _attached(document.get("file_name") or "document", f"telegram/{document['file_id']}")


def _attached(name: str, path: str) -> Attached:
    return Attached(name=name, path=path, is_picture=(guess_type(name)[0] or "") in PICTURES)


def _author(post: Json) -> str:
    return next((str(block["elements"][0]["text"]) for block in _blocks(post, "context")), "")


def _named(text: str, names: dict[str, str]) -> str:
    """Mentions as people read them, and what Slack escapes."""
    said = _MENTION.sub(lambda found: f"@{names.get(found[1], 'omnibot')}", text)
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


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
