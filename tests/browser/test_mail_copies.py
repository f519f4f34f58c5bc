"""Who gets a copy of a reply by mail: offered, kept with the draft, checked, sent once, on real mail servers on loopback."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.agents import SignIn, open_first, rows, said, sign_in, text_box
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.mail import house, looks, mail, server
from tests.dialogs.house import House
from tests.office import eventually

__all__ = ["house", "server", "sign_in"]

LOOKS = [
    ("en-GB", "light", {"viewport": DESKTOP}, "nobody is not an address that mail can be sent to."),
    ("zh-CN", "dark", {"viewport": PHONE}, "nobody 不是有效的邮件地址。"),
]


@pytest.mark.console_errors(r"status of 422")
@pytest.mark.parametrize(("locale", "scheme", "device", "refusal"), LOOKS, ids=["desk", "phone"])
async def test_copies_are_part_of_the_draft_and_go_with_one_reply(
    server: Any, house: House, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], refusal: str
) -> None:
    page = await sign_in("Ana", locale=locale, color_scheme=scheme, **device)
    await house.mailbox.put(mail("Filter", "talk to a person", cc="Otto <otto@home.example>"))
    await expect(rows(page)).to_have_count(1)
    await open_first(page)
    await expect(page.locator("#context .about")).to_contain_text("mia@home.example")
    copies, cc, bcc = page.locator("#copies"), page.locator("#cc"), page.locator("#bcc")
    await expect(cc).to_be_hidden()
    await copies.locator("summary").click()
    await copies.get_by_role("button", name="otto@home.example").click()
    await expect(cc).to_have_value("otto@home.example")
    await bcc.fill("boss@example.com, nobody")
    await text_box(page).fill("We look at it")

    # Another day, the same draft.
    await page.reload()
    await expect(bcc).to_have_value("boss@example.com, nobody")
    await expect(cc).to_have_value("otto@home.example")
    await expect(text_box(page)).to_have_value("We look at it")

    await text_box(page).press("Enter")
    await expect(page.locator("#held")).to_contain_text(refusal)
    await looks(page, f"copies-refused-{scheme}")
    await bcc.fill("boss@example.com")
    await text_box(page).press("Enter")
    await expect(said(page, "agent")).to_have_text("We look at it")

    people = ("mia@home.example", "otto@home.example", "boss@example.com")

    async def is_delivered() -> bool:
        return all(any("We look at it" in one.as_string() for one in house.letters_to(person)) for person in people)

    await eventually(is_delivered, "all three have it")
    for person in people:
        [letter] = [one for one in house.letters_to(person) if "We look at it" in one.as_string()]
        assert (letter["Cc"], letter["Bcc"]) == ("otto@home.example", None)
    await expect(page.locator("#thread .said.agent")).to_contain_text("boss@example.com")
    await expect(cc).to_be_hidden()
    await looks(page, f"copies-sent-{scheme}")
    await page.reload()
    await copies.locator("summary").click()
    await expect(cc).to_have_value("")
    await expect(bcc).to_have_value("")
