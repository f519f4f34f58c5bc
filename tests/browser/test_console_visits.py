"""Visits in the console: times are offered on the ticket's page, the list shows them, and what is known has its source."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, open_first, sign_in, waiting
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access

__all__ = ["sign_in"]  # pytest finds the fixture here

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw
LOOKS = [
    ("en", "light", {}, "offered", "Offer times"),
    (
        "zh-CN",
        "dark",
        {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True},
        "已提供时间",
        "提供上门时间",
    ),
]


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "scheme", "device", "offered", "summary"), LOOKS, ids=["desk", "phone"])
async def test_times_are_offered_and_listed(
    server: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], offered: str, summary: str
) -> None:
    waiting(server, "The pump leaks")
    page = await sign_in(locale=locale, color_scheme=scheme, **device)
    await open_first(page)
    await page.wait_for_url("**/conversations/*")
    conversation = int(page.url.rpartition("/")[2].partition("?")[0])
    made = await page.evaluate(
        """async (id) => (await (await fetch("/api/v1/tickets", {method: "POST", headers: {"content-type": "application/json"},
        body: JSON.stringify({conversation_id: id, subject: "Leak"})})).json())""",
        conversation,
    )
    number = made["ticket"]["number"]
    await page.goto(f"{server.url}/console/tickets/{number}")
    await page.locator("summary", has_text=summary).click()
    form = page.locator("[data-form=ticket-slots]")
    await form.locator("[name=start]").first.fill("2031-06-03T10:00")
    await form.locator("button").click()
    await expect(page.locator("[data-key=visit]")).to_contain_text(offered)
    await shoot(page, f"visit-ticket-{locale}")
    await page.goto(f"{server.url}/console/bookings?state=waiting")
    await expect(page.locator("td.subject")).to_have_text("Leak")
    await shoot(page, f"visits-{locale}")
    await check_access(page)


async def test_a_dealer_is_changed_on_its_page(server: Any, sign_in: SignIn) -> None:
    page = await sign_in(role="supervisor")
    await page.goto(f"{server.url}/console/dealers")
    await page.locator("[data-form=dealer] [name=name]").fill("Nord")
    await page.locator("[data-form=dealer] button").click()
    await page.wait_for_url("**/console/dealers/*")
    form = page.locator("[data-form=dealer-change]")
    await page.locator("summary", has_text="Change").click()
    await form.locator("[name=postcodes]").fill("10, 13")
    await form.locator("[name=capacity]").fill("7")
    await form.locator("[name='hours.mon']").fill("09:00-12:00 13:00-17:30")
    await form.locator("[name=timezone]").fill("Europe/Berlin")
    await form.locator("button").click()
    facts = page.locator("aside .facts").first
    await expect(facts).to_contain_text("Monday 09:00-12:00 13:00-17:30 (Europe/Berlin)")
    await expect(facts).to_contain_text("10, 13")
    await page.locator("summary", has_text="Change").click()
    await shoot(page, "dealer-change")
    await check_access(page)
