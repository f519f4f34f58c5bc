"""Who gets into the console, and in which language, on which screen and with which aids it can be used."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from babel.messages.pofile import read_po
from playwright.async_api import Page, expect

from omnibot.web.console.session import local
from tests.browser.agents import (
    GONE,
    PASSWORD,
    TOO_MANY,
    UNAUTHORISED,
    SignIn,
    accept,
    call,
    first_link,
    link_for,
    open_first,
    reply,
    rows,
    said,
    sign_in,
    take,
    waiting,
)

CONSOLE = Path(__file__).parents[2] / "src" / "omnibot"

__all__ = ["sign_in"]  # pytest finds the fixture here


# Coming in and going out


async def test_the_first_link_makes_the_admin_and_works_once(server: Any, page: Page) -> None:
    link = first_link(server)
    await page.goto(link)
    await page.get_by_label("Your name").fill("Ana Ruiz")
    await page.get_by_label("E-mail").fill("ana@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Set password and sign in").click()
    await expect(page).to_have_url(f"{server.url}/console")
    await expect(page.get_by_text("Nobody is waiting")).to_be_visible()


@pytest.mark.console_errors(GONE)
async def test_a_used_link_says_how_to_get_a_new_one(server: Any, page: Page) -> None:
    link = link_for(server, "ana@example.org", "Ana")
    await accept(page, link)
    await page.context.clear_cookies()
    await page.goto(link)
    await expect(page.get_by_role("heading")).to_have_text("This link does not work any more")
    await expect(page.locator("code")).to_have_text("omnibot user add EMAIL")


@pytest.mark.console_errors(GONE)
async def test_the_commands_on_the_pages_outside_work_and_stay_in_one_line(server: Any, phone: Page) -> None:
    command = phone.locator("code")
    for path in ("/console/sign-in", "/console/welcome?code=old"):
        await phone.goto(server.url + path)
        await expect(command).to_have_text("omnibot user add EMAIL --role admin")
        assert await command.evaluate("(code) => code.scrollWidth <= code.clientWidth && code.clientHeight < 40"), path
    await accept(phone, link_for(server, "ana@example.org", "Ana", "supervisor"))
    await phone.context.clear_cookies()
    for path in ("/console/sign-in", "/console/welcome?code=old"):
        await phone.goto(server.url + path)
        await expect(command).to_have_text("omnibot user add EMAIL")
    # Whoever runs it need not know the role.
    run = server.cli("user", "add", "ana@example.org")
    assert run.returncode == 0
    await accept(phone, server.url + run.stdout.strip()[run.stdout.index("/console") :])
    stranger = server.cli("user", "add", "bo@example.org")
    assert stranger.returncode == 2
    assert "--role" in stranger.stderr


@pytest.mark.console_errors(r"status of 422")
async def test_what_is_wrong_on_the_first_page_has_the_focus(server: Any, page: Page) -> None:
    await page.goto(first_link(server))
    await page.get_by_label("Your name").fill("Ana Ruiz")
    await page.get_by_label("E-mail").fill("ana@example.org")
    await page.get_by_label("Password").fill("aaaaaaaaaaaaaaa")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Use more different characters.")
    await expect(page.get_by_label("Password")).to_be_focused()
    await expect(page.get_by_label("Your name")).to_have_value("Ana Ruiz")


@pytest.mark.console_errors(r"status of 404")
@pytest.mark.parametrize(("locale", "title"), [("en-GB", "There is nothing here"), ("zh-CN", "这里什么也没有")])
async def test_a_wrong_address_is_a_page_with_a_way_back(server: Any, sign_in: SignIn, locale: str, title: str) -> None:
    page = await sign_in(locale=locale)
    for path in ("nowhere", "tickets/99999-9", "knowledge/entries/none", "tickets/10001-4/else"):
        await page.goto(f"{server.url}/console/{path}")
        await expect(page.get_by_role("heading")).to_have_text(title)
    await check_access(page)
    await page.get_by_role("link").click()
    await expect(page).to_have_url(f"{server.url}/console")


@pytest.mark.console_errors(r"status of 422")
async def test_the_forms_work_without_scripts_and_say_what_is_wrong_with_a_password(
    server: Any, open_page: Any
) -> None:
    page: Page = await open_page(java_script_enabled=False)
    await page.goto(link_for(server, "ana@example.org", "Ana"))
    await page.locator("#password").fill("aaaaaaaaaaaaaaa")
    await page.get_by_role("button").click()
    await expect(page.get_by_role("alert")).to_have_text("Use more different characters.")
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button").click()
    await expect(page).to_have_url(f"{server.url}/console")


@pytest.mark.console_errors(UNAUTHORISED)
async def test_signing_in_leads_back_to_where_one_wanted_to_go(server: Any, sign_in: SignIn, page: Page) -> None:
    await sign_in("Ana")
    await page.goto(f"{server.url}/console/tickets?status=all")
    await expect(page.get_by_role("heading")).to_have_text("Sign in")
    for email, password in (("ana@example.org", "wrong password 1"), ("nobody@example.org", PASSWORD)):
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button").click()
        await expect(page.get_by_role("alert")).to_have_text("Address and password do not belong together.")
    await page.get_by_label("E-mail").fill("ana@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button").click()
    await expect(page).to_have_url(f"{server.url}/console/tickets?status=all")


@pytest.mark.console_errors(UNAUTHORISED, TOO_MANY)
async def test_guessing_is_stopped_kindly(server: Any, page: Page) -> None:
    await page.goto(f"{server.url}/console/sign-in")
    for _ in range(6):
        await page.get_by_label("E-mail").fill("ana@example.org")
        await page.get_by_label("Password").fill("wrong password 1")
        await page.get_by_role("button").click()
    await expect(page.get_by_role("alert")).to_have_text("Too many attempts. Wait a minute, then try again.")


@pytest.mark.console_errors(UNAUTHORISED)
async def test_signing_out_ends_the_session_in_every_window(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana")
    other = await page.context.new_page()
    await other.goto(f"{server.url}/console")
    await page.goto(f"{server.url}/console/settings")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(f"{server.url}/console/sign-in")
    await expect(other).to_have_url(re.compile("/console/sign-in"), timeout=12_000)


@pytest.mark.parametrize(
    "where",
    ["https://evil.example", "//evil.example", "/console//evil.example", "/consolex", "/console\\evil", "/", None],
)
def test_nobody_is_led_to_another_place(where: str | None) -> None:
    assert local(where) == "/console"


# Managing


async def test_an_admin_adds_a_colleague_and_a_token(server: Any, sign_in: SignIn, open_page: Any) -> None:
    page = await sign_in("Ana", "admin")
    await page.get_by_role("link", name="Manage").click()
    await page.locator("#user-name").fill("Bo")
    await page.locator("#user-email").fill("bo@example.org")
    await page.get_by_role("button", name="Add").click()
    link = await page.locator(".secret code").first.inner_text()
    bo: Page = await open_page()
    await accept(bo, link)
    await expect(bo.get_by_text("Nobody is waiting")).to_be_visible()
    await page.locator("#token-name").fill("reports")
    await page.get_by_role("button", name="Create").click()
    token = await page.locator(".secret code").nth(1).inner_text()
    assert call(f"{server.url}/api/v1/me", token=token)["role"] == "agent"


# Languages, sizes, access for everybody


async def test_the_console_speaks_chinese(server: Any, sign_in: SignIn) -> None:
    waiting(server, "冰箱不制冷了，怎么办", language="zh")
    page = await sign_in("Ana")
    await page.goto(f"{server.url}/console/settings")
    await page.locator("#language").select_option("zh-Hans")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="设置")).to_be_visible()
    await page.goto(f"{server.url}/console")
    await open_first(page)
    await expect(page.locator("#context")).to_contain_text("客户要求人工服务")
    await expect(page.get_by_role("button", name="接手")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


async def test_on_a_phone_one_column_at_a_time(server: Any, sign_in: SignIn) -> None:
    waiting(server)
    page = await sign_in("Ana", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    await rows(page).first.tap()
    await expect(page.locator("#thread")).to_be_visible()
    await expect(page.locator("#list")).to_be_hidden()
    await expect(page.locator("#context")).to_be_hidden()
    await page.get_by_role("button", name="About the customer").tap()
    await expect(page.locator("#context")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.go_back()
    await expect(page.locator("#list")).to_be_visible()
    await expect(page.locator("#thread")).to_have_count(0)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_everybody_can_use_it(server: Any, sign_in: SignIn, color_scheme: str) -> None:
    waiting(server, "My washing machine shows E4")
    page = await sign_in("Ana", "admin", color_scheme=color_scheme)
    await take(page)
    await reply(page, "We come on Friday.")
    await expect(said(page, "agent")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await reply(page, "Pump again")
    await expect(page.locator("#thread .note")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("#")
    await page.keyboard.type("Pump")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mini-tickets")).to_be_visible()
    await page.locator("#thread details.why summary").first.click()
    await check_access(page)
    number = await page.locator(".mini-tickets .number").inner_text()
    for path in ("", "/tickets", f"/tickets/{number}", "/team", "/settings", "?view=closed"):
        await page.goto(f"{server.url}/console{path}")
        await page.wait_for_selector("html[data-ready]")
        await check_access(page)
    await page.keyboard.press("Control+k")
    await check_access(page)
    await page.context.clear_cookies()
    await page.goto(f"{server.url}/console/sign-in")
    await check_access(page)


async def check_access(page: Page) -> None:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    results = await Axe().run(page, options={"runOnly": tags})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


# Texts


def test_every_sentence_of_the_console_is_translated() -> None:
    with (CONSOLE / "texts" / "zh_Hans" / "LC_MESSAGES" / "console.po").open("rb") as file:
        translated = {message.id for message in read_po(file) if message.id and message.string}
    said_there = {
        sentence.replace("\\n", "\n")
        for path in (CONSOLE / "web" / "console").rglob("*")
        if path.suffix in (".py", ".js", ".j2")
        for sentence in re.findall(r'\b(?:words|mark)\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))
    }
    assert said_there == translated


async def test_no_page_is_wider_than_a_phone(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ada", role="admin", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for name in ("Bartholomew", "Maximiliana"):
        link_for(server, f"{name.lower()}.longbottom@customers.example.org", name)
    await take(page)
    await page.get_by_role("button", name="About the customer").tap()
    await page.get_by_text("Open a ticket", exact=False).first.tap()
    await page.get_by_label("Subject").fill("The door of the dishwasher broke in transit, and the dealer has not come")
    await page.get_by_role("button", name="Open the ticket").tap()
    await expect(page.locator(".mini-tickets a")).to_be_visible()
    assert "case number" in customer.hears
    for path in ("tickets", "team", "ladder", "settings", "dealers", "promises", "knowledge", "knowledge/thresholds"):
        await page.goto(f"{server.url}/console/{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") == 390, path
    await page.goto(f"{server.url}/console/tickets")
    await expect(page.locator("#rows .left")).to_be_in_viewport(ratio=1)  # what is left, without turning the table
