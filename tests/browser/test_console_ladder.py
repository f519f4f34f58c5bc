"""Who is told of broken promises, set and tried out in the console."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, link_for, sign_in
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access
from tests.browser.test_console_visits import shoot

__all__ = ["sign_in"]  # pytest finds the fixture here

RULES = """
[[teams]]
name = "repairs"
members = ["ada@example.org"]
lead = "lena@example.org"
[[on_call]]
email = "otto@example.org"
hours = { sat = ["00:00-24:00"] }
"""
LOOKS = [
    ("en", "light", {}, "the console alone"),
    ("zh-CN", "dark", {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True}, "仅控制台"),
]


@pytest.fixture
def server(start_omnibot: Any, tmp_path: Path) -> Any:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    return start_omnibot(sections={"service": {"rules": str(path)}})


async def looks(page: Page, name: str) -> None:
    await shoot(page, name)
    await check_access(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.console_errors(r"status of 422")
@pytest.mark.parametrize(("locale", "scheme", "device", "unreached"), LOOKS, ids=["desk", "phone"])
async def test_an_admin_sets_who_is_told(
    server: Any, sign_in: SignIn, locale: str, scheme: str, device: dict[str, Any], unreached: str
) -> None:
    for name in ("Ada", "Lena", "Otto"):
        link_for(server, f"{name.lower()}@example.org", name)
    page = await sign_in("Boss", "admin", locale=locale, color_scheme=scheme, **device)
    await page.goto(f"{server.url}/console/team")
    await page.locator("a[href='/console/ladder']").click()
    lead = page.locator("form[data-rung=lead]")
    await expect(lead).to_contain_text("Lena")
    await looks(page, f"ladder-file-{locale}")
    await lead.locator("select").select_option(label="Ada")
    await lead.locator("button").click()
    await expect(lead.locator(".hint")).to_contain_text("Ada")
    duty = page.locator("#duty")
    await duty.locator("[name=user_id]").select_option(label="Ada")
    await duty.locator("[name=hours]").fill("weekends")
    await duty.locator("button").click()
    await expect(duty.locator(".problem")).to_contain_text("mon-fri 18:00-24:00")
    await duty.locator("[name=hours]").fill("mon-fri 18:00-24:00; sat 00:00-24:00")
    await duty.locator("button").click()
    on_call = page.locator("section", has=page.locator("#on-call")).locator("tbody tr")
    await expect(on_call).to_have_count(1)
    await expect(on_call).to_contain_text("Ada")
    reach = page.locator("section", has=page.locator("#reach"))
    await expect(reach.locator("tr", has_text="Ada")).to_contain_text(unreached)
    await reach.locator("[data-code-for]").first.click()
    await expect(reach.locator(".secret code")).to_be_visible()
    await looks(page, f"ladder-own-{locale}")
    page.on("dialog", lambda dialog: dialog.accept())
    await on_call.locator("[data-off-duty]").click()
    await expect(on_call).to_contain_text("Otto")
