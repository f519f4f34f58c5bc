"""What the tests of the parser share: payloads made by the fake Slack, and how they are read."""

import json
from typing import Any

from omnibot.adapters.slack.parse import Policy, read
from omnibot.channel import (
    Ignored,
    Inbound,
    InboundMessage,
)
from omnibot.demo.slack import FakeSlack
from omnibot.domain.message import Address

Json = dict[str, Any]
NOBODY = Policy()
fake = FakeSlack()


def parsed(payload: Json, policy: Policy = NOBODY) -> Inbound:
    return read(json.dumps(payload), channel="slack", policy=policy).inbound


def said(payload: Json, policy: Policy = NOBODY) -> InboundMessage:
    inbound = parsed(payload, policy)
    assert isinstance(inbound, InboundMessage), inbound
    return inbound


def key(payload: Json) -> str:
    return read(json.dumps(payload), channel="slack").external_id


def why(payload: Json, policy: Policy = NOBODY) -> str:
    inbound = parsed(payload, policy)
    assert isinstance(inbound, Ignored), inbound
    return inbound.why


def place(chat: str, thread: str = "") -> Address:
    return Address(channel="slack", chat=chat, thread=thread)


def mention_of(payload: Json) -> Json:
    """The second event that Slack sends for the same post."""
    event = {name: value for name, value in payload["event"].items() if name != "channel_type"}
    return fake.event({**event, "type": "app_mention"})


def rich(*elements: Json) -> Json:
    return {"blocks": [{"type": "rich_text", "block_id": "x", "elements": list(elements)}]}


def section(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def changed(old: Json, new: Json, *, chat: str = "D1", **fields: Any) -> Json:
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": chat,
        "channel_type": "im" if chat.startswith("D") else "channel",
        "ts": fake.next_ts(),
        "message": {"type": "message", "user": "U1", "ts": "5.1", **new},
        "previous_message": {"type": "message", "user": "U1", "ts": "5.1", **old},
        **fields,
    }
    return fake.event(event)


def press(**fields: Any) -> Json:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ana"},
        "channel": {"id": "C1", "name": "help"},
        "container": {"type": "message", "message_ts": "5.1", "channel_id": "C1", "thread_ts": "4.0"},
        "actions": [
            {
                "type": "button",
                "action_id": "choice:0",
                "value": "helped",
                "text": {"type": "plain_text", "text": "Yes"},
            }
        ],
        **fields,
    }
