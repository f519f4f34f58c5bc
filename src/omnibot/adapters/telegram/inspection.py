"""What `omnibot inspect telegram` prints of one update."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from omnibot.adapters.telegram.buttons import Buttons
from omnibot.adapters.telegram.parse import Policy, Stored, parse
from omnibot.adapters.telegram.wire import Callback, Message
from omnibot.channel import Edited, InboundFile, InboundMessage, Membership, Unreadable
from omnibot.domain.message import RawEvent


class _AnyButtons(Buttons):
    """Without the bot's token nobody can tell whose a button is: each is taken at its word."""

    def choice(self, chat: str, data: str) -> str | None:
        return data


POLICY = Policy(own_id=0, buttons=_AnyButtons(""), hears_all=True)


def inspect(payload: bytes) -> dict[str, Any]:
    """The keys of one line, without `file`; None for what does not apply."""
    try:
        update = payload.decode()
        parts = msgspec.json.decode(update, type=dict[str, Raw])
        stored = msgspec.json.encode(Stored(update=Raw(payload))).decode()
        inbound = parse(RawEvent(channel="telegram", external_id="", lane="", payload=stored), POLICY)
    except (Unreadable, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return {"decision": "unreadable", "why": str(error)}
    match inbound:
        case InboundMessage():
            pressed = "callback_query" in parts
            return {"decision": "press" if pressed else "message", **_message(inbound), **_sent(parts)}
        case Edited():
            known = {"text": inbound.text, "message_id": inbound.message_id}
            return {"decision": "edit", **known, **_sent(parts)}
    if isinstance(inbound, Membership):
        return {"decision": "ignored", "why": f"somebody {'came' if inbound.is_in else 'left'}"}
    return {"decision": "ignored", "why": getattr(inbound, "why", "the chat has another id now")}


def _message(message: InboundMessage) -> dict[str, Any]:
    return {
        "text": message.text,
        "quoted": message.quoted,
        "attachments": [_attachment(file) for file in message.files] or None,
        "message_id": message.message_id,
        "references": list(message.references) or None,
    }


def _attachment(file: InboundFile) -> dict[str, Any]:
    size = {} if file.size is None else {"bytes": file.size}
    return {"name": file.name, "type": file.media_type, **size}


def _sent(parts: dict[str, Raw]) -> dict[str, Any]:
    """By whom and when; the core asks the platform's clock for nothing."""
    if "callback_query" in parts:
        return {"from": _from(msgspec.json.decode(parts["callback_query"], type=Callback).sender)}
    said = msgspec.json.decode(parts.get("message") or parts["edited_message"], type=Message)
    instant = said.edit_date or said.date
    return {"from": _from(said.sender), "sent_at": _instant(instant)}


def _from(sender: Any) -> dict[str, str] | None:
    return {"address": str(sender.id), "name": sender.name} if sender else None


def _instant(seconds: int) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
