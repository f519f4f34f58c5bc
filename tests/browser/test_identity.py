"""A site that talks to its own customers only: what others see, and how one comes in."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import expect

from omnibot.demo.identity import sign
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_widget import answers, expect_no_violations, say, text_box, visit

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw
SECRET = "the site's own secret, 32 characters or more"


@pytest.mark.console_errors(r"status of 401")
@pytest.mark.parametrize(("language", "size", "sentence"), [
    ("en", DESKTOP, "Please sign in on this site to chat with us."), ("zh", PHONE, "请先登录本站，再与我们聊天。"),
])  # fmt: skip
async def test_who_has_to_sign_in_first_is_told_so(
    start_omnibot: Callable[..., Any], open_page: OpenPage, language: str, size: dict[str, int], sentence: str
) -> None:
    server = start_omnibot(sections={"webchat": {"identity_secret": SECRET, "require_identity": True}})
    page = await open_page(viewport=size)
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "/webchat/" in request.url else None)
    await visit(page, server, language)
    await page.locator("omnibot-chat .launcher").click()
    await expect(page.get_by_role("status").filter(has_text=sentence)).to_be_visible()
    await expect(text_box(page)).to_be_hidden()
    await expect(page.locator("omnibot-chat .head .tool").last).to_be_focused()
    await expect_no_violations(page)
    asked = len(calls)
    await page.wait_for_timeout(1_500)  # a retry would come within a second
    assert len(calls) == asked == 1
    await page.wait_for_timeout(1_500)  # trouble with the line would be told after 2.5 s
    await expect(page.locator("omnibot-chat .banner")).to_be_hidden()
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/barred-{language}.png")
    identity = sign("customer-7", SECRET, datetime.now(UTC))
    await page.evaluate("(identity) => document.querySelector('omnibot-chat').identify(identity)", identity)
    await expect(text_box(page)).to_be_focused()
    await say(page, "hello" if language == "en" else "你好")
    await expect(answers(page)).to_have_count(1)
