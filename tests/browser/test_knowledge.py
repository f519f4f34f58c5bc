"""What the bot knows, as people work on it: from a gap to an answer, seen before it goes live, and taken back."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import Customer, SignIn, open_first, reply, sign_in, take
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access

__all__ = ["sign_in"]  # pytest finds the fixture here

ANSWER = "Yes, we engrave up to three initials on the lid for free; tell us within two days of ordering."
CHINESE_ANSWER = "您好，可以的，下单后两天内告诉我们要刻的字母就行，免费刻在盖子上。"
LEARNING = 60_000  # ms; nobody waits so long, unless the machine has other things to do


async def ask_in_vain(server: Any, page: Page, text: str, answer: str, **options: Any) -> None:
    customer = Customer(server, **options)
    customer.says(text)
    customer.says("I want to talk to a person")
    await expect_to_hear(page, customer, "takes over from here")
    await page.goto(f"{server.url}/console")
    await take(page)
    await reply(page, answer)
    await expect(page.locator("#thread .said.agent")).to_have_count(1)


async def look(page: Page, name: str) -> None:
    """A picture for people, where OMNIBOT_TEST_PICTURES names a folder."""
    if folder := os.environ.get("OMNIBOT_TEST_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def go(page: Page, server: Any, path: str) -> None:
    await page.goto(f"{server.url}/console/knowledge{path}")
    await page.wait_for_selector("html[data-ready]")


async def test_from_a_gap_to_an_answer_and_back(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Margaret", "supervisor")
    for text in ("Do you engrave initials on lids?", "Could you engrave initials please"):
        await ask_in_vain(server, page, text, ANSWER)
    await page.get_by_role("link", name="FAQ").click()
    await page.get_by_role("link", name="Gaps").click()
    await expect(page.locator(".gap h2")).to_contain_text("engrave")
    await expect(page.locator(".gap-reply")).to_contain_text("three initials")
    await look(page, "gaps")
    await check_access(page)
    await page.get_by_role("button", name="Draft an entry").click()
    await expect(page.locator("#answer-en")).to_have_value(ANSWER)
    await page.locator("#question-zh-Hans").fill("可以刻字吗？")
    await page.locator("#answer-zh-Hans").fill("可以，盖子上最多免费刻三个字母。")
    await page.locator("#note").fill("Chinese added")
    await page.get_by_role("button", name="Save as a draft").click()
    await expect(page.locator(".entry-versions > li")).to_have_count(2)
    await expect(page.locator(".diff ins").first).to_have_text("可以刻字吗？")
    await page.locator("#try-text").fill("can you engrave my initials")
    await page.get_by_role("button", name="Ask").click()
    await expect(page.locator("#tried")).to_contain_text("It is answered:")
    await look(page, "entry")
    await check_access(page)
    await page.get_by_role("button", name="Publish…").click()
    # Both sides are learned first, which takes its time on a machine that is busy.
    await expect(page.locator(".replay-counts .replay-gained")).to_have_text("2 will be answered", timeout=LEARNING)
    await look(page, "publish")
    await check_access(page)
    await page.get_by_role("button", name="Publish now").click()
    await expect(page.locator(".bar-standing .tag")).to_have_text("Live")
    customer = Customer(server)
    customer.says("Do you engrave initials?")
    await expect_to_hear(page, customer, "up to three initials")
    customer.says("yes, thanks")
    await has_helped(page, 1)
    await look(page, "helped")
    await page.locator("#answer-en").fill("Not any more.")
    await page.locator("#try-text").fill("Do you engrave initials?")
    await page.get_by_role("button", name="Ask").click()
    await expect(page.locator("#tried blockquote")).to_have_text("Not any more.")  # what is typed, not yet saved
    await page.get_by_role("button", name="Save as a draft").click()
    await expect(page.locator(".bar-standing")).to_contain_text("Customers get version 2")
    await expect(page.locator(".diff del").first).to_be_visible()
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_role("button", name="Publish now").click(timeout=LEARNING)
    await expect(page.locator(".bar-standing")).to_contain_text("Customers get this version")
    customer = Customer(server)
    customer.says("Do you engrave initials?")
    await expect_to_hear(page, customer, "Not any more.")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.locator(".entry-versions > li", has_text="Chinese added").locator("summary").click()
    await page.locator(".entry-versions > li", has_text="Chinese added").get_by_role("button").click()
    await expect(page.locator(".entry-versions > li")).to_have_count(4)
    await look(page, "versions")
    customer = Customer(server)
    customer.says("Do you engrave initials?")
    await expect_to_hear(page, customer, "up to three initials")
    await go(page, server, "/gaps")
    await expect(page.get_by_text("No gaps here")).to_be_visible()
    await check_access(page)


async def test_the_same_way_in_chinese_on_a_phone(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana", "supervisor", viewport=PHONE, screen=PHONE, is_mobile=True, has_touch=True)
    await page.goto(f"{server.url}/console/settings")
    await page.locator("#language").select_option("zh-Hans")
    await page.get_by_role("button", name="Save").click()
    for text in ("可以刻字吗", "能不能在盖子上刻字"):
        customer = Customer(server, language="zh")
        customer.says(text)
        customer.says("转人工")
        await expect_to_hear(page, customer, "转接")
        await page.goto(f"{server.url}/console")
        await open_first(page)
        await page.get_by_role("button", name="接手").first.tap()
        await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")
        await page.locator("#text").fill(CHINESE_ANSWER)
        await page.locator("#text").press("Enter")
        await expect(page.locator("#thread .said.agent")).to_have_count(1)
    await go(page, server, "/gaps")
    await expect(page.locator(".gap-reply")).to_contain_text("免费刻在盖子上")
    await fits(page, "gaps")
    await page.locator(".gap button.primary").tap()
    await expect(page.locator("#answer-zh-Hans")).to_have_value(re.compile("免费刻在盖子上"))
    await page.wait_for_selector("html[data-ready]")
    await fits(page, "entry")
    await page.locator("#try-text").fill("请问可以刻字吗")
    await page.locator("form[data-form=try] button").tap()
    await expect(page.locator("#tried blockquote")).to_contain_text("免费刻在盖子上")
    await fits(page, "try")
    await page.locator("[data-step=publish]").tap()
    await fits(page, "learning")
    await expect(page.locator(".replay-counts .replay-gained")).to_contain_text("2", timeout=LEARNING)
    await fits(page, "publish")
    await page.locator("#publish-now").tap()
    await expect(page.locator(".bar-standing .tag")).to_have_class(re.compile("good"))
    customer = Customer(server, language="zh")
    customer.says("请问可以刻字吗？")
    await expect_to_hear(page, customer, "免费刻在盖子上")
    customer.says("有用，谢谢")
    await has_helped(page, 1)
    await fits(page, "helped")
    await go(page, server, "/gaps")
    await expect(page.locator(".gap")).to_have_count(0)
    await fits(page, "no-gaps")


async def has_helped(page: Page, times: int) -> None:
    """The entry's page counts it, at the latest when it is looked at again."""
    helped = page.locator(".numbers div").nth(1).locator("dd")
    for _ in range(100):
        if await helped.inner_text() == str(times):
            return
        await page.wait_for_timeout(100)
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
    pytest.fail(f"helped: {await helped.inner_text()}")


