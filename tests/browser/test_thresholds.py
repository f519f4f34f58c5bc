"""From which score on the bot answers, as a supervisor finds it: examples, what follows from them, one click, and back."""

import json
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.agents import Customer, SignIn, sign_in
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access
from tests.browser.test_knowledge import LEARNING, expect_to_hear, go, look

__all__ = ["sign_in"]  # pytest finds the fixture here

MUST_NOT = "what does the delivery of a pizza cost"


async def test_examples_are_tried_applied_and_taken_back(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Margaret", "supervisor")
    customer = Customer(server)
    customer.says(MUST_NOT)
    await expect_to_hear(page, customer, "Did that help?")
    await page.goto(f"{server.url}/console/knowledge")
    await page.get_by_role("link", name="Thresholds").click()
    await expect(page.locator("#standing .own")).to_contain_text("settings")
    await expect(page.locator("#standing")).to_contain_text("Preset: strict")
    questions = [
        {"text": MUST_NOT, "expected": None},
        {"text": "how do I get rid of limescale", "expected": "descale"},
    ]
    lines = "\n".join(json.dumps(one) for one in questions)
    await page.locator("#examples-file").set_input_files(
        {"name": "q.jsonl", "mimeType": "application/jsonl", "buffer": lines.encode()}
    )
    await expect(page.locator("#must-not")).to_have_value(MUST_NOT)
    await expect(page.locator("#should")).to_have_value("how do I get rid of limescale | descale")
    await try_them(page, "Try")
    await expect(page.locator("#trial table")).to_contain_text("1 of 1")
    await expect(page.locator("#trial .own")).to_contain_text("0 of 1")
    await expect(page.locator("#trial table")).to_contain_text("Phrasings right")
    await look(page, "thresholds-trial")
    await check_access(page)
    await page.get_by_role("button", name="Apply for all customers").click()
    await expect(page.locator("#standing .own")).to_contain_text("calibration 1")
    await look(page, "thresholds-applied")
    await check_access(page)
    customer = Customer(server)
    customer.says(MUST_NOT)
    await expect_to_hear(page, customer, "Did you mean one of these?")
    customer.says("I want to talk to a person")
    await page.goto(f"{server.url}/console/conversations/{customer.conversation_id}")
    await page.locator("#thread details.why summary").first.click()
    await expect(page.locator("#thread .why-box").first).to_contain_text("Thresholds: calibration 1.")
    await look(page, "thresholds-why")
    page.on("dialog", lambda dialog: dialog.accept())
    await go(page, server, "/thresholds")
    await page.get_by_role("button", name="Give back to the settings").click()
    await expect(page.locator("#standing .own")).to_contain_text("settings")
    await expect(page.locator(".calibrations > li")).to_have_count(2)
    await page.get_by_role("button", name="Bring back 1").click()
    await expect(page.locator("#standing .own")).to_contain_text("calibration 3")


async def test_what_cannot_be_tried_is_said(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Margaret", "supervisor")
    await go(page, server, "/thresholds")
    await page.locator("#must-not").fill("How do I descale my appliance?")
    await page.locator("#should").fill("how to remove limescale")
    await page.get_by_role("button", name="Try", exact=True).click()
    await expect(page.locator("#examples .problem")).to_contain_text("names no entry: how to remove limescale")
    await page.locator("#should").fill("how to remove limescale | gone")
    await try_them(page, "Try")
    await expect(page.locator("#trial .problem")).to_contain_text("gone")


async def test_agents_look_and_change_nothing(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ada")
    await go(page, server, "/thresholds")
    await expect(page.locator("#standing .own")).to_be_visible()
    await expect(page.locator("#examples")).to_have_count(0)


async def test_the_same_in_chinese_on_a_phone(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana", "supervisor", viewport=PHONE, screen=PHONE, is_mobile=True, has_touch=True)
    await page.goto(f"{server.url}/console/settings")
    await page.locator("#language").select_option("zh-Hans")
    await page.get_by_role("button", name="Save").click()
    await go(page, server, "/thresholds")
    await page.locator("#must-not").fill(f"{MUST_NOT}\n披萨外卖配送费多少")
    await try_them(page, "试算")
    await look(page, "thresholds-phone-zh")
    assert await page.evaluate("innerWidth") == PHONE["width"]  # it grows with what stands out
    await check_access(page)
    await page.get_by_role("button", name="对所有客户启用").tap()
    await expect(page.locator("#standing .own")).to_contain_text("校准 1")
    await look(page, "thresholds-phone-zh-applied")


async def try_them(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("#trial .verdict")).to_be_visible(timeout=LEARNING)
