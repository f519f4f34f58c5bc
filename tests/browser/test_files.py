"""Files in real browsers: a customer's picture reaches the agent, an agent's reaches the customer."""

import base64
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, open_first, sign_in, text_box

__all__ = ["sign_in"]  # pytest finds the fixture here

# One red pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
REFUSED = r"status of 415"


def picture(name: str, content: bytes = PNG) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": content}


async def open_chat(page: Page, server: Any, language: str = "en") -> None:
    await page.goto(f"{server.url}/?lang={language}")
    await page.locator("omnibot-chat .launcher").click()
    await expect(page.locator("omnibot-chat textarea")).to_be_focused()


async def test_a_picture_travels_both_ways(server: Any, page: Page, sign_in: SignIn) -> None:
    await open_chat(page, server)
    await page.locator("omnibot-chat input[type=file]").set_input_files(picture("oven.png"))
    await expect(page.locator("omnibot-chat .attached li")).to_contain_text("oven.png")
    await expect(page.locator("omnibot-chat .attached progress")).to_have_count(0)
    await page.locator("omnibot-chat textarea").press("Enter")
    shown = page.locator("omnibot-chat .row.customer .file img")
    await expect(shown).to_have_attribute("alt", "oven.png")
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    await expect(page.locator("omnibot-chat .attached")).to_be_hidden()

    desk = await sign_in("Ana")
    await open_first(desk)
    seen = desk.locator("#thread .said.customer .file img")
    await expect(seen).to_have_attribute("alt", "oven.png")
    assert await seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    await desk.locator("#attach").set_input_files(picture("plan.png"))
    await expect(desk.locator("#attached")).to_contain_text("plan.png")
    await text_box(desk).fill("Here is the plan.")
    await text_box(desk).press("Enter")
    await expect(desk.locator("#thread .said.agent .file img")).to_have_attribute("alt", "plan.png")
    await expect(desk.locator("#attached")).to_be_hidden()
    heard = page.locator("omnibot-chat .row.agent .file img")
    await expect(heard).to_have_attribute("alt", "plan.png")
    assert await heard.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


async def test_what_is_pasted_is_attached(server: Any, page: Page) -> None:
    await open_chat(page, server)
    await page.locator("omnibot-chat textarea").evaluate(
        """box => {
            const data = new DataTransfer();
            data.items.add(new File(["%PDF-1.7"], "plan.pdf"));
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(page.locator("omnibot-chat .attached progress")).to_have_count(0)
    await page.locator("omnibot-chat textarea").fill("the plan")
    await page.locator("omnibot-chat textarea").press("Enter")
    row = page.locator("omnibot-chat .row.customer")
    async with page.expect_download() as download:
        await row.get_by_role("button", name="plan.pdf").click()
    assert (await download.value).suggested_filename == "plan.pdf"


@pytest.mark.console_errors(REFUSED)
@pytest.mark.parametrize(("language", "reason"), [("en", "Not sent"), ("zh", "未发送")])
async def test_what_is_refused_says_why_and_can_be_removed(server: Any, page: Page, language: str, reason: str) -> None:
    await open_chat(page, server, language)
    await page.locator("omnibot-chat input[type=file]").set_input_files(picture("a.png", b"MZ\x00\x01"))
    await expect(page.locator("omnibot-chat .attached .why")).to_contain_text(reason)
    await expect(page.locator("omnibot-chat .send")).to_have_attribute("aria-disabled", "true")
    await page.locator("omnibot-chat .attached button").click()
    await expect(page.locator("omnibot-chat .attached")).to_be_hidden()
