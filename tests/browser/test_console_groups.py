"""Groups on other systems in the console: registered by their address, which nobody is shown again, and tried out."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.agents import SignIn, sign_in
from tests.browser.conftest import PHONE
from tests.browser.test_answer_page import call, server, sink
from tests.browser.test_console_for_everybody import check_access
from tests.browser.test_console_visits import shoot

__all__ = ["server", "sign_in", "sink"]  # pytest finds the fixtures here

LOOKS = [
    ("en", "light", {}, "Do you mean feishu://?", "Sent."),
    (
        "zh-CN",
        "dark",
        {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True},
        "您是指 feishu:// 吗",
        "已发送",
    ),
]


@pytest.mark.console_errors(r"status of 422")
@pytest.mark.parametrize(("locale", "scheme", "device", "meant", "sent"), LOOKS, ids=["desk", "phone"])
async def test_an_admin_adds_a_group_by_its_address(
    server: Any, sink: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], meant: str,
    sent: str,
) -> None:  # fmt: skip
    page = await sign_in("Ada", "admin", locale=locale, color_scheme=scheme, **device)
    dealer = (await call(page, "POST", "/dealers", {"name": "Nord"}))["dealer"]["id"]
    await page.goto(f"{server.url}/console/dealers/{dealer}")
    form = page.locator("[data-form=one-way-group]")
    await page.locator("details", has=form).locator("summary").click()
    await form.locator("[name=name]").fill("Nord, Feishu")
    await form.locator("[name=url]").fill("feishuu://0123456789abcdef")
    await form.locator("button").click()
    await expect(form.locator(".problem")).to_contain_text(meant)
    await shoot(page, f"group-wrong-{locale}")
    await check_access(page)
    await form.locator("[name=url]").fill(sink.url + "hooks/0123456789abcdef")
    await form.locator("button").click()
    group = page.locator(".groups li")
    await expect(group).to_contain_text("Nord, Feishu")
    await expect(group.locator("code")).to_have_text("json://…cdef")
    await group.locator("[data-try]").click()
    await expect(group.locator(".tried")).to_contain_text(sent)
    assert "This is a test" in sink.told[-1]
    await shoot(page, f"group-there-{locale}")
    await check_access(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.goto(f"{server.url}/console/team")
    await expect(page.locator("#main")).to_contain_text("Nord, Feishu")
    await shoot(page, f"group-team-{locale}")
    await check_access(page)
