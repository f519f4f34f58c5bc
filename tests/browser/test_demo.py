"""`omnibot demo --all-channels` as somebody tries it: all roles, one real application, everything over the platforms' wire."""

import base64
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.browser.agents import reply, rows
from tests.browser.conftest import OpenPage
from tests.servers import ROOT, Process, free_port

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
REPAIR = "three working days"
STARTING = 60  # seconds, on a machine with other work


@dataclass(frozen=True, kw_only=True)
class Demo:
    url: str  # of the page with all channels
    service: str
    process: Process


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests here: each speaks as another customer."""
    directory = tmp_path_factory.mktemp("demo")
    port = free_port()
    url, service = f"http://127.0.0.1:{port + 1}", f"http://127.0.0.1:{port}"
    process = Process("omnibot demo", log=directory / "demo.log")
    command = [sys.executable, "-m", "omnibot", "demo", "--all-channels", "--port", str(port), "--data-dir", directory]
    process.start(command, ready=lambda: answers(f"{service}/readyz"), seconds=STARTING, cwd=ROOT)
    yield Demo(url=url, service=service, process=process)
    assert process.end(signal.SIGTERM) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def write(pane: Locator, text: str) -> None:
    await pane.locator("textarea").fill(text)
    await pane.get_by_role("button", name="Send").click()


def heard(pane: Locator) -> Locator:
    return pane.locator(".theirs .words")


async def test_a_question_is_answered_in_every_pane(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.url}/?lang=en#customers")
    for channel in ("telegram", "slack", "email"):
        pane = page.locator(f"#{channel}")
        if channel == "email":
            await pane.get_by_label("Subject").fill("Repair")
        await write(pane, "How do I book a repair?")
        await expect(pane.locator(".own .words").last).to_have_text("How do I book a repair?")
        await expect(heard(pane)).to_contain_text([REPAIR], timeout=20_000)
    chat = page.frame_locator("iframe")
    await chat.locator("omnibot-chat textarea").fill("How do I book a repair?")
    await chat.locator("omnibot-chat textarea").press("Enter")
    await expect(chat.locator("omnibot-chat .row").last).to_contain_text("Did that help?", timeout=20_000)

    # Each platform's own way to go on: a button, a button, words under the subject of the answer.
    for channel in ("telegram", "slack"):
        pane = page.locator(f"#{channel}")
        await pane.get_by_role("button", name="Yes, thanks").click()
        await expect(heard(pane).last).to_contain_text("You are welcome", timeout=20_000)
    mail = page.locator("#email")
    await expect(mail.get_by_label("Subject")).to_have_value("Re: Repair")
    await write(mail, "thanks")
    await expect(heard(mail).last).to_contain_text("You are welcome", timeout=20_000)


async def test_a_person_is_asked_for_and_answers_from_the_console(demo: Demo, open_page: OpenPage) -> None:
    page = await open_page(locale="zh-CN", color_scheme="dark")
    await page.goto(f"{demo.url}/#customers")
    pane = page.locator("#slack")
    await pane.get_by_role("button", name="转人工").click()
    await expect(heard(pane).first).to_be_visible(timeout=20_000)
    async with page.expect_popup() as opening:
        await page.get_by_role("link", name="打开控制台").click()
    console = await opening.value
    await console.wait_for_selector("html[data-ready]")
    await rows(console).filter(has_text="李强").click()
    await expect(console.locator("#thread")).to_be_visible()
    await console.get_by_role("button", name="接手").click()
    await expect(console.locator("#conversation")).to_have_attribute("data-stance", "own")
    await reply(console, "我来看看。")
    await expect(heard(pane).last).to_have_text("我来看看。", timeout=20_000)
    await expect(pane.locator(".theirs .author").last).to_have_text("安娜")


async def test_the_team_works_in_its_group_and_a_promise_breaks_when_the_clock_goes_on(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.url}/?lang=en")
    customer, team = page.locator("#telegram"), page.locator("#team-telegram")
    await write(customer, "Talk to a person")
    card = team.locator(".card").filter(has_text="Mia").last
    await expect(card).to_contain_text("Waiting", timeout=20_000)
    await page.get_by_role("button", name="+1 h", exact=True).click()
    await expect(page.locator(".ahead")).to_have_text("1h ahead")
    await expect(card).to_contain_text("Overdue", timeout=20_000)
    await card.get_by_role("button", name="Take").click()
    await expect(card).to_contain_text("Ada has it", timeout=20_000)
    await team.get_by_role("radio", name="Grace").check()
    await card.get_by_role("button", name="Close").click()
    await expect(team.locator(".toast")).to_contain_text("Ada has this conversation")
    await team.get_by_role("radio", name="Ada").check()
    await write(team, "/r Is the door closed?")
    await expect(heard(customer).last).to_have_text("Is the door closed?", timeout=20_000)
    await write(team, "He sounds cross")
    async with page.expect_popup() as opening:
        await page.get_by_role("link", name="Open the console").click()
    console = await opening.value
    await console.wait_for_selector("html[data-ready]")
    await console.goto(f"{demo.service}/console?view=mine")
    await rows(console).filter(has_text="Mia").first.click()
    await expect(console.locator("#thread")).to_contain_text("Is the door closed?")
    await expect(console.locator("#thread")).to_contain_text("He sounds cross")
    await expect(console.locator("#conversation")).to_have_attribute("data-stance", "own")
    await expect(heard(customer).filter(has_text="He sounds cross")).to_have_count(0)


async def test_files_edits_and_deletions_go_in_as_on_the_platform(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.url}/?lang=en#customers")
    picture = {"name": "leak.png", "mimeType": "image/png", "buffer": PIXEL}
    for channel in ("telegram", "slack"):
        pane = page.locator(f"#{channel}")
        await pane.get_by_label("Attach files").set_input_files([picture])
        await expect(pane.locator(".chosen")).to_have_text("leak.png")
        await write(pane, f"Look at this, {channel}")
        shown = pane.locator(".own", has_text=f"Look at this, {channel}").last
        await expect(shown.locator("img")).to_have_js_property("naturalWidth", 1, timeout=20_000)
        await shown.hover()
        await shown.get_by_role("button", name="Edit").click()
        await write(pane, f"Look at that, {channel}")
        changed = pane.locator(".own", has_text=f"Look at that, {channel}").last
        await expect(changed).to_contain_text("edited")
    slack = page.locator("#slack")
    await changed.hover()
    await changed.get_by_role("button", name="Delete").click()
    await expect(slack.locator(".own", has_text="Look at that")).to_have_count(0)


async def test_everybody_is_known_from_the_start(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.url}/?lang=en")
    for tab, pane, people in (("team", "team-private", 6), ("dealers", "dealer-private", 4)):
        await page.locator(f"#{tab}").get_by_role("tab", name="Private").click()
        private = page.locator(f"#{pane}")
        for number in range(people):
            await private.get_by_role("radio").nth(number).check()
            await expect(heard(private).first).to_contain_text("I know you now", timeout=20_000)
    for name, pane in (("Nordlicht", "dealer-north"), ("Südwerk", "dealer-south")):
        await page.get_by_role("tab", name=name).click()
        await expect(heard(page.locator(f"#{pane}")).first).to_contain_text("This group is registered", timeout=20_000)


async def test_what_was_seen_is_there_after_a_reload(demo: Demo, page: Page) -> None:
    await page.goto(f"{demo.url}/?lang=zh")
    pane = page.locator("#telegram")
    await pane.locator("textarea").fill("怎么预约维修？")
    await pane.locator("textarea").press("Enter")
    await expect(heard(pane).first).to_be_visible(timeout=20_000)
    seen = await pane.locator("li").all_inner_texts()
    await page.reload()
    await expect(pane.locator("li").first).to_be_visible()
    assert (await pane.locator("li").all_inner_texts())[: len(seen)] == seen


async def test_a_phone_shows_one_pane_at_a_time(demo: Demo, phone: Page) -> None:
    await phone.goto(f"{demo.url}/?lang=en")
    await expect(phone.locator("#telegram")).to_be_visible()
    await expect(phone.locator("#email")).to_be_hidden()
    await phone.get_by_role("tab", name="E-mail").tap()
    await expect(phone.locator("#email textarea")).to_be_visible()
    await expect(phone.locator("#telegram")).to_be_hidden()
    await phone.get_by_role("button", name="Our team").tap()
    await expect(phone.locator("#team-telegram textarea")).to_be_visible()
    await expect(phone.locator("#email")).to_be_hidden()
    # A clock that is ahead takes room, and so does a long line that is answered.
    await phone.get_by_role("button", name="+1 h", exact=True).tap()
    await expect(phone.locator(".ahead")).to_be_visible()
    for side in ("Customers", "Our team", "Dealers"):
        await phone.get_by_role("button", name=side).tap()
        assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), side


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible(demo: Demo, open_page: OpenPage, scheme: str) -> None:
    page = await open_page(color_scheme=scheme)
    await page.goto(f"{demo.url}/?lang=en")
    await expect(page.locator("#team-telegram .words").first).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_page_answers_to_this_machine_only(demo: Demo) -> None:
    strange = urllib.request.Request(f"{demo.url}/console", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(strange)
    form = urllib.request.Request(
        f"{demo.url}/say", b'{"pane":"slack","person":"U1","text":"x"}', {"Content-Type": "text/plain"}
    )
    with pytest.raises(urllib.error.HTTPError, match="415"):
        urllib.request.urlopen(form)