async def fits(page: Page, name: str) -> None:
    await look(page, f"phone-zh-{name}")
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await check_access(page)


async def expect_to_hear(page: Page, customer: Customer, words: str) -> None:
    for _ in range(100):
        if words in customer.hears:
            return
        await page.wait_for_timeout(50)
    pytest.fail(f"heard: {customer.hears}")


async def test_what_somebody_should_look_at_stands_under_to_review(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Margaret", "supervisor")
    await go(page, server, "/entries/descale")
    last = datetime.now(UTC).date() + timedelta(days=3)
    await page.locator("#valid-until").fill(last.isoformat())
    await page.get_by_role("button", name="Save as a draft").click()
    await expect(page.locator(".entry-versions > li")).to_have_count(1)
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_role("button", name="Publish now").click(timeout=LEARNING)
    await expect(page.locator(".bar-standing .tag")).to_have_text("Live")
    await go(page, server, "")
    await page.get_by_role("link", name="To review").click()
    await expect(page.locator("#rows tr")).to_have_count(1)
    await expect(page.locator("#rows tr")).to_contain_text(f"ends on {last}")
    await look(page, "to-review")
    await check_access(page)


async def test_a_wrong_answer_leads_to_its_entry(server: Any, sign_in: SignIn) -> None:
    customer = Customer(server)
    customer.says("How do I descale my appliance?")
    page = await sign_in("Ana")
    await page.goto(f"{server.url}/console?view=bot")
    await open_first(page)
    await page.locator("#thread details.why summary").first.click()
    await look(page, "why")
    await page.get_by_role("button", name="Wrong answer").click()
    await expect(page.locator("#question-en")).to_have_value("How do I descale my appliance?")
    await expect(page.locator(".banner").first).to_contain_text("You came from a conversation")
    await expect(page.locator(".numbers div", has_text="Marked wrong")).to_contain_text("1")
    await expect(page.get_by_role("button", name="Publish…")).to_have_count(0)
    await page.get_by_role("link", name="Back to it").click()
    await expect(page.locator("#thread")).to_be_visible()


@pytest.mark.console_errors(r"status of 409")
async def test_two_editors_cannot_overwrite_each_other(server: Any, sign_in: SignIn) -> None:
    ana, bo = await sign_in("Ana"), await sign_in("Bo")
    for page in (ana, bo):
        await go(page, server, "/entries/descale")
    await ana.locator("#answer-en").fill("With vinegar.")
    await bo.locator("#answer-en").fill("With lemon.")
    await ana.get_by_role("button", name="Save as a draft").click()
    await expect(ana.locator(".entry-versions > li")).to_have_count(1)
    await expect(bo.locator("#overtaken")).to_contain_text("Ana has saved a newer version")
    await expect(bo.locator("#answer-en")).to_have_value("With lemon.")
    await look(bo, "overtaken")
    await bo.get_by_role("button", name="Save mine after it").click()
    await expect(bo.locator(".entry-versions > li")).to_have_count(2)
    await expect(bo.locator("#overtaken")).to_be_hidden()
    await expect(bo.locator(".diff del").first).to_contain_text("vinegar")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_everybody_can_use_it(server: Any, sign_in: SignIn, color_scheme: str) -> None:
    page = await sign_in("Margaret", "supervisor", color_scheme=color_scheme)
    for path, name in (("", "list"), ("/new", "new"), ("/entries/descale", "file-entry"), ("/gaps", "no-gaps")):
        await go(page, server, path)
        await look(page, f"{name}-{color_scheme}")
        await check_access(page)
    await go(page, server, "?search=descale")
    await expect(page.locator("#rows tr")).not_to_have_count(0)


async def test_it_speaks_chinese_and_fits_a_phone(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana", "supervisor", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    await page.goto(f"{server.url}/console/settings")
    await page.locator("#language").select_option("zh-Hans")
    await page.get_by_role("button", name="Save").click()
    for path, name in (("", "list"), ("/entries/descale", "entry"), ("/gaps", "gaps")):
        await go(page, server, path)
        await look(page, f"phone-{name}")
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await check_access(page)
    await expect(page.get_by_role("heading", name="知识库")).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 800})
    for path, name in (("", "list"), ("/entries/descale", "entry")):
        await go(page, server, path)
        await look(page, f"zh-{name}")
