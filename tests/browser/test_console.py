"""The console as agents work in it: in real browsers, against the real server, with real customers in the web chat."""

import json
import re
import urllib.request
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from babel.messages.pofile import read_po
from playwright.async_api import Locator, Page, Route, expect

from omnibot.web.console.session import local

PASSWORD = "correct horse battery staple"
CONSOLE = Path(__file__).parents[2] / "src" / "omnibot"

OFFLINE = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION_REFUSED|ERR_NETWORK_CHANGED|ERR_INCOMPLETE_CHUNKED"
CONFLICT = r"status of 409"
UNAUTHORISED = r"status of 401"
TOO_MANY = r"status of 429"
GONE = r"status of 410"

SignIn = Callable[..., Awaitable[Page]]


# People


class Customer:
    """Somebody in the web chat."""

    def __init__(self, server: Any, language: str = "en", name: str | None = None, **more: Any) -> None:
        self._url = server.url
        session = call(f"{server.url}/webchat/v1/session", {"language": language, **more})
        self.token, self.conversation_id = session["token"], session["conversation_id"]
        self._ids = count(1)
        self.name = name

    def says(self, text: str) -> None:
        body = {"client_id": f"c{next(self._ids)}", "text": text}
        call(f"{self._url}/webchat/v1/messages", body, self.token)

    def types(self) -> None:
        call(f"{self._url}/webchat/v1/typing", {}, self.token)

    @property
    def transcript(self) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = call(f"{self._url}/webchat/v1/messages?after=0", token=self.token)["messages"]
        return heard

    @property
    def hears(self) -> str:
        return "\n".join(message["text"] for message in self.transcript)


def call(url: str, body: Any = None, token: str | None = None, method: str | None = None) -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def first_link(server: Any) -> str:
    found = re.search(r"First sign-in .*: (http\S+)", server.log())
    assert found
    return found[1]


def link_for(server: Any, email: str, name: str, role: str = "agent") -> str:
    run = server.cli("user", "add", email, "--name", name, "--role", role)
    assert run.returncode == 0, run.stdout + run.stderr
    link: str = run.stdout.strip()
    return server.url + link[link.index("/console") :]


async def accept(page: Page, link: str) -> None:
    await page.goto(link)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("html[data-ready]")


@pytest.fixture
def sign_in(server: Any, open_page: Any) -> SignIn:
    """Opens a console as somebody: `await sign_in("Ana")`."""

    async def sign_in(name: str = "Ana", role: str = "agent", **options: Any) -> Page:
        page: Page = await open_page(**options)
        await accept(page, link_for(server, f"{name.lower()}@example.org", name, role))
        return page

    return sign_in


def waiting(server: Any, question: str = "My parcel arrived with a broken door", **options: Any) -> Customer:
    """A customer who asked for a person."""
    customer = Customer(server, **options)
    customer.says(question)
    customer.says("I want to talk to a person")
    return customer


def rows(page: Page) -> Locator:
    return page.locator("#rows a.row")


def text_box(page: Page) -> Locator:
    return page.locator("#text")


def said(page: Page, author: str) -> Locator:
    return page.locator(f"#thread .said.{author} .bubble")


async def open_first(page: Page) -> None:
    await rows(page).first.click()
    await expect(page.locator("#thread")).to_be_visible()


async def take(page: Page) -> None:
    await open_first(page)
    await page.keyboard.press("t")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")


async def reply(page: Page, text: str) -> None:
    await text_box(page).fill(text)
    await text_box(page).press("Enter")


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
    await expect(page.get_by_text("omnibot user add EMAIL")).to_be_visible()


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


# The queue


async def test_what_is_due_first_stands_at_the_top_and_new_ones_arrive_by_themselves(
    server: Any, sign_in: SignIn
) -> None:
    page = await sign_in("Ana")
    await expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    waiting(server, "The first has a torn seal")
    await expect(rows(page)).to_have_count(1)
    waiting(server, "The second has no invoice")
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).nth(0)).to_contain_text("The first has a torn seal")
    await expect(rows(page).nth(0)).to_contain_text("min left")
    await expect(page.locator('#rail [data-view="queue"] .count')).to_have_text("2")


async def test_search_finds_what_was_said_and_who_said_it(server: Any, sign_in: SignIn) -> None:
    waiting(server, "The seal of my dishwasher is torn")
    waiting(server, "I have no invoice")
    page = await sign_in("Ana")
    await expect(rows(page)).to_have_count(2)
    await page.keyboard.press("/")
    await page.keyboard.type("dishwasher")
    await expect(rows(page)).to_have_count(1)
    await page.reload()
    await expect(rows(page)).to_have_count(1)
    await page.locator("#search").fill("no such words")
    await expect(page.get_by_text("Nothing found")).to_be_visible()


