"""Read marks as both sides see them: a visitor and an agent, each in a real browser."""

import os
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, open_first, reply, sign_in, take
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_widget import mark, open_chat, say, visit

__all__ = ["sign_in"]  # pytest finds the fixture here

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


@pytest.mark.parametrize(("language", "size", "person", "read"), [
    ("en", DESKTOP, "I want to talk to a person", "Read"), ("zh", PHONE, "转人工", "已读"),
])  # fmt: skip
async def test_both_sides_see_what_the_other_has_read(
    server: Any, open_page: OpenPage, sign_in: SignIn, language: str, size: dict[str, int], person: str, read: str
) -> None:
    visitor = await open_page(viewport=size)
    await visit(visitor, server, language)
    await open_chat(visitor)
    await say(visitor, person)
    await expect(visitor.locator("omnibot-chat .system").first).to_be_visible()
    await expect(mark(visitor)).not_to_contain_text(read)
    agent = await sign_in("Ana")
    if language == "zh":
        await agent.goto(f"{server.url}/console/settings")
        await agent.select_option("#language", "zh-Hans")
        await agent.locator("form[action='/console/settings'] button").click()
        await agent.goto(f"{server.url}/console")
        await agent.wait_for_selector("html[data-ready]")
    await open_first(agent)
    await expect(mark(visitor)).to_contain_text(read)  # looking is enough
    await agent.go_back()
    await take(agent)
    await visitor.locator("omnibot-chat .head .tool").last.click()  # the chat is closed: what comes is not read
    await reply(agent, "What is it about?")
    await expect(visitor.locator("omnibot-chat .badge")).to_be_visible()
    delivery = agent.locator("#thread .said.agent .delivery")
    await expect(agent.locator("#thread .said.agent")).to_have_count(1)
    await expect(delivery).to_have_count(0)
    await visitor.locator("omnibot-chat .launcher").click()
    await expect(delivery).to_have_text(read)
    await reply(agent, "And when?")
    await expect(agent.locator("#thread .said.agent")).to_have_count(2)
    await expect(agent.locator("#thread .said.agent").last.locator(".delivery")).to_have_text(read)
    await expect(delivery).to_have_count(1)  # it moves on
    await shoot(agent, f"read-agent-{language}")
    await agent.goto("about:blank")
    await say(visitor, "...")
    await expect(mark(visitor)).not_to_contain_text(read)
    await visitor.reload()
    await visitor.locator("omnibot-chat .launcher").click()
    await expect(mark(visitor)).not_to_contain_text(read)
    await agent.goto(f"{server.url}/console/conversations/1")
    await expect(mark(visitor)).to_contain_text(read)
    await shoot(visitor, f"read-visitor-{language}")
    await visitor.reload()
    await visitor.locator("omnibot-chat .launcher").click()
    await expect(mark(visitor)).to_contain_text(read)
