"""How dialogs with dealers begin: an installation whose repairs go to dealers, a dealer with a group, a case in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import SIGNING_SECRET
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.domain.access import Role
from tests.dialogs.dealer_chat import DealerChat, SlackDealers, TelegramDealers, sees, set_up
from tests.office import Agent, Json, Office, Opener, Visitor, eventually

RULES = """
[[categories]]
name = "repair"
keywords = ["leak", "漏水"]
[[teams]]
name = "repairs"
[[rules]]
name = "repairs"
when = { category = ["repair"] }
dealers = true
team = "repairs"
"""


def service(folder: Path) -> dict[str, Any]:
    """Settings with rules that give repairs to dealers."""
    path = folder / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    return {"rules": str(path)}


async def open_chat(
    kind: str, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, **sections: Any
) -> DealerChat:
    if kind == "telegram":
        account = {"token": TOKEN, "api_base": telegram.url}
        return TelegramDealers(await open_office(telegram=account, **sections), telegram)
    keys = {"bot_token": BOT_TOKEN, "api_base": slack.api_base, "signing_secret": SIGNING_SECRET}
    office = await open_office(slack=keys, **sections)
    slack.events_url = f"{office.url}/channels/slack/default"
    return SlackDealers(office, slack)


async def add_dealer(supervisor: Agent, name: str, **profile: Any) -> int:
    made = await supervisor.post("/dealers", {"name": name, **profile}, status=201)
    return int(made["dealer"]["id"])


@dataclass
class Case:
    """A customer's leak in the group Nord, whose Nils has accepted it."""

    chat: DealerChat
    dealer_id: int
    agent: Agent
    visitor: Visitor
    number: str
    card: Json

    async def nils_says(self, text: str) -> None:
        """In answer to the card."""
        await self.chat.says("Nord", "Nils", text, to=self.card)


async def accepted_case(chat: DealerChat, language: str) -> Case:
    """Everybody in it speaks that language."""
    office = chat.office
    supervisor, agent = await office.agent("Margaret", Role.SUPERVISOR), await office.agent("Ada")
    dealer_id = await add_dealer(supervisor, "Nord")
    await set_up(chat, "Nord", dealer_id, "Nils")
    await groups_speak(language, office)
    visitor = await office.visitor(language)
    number = await agent.opens_ticket(visitor, "漏水 leak")
    case = Case(chat, dealer_id, agent, visitor, number, await sees(chat, "Nord", number))
    await case.nils_says("accept")
    return case


async def groups_speak(language: str, office: Office) -> None:
    root = await office.agent("Root", Role.ADMIN)
    for group in (await root.get("/groups"))["items"]:
        await root.patch(f"/groups/{group['id']}", {"language": language})


async def system(visitor: Visitor) -> list[str]:
    """What was said; calendar files come when they come."""
    said = [line for line in await visitor.transcript() if line["author"] == "system"]
    return [line["text"] for line in said if not line.get("attachments")]


async def is_told(visitor: Visitor, words: str) -> None:
    """The newest of it says this, as soon as it does."""

    async def told() -> bool:
        return words in (await system(visitor) or [""])[-1]

    await eventually(told, words)


async def presses(visitor: Visitor, label: str) -> None:
    """As soon as the button is there."""

    async def is_there() -> bool:
        said = await visitor.transcript()
        return any(choice["label"] == label for line in said for choice in line.get("choices", ()))

    await eventually(is_there, label)
    await visitor.presses(label)
