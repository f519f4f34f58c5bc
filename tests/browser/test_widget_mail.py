"""A copy of the chat by mail, as visitors ask for it: in a real browser, to a real mail server on loopback."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.mail import SHOTS, house
from tests.browser.test_widget import expect_no_violations, visit_and_ask
from tests.dialogs.house import House, read
from tests.office import eventually

__all__ = ["house"]

ASK = {"en": "Send this chat by mail", "zh": "通过邮件发送此对话"}
SEND = {"en": "Send", "zh": "发送"}


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def open_form(page: Page, language: str) -> None:
    await page.locator("omnibot-chat .head .tool").first.click()
    await page.get_by_role("button", name=ASK[language]).click()
    await expect(page.locator("omnibot-chat #address")).to_be_focused()


@pytest.mark.console_errors(r"status of 429")
@pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("zh", PHONE)])
async def test_a_copy_of_the_chat_is_asked_for_and_arrives(
    start_omnibot: Callable[..., Any], house: House, open_page: OpenPage, language: str, size: dict[str, int]
) -> None:
    server = start_omnibot(sections={"email": house.account})
    page = await open_page(viewport=size, timezone_id="Asia/Shanghai")
    await visit_and_ask(page, server, language)
    await open_form(page, language)
    await expect_no_violations(page)
    send = page.locator("omnibot-chat .sheet").get_by_role("button", name=SEND[language], exact=True)
    told = page.locator("omnibot-chat #told")
    await send.click()
    await expect(told).to_contain_text("name@example.com")
    await expect(page.locator("omnibot-chat #address")).to_be_focused()
    await page.keyboard.type("mia@home.example")
    await page.keyboard.press("Enter")
    await expect(told).to_contain_text("mia@home.example")
    await shoot(page, f"mail-{language}")

    async def has_come() -> bool:
        return bool(house.letters_to("mia@home.example"))

    await eventually(has_come, "a letter")
    letter = house.letters_to("mia@home.example")[0]
    assert "E4" in read(letter)
    if SHOTS:
        reader = await open_page(viewport=size)
        await reader.set_content(read(letter, "html"))
        await shoot(reader, f"letter-{language}")
    for _ in range(3):
        await expect(send).not_to_have_attribute("aria-disabled", "true")
        await send.click()
    await expect(told).to_have_text(re.compile("as many copies|无法再发送"))
    await page.keyboard.press("Escape")
    await expect(page.locator("omnibot-chat .sheet")).to_be_hidden()
    await house.mailbox.stop()
    await house.post.stop()


async def test_without_a_mail_account_the_menu_offers_no_copy(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.locator("omnibot-chat .head .tool").first.click()
    await expect(page.get_by_role("button", name="Save this chat as a file")).to_be_visible()
    await expect(page.get_by_role("button", name=ASK["en"])).to_be_hidden()
