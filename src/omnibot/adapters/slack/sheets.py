"""Pages of questions (modals) for the forms of the service: how one looks, and what was written on it. Pure.

https://docs.slack.dev/surfaces/modals, https://docs.slack.dev/reference/block-kit/blocks/input-block
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from omnibot.adapters.slack.payloads import Field, Label, View
from omnibot.channel import InboundMessage
from omnibot.domain.form import Kind
from omnibot.domain.form_answer import LONGEST
from omnibot.domain.form_sheet import Line, Sheet

Json = dict[str, Any]

CALLBACK = "omnibot_form"
ANSWER = "answer"  # the `action_id` of each field; its `block_id` is the question's key
# What Slack takes, in characters: of a title or a button, of a label, of an option, of options in a menu.
TITLE, LABEL, OPTION, OPTIONS = 24, 2_000, 75, 100
BLOCKS = 100


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What travels with a page and comes back, unseen: which form, and where it was opened."""

    form: str
    chat: str
    thread: str = ""
    is_group: bool = False
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody sent. `answers` by question, in words or values; `text` as it reads in the conversation."""

    about: About
    answers: dict[str, str]
    text: str


def view(sheet: Sheet, to: InboundMessage) -> Json:
    """The page for whoever pressed a button."""
    about = About(
        form=sheet.form,
        chat=to.address.chat,
        thread=to.address.thread,
        is_group=to.is_group,
        references=to.references,
    )
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": msgspec.json.encode(about).decode(),
        "title": _plain(sheet.title, TITLE),
        "submit": _plain(sheet.send, TITLE),
        "close": _plain(sheet.cancel, TITLE),
        "blocks": [_block(line) for line in sheet.lines[:BLOCKS]],
    }


def read(view: View) -> Written | None:
    """What was written on a page of ours; None if it is no such page."""
    try:
        about = msgspec.json.decode(view.private_metadata or "", type=About)
    except msgspec.DecodeError:
        return None
    fields = {key: block[ANSWER] for key, block in (view.state.values if view.state else {}).items() if ANSWER in block}
    if not about.chat or not fields:
        return None
    labels = {one.block_id: one.label.text for one in view.blocks or () if one.label}
    lines = [f"{labels.get(key) or key} {_shown(field)}" for key, field in fields.items() if _value(field)]
    return Written(about=about, answers={key: _value(field) for key, field in fields.items()}, text="\n".join(lines))


def complaint(problems: dict[str, str]) -> Json:
    """The answer to a page that cannot be taken: what is wrong, at each field."""
    return {"response_action": "errors", "errors": problems}


def _block(line: Line) -> Json:
    block: Json = {
        "type": "input",
        "block_id": line.key,
        "label": _plain(line.question, LABEL),
        "optional": not line.required,
        "element": {"action_id": ANSWER, **_element(line)},
    }
    return {**block, "hint": _plain(line.help, LABEL)} if line.help else block


def _element(line: Line) -> Json:
    if 0 < len(line.options) <= OPTIONS:
        options = [{"value": value, "text": _plain(label, OPTION)} for value, label in line.options]
        return {"type": "static_select", "options": options}
    if line.kind is Kind.DATE:
        return {"type": "datepicker"}
    return {"type": "plain_text_input", "max_length": LONGEST, "multiline": line.kind is Kind.TEXT}


def _value(field: Field) -> str:
    picked = field.selected_option.value if field.selected_option else None
    return (picked or field.selected_date or field.value or "").strip()


def _shown(field: Field) -> str:
    label = field.selected_option.text if field.selected_option else None
    return (label.text if isinstance(label, Label) else label) or _value(field)


def _plain(text: str, longest: int) -> Json:
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return {"type": "plain_text", "text": shown, "emoji": False}
