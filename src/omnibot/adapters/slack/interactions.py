"""Buttons, menus, forms, shortcuts and slash commands as messages of the person who used them. Pure.

https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import hashlib
from dataclasses import replace

import msgspec

from omnibot.adapters.slack import sheets
from omnibot.adapters.slack.mrkdwn import from_mrkdwn
from omnibot.adapters.slack.payloads import Action, Command, Envelope, Interaction, Label, Message, Option, View
from omnibot.channel import Ignored, Inbound, InboundMessage, Unreadable
from omnibot.domain import form_answer
from omnibot.domain.decision import PERSON
from omnibot.domain.message import Address

CARD = "card:"  # how the `action_id` of a card's button begins
ASK = "omnibot_ask"  # the form, and the global shortcut that opens it
MAKE_TICKET = "omnibot_make_ticket"  # the message shortcut

# The id under which it is one event (empty: Slack's own), and what it says.
Found = tuple[str, Inbound]

_NOT_FOR_US = {
    "app_rate_limited": "Slack holds events back: more than 30,000 in an hour",
    "block_suggestion": "a menu wants lines; ours have them already",
    "dialog_cancellation": "a dialog was closed",
    "dialog_submission": "dialogs are gone; forms took their place",
    "dialog_suggestion": "a menu wants lines; ours have them already",
    "shortcut": "a form was asked for",
    "url_verification": "Slack tries whether we are there",
    "view_closed": "a form was closed",
}


def read(body: str | bytes, channel: str, envelope: Envelope) -> Found:
    """What somebody did. Raises Unreadable, msgspec.DecodeError."""
    if envelope.command:
        return _command(msgspec.json.decode(body, type=Command), channel, envelope)
    match envelope.type:
        case "block_actions" | "interactive_message":
            return _press(msgspec.json.decode(body, type=Interaction), channel, envelope)
        case "view_submission":
            return _form(msgspec.json.decode(body, type=Interaction), channel, envelope)
        case "message_action":
            return _shortcut(msgspec.json.decode(body, type=Interaction), channel, envelope)
        case None:
            raise Unreadable("a payload without a type")
    return "", Ignored(_NOT_FOR_US.get(envelope.type, f"{envelope.type} says nothing to us"))


def message_id(chat: str | None, ts: str | None) -> str:
    """Slack's own `ts` names a message in its chat only."""
    return f"{chat}:{ts}"


def address_of(interaction: Interaction, channel: str) -> Address:
    """Where the message with the button stands."""
    message = interaction.message or interaction.original_message or Message()
    container = interaction.container
    chat = (interaction.channel.id if interaction.channel else None) or (container.channel_id if container else None)
    thread = message.thread_ts or (container.thread_ts if container else None)
    return Address(channel=channel, chat=chat or "", thread=thread or "")


def chosen(action: Action) -> tuple[str | None, str]:
    """The value that was chosen and what was written on it."""
    options = action.selected_options or ([action.selected_option] if action.selected_option else [])
    option = options[0] if options else Option(value=action.value, text=action.text)
    return option.value, _label(option.text) or option.value or ""


def message_ts(interaction: Interaction) -> str:
    container, message = interaction.container, interaction.message
    return (
        (container.message_ts if container else None)
        or (message.ts if message else None)
        or (interaction.message_ts or "")
    )


def asked(interaction: Interaction) -> str:
    """What was written into a form."""
    state = interaction.view.state if interaction.view else None
    fields = [field.value for block in (state.values if state else {}).values() for field in block.values()]
    return "\n".join(text.strip() for text in fields if text and text.strip())


def is_empty(interaction: Interaction) -> bool:
    """Whether it is our form for a question, with nothing in it."""
    is_ours = interaction.view is None or interaction.view.callback_id != sheets.CALLBACK
    return is_ours and not asked(interaction)


def _press(interaction: Interaction, channel: str, envelope: Envelope) -> Found:
    """A press is one event however often it is repeated: the same person, message and button."""
    if not interaction.actions:
        raise Unreadable("a press of nothing")
    action = interaction.actions[0]
    value, label = chosen(action)
    address, user = address_of(interaction, channel), interaction.user
    if value is None or action.url:
        return "", Ignored("a button that only opens a page")
    if not address.chat:
        return _press_on_page(interaction, channel, envelope)
    about = f"{address.chat}:{message_ts(interaction)}:{user.id if user else ''}:{value}"
    if is_standing(action):
        about += f":{action.action_ts}"  # a card shows the same button again, and pressing it again means it again
    key = f"press:{hashlib.sha256(about.encode()).hexdigest()}"
    ts = message_ts(interaction)
    return key, InboundMessage(
        address=address,
        sender_name=_name(envelope, user.id if user else None, user.name if user else None),
        language_hint=_locale(envelope, user.id if user else None),
        text=label,
        choice=value,
        sender=user.id if user else None,
        references=(message_id(address.chat, ts),) if ts else (),
        is_group=not address.chat.startswith("D"),
        press=envelope.trigger_id,
    )


