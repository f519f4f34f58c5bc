"""The widget as a page may pin it: this version, checked by the browser, or none."""

import os
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.agents import SignIn, sign_in
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_widget import answers, open_chat, say

__all__ = ["sign_in"]  # pytest finds the fixture here

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw


async def show(page: Page, server: Any, tag: str) -> None:
    """A page of another site that has the tag."""

    async def serve(route: Route) -> None:
        await route.fulfill(body=f"<!doctype html><html lang=en><title>Site</title>{tag}", content_type="text/html")

    await page.route(server.url + "/page", serve)
    await page.goto(server.url + "/page")


@pytest.mark.console_errors("Failed to find a valid digest")
async def test_a_page_runs_exactly_the_version_that_it_names(server: Any, open_page: OpenPage, sign_in: SignIn) -> None:
    desk = await sign_in("Ana", "admin", viewport=PHONE)
    await desk.goto(f"{server.url}/console/settings")
    tag = await desk.locator("#embed code").inner_text()
    if SHOTS:
        await desk.locator("#embed").scroll_into_view_if_needed()
        await desk.screenshot(path=f"{SHOTS}/embed.png")
    assert re.search(r'src="http\S+/widget/[0-9a-f]{32}\.js" integrity="sha384-[A-Za-z0-9+/=]{64}" crossorigin', tag)
    page = await open_page()
    await show(page, server, tag)
    await open_chat(page)
    await say(page, "hello")
    await expect(answers(page)).to_have_count(1)
    changed = await open_page()

    async def spoil(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, body=await response.text() + "//")

    await changed.route("**/widget/*.js", spoil)
    await show(changed, server, tag)
    await changed.wait_for_load_state("networkidle")
    await expect(changed.locator("omnibot-chat")).to_have_count(0)
