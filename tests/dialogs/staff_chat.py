"""A service team that works from its chat, and the customer on the web: the same steps on every platform that has groups."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Protocol

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.access import Role
from omnibot.domain.code import CodePurpose, spelled
from omnibot.store import codes
from tests.office import Agent, Office, eventually

Json = dict[str, Any]


class Chat(Protocol):
    """A platform's staff group and its people, as a test sees them."""

    office: Office

    async def says(self, who: str, text: str, **where: Any) -> None: ...

    async def says_in_private(self, who: str, text: str) -> None: ...

    async def presses(self, who: str, label: str, **how: Any) -> str: ...

    def cards(self) -> list[Json]: ...

    def lines(self, card: Json | None = None) -> list[str]: ...

    def whispers(self) -> list[str]: ...


class TelegramChat:
    """A supergroup of agents; Ada is 11, Grace 12, strangers have other numbers."""

    GROUP = -1001
    PEOPLE: ClassVar = {"Ada": 11, "Grace": 12, "Mallory": 66}

    def __init__(self, office: Office, fake: FakeTelegram) -> None:
        self.office, self.fake = office, fake

    async def says(self, who: str, text: str, *, in_thread: bool = True, **fields: Any) -> None:
        if in_thread:
            fields = self._about_the_card() | fields
        await self.fake.post(chat=self.GROUP, sender=self.PEOPLE[who], name=who, text=text, **fields)
        await self._taken()

    async def says_in_private(self, who: str, text: str) -> None:
        await self.fake.say(text, chat=self.PEOPLE[who], name=who)
        await self._taken()

    async def presses(self, who: str, label: str, **how: Any) -> str:
        update = await self.fake.press(label, chat=self.GROUP, sender=self.PEOPLE[who], **how)
        id = str(update["callback_query"]["id"])
        await self.fake.until(lambda: id in self.fake.answers)
        return self.fake.answers[id]

    def cards(self) -> list[Json]:
        """The newest last."""
        return [
            {
                "id": m.message_id,
                "text": m.text,
                "buttons": list(m.buttons),
                "thread": m.parameters.get("message_thread_id"),
            }
            for m in self.fake.sent
            if m.chat == str(self.GROUP) and "#" in m.text and "·" in m.text.split("\n")[0]
        ]

    def lines(self, card: Json | None = None) -> list[str]:
        ids = {card["id"] for card in self.cards()}
        return [m.text for m in self.fake.sent if m.chat == str(self.GROUP) and m.message_id not in ids]

    def whispers(self) -> list[str]:
        return [text for text in self.fake.answers.values() if text]

    def _about_the_card(self) -> Json:
        card = self.cards()[-1]
        if card["thread"]:
            return {"message_thread_id": card["thread"], "is_topic_message": True}
        earlier = {"message_id": card["id"], "chat": {"id": self.GROUP, "type": "supergroup"}, "from": self.fake.me}
        return {"reply_to_message": earlier}

    async def _taken(self) -> None:
        await self.fake.all_confirmed()
        await self.office.settled()


class SlackChat:
    """A private channel of agents."""

    GROUP = "C0STAFF"
    PEOPLE: ClassVar = {"Ada": "U11", "Grace": "U12", "Mallory": "U66"}

    def __init__(self, office: Office, fake: FakeSlack) -> None:
        self.office, self.fake = office, fake
        fake.chat(self.GROUP)
        for name, id in self.PEOPLE.items():
            fake.add_user(id, name)

    async def says(self, who: str, text: str, *, in_thread: bool = True, **fields: Any) -> None:
        thread = self.cards()[-1]["id"] if in_thread else None
        await self.fake.send(self.fake.message(self.PEOPLE[who], text, chat=self.GROUP, thread=thread, **fields))
        await self.office.settled()

    async def says_in_private(self, who: str, text: str) -> None:
        await self.fake.send(self.fake.message(self.PEOPLE[who], text, chat=f"D{self.PEOPLE[who][1:]}"))
        await self.office.settled()

    async def presses(self, who: str, label: str, *, message_id: str | None = None, **how: Any) -> str:
        before = len(self.fake.whispers)
        async with self.office.attending():
            await self.fake.send(self.fake.press(self.PEOPLE[who], label, chat=self.GROUP, ts=message_id) | how)
        own = [one for one in self.fake.whispers[before:] if one["user"] == self.PEOPLE[who]]
        return "".join(str(one["text"]) for one in own)

    def cards(self) -> list[Json]:
        return [
            {"id": post["ts"], "text": post["text"], "buttons": _buttons(post), "thread": post["ts"]}
            for post in self.fake.chat(self.GROUP).posts
            if post.get("bot_id") and not post.get("thread_ts") and "#" in post["text"]
        ]

    def lines(self, card: Json | None = None) -> list[str]:
        thread = (card or self.cards()[-1])["id"]
        return self.fake.chat(self.GROUP).said(thread)

    def whispers(self) -> list[str]:
        return [str(one["text"]) for one in self.fake.whispers]


def _buttons(post: Json) -> list[str]:
    rows = [block["elements"] for block in post.get("blocks") or () if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


async def enrol(chat: Chat, *names: str) -> dict[str, Agent]:
    """Agents of these names, known to the bot by a code that each has written to it."""
    hired = {}
    for number, name in enumerate(names):
        agent = hired[name] = await chat.office.agent(name, Role.AGENT)
        code = (await agent.post("/members/codes", {}, status=201))["code"]
        await chat.says_in_private(name, code if number else code.lower())
    return hired


async def until(chat: Chat, condition: Callable[[], bool], what: str) -> None:
    async def holds() -> bool:
        return condition()

    await eventually(holds, f"{what}; cards {chat.cards()}, lines {chat.lines() if chat.cards() else []}")


async def sees_card(chat: Chat, *words: str, buttons: list[str] | None = None, count: int = 1) -> Json:
    """The newest of so many cards says all this, as soon as it does."""

    def shown() -> bool:
        cards = chat.cards()
        return (
            len(cards) == count
            and all(word in cards[-1]["text"] for word in words)
            and buttons in (None, cards[-1]["buttons"])
        )

    try:
        await until(chat, shown, f"a card with {words} and {buttons}")
    except AssertionError:
        raise AssertionError(f"a card with {words} and {buttons}: {chat.cards()}") from None
    return chat.cards()[-1]


async def sees_line(chat: Chat, words: str) -> None:
    try:
        await until(chat, lambda: any(words in line for line in chat.lines()), f"a line with {words!r}")
    except AssertionError:
        raise AssertionError(f"a line with {words!r}: {chat.lines()}") from None


def number_in(text: str) -> str:
    found = re.search(r"\d{5}-\d", text)
    assert found, text
    return found[0]


async def group_code(office: Office, purpose: CodePurpose, subject: str = "", made_by: int | None = None) -> str:
    """A code as an admin hands it out, spelled as people read it."""
    code, now = codes.new_code(), office.clock.now()
    until = office.clock.now().replace(hour=23)
    await office.application.store.run(
        partial(codes.add, code=code, purpose=purpose, subject=subject, made_by=made_by, now=now, until=until)
    )
    return spelled(code)
