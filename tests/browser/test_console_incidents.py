"""Incidents and ratings in the console: a proposal is answered for everybody by one form, in both languages and on a phone."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, sign_in, waiting
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access
from tests.office import eventually

__all__ = ["sign_in"]  # pytest finds the fixture here

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw
ASKED = (
    "loyalty wheel freezes",
    "the loyalty wheel freezes",
    "my loyalty wheel freezes",
    "loyalty wheel freezes again",
    "your loyalty wheel freezes",
)
LOOKS = [
    ("en", "light", {}),
    ("zh-CN", "dark", {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True}),
]


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "scheme", "device"), LOOKS, ids=["desk", "phone"])
async def test_two_proposals_are_said_to_be_one_cause(
    server: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any]
) -> None:
    for question in ASKED:
        waiting(server, question)
    for question in (
        "幸运转盘一转就卡死",
        "幸运转盘一转就卡死了",
        "我的幸运转盘一转就卡死",
        "幸运转盘转就卡死",
        "幸运转盘又一转就卡死",
    ):
        waiting(server, question, language="zh-Hans")
    page = await sign_in(locale=locale, color_scheme=scheme, **device)

    async def are_proposed() -> bool:
        await page.goto(f"{server.url}/console/incidents")
        return await page.locator(".incident").count() == 2

    await eventually(are_proposed, "two incidents are proposed")
    await shoot(page, f"incident-join-{locale}")
    await check_access(page)
    await page.locator("[data-form=incident-join] button").first.click()
    await expect(page.locator(".incident")).to_have_count(1)
    await expect(page.locator(".incident .hint").first).to_contain_text("10")


@pytest.mark.parametrize(("locale", "scheme", "device"), LOOKS, ids=["desk", "phone"])
async def test_many_are_answered_at_once(
    server: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any]
) -> None:
    customers = [waiting(server, question) for question in ASKED]
    page = await sign_in(locale=locale, color_scheme=scheme, **device)

    async def is_proposed() -> bool:
        await page.goto(f"{server.url}/console/incidents")
        return await page.locator(".incident").count() == 1

    await eventually(is_proposed, "an incident is proposed")
    incident = page.locator(".incident")
    await incident.locator("summary").click()
    await expect(incident.locator("li a")).to_have_count(len(ASKED))
    await shoot(page, f"incident-{locale}")
    await check_access(page)
    await incident.locator("button.primary").click()  # without a title
    await incident.locator("[name=title]").fill("Wheel down")
    await incident.locator("button.primary").click()
    await expect(incident.get_by_role("alert")).to_be_visible()  # without a text
    await incident.locator("[name=en]").fill("The wheel is down.")
    await incident.locator("button.primary").click()
    await expect(incident.locator("h2")).to_contain_text("Wheel down")

    async def is_told() -> bool:
        return all("The wheel is down." in customer.hears for customer in customers)

    await eventually(is_told, "everybody is told")
    await incident.locator("[name=en]").fill("It turns again.")
    await incident.locator("button.primary").click()
    await expect(page.locator(".incident")).to_have_count(0)
    await page.goto(f"{server.url}/console/ratings?by=entry")
    await expect(page.locator("h1")).to_be_visible()
    await shoot(page, f"ratings-{locale}")
    await check_access(page)
