"""What `omnibot inspect slack` says about a payload."""

from datetime import UTC, datetime
from typing import Any, assert_never

from omnibot.adapters.slack.parse import read
from omnibot.channel import (
    Bounced,
    Deleted,
    Edited,
    HomeOpened,
    Ignored,
    Inbound,
    InboundFile,
    InboundMessage,
    Membership,
    Moved,
    Reachability,
    ShutOut,
    Unreadable,
)

BESIDE_US = "said without calling the app: read only in a thread that it is in"


def inspect(payload: bytes) -> dict[str, Any]:
    """The decision and what was read, in the shape of docs/interface.md. Never fails."""
    try:
        inbound = read(payload, channel="slack").inbound
    except Unreadable as error:
        return {"decision": "unreadable", "why": str(error)}
    found = {name: value for name, value in _found(inbound).items() if value not in (None, "", [], {})}
    if sent_at := _sent_at(found.get("message_id")):
        found["sent_at"] = sent_at
    return found


def _found(inbound: Inbound) -> dict[str, Any]:
    match inbound:
        case InboundMessage():
            return _message(inbound)
        case Edited(message_id=id, text=text):
            return {"decision": "edit", "message_id": id, "text": text}
        case Deleted(message_id=id):
            return {"decision": "delete", "message_id": id}
        case Bounced(message_id=id, why=why):
            return {"decision": "bounce", "message_id": id, "why": why}
        case Reachability(why=why):
            return {"decision": "ignored", "why": why}
        case Moved(to=to):
            return {"decision": "ignored", "why": f"the channel's id is {to.chat} now"}
        case Membership(is_in=is_in):
            return {
                "decision": "ignored",
                "why": "somebody is in the group" if is_in else "somebody has left the group",
            }
        case HomeOpened():
            return {"decision": "ignored", "why": "somebody looks at their page of ours"}
        case ShutOut(why=why):
            return {"decision": "ignored", "why": why}
        case Ignored(why=why):
            return {"decision": "ignored", "why": why}
    assert_never(inbound)


def _message(message: InboundMessage) -> dict[str, Any]:
    decision = "automatic" if message.is_automatic else "press" if message.choice is not None else "message"
    return {
        "decision": decision,
        "why": None if message.is_addressed else BESIDE_US,
        "from": {name: value for name, value in (("address", message.sender), ("name", message.sender_name)) if value},
        "text": message.text,
        "quoted": message.quoted,
        "attachments": [_file(file) for file in message.files],
        "message_id": message.message_id,
        "references": list(message.references),
    }


def _file(file: InboundFile) -> dict[str, Any]:
    size = {} if file.size is None else {"bytes": file.size}
    return {"name": file.name, "type": file.media_type, **size}


def _sent_at(message_id: str | None) -> str | None:
    """Slack's ids of messages are their time."""
    try:
        return datetime.fromtimestamp(float((message_id or "").rpartition(":")[2]), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None
