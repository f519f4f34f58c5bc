"""Promises in the console: an offer becomes one by a click, a clock says why it is due then, and a broken one says so in a word."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, reply, sign_in, take, waiting
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access

__all__ = ["sign_in"]  # pytest finds the fixture here

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw

LOOKS = [
    ("en", "light", {}, "We'll call you within two hours."),
    (
        "zh-CN",
        "dark",
        {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True},
        "两小时内给您打电话。",
    ),
]


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "scheme", "device", "sentence"), LOOKS, ids=["desk", "phone"])
async def test_what_was_said_is_offered_held_explained_and_ended(
    server: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], sentence: str
) -> None:
    is_phone = bool(device)
    waiting(server, "The pump leaks", language="zh-Hans" if locale == "zh-CN" else "en")
    page = await sign_in(locale=locale, color_scheme=scheme, **device)
    if is_phone:
        await page.locator("#rows a.row").first.click()
        await page.locator("[data-act=take]").first.click()
        await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")
        await page.locator("#text").fill(sentence)
        await page.locator(".send").click()
    else:
        await take(page)
        await reply(page, sentence)
    await expect(page.locator(".offer")).to_contain_text(sentence)
    await shoot(page, f"offer-{locale}")
    if not is_phone:  # where the list with the page's heading is out of sight
        await check_access(page)
    await page.locator(".offer button.primary").click()
    await expect(page.locator(".offer")).to_have_count(0)
    if is_phone:
        await page.locator(".context-switch").click()
    spoken = page.locator("#context .promise", has_text=sentence)
    await expect(spoken).to_be_visible()
    await spoken.locator(".promise-why > summary").click()
    await shoot(page, f"context-{locale}")
    if not is_phone:
        await check_access(page)
    await page.goto(f"{server.url}/console/promises")
    listed = page.locator(".promise", has_text=sentence)
    await listed.locator(".promise-why > summary").click()
    await listed.locator("details details summary").last.click()
    await shoot(page, f"promises-{locale}")
    await check_access(page)
    await listed.locator("[data-form=promise-waive] input").fill("he called himself")
    await listed.locator("[data-form=promise-waive] button").click()
    await expect(listed).to_have_count(0)
    await page.goto(f"{server.url}/console/promises?state=ended")
    await expect(page.locator(".promise", has_text=sentence)).to_contain_text("he called himself")
