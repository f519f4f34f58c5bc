"""An update, as it came, as the event that is stored: its id, its lane, its payload. Pure.

The event's id holds more than the update's: after a quiet week Telegram goes on from a random `update_id`, which may
have been used before (https://core.telegram.org/bots/api#update).
"""

from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from omnibot.adapters.telegram.parse import Stored
from omnibot.domain.message import RawEvent


class NotAnUpdate(ValueError):
    """It has no id, so nobody could tell it from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An update that can be stored."""

    update_id: int
    event: RawEvent
    callback_id: str | None  # of a press, which wants an answer at once
    is_in_group: bool


class _Chat(Struct):
    id: int


class _Sender(Struct):
    id: int


class _Message(Struct):
    chat: _Chat
    message_id: int
    edit_date: int = 0


class _Part(Struct):
    """What every kind of update may say about itself."""

    chat: _Chat | None = None
    date: int = 0
    edit_date: int = 0
    id: int | str = ""
    message: _Message | None = None
    data: str = ""
    sender: _Sender | None = msgspec.field(name="from", default=None)


def take(update: bytes, *, channel: str, bot: str = "") -> Taken:
    """The event for an update; `bot` is our name, which a group's message needs. Raises NotAnUpdate."""
    try:
        update.decode()
        parts = msgspec.json.decode(update, type=dict[str, Raw])
        update_id = msgspec.json.decode(parts.pop("update_id"), type=int)
    except (msgspec.DecodeError, UnicodeError, KeyError, RecursionError):
        raise NotAnUpdate("neither an update nor anything like it") from None
    kind, part = next(((kind, _part(raw)) for kind, raw in parts.items()), ("", _Part()))
    chat = part.chat or (part.message.chat if part.message else None)
    event = RawEvent(
        channel=channel,
        external_id=_external_id(update_id, kind, part),
        lane=f"{channel}:{chat.id if chat else '-'}",
        payload=msgspec.json.encode(Stored(update=Raw(update), bot=bot)).decode(),
    )
    callback_id = str(part.id) if kind == "callback_query" and part.id else None
    is_in_group = chat is not None and chat.id < 0
    return Taken(update_id=update_id, event=event, callback_id=callback_id, is_in_group=is_in_group)


def moved(*, channel: str, chat: str, to: str) -> RawEvent:
    """What we learn from a refused send, told as Telegram's own update tells it."""
    told = {"update_id": 0, "message": {"message_id": 0, "chat": {"id": int(chat)}, "migrate_to_chat_id": int(to)}}
    stored = Stored(update=Raw(msgspec.json.encode(told)))
    return RawEvent(
        channel=channel,
        external_id=f"moved:{chat}:{to}",
        lane=f"{channel}:{chat}",
        payload=msgspec.json.encode(stored).decode(),
    )


def _external_id(update_id: int, kind: str, part: _Part) -> str:
    message = part.message
    if kind == "callback_query" and message and part.sender and message.chat.id == part.sender.id:
        # In a private chat, who taps twice means it once. A card that was edited since is another card.
        return f"press:{message.chat.id}:{message.message_id}:{message.edit_date}:{part.data}"[:200]
    return f"{update_id}:{part.edit_date or part.date or part.id}"


def _part(raw: Raw) -> _Part:
    try:
        return msgspec.json.decode(raw, type=_Part)
    except (msgspec.DecodeError, RecursionError):
        return _Part()  # stored all the same; `parse` says what is wrong with it
