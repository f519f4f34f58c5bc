"""Dealers' groups on the platforms that have groups, and the people in them, as tests see them."""

import re
from typing import Any, Protocol

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.code import CodePurpose
from tests.dialogs.staff_chat import Json, _buttons, group_code
from tests.office import Office, eventually

NUMBER = re.compile(r"\d{5}-\d")


class DealerChat(Protocol):
    """A platform with groups."""

    office: Office

    def group(self, name: str) -> Any: ...

    async def says(self, group: str, who: str, text: str, *, to: Json | None = None, **more: Any) -> None: ...

    async def says_in_private(self, who: str, text: str) -> None: ...

    async def presses(self, group: str, who: str, label: str, **how: Any) -> str: ...

    async def posts_photo(self, group: str, who: str, *, to: Json | None = None) -> None: ...

    def posts(self, group: str) -> list[Json]: ...

    def heard_in_private(self, who: str) -> list[str]: ...

    def whispers(self) -> list[str]: ...


class TelegramDealers:
    """Supergroups; people have numbers."""

    def __init__(self, office: Office, fake: FakeTelegram) -> None:
        self.office, self.fake = office, fake
        self.groups: dict[str, int] = {}
        self.people: dict[str, int] = {}

    def group(self, name: str) -> int:
        return self.groups.setdefault(name, -2001 - len(self.groups))

    def person(self, name: str) -> int:
        return self.people.setdefault(name, 501 + len(self.people))

    async def says(self, group: str, who: str, text: str, *, to: Json | None = None, **more: Any) -> None:
        chat = self.group(group)
        earlier = (
            {"message_id": to["id"], "chat": {"id": chat, "type": "supergroup"}, "from": self.fake.me} if to else {}
        )
        fields = ({"reply_to_message": earlier} if to else {}) | more
        await self.fake.post(chat=chat, sender=self.person(who), name=who, text=text, **fields)
        await self.taken()

    async def says_in_private(self, who: str, text: str) -> None:
        await self.fake.say(text, chat=self.person(who), name=who)
        await self.taken()

    async def presses(self, group: str, who: str, label: str, **how: Any) -> str:
        update = await self.fake.press(label, chat=self.group(group), sender=self.person(who), **how)
        id = str(update["callback_query"]["id"])
        await self.fake.until(lambda: id in self.fake.answers)
        await self.office.settled()
        return self.fake.answers[id]

    async def posts_photo(self, group: str, who: str, *, to: Json | None = None) -> None:
        file = self.fake.add_file(b"\x89PNG\r\n\x1a\n" + b"0" * 50)
        photo = [{"file_id": file, "file_unique_id": file, "width": 9, "height": 9, "file_size": 58}]
        chat = self.group(group)
        earlier = (
            {"message_id": to["id"], "chat": {"id": chat, "type": "supergroup"}, "from": self.fake.me} if to else {}
        )
        await self.fake.post(
            chat=chat, sender=self.person(who), name=who, photo=photo, **({"reply_to_message": earlier} if to else {})
        )
        await self.taken()

    def posts(self, group: str) -> list[Json]:
        return [
            {"id": m.message_id, "text": m.text, "buttons": list(m.buttons)}
            for m in self.fake.sent
            if m.chat == str(self.group(group))
        ]

    def heard_in_private(self, who: str) -> list[str]:
        return self.fake.heard(self.person(who))

    def whispers(self) -> list[str]:
        return [text for text in self.fake.answers.values() if text]

    async def taken(self) -> None:
        await self.fake.all_confirmed()
        await self.office.settled()