async def test_a_conversation_shows_everything_that_is_known(server: Any, sign_in: SignIn) -> None:
    customer = Customer(server, page_url="https://shop.example/washing/wm-100")
    customer.says("My washing machine shows E4")
    customer.says("I want to talk to a person")
    page = await sign_in("Ana")
    await open_first(page)
    await expect(said(page, "customer")).to_have_text(["My washing machine shows E4", "I want to talk to a person"])
    await page.locator("#thread .said.bot details.why summary").first.click()
    await expect(page.locator("#thread .scores .q").first).to_contain_text("E4")
    await expect(page.locator("#thread .scores .n").first).to_have_text(re.compile(r"0\.\d\d|1\.00"))
    about = page.locator("#context")
    for words in (
        "The customer asked for a person",
        "“My washing machine shows E4”",
        "English",
        "Web chat",
        "shop.example/washing/wm-100",
        "First reply",
    ):
        await expect(about).to_contain_text(words)


# Taking, replying, noting


async def test_the_customer_hears_the_reply_and_the_agent_the_customer_without_a_reload(
    server: Any, sign_in: SignIn
) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await expect(text_box(page)).to_be_focused()
    await page.keyboard.type("We send a new one.")
    customer.types()
    await expect(page.locator("#typing")).to_contain_text("is typing")
    await page.keyboard.press("Enter")
    await expect(said(page, "agent")).to_have_text(["We send a new one."])
    await expect(text_box(page)).to_have_value("")
    assert customer.transcript[-1]["author_name"] == "Ana"
    customer.says("When?")
    await expect(said(page, "customer").last).to_have_text("When?")
    await expect(page.locator("#typing")).to_have_text("")


@pytest.mark.console_errors(CONFLICT, OFFLINE)
async def test_of_two_agents_one_takes_it_and_the_other_is_told_who(server: Any, sign_in: SignIn) -> None:
    waiting(server)
    ana, bo = await sign_in("Ana"), await sign_in("Bo")
    await open_first(ana)
    await open_first(bo)
    await expect(ana.locator("#company")).to_have_text("Bo is here too")
    # Bo's browser hears of nothing, as if the two keys were pressed in the same instant.
    await bo.route("**/console/fragments/**", Route.abort)
    await ana.keyboard.press("t")
    await expect(ana.locator("#conversation")).to_have_attribute("data-stance", "own")
    await bo.unroute("**/console/fragments/**")
    await bo.evaluate("document.querySelector('#conversation').dataset.stance = 'free'")
    await bo.keyboard.press("t")
    await expect(bo.get_by_role("alert").filter(has_text="Ana has it")).to_be_visible()
    await expect(bo.locator("#conversation")).to_have_attribute("data-stance", "held")
    await expect(bo.get_by_text("Ana has this conversation. You can leave a note.")).to_be_visible()


