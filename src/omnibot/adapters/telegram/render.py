"""What to call to say a message: texts that fit, files with captions, buttons. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from omnibot.adapters.telegram.buttons import Buttons
from omnibot.adapters.telegram.formatted import CAPTION_LENGTH, Formatted, split
from omnibot.adapters.telegram.markdown import formatted
from omnibot.channel import OutboundFile, OutboundMessage
from omnibot.domain.message import Choice
from omnibot.domain.value import hot

GENERAL_TOPIC = "1"  # messages in it are sent without a thread: naming it is refused
PHOTO_SIZE = 10 * 1000 * 1000  # bytes; larger pictures go as documents. https://core.telegram.org/bots/api#sendphoto
FILE_SIZE = 50 * 1000 * 1000
_ONE_ROW = 24  # characters of labels that fit beside each other on a phone

# Media type → method and its parameter; everything else is a document.
_METHODS = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "image/gif": ("sendAnimation", "animation"),
    "video/mp4": ("sendVideo", "video"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/ogg": ("sendVoice", "voice"),
}
_DOCUMENT = ("sendDocument", "document")


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the Bot API."""

    method: str
    parameters: dict[str, Any]
    file: OutboundFile | None = None
    file_parameter: str = ""

    def plain(self) -> "Call":
        """The same words without formatting, the same picture as a document."""
        kept = {key: value for key, value in self.parameters.items() if key not in ("entities", "caption_entities")}
        if self.file is None:
            return replace(self, parameters=kept)
        return replace(self, method=_DOCUMENT[0], parameters=kept, file_parameter=_DOCUMENT[1])

    def to(self, chat: str) -> "Call":
        """The same to another chat."""
        return replace(self, parameters=self.parameters | {"chat_id": chat_id(chat)})


def render(message: OutboundMessage, buttons: Buttons) -> list[Call]:
    """The calls, in order. Words that fit under the first file are its caption; otherwise they come before the files."""
    where = _where(message)
    keyboard = _keyboard(message.choices, message.address.chat, buttons)
    if not message.files:
        return _said(message, where, keyboard)
    if (words := formatted(message.text)).units <= CAPTION_LENGTH:
        first, *rest = message.files
        calls = [_file(first, where, words), *(_file(file, where) for file in rest)]
        last = 0
    else:
        calls = _said(message, where, None)
        last = len(calls) - 1
        calls += [_file(file, where) for file in message.files]
    calls[0] = _with(calls[0], reply_parameters=_reply(message))
    # Buttons stand under the words that they belong to.
    calls[last] = _with(calls[last], reply_markup=keyboard)
    return calls


def _said(message: OutboundMessage, where: Mapping[str, Any], keyboard: dict[str, Any] | None) -> list[Call]:
    """The words, as many messages as they take; buttons stand under the last of them."""
    bodies = [{**where, **part} for part in _parts(message.text)]
    if bodies and (reply := _reply(message)):
        bodies[0]["reply_parameters"] = reply
    if bodies and keyboard:
        bodies[-1]["reply_markup"] = keyboard
    return [Call(method="sendMessage", parameters=body) for body in bodies]


def render_edit(message: OutboundMessage, replaced: str, buttons: Buttons) -> Call | None:
    """The call that gives one of our messages another text; None where it stands in another chat or brings files."""
    chat, _, id = replaced.rpartition(":")
    if chat != message.address.chat or message.files:
        return None
    parameters = {"chat_id": chat_id(chat), "message_id": int(id), **_parts(message.text)[0]}
    call = Call(method="editMessageText", parameters=parameters)
    return _with(call, reply_markup=_keyboard(message.choices, chat, buttons))


def chat_id(chat: str) -> int | str:
    """A number, or the @name of a public group."""
    return chat if chat.startswith("@") else int(chat)


def _where(message: OutboundMessage) -> dict[str, Any]:
    thread = message.address.thread
    where: dict[str, Any] = {"chat_id": chat_id(message.address.chat)}
    if thread not in ("", GENERAL_TOPIC):
        where["message_thread_id"] = int(thread)
    if message.is_silent:
        where["disable_notification"] = True
    if message.is_protected:
        where["protect_content"] = True
    return where


@lru_cache(maxsize=1024)  # as `formatted`: the bot says the same again and again
def _parts(text: str) -> tuple[Mapping[str, Any], ...]:
    """Text and entities of each message that the words take."""
    parts = split(formatted(text))
    return tuple({"text": part.text} | ({"entities": part.entities()} if part.spans else {}) for part in parts)


def _file(file: OutboundFile, where: dict[str, Any], caption: Formatted | None = None) -> Call:
    method, parameter = _METHODS.get(file.media_type, _DOCUMENT)
    if method == "sendPhoto" and file.size > PHOTO_SIZE:
        method, parameter = _DOCUMENT
    call = Call(method=method, parameters=where, file=file, file_parameter=parameter)
    if caption is None or not caption.text:
        return call
    return _with(call, caption=caption.text, caption_entities=caption.entities())


def _reply(message: OutboundMessage) -> dict[str, Any] | None:
    """In a group, say whom we answer: several people may be talking."""
    chat = message.address.chat
    newest, colon, id = message.references[0].rpartition(":") if message.references else ("", "", "")
    if not colon or newest != chat or not chat.startswith("-"):
        return None
    return {"message_id": int(id), "allow_sending_without_reply": True}


def _keyboard(choices: tuple[Choice, ...], chat: str, buttons: Buttons) -> dict[str, Any] | None:
    keys = [{"text": choice.label or "…", "callback_data": buttons.data(chat, choice.id)} for choice in choices]
    if not keys:
        return None
    fits = sum(len(choice.label) for choice in choices) <= _ONE_ROW
    return {"inline_keyboard": [keys] if fits else [[key] for key in keys]}


def _with(call: Call, **parameters: Any) -> Call:
    """The call with those parameters that have a value."""
    given = {key: value for key, value in parameters.items() if value}
    return replace(call, parameters=call.parameters | given) if given else call
