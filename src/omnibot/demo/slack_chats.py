"""The workspace of the simulated Slack: its people, chats and files, what people do in them and what the app posts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from omnibot.demo.slack_wire import Json, check_limits, check_view, page, refuse

TEAM, APP, BOT_USER, BOT = "T0FAKE", "A0FAKE", "U0BOT", "B0BOT"


@dataclass(slots=True)
class Chat:
    """A channel or a direct chat."""

    id: str
    user: str | None = None  # of a direct chat
    is_archived: bool = False
    has_us: bool = True
    posts: list[Json] = field(default_factory=list)

    def said(self, thread: str | None = None) -> list[str]:
        """The texts of our posts in it."""
        return [
            post["text"]
            for post in self.posts
            if post.get("bot_id") and (thread is None or post.get("thread_ts") == thread)
        ]


class Chats:
    """One workspace with one app installed."""

    origin = ""  # of the server, as files name it

    def __init__(self, *, now: Callable[[], int], first_id: int, changed: Callable[[], None]) -> None:
        self._now = now
        self._changed = changed
        self.chats: dict[str, Chat] = {}
        self.users: dict[str, Json] = {}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.forms: list[Json] = []
        self.homes: dict[str, Json] = {}  # the page that each user sees
        self.whispers: list[Json] = []  # what only one person saw
        self._numbers = count(first_id + 1)
        self._ts = count(1)

    # What people do

    def chat(self, id: str, **fields: Any) -> Chat:
        return self.chats.setdefault(id, Chat(id, **fields))

    def add_user(self, id: str, name: str, locale: str = "en-US") -> str:
        """Somebody, and their direct chat with us; returns its id."""
        self.users[id] = {"id": id, "name": name.lower(), "locale": locale, "profile": {"display_name": name}}
        return self.chat(f"D{id[1:]}", user=id).id

    def add_file(self, name: str, content: bytes, media_type: str = "text/plain") -> Json:
        """A file of a customer's, as events show it."""
        id = f"F{next(self._numbers)}"
        url = f"{self.origin}/files/{id}/{name}"
        about = {
            "id": id,
            "name": name,
            "mimetype": media_type,
            "size": len(content),
            "mode": "hosted",
            "url_private": url,
        }
        self.files[id] = (about, content)
        return about

    def next_ts(self) -> str:
        return f"{self._now()}.{next(self._ts):06d}"

    def message(self, user: str, text: str, *, chat: str, thread: str | None = None, **fields: Any) -> Json:
        """A payload: somebody says something. It stands in the chat from now on."""
        event = {
            "type": "message",
            "user": user,
            "text": text,
            "channel": chat,
            "channel_type": "im" if chat.startswith("D") else "channel",
            "ts": self.next_ts(),
            "client_msg_id": f"c{next(self._numbers)}",
            **({"thread_ts": thread} if thread else {}),
            **fields,
        }
        event["event_ts"] = event["ts"]
        self.chat(chat).posts.append(event)
        self._changed()
        return self.event(event)

    def edit(self, text: str, *, chat: str, ts: str) -> Json:
        """A payload: somebody changes what they wrote. Raises LookupError."""
        post = self._own(chat, ts)
        before = dict(post)
        post.update(text=text, edited={"user": post["user"], "ts": self.next_ts()})
        return self._about(chat, "message_changed", message=dict(post), previous_message=before)

    def delete(self, *, chat: str, ts: str) -> Json:
        """A payload: somebody takes back what they wrote. Raises LookupError."""
        post = self._own(chat, ts)
        self.chat(chat).posts.remove(post)
        return self._about(chat, "message_deleted", deleted_ts=ts, previous_message=post)

    def _own(self, chat: str, ts: str) -> Json:
        found = next((post for post in self.chat(chat).posts if post["ts"] == ts and "bot_id" not in post), None)
        if found is None:
            raise LookupError(ts)
        return found

    def _about(self, chat: str, subtype: str, **fields: Any) -> Json:
        self._changed()
        ts = self.next_ts()
        kind = "im" if chat.startswith("D") else "channel"
        about = {"type": "message", "subtype": subtype, "channel": chat, "channel_type": kind, "hidden": True}
        return self.event({**about, "ts": ts, "event_ts": ts, **fields})

    def event(self, event: Json) -> Json:
        """The payload around an event."""
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": self._now(),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }

    def press(self, user: str, label: str, *, chat: str, ts: str | None = None) -> Json:
        """A payload: somebody presses the button with that label, of this post or the newest that has one."""
        for post in reversed([post for post in self.chat(chat).posts if ts in (None, post["ts"])]):
            for block in post.get("blocks") or ():
                for element in block.get("elements") or () if block["type"] == "actions" else ():
                    if element["text"]["text"] == label:
                        return self._pressed(user, element, post, chat)
        raise LookupError(f"no button {label!r} in {chat}")

    def _pressed(self, user: str, button: Json, post: Json, chat: str) -> Json:
        return {
            "type": "block_actions",
            "user": {"id": user, "username": "somebody", "team_id": TEAM},
            "api_app_id": APP,
            "container": {"type": "message", "message_ts": post["ts"], "channel_id": chat, "is_ephemeral": False},
            "trigger_id": f"{next(self._numbers)}.trigger",
            "team": {"id": TEAM, "domain": "fake"},
            "channel": {"id": chat, "name": "directmessage" if chat.startswith("D") else "help"},
            "message": post,
            "actions": [{**button, "block_id": "b", "action_ts": self.next_ts()}],
        }

    # What the app does

    def _user(self, given: Json) -> Json:
        return {"user": self.users[given["user"]]} if given["user"] in self.users else refuse("user_not_found")

    def _direct(self, user: str) -> Chat:
        found = next((chat for chat in self.chats.values() if chat.user == user), None)
        return found or refuse("user_not_found")

    def _found(self, id: str) -> Chat:
        chat = self._direct(id) if id.startswith("U") else self.chats.get(id)
        return chat or refuse("channel_not_found")

    def _post(self, given: Json) -> Json:
        chat = self._found(given.get("channel", ""))
        if chat.is_archived:
            refuse("is_archived")
        if not chat.has_us:
            refuse("not_in_channel")
        check_limits(given)
        ts = self.next_ts()
        thread: Json = {"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}
        kept: Json = {name: given[name] for name in ("text", "blocks", "metadata") if name in given}
        post: Json = {"type": "message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "ts": ts, **thread, **kept}
        chat.posts.append(post)
        self._changed()
        return {"channel": chat.id, "ts": ts, "message": post}

    def _update(self, given: Json) -> Json:
        for post in self._found(given["channel"]).posts:
            if post["ts"] == given["ts"]:
                post.update({name: given[name] for name in ("text", "blocks") if name in given})
                self._changed()
                return {"ts": post["ts"]}
        return refuse("message_not_found")

    def _whisper(self, given: Json) -> Json:
        self._found(given.get("channel", ""))
        if given.get("user") not in self.users:
            refuse("user_not_in_channel")
        if not given.get("text"):
            refuse("no_text")
        ts = self.next_ts()
        self.whispers.append({**given, "ts": ts})
        self._changed()
        return {"message_ts": ts}

    def _history(self, given: Json) -> Json:
        posts = [post for post in self._found(given["channel"]).posts if not post.get("thread_ts")]
        return page(list(reversed(posts)), given)

    def _replies(self, given: Json) -> Json:
        posts = self._found(given["channel"]).posts
        return page([post for post in posts if given["ts"] in (post["ts"], post.get("thread_ts"))], given)

    def home_opened(self, user: str, *, tab: str = "home") -> Json:
        """Somebody opens a tab of the app."""
        return self.event({"type": "app_home_opened", "user": user, "channel": self._direct(user).id, "tab": tab})

    def _publish(self, given: Json) -> Json:
        view = given["view"]
        if view.get("type") != "home" or len(view["blocks"]) > 100:
            refuse("invalid_arguments")
        self.homes[given["user_id"]] = view
        self._changed()
        return {"view": {"id": f"VH{given['user_id']}"}}

    def _open_form(self, given: Json) -> Json:
        if not given.get("trigger_id"):
            refuse("invalid_trigger_id")
        check_view(given["view"])
        self.forms.append(given["view"])
        self._changed()
        return {"view": {"id": f"V{len(self.forms)}"}}

    def submit(self, user: str, answers: dict[str, str]) -> Json:
        """A payload: somebody sends the form that came up last; `answers` are words, values or labels by question."""
        view = self.forms[-1]
        values = {
            block["block_id"]: _written(block, answers.get(block["label"]["text"], "")) for block in view["blocks"]
        }
        return {
            "type": "view_submission",
            "user": {"id": user, "username": "somebody", "team_id": TEAM},
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "fake"},
            "trigger_id": f"{next(self._numbers)}.trigger",
            "view": {**view, "id": f"V{len(self.forms)}", "state": {"values": values}},
        }


def _written(block: Json, said: str) -> Json:
    """The state of a field as Slack tells it."""
    element = block["element"]
    if element["type"] == "static_select":
        picked = next((one for one in element["options"] if one["text"]["text"] == said), None)
        return {element["action_id"]: {"type": "static_select", "selected_option": picked}}
    name = "selected_date" if element["type"] == "datepicker" else "value"
    return {element["action_id"]: {"type": element["type"], name: said or None}}
