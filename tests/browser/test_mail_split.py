"""A mail about something else is made a conversation of its own by a press of a button, on real mail servers on loopback."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.agents import SignIn, open_first, reply, rows, said, sign_in
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.mail import house, looks, mail, server
from tests.dialogs.house import House
from tests.office import eventually

__all__ = ["house", "server", "sign_in"]

LOOKS = [
    ("en-GB", "light", {"viewport": DESKTOP}, "Another subject: “Invoice 4711”", "Make it a conversation of its own"),
    ("zh-CN", "dark", {"viewport": PHONE}, "主题不同：“Invoice 4711”", "单独立为新会话"),
]


@pytest.mark.parametrize(("locale", "scheme", "device", "mark", "button"), LOOKS, ids=["desk", "phone"])
async def test_a_mail_about_something_else_becomes_a_conversation_of_its_own(
    server: Any, house: House, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], mark: str, button: str
) -> None:
    page = await sign_in("Ana", locale=locale, color_scheme=scheme, **device)
    await house.mailbox.put(mail("Filter", "talk to a person"))
    await expect(rows(page)).to_have_count(1, timeout=20_000)
    await open_first(page)
    await reply(page, "What is it about?")
    await expect(said(page, "agent")).to_have_text("What is it about?")

    async def is_answered() -> bool:
        return any("What is it about?" in letter.as_string() for letter in house.letters_to("mia@home.example"))

    await eventually(is_answered, "the answer arrives")
    await house.mailbox.put(mail("Invoice 4711", "My invoice is wrong", after=house.letters_to("mia@home.example")[-1]))
    other = page.locator("#thread .said.customer").last
    await expect(other).to_contain_text("My invoice is wrong", timeout=20_000)
    await expect(other).to_contain_text(mark)
    await looks(page, f"split-before-{scheme}")
    await other.get_by_role("button", name=button).click()
    await page.wait_for_url("**/console/conversations/2*")
    await expect(said(page, "customer")).to_have_text(["My invoice is wrong"])
    await expect(page.get_by_role("button", name=button)).to_have_count(0)
    await looks(page, f"split-after-{scheme}")
    # It waits there for whoever takes it; a reply does, and goes out under its own subject.
    await reply(page, "I look at the invoice")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")

    async def is_written() -> bool:
        return any(letter["Subject"] == "Re: Invoice 4711" for letter in house.letters_to("mia@home.example"))

    await eventually(is_written, "the reply in the new thread")
    await page.goto(f"{server.url}/console/conversations/1")
    await expect(said(page, "customer")).to_have_text(["talk to a person"])