def _press_on_page(interaction: Interaction, channel: str, envelope: Envelope) -> Found:
    """A button of somebody's own page: what comes of it is said in the direct chat."""
    action, user = (interaction.actions or [Action()])[0], interaction.user
    value, label = chosen(action)
    if user is None or not user.id or value is None or not is_standing(action):
        return "", Ignored("a press outside of any chat")
    said = _written_to_us(envelope, channel, user=user.id, name=user.name, text=label)
    return f"press:{user.id}:{action.action_ts}", replace(said, choice=value, press=envelope.trigger_id)


def asks_for_form(interaction: Interaction) -> bool:
    """Whether it is the button of our page."""
    return any(action.action_id == ASK for action in interaction.actions or ())


def is_standing(action: Action) -> bool:
    """Whether the button stays when it was pressed."""
    return (action.action_id or "").startswith(CARD)


def _form(interaction: Interaction, channel: str, envelope: Envelope) -> Found:
    if interaction.view and interaction.view.callback_id == sheets.CALLBACK:
        return _sheet(interaction, interaction.view, channel, envelope)
    user, text = interaction.user, asked(interaction)
    if not text or user is None or not user.id:
        return "", Ignored("an empty form")
    key = f"form:{interaction.view.id}" if interaction.view and interaction.view.id else f"form:{envelope.trigger_id}"
    return key, _written_to_us(envelope, channel, user=user.id, name=user.name, text=text)


def _sheet(interaction: Interaction, view: View, channel: str, envelope: Envelope) -> Found:
    """A page of a form that was sent: all its answers at once, in the chat in which it was opened."""
    filled, user = sheets.read(view), interaction.user
    if filled is None or user is None or not user.id or not view.id:
        raise Unreadable("a page of no form")
    return f"form:{view.id}", InboundMessage(
        address=Address(channel=channel, chat=filled.about.chat, thread=filled.about.thread),
        sender_name=_name(envelope, user.id, user.name),
        language_hint=_locale(envelope, user.id),
        text=filled.text,
        choice=form_answer.filled(filled.about.form, filled.answers),
        sender=user.id,
        references=filled.about.references,
        is_group=filled.about.is_group,
    )


def _command(command: Command, channel: str, envelope: Envelope) -> Found:
    text = from_mrkdwn(command.text or "").strip()
    if not text or not command.user_id:
        return "", Ignored("a command without words")
    key = f"command:{command.trigger_id}"
    said = _written_to_us(envelope, channel, user=command.user_id, name=command.user_name, text=text)
    return key, replace(said, press=command.trigger_id)


def _shortcut(interaction: Interaction, channel: str, envelope: Envelope) -> Found:
    """ "Make a ticket" of a message: its author asks for a person, in a thread under it."""
    message = interaction.message or Message()
    address = address_of(interaction, channel)
    ts = message.ts or interaction.message_ts
    text = from_mrkdwn(message.text or "").strip()
    if not address.chat or not ts:
        raise Unreadable("a shortcut without a message")
    if not text:
        return "", Ignored("a shortcut on a message without words")
    is_direct = address.chat.startswith("D")
    thread = message.thread_ts or ("" if is_direct else ts)
    author = message.user or (interaction.user.id if interaction.user else None)
    return f"ticket:{address.chat}:{ts}", InboundMessage(
        address=Address(channel=channel, chat=address.chat, thread=thread),
        sender_name=_name(envelope, author, None),
        language_hint=_locale(envelope, author),
        text=text,
        choice=PERSON,
        message_id=message_id(address.chat, ts),
        sender=author,
    )


def _written_to_us(envelope: Envelope, channel: str, *, user: str, name: str | None, text: str) -> InboundMessage:
    """Said away from any chat: it goes on in the direct chat with that person (to Slack, a user's id names it, too)."""
    return InboundMessage(
        address=Address(channel=channel, chat=envelope.omnibot.chat or user),
        sender_name=_name(envelope, user, name),
        language_hint=_locale(envelope, user),
        text=text,
        sender=user,
    )


def _name(envelope: Envelope, user: str | None, name: str | None) -> str | None:
    person = envelope.omnibot.people.get(user or "")
    return (person.name if person else None) or name or None


def _locale(envelope: Envelope, user: str | None) -> str | None:
    person = envelope.omnibot.people.get(user or "")
    return person.locale if person else None


def _label(text: Label | str | None) -> str:
    return (text.text if isinstance(text, Label) else text) or ""
