"""The chats of the simulated Telegram: who wrote and pressed what in them, what the bot sent, topics and files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from omnibot.demo.telegram_updates import Updates
from omnibot.demo.telegram_wire import Refusal, wrong_text

TOKEN = "4242:fake-telegram-token"  # noqa: S105 - opens nothing but the fake
USERNAME = "fake_shop_bot"
PHOTOS = ("image/jpeg", "image/png", "image/webp")  # what Telegram's apps send as pictures
BIG_FILE = 20 * 1024 * 1024

CONTENTS = {
    "sendMessage": "text",
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendAnimation": "animation",
}


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """What somebody in a chat sees."""

    chat: str
    message_id: int
    method: str
    parameters: dict[str, Any]
    at: int = 0  # Unix time
    file_name: str = ""
    file: bytes = b""

    @property
    def text(self) -> str:
        return str(self.parameters.get("text") or self.parameters.get("caption") or "")

    @property
    def entities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.parameters.get("entities") or self.parameters.get("caption_entities") or []
        return found

    @property
    def buttons(self) -> dict[str, str]:
        """Label → callback data."""
        rows = self.parameters.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}


class Chats(Updates):
    """All chats that the bot is in."""

    def __init__(self, *, now: Callable[[], int], first_id: int, changed: Callable[[], None]) -> None:
        super().__init__(first_id)
        self._now = now
        self._changed = changed
        self.posted: list[dict[str, Any]] = []  # what people wrote
        self.sent: list[SentMessage] = []
        self.answered: list[str] = []  # ids of callback queries
        self.answers: dict[str, str] = {}  # what a press was answered, by callback query; the first answer counts
        self.forums: set[int] = set()  # groups that have topics
        self.topics: dict[int, str] = {}  # titles by id
        self._last_message = 100 + first_id
        self._files: dict[str, bytes] = {}

    # What people do

    async def say(self, text: str, *, chat: int = 7, name: str = "Mia", **fields: Any) -> dict[str, Any]:
        """Somebody writes in a private chat."""
        return await self.post(chat=chat, sender=chat, name=name, text=text, **fields)

    async def post(
        self,
        *,
        chat: int,
        sender: int,
        name: str = "Mia",
        language: str = "en",
        kind: str = "message",
        **fields: Any,
    ) -> dict[str, Any]:
        """A message of any shape, in any chat."""
        self._last_message += 1
        where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        message = {
            "message_id": self._last_message,
            "date": self._now(),
            "chat": where | ({"first_name": name} if chat > 0 else {"title": "Group"}),
            "from": {"id": sender, "is_bot": False, "first_name": name, "language_code": language},
        }
        if thread := fields.get("message_thread_id"):
            fields.setdefault("is_topic_message", thread in self.topics)
        self.posted.append(message | fields)
        self._changed()
        return await self.push({kind: message | fields})

    async def press(
        self,
        label: str,
        *,
        chat: int = 7,
        sender: int | None = None,
        message_id: int | None = None,
        is_bot: bool = False,
        name: str = "Mia",
        **fields: Any,
    ) -> dict[str, Any]:
        """Somebody presses the button with that label, of this message or the newest that has one. Raises LookupError."""
        offers = [m for m in self.sent if m.chat == str(chat) and label in m.buttons]
        shown = [m for m in offers if message_id in (None, m.message_id)][-1]
        topic = shown.parameters.get("message_thread_id")
        query = {
            "id": f"query-{self._last_update}",
            "from": {"id": sender or chat, "is_bot": is_bot, "first_name": name, "language_code": "en"},
            "chat_instance": "1",
            "data": shown.buttons[label],
            "message": {
                "message_id": shown.message_id,
                "date": self._now(),
                "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
                "from": self.me,
                "text": shown.text,
                "reply_markup": shown.parameters["reply_markup"],
                **({"message_thread_id": topic, "is_topic_message": True} if topic in self.topics else {}),
                **fields,
            },
        }
        return await self.push({"callback_query": query})

    async def edit(self, text: str, *, chat: int, message_id: int) -> dict[str, Any]:
        """Somebody changes what they wrote. Raises LookupError."""
        for number, post in enumerate(self.posted):
            if (post["chat"]["id"], post["message_id"]) == (chat, message_id):
                words = "caption" if "caption" in post else "text"
                self.posted[number] = post | {words: text, "edit_date": self._now()}
                self._changed()
                return await self.push({"edited_message": self.posted[number]})
        raise LookupError(message_id)

    async def attach(self, file_name: str, media_type: str, content: bytes, **fields: Any) -> dict[str, Any]:
        """A message with a file; what else `post` takes stands in `fields`."""
        file_id = self.add_file(content)
        about: dict[str, Any] = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content)}
        if media_type in PHOTOS:
            return await self.post(**fields, photo=[about | {"width": 1280, "height": 960}])
        return await self.post(**fields, document=about | {"file_name": file_name, "mime_type": media_type})

    def content(self, file_id: str) -> bytes:
        """Of a file that people sent. Raises KeyError."""
        return self._files[file_id]

    def add_file(self, content: bytes) -> str:
        """Something that can be downloaded; returns its file_id."""
        file_id = f"file-{len(self._files)}"
        self._files[file_id] = content
        return file_id

    # What can be seen

    @property
    def me(self) -> dict[str, Any]:
        return {"id": int(TOKEN.partition(":")[0]), "is_bot": True, "first_name": "Shop", "username": USERNAME}

    def heard(self, chat: int = 7) -> list[str]:
        """What the people in a chat were told, in order."""
        return [message.text for message in self.sent if message.chat == str(chat)]

    # What the bot does

    def _send(self, method: str, parameters: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> Any:
        content = CONTENTS[method]
        text, entities = ("text", "entities") if method == "sendMessage" else ("caption", "caption_entities")
        if wrong := wrong_text(str(parameters.get(text, "")), parameters.get(entities) or [], content=content):
            return Refusal(status=400, description=wrong)
        for row in parameters.get("reply_markup", {}).get("inline_keyboard", []):
            if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in row):
                return Refusal(status=400, description="Bad Request: BUTTON_DATA_INVALID")
        topic = parameters.get("message_thread_id")
        if topic is not None and int(parameters["chat_id"]) in self.forums and int(topic) not in self.topics:
            return Refusal(status=400, description="Bad Request: message thread not found")
        self._last_message += 1
        named = str(parameters.get(content, "")).removeprefix("attach://")  # a file may stand in a part of another name
        name, file = files.get(content) or files.get(named) or ("", b"")
        message = SentMessage(
            chat=str(parameters["chat_id"]),
            message_id=self._last_message,
            method=method,
            parameters=parameters,
            at=self._now(),
            file_name=name,
            file=file,
        )
        self.sent.append(message)
        self._changed()
        chat = int(parameters["chat_id"])
        return {
            "message_id": message.message_id,
            "date": self._now(),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": self.me,
            text: message.text,
        }

    def _open_topic(self, parameters: dict[str, Any]) -> Any:
        if int(parameters["chat_id"]) not in self.forums:
            return Refusal(status=400, description="Bad Request: the chat is not a forum")
        if not 1 <= len(parameters["name"]) <= 128:
            return Refusal(status=400, description="Bad Request: invalid topic name specified")
        self._last_message += 1
        self.topics[self._last_message] = parameters["name"]
        return {"message_thread_id": self._last_message, "name": parameters["name"], "icon_color": 7322096}

    def _edit(self, parameters: dict[str, Any]) -> Any:
        if wrong := wrong_text(str(parameters.get("text", "")), parameters.get("entities") or [], content="text"):
            return Refusal(status=400, description=wrong)
        for number, message in enumerate(self.sent):
            if (message.chat, message.message_id) != (str(parameters["chat_id"]), int(parameters["message_id"])):
                continue
            shown = {key: parameters[key] for key in ("text", "entities", "reply_markup") if key in parameters}
            kept = {k: v for k, v in message.parameters.items() if k not in ("text", "entities", "reply_markup")}
            if kept | shown == message.parameters:
                return Refusal(
                    status=400,
                    description="Bad Request: message is not modified: specified new message content and reply markup "
                    "are exactly the same as a current content and reply markup of the message",
                )
            self.sent[number] = replace(message, parameters=kept | shown)
            self._changed()
            return {"message_id": message.message_id, "date": self._now(), "chat": {"id": int(message.chat)}}
        return Refusal(status=400, description="Bad Request: message to edit not found")

    def _get_file(self, file_id: str) -> Any:
        if file_id not in self._files:
            return Refusal(status=400, description="Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self._files[file_id])
        if size > BIG_FILE:
            return Refusal(status=400, description="Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"documents/{file_id}"}