class SlackDealers:
    """Channels; words stand in the card's thread."""

    def __init__(self, office: Office, fake: FakeSlack) -> None:
        self.office, self.fake = office, fake
        self.people: dict[str, str] = {}

    def group(self, name: str) -> str:
        id = f"C0{name.upper()}"
        self.fake.chat(id)
        return id

    def person(self, name: str) -> str:
        if name not in self.people:
            self.people[name] = f"U5{len(self.people):02}"
            self.fake.add_user(self.people[name], name)
        return self.people[name]

    async def says(self, group: str, who: str, text: str, *, to: Json | None = None, **more: Any) -> None:
        thread = (to.get("thread") or to["id"]) if to else None
        said = self.fake.message(self.person(who), text, chat=self.group(group), thread=thread, **more)
        async with self.office.attending():
            await self.fake.send(said)

    async def says_in_private(self, who: str, text: str) -> None:
        person = self.person(who)
        async with self.office.attending():
            await self.fake.send(self.fake.message(person, text, chat=f"D{person[1:]}"))

    async def presses(self, group: str, who: str, label: str, **how: Any) -> str:
        before = len(self.fake.whispers)
        async with self.office.attending():
            await self.fake.send(self.fake.press(self.person(who), label, chat=self.group(group)) | how)
        return "".join(str(one["text"]) for one in self.fake.whispers[before:] if one["user"] == self.person(who))

    async def posts_photo(self, group: str, who: str, *, to: Json | None = None) -> None:
        file = self.fake.add_file("pump.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "image/png")
        await self.says(group, who, "", to=to, files=[file], subtype="file_share")

    def posts(self, group: str) -> list[Json]:
        return [
            {"id": post["ts"], "text": post["text"], "buttons": _buttons(post), "thread": post.get("thread_ts")}
            for post in self.fake.chat(self.group(group)).posts
            if post.get("bot_id")
        ]

    def heard_in_private(self, who: str) -> list[str]:
        return self.fake.chat(f"D{self.person(who)[1:]}").said()

    def whispers(self) -> list[str]:
        return [str(one["text"]) for one in self.fake.whispers]


async def set_up(chat: DealerChat, group: str, dealer_id: int, *people: str) -> None:
    """Make the group this dealer's, and enrol its people, by codes as an admin hands them out."""
    code = await group_code(chat.office, CodePurpose.DEALER_GROUP, str(dealer_id))
    mention = "<@U0BOT> " if isinstance(chat, SlackDealers) else "/register "
    await chat.says(group, people[0] if people else "Admin", mention + code)
    for name in people:
        await enrol(chat, name, dealer_id)


async def enrol(chat: DealerChat, name: str, dealer_id: int) -> None:
    await chat.says_in_private(name, await group_code(chat.office, CodePurpose.DEALER_MEMBER, str(dealer_id)))


def cards(chat: DealerChat, group: str) -> list[Json]:
    """The newest last. A card begins with its state in bold; on Telegram that is an entity."""
    return [
        post
        for post in chat.posts(group)
        if NUMBER.search(post["text"].split("\n")[0]) and re.match(r"\W*(🟠|🔵|🟢|✅|⚪)", post["text"])
    ]


async def sees(chat: DealerChat, group: str, *words: str, buttons: list[str] | None = None, count: int = 1) -> Json:
    """The newest of so many cards in the group says all this, as soon as it does."""

    async def shown() -> bool:
        found = cards(chat, group)
        return (
            len(found) == count
            and all(word in found[-1]["text"] for word in words)
            and buttons in (None, found[-1]["buttons"])
        )

    try:
        await eventually(shown, "the card")
    except AssertionError:
        raise AssertionError(f"a card in {group} with {words} and {buttons}: {chat.posts(group)}") from None
    return cards(chat, group)[-1]


async def hears(chat: DealerChat, group: str, words: str) -> Json:
    """A line in the group says this, as soon as it does; the newest of them."""

    def found() -> list[Json]:
        return [post for post in chat.posts(group) if words in post["text"]]

    async def said() -> bool:
        return bool(found())

    try:
        await eventually(said, words)
    except AssertionError:
        raise AssertionError(f"{words!r} in {group}: {[post['text'] for post in chat.posts(group)]}") from None
    return found()[-1]


async def is_told(chat: DealerChat, who: str, *words: str) -> str:
    """One person alone is told all this, in private."""

    def found() -> list[str]:
        return [text for text in chat.heard_in_private(who) if all(word in text for word in words)]

    async def said() -> bool:
        return bool(found())

    try:
        await eventually(said, str(words))
    except AssertionError:
        raise AssertionError(f"{words} for {who}: {chat.heard_in_private(who)}") from None
    return found()[-1]