async def test_a_note_stays_among_colleagues(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await open_first(page)
    await page.keyboard.press("n")
    await page.keyboard.type("Has bought three machines.")
    await page.keyboard.press("Enter")
    await expect(page.locator("#thread .note")).to_contain_text("Note by Ana")
    assert "three machines" not in customer.hears


@pytest.mark.console_errors(CONFLICT)
async def test_a_reply_to_words_nobody_has_read_is_held_and_never_lost(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await text_box(page).fill("It goes out today.")
    customer.says("Wait, I found the invoice, cancel it!")
    await expect(said(page, "customer").last).to_contain_text("cancel it!")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The customer wrote while you were typing")).to_be_visible()
    await expect(text_box(page)).to_have_value("It goes out today.")
    assert "goes out today" not in customer.hears
    await page.reload()
    await expect(text_box(page)).to_have_value("It goes out today.")
    customer.says("Hello?")
    await expect(said(page, "customer").last).to_have_text("Hello?")
    await text_box(page).press("Enter")
    await page.get_by_role("button", name="Send anyway").click()
    await expect(said(page, "agent")).to_have_text(["It goes out today."])
    assert customer.hears.count("goes out today") == 1


@pytest.mark.console_errors(OFFLINE)
async def test_a_draft_survives_a_lost_connection_and_is_sent_once(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await page.context.set_offline(True)
    await reply(page, "We call you.")
    await expect(page.get_by_text("No answer from the server. Your text is kept")).to_be_visible()
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await expect(said(page, "agent")).to_have_text(["We call you."])
    assert customer.hears.count("We call you.") == 1


@pytest.mark.console_errors(OFFLINE)
async def test_a_lost_connection_is_said_once_and_its_return_too(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana")
    server.terminate(seconds=4)  # open consoles do not delay it
    await expect(page.locator("#connection")).to_contain_text("No connection", timeout=10_000)
    server.start()
    await expect(page.locator("#connection")).to_have_text("Connected again.", timeout=15_000)
    waiting(server)
    await expect(rows(page)).to_have_count(1)


async def test_ready_made_replies_are_inserted_by_slash(server: Any, sign_in: SignIn) -> None:
    token = server.token()
    canned = {"language": "en", "title": "Model number", "text": "Please tell us the model number."}
    call(f"{server.url}/api/v1/canned-replies", canned, token)
    waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await page.keyboard.type("/mod")
    await expect(page.locator("#canned [role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(text_box(page)).to_have_value("Please tell us the model number.")


async def test_new_lines_do_not_move_what_one_reads(server: Any, sign_in: SignIn) -> None:
    customer = Customer(server)
    for _ in range(8):
        customer.says("My washing machine shows E4")
    customer.says("I want to talk to a person")
    page = await sign_in("Ana")
    await open_first(page)
    await page.locator("#scroll").evaluate("box => { box.scrollTop = 0 }")
    customer.says("Are you there?")
    fresh = page.get_by_role("button", name="1 new message")
    await expect(fresh).to_be_visible()
    assert await page.locator("#scroll").evaluate("box => box.scrollTop") == 0
    await fresh.click()
    await expect(said(page, "customer").last).to_be_in_viewport()


# Tickets, giving back, closing


async def test_a_ticket_is_opened_resolved_and_told_to_the_customer(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("#")
    await page.keyboard.type("Door broken in transit")
    await page.keyboard.press("Enter")
    await expect(page.locator("#context .mini-tickets")).to_contain_text("Door broken in transit")
    assert "Door broken in transit" in customer.hears
    await page.locator("#context .mini-tickets a").click()
    await page.locator("#remark-text").fill("Which colour was it?")
    await page.get_by_role("button", name="Put on hold").click()
    await expect(page.locator("#timeline")).to_contain_text("put it on hold")
    await page.locator("#remark-text").fill("Carrier says it was dropped")
    await page.get_by_role("button", name="Internal remark").click()
    await expect(page.locator("#timeline .internal")).to_contain_text("dropped")
    await page.get_by_role("button", name="Give it to me").click()
    await expect(page.locator("#timeline")).to_contain_text("gave it to Ana")
    await page.get_by_role("button", name="Resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    assert "Which colour was it?" in customer.hears
    assert "is resolved" in customer.hears
    assert "dropped" not in customer.hears
    await page.goto(f"{server.url}/console/tickets")
    await expect(page.get_by_text("No tickets here")).to_be_visible()
    await page.get_by_role("link", name="Resolved", exact=True).click()
    await expect(page.locator("#rows")).to_contain_text("Door broken in transit")


async def test_giving_back_and_closing(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("b")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "bot")
    await page.keyboard.press("e")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "closed")
    assert "closed" in customer.hears
    customer.says("My washing machine shows E4")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "bot")


async def test_a_supervisor_takes_over_and_the_team_list_shows_who_has_it(server: Any, sign_in: SignIn) -> None:
    waiting(server)
    ana, eva = await sign_in("Ana"), await sign_in("Eva", "supervisor")
    await take(ana)
    await eva.get_by_role("link", name="Team").click()
    await expect(rows(eva)).to_contain_text("Ana has it")
    await open_first(eva)
    await eva.get_by_role("button", name="Take over").click()
    await expect(eva.locator("#conversation")).to_have_attribute("data-stance", "own")
    await expect(ana.locator("#conversation")).to_have_attribute("data-stance", "held")


# Keys


async def test_everything_goes_by_keys(server: Any, sign_in: SignIn) -> None:
    waiting(server, "The first has a torn seal")
    waiting(server, "The second has no invoice")
    page = await sign_in("Ana")
    await expect(rows(page)).to_have_count(2)
    await page.keyboard.press("j")
    await expect(rows(page).nth(0)).to_be_focused()
    await page.keyboard.press("j")
    await expect(rows(page).nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(said(page, "customer").first).to_have_text("The second has no invoice")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("note")
    await page.keyboard.press("Enter")
    await expect(text_box(page)).to_be_focused()
    await page.keyboard.type("t is a letter, e and b too")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "free")
    await expect(text_box(page)).to_have_value("t is a letter, e and b too")


async def test_keys_rest_while_an_input_method_composes(server: Any, sign_in: SignIn) -> None:
    waiting(server)
    page = await sign_in("Ana")
    await open_first(page)
    for event in ({"key": "t", "keyCode": 229}, {"key": "t", "isComposing": True}):
        await page.locator("#scroll").dispatch_event("keydown", {**event, "bubbles": True})
    await text_box(page).fill("bing xiang")
    for event in ({"key": "Enter", "keyCode": 229}, {"key": "Enter", "isComposing": True}):
        await text_box(page).dispatch_event("keydown", {**event, "bubbles": True})
    await expect(text_box(page)).to_have_value("bing xiang")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "free")


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
