"""Answers are filled with what we know of the customer, and only for the customer."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from omnibot.domain.access import Role
from tests.office import Office, Visitor

ENTRIES = """
- {id: end, language: en, question: How long is my warranty?, answer: "Your {fact:product} is covered until {fact:warranty_end}."}
- {id: end, language: zh-Hans, question: 我的保修到什么时候？, answer: "您的{fact:product}保修到{fact:warranty_end}。"}
- {id: other, language: en, question: Where is the shop?, answer: In town.}
"""


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Office:
    (tmp_path / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    return await open_office(faq={"path": str(tmp_path / "faq.yaml")})


async def owner(office: Office, language: str, *bought: tuple[str, str]) -> Visitor:
    """A visitor who is known to have bought these: SKU and day."""
    visitor = await office.visitor(language)
    await visitor.says("hi")
    await visitor.hears("bot: ")
    supervisor = await office.agent("Margaret", Role.SUPERVISOR)
    contact = (await supervisor.sees(visitor))["contact"]["id"]
    for sku, name in (("WM-100", "Washer 100"), ("DR-7", "Dryer 7")):
        await supervisor.post("/products", {"sku": sku, "name": name, "warranty_months": 24})
    for sku, day in bought:
        await supervisor.post(f"/contacts/{contact}/purchases", {"sku": sku, "bought_on": day}, status=201)
    return visitor


@pytest.mark.parametrize(("language", "question", "answer"), [
    ("en", "How long is my warranty?", "Your Washer 100 is covered until 31 March 2028."),
    ("zh-Hans", "我的保修到什么时候？", "您的Washer 100保修到2028年3月31日。"),
])  # fmt: skip
async def test_the_warranty_is_told_from_the_purchase(
    office: Office, language: str, question: str, answer: str
) -> None:
    visitor = await owner(office, language, ("WM-100", "2026-04-01"))
    await visitor.says(question)
    await visitor.hears(f"bot: {answer}")


async def test_of_two_products_nobody_guesses_which(office: Office) -> None:
    visitor = await owner(office, "en", ("WM-100", "2026-04-01"), ("DR-7", "2026-04-01"))
    await visitor.says("How long is my warranty?")
    await visitor.hears("system: I do not want to guess")


async def test_a_stranger_hears_nothing_of_anybody(office: Office) -> None:
    await owner(office, "en", ("WM-100", "2026-04-01"))
    stranger = await office.visitor()
    await stranger.says("How long is my warranty?")
    await stranger.hears("system: I do not want to guess")
