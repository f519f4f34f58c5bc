"""Who somebody is, and where to write to them: what Slack's events do not say. Asked once, and never waited for long.

Slack's terms let an app keep this for as long as it needs it; an hour is enough for a name to be right.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.payloads import Person
from omnibot.channel import ChannelError, Unavailable
from omnibot.clock import Clock

KEPT = timedelta(hours=1)
MOST = 10_000


class People:
    """Asks `users.info` and `conversations.open`, and remembers."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, Person]] = OrderedDict()
        self._chats: OrderedDict[str, str] = OrderedDict()

    async def get(self, user: str) -> Person:
        """Their name and language, as far as Slack tells. A failure is nobody's: a name is not worth a lost message."""
        now = self._clock.now()
        asked_at, person = self._known.get(user, (None, Person()))
        if asked_at is not None and now - asked_at < KEPT:
            return person
        try:
            answer = await self._api.get("users.info", user=user, include_locale="true")
        except Unavailable:
            return person
        except ChannelError:
            answer = {}  # not allowed, or gone: it will not be otherwise in the next minute
        person = _person(answer.get("user"))
        _remember(self._known, user, (now, person))
        return person

    async def direct_chat(self, user: str) -> str | None:
        """The id of our direct chat with them."""
        if user in self._chats:
            return self._chats[user]
        try:
            answer = await self._api.post("conversations.open", users=user)
        except ChannelError:
            return None
        chat = answer.get("channel")
        id = chat.get("id") if isinstance(chat, dict) else None
        if isinstance(id, str):
            _remember(self._chats, user, id)
            return id
        return None


def _person(user: Any) -> Person:
    user = user if isinstance(user, dict) else {}
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    locale = user.get("locale")
    return Person(
        name=next((name for name in names if isinstance(name, str) and name), None),
        locale=locale if isinstance(locale, str) else None,
    )


def _remember(cache: OrderedDict[str, Any], key: str, value: Any) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > MOST:
        cache.popitem(last=False)
