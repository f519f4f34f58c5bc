"""The web chat as customers meet it: in a real browser, on the Hausmark page and on a page with a strict CSP."""

import gzip
import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, Request, Route, expect

from tests.browser.agents import call

QUESTION = "My washing machine shows E4"
QUESTION_ZH = "洗衣机显示E4是什么意思？"

OFFLINE = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_NETWORK_CHANGED"
REFUSED = r"status of 422"


async def visit(page: Page, server: Any, language: str = "en") -> None:
    await page.goto(f"{server.url}/?lang={language}")


async def open_chat(page: Page) -> Locator:
    await page.locator("omnibot-chat .launcher").click()
    await expect(text_box(page)).to_be_focused()
    return page.get_by_role("dialog")


def text_box(page: Page) -> Locator:
    return page.locator("omnibot-chat textarea")


def own_messages(page: Page) -> Locator:
    return page.locator("omnibot-chat .row.customer .bubble")


def answers(page: Page) -> Locator:
    return page.locator("omnibot-chat .row.bot .bubble")


def choices(page: Page) -> Locator:
    return page.locator("omnibot-chat .choice")


def mark(page: Page) -> Locator:
    """What stands under the customer's last words: Sending, Sent, …"""
    return page.locator("omnibot-chat .row.customer .foot").last


async def say(page: Page, text: str) -> None:
    await text_box(page).fill(text)
    await text_box(page).press("Enter")


async def visit_and_ask(page: Page, server: Any, language: str = "en", question: str = QUESTION) -> None:
    await visit(page, server, language)
    await open_chat(page)
    await say(page, question)
    await expect(answers(page).first).to_be_visible()


# Asking and being answered


@pytest.mark.parametrize(("language", "question"), [("en", QUESTION), ("zh", QUESTION_ZH)])
async def test_a_question_gets_an_answer(server: Any, page: Page, language: str, question: str) -> None:
    await visit_and_ask(page, server, language, question)
    await expect(own_messages(page)).to_have_text([question])
    await expect(mark(page)).to_contain_text("Sent" if language == "en" else "已发送")


async def test_a_suggested_question_is_asked_by_pressing_it(server: Any, page: Page) -> None:
    async def suggest(route: Route) -> None:
        response = await route.fetch()
        session = await response.json()
        session["welcome"]["questions"] = [QUESTION]
        await route.fulfill(response=response, json=session)

    await page.route("**/webchat/v1/session", suggest)
    await visit(page, server)
    await open_chat(page)
    await page.locator("omnibot-chat .offer").click()
    await expect(own_messages(page)).to_have_text([QUESTION])
    await expect(answers(page).first).to_be_visible()
    await expect(page.locator("omnibot-chat .offer")).to_have_count(0)


async def test_choices_are_taken_by_keyboard_and_stay_readable(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    choice = choices(page).first
    label = await choice.inner_text()
    await choice.focus()
    await page.keyboard.press("Enter")
    await expect(own_messages(page)).to_have_text([QUESTION, label])
    await expect(choices(page).first).to_have_attribute("aria-pressed", "true")
    for used in await choices(page).all():
        if await used.get_attribute("aria-disabled") != "true":
            break  # offered by the answer to the choice
        await expect(used).to_be_visible()
    await page.reload()
    await open_chat(page)
    await expect(choices(page).first).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_bots_buttons_go_when_people_get_the_conversation(server: Any, phone: Page, language: str) -> None:
    await visit_and_ask(phone, server, language, QUESTION if language == "en" else QUESTION_ZH)
    await expect(choices(phone)).to_have_count(2)
    await choices(phone).last.focus()
    # As from the customer's other tab: nothing is touched in this one.
    token = await phone.evaluate("JSON.parse(localStorage.getItem(`omnibot:${location.origin}:session`)).token")
    body = {"client_id": "elsewhere", "text": "talk to a person"}
    call(f"{server.url}/webchat/v1/messages", body, token)
    await expect(choices(phone)).to_have_count(0)
    await expect(text_box(phone)).to_be_focused()
    await phone.reload()
    await open_chat(phone)
    await expect(answers(phone).first).to_be_visible()
    await expect(choices(phone)).to_have_count(0)


async def test_enter_does_not_send_while_an_input_method_composes(server: Any, page: Page) -> None:
    await visit(page, server, "zh")
    await open_chat(page)
    await text_box(page).fill("bing xiang")
    await text_box(page).dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await text_box(page).dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await expect(text_box(page)).to_have_value("bing xiang")
    await expect(own_messages(page)).to_have_count(0)


async def test_shift_and_enter_begin_a_new_line(server: Any, page: Page) -> None:
    await visit(page, server)
    await open_chat(page)
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await expect(text_box(page)).to_have_value("one\ntwo")


async def test_a_text_that_is_too_long_is_counted_and_not_cut(server: Any, page: Page) -> None:
    await visit(page, server)
    await open_chat(page)
    await say(page, "x" * 8001)
    await expect(page.get_by_text("1 characters too many")).to_be_visible()
    await expect(text_box(page)).to_have_value("x" * 8001)
    await expect(own_messages(page)).to_have_count(0)


# Keeping what was said


async def test_a_reload_keeps_the_transcript_and_the_draft(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    answer = await answers(page).first.inner_text()
    await text_box(page).fill("not finished")
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_text([QUESTION])
    await expect(answers(page).first).to_have_text(answer, use_inner_text=True)
    await expect(text_box(page)).to_have_value("not finished")


async def test_two_tabs_show_the_same_conversation(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    other = await page.context.new_page()
    await visit(other, server)
    await open_chat(other)
    await expect(own_messages(other)).to_have_text([QUESTION])
    await say(other, "from the second tab")
    await say(page, "from the first tab")
    for tab in (page, other):
        await expect(own_messages(tab)).to_have_count(3)
    assert await own_messages(page).all_inner_texts() == await own_messages(other).all_inner_texts()


@pytest.mark.console_errors(OFFLINE)
async def test_what_is_written_offline_is_sent_once_and_in_order(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await say(page, "first without a net")
    await say(page, "second without a net")
    await expect(mark(page)).to_contain_text("Kept, will be sent")
    await page.context.set_offline(False)
    await expect(mark(page)).to_contain_text("Sent")
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_text([QUESTION, "first without a net", "second without a net"])


@pytest.mark.console_errors(r"ERR_FAILED")
async def test_where_no_stream_gets_through_answers_are_fetched(server: Any, page: Page) -> None:
    streams = []

    async def cut(route: Route) -> None:
        streams.append(route.request.url)
        await route.abort()

    await page.route("**/webchat/v1/stream*", cut)
    await visit(page, server)
    await open_chat(page)
    await say(page, QUESTION)
    await expect(answers(page)).to_have_count(1, timeout=60_000)
    await say(page, QUESTION)
    await expect(answers(page)).to_have_count(2, timeout=60_000)
    assert len(streams) >= 3  # it was tried


async def test_it_comes_back_when_the_body_is_swapped(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.evaluate("document.body = document.createElement('body')")
    await expect(own_messages(page)).to_have_text([QUESTION])
    await say(page, QUESTION)
    await expect(answers(page)).to_have_count(2)


async def test_signing_out_wipes_what_the_browser_knows(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.evaluate("document.querySelector('omnibot-chat').forget()")
    await expect(own_messages(page)).to_have_count(0)
    kept = await page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert QUESTION not in kept
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_count(0)
    await expect(answers(page)).to_have_count(0)


@pytest.mark.console_errors(OFFLINE)
async def test_what_could_not_be_sent_survives_a_reload(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.route("**/webchat/v1/messages", abort_posts)
    await say(page, "kept over a reload")
    await expect(own_messages(page)).to_have_count(2)
    await page.unroute("**/webchat/v1/messages")
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_text([QUESTION, "kept over a reload"])
    await expect(mark(page)).to_contain_text("Sent")


@pytest.mark.console_errors(r"status of 503")
async def test_an_acknowledgement_that_is_lost_makes_no_second_message(server: Any, page: Page) -> None:
    answered_badly = []

    async def lose_first_answer(route: Route) -> None:
        if route.request.method == "POST" and not answered_badly:
            answered_badly.append(await route.fetch())
            await route.fulfill(status=503, headers={"Retry-After": "1"})
        else:
            await route.continue_()

    await visit_and_ask(page, server)
    await page.route("**/webchat/v1/messages", lose_first_answer)
    await say(page, "said once")
    await expect(mark(page)).to_contain_text("Sent")
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_text([QUESTION, "said once"])
    assert answered_badly


@pytest.mark.console_errors(REFUSED)
async def test_a_refused_message_says_why_and_can_be_tried_again(server: Any, page: Page) -> None:
    async def refuse(route: Route) -> None:
        problem = '{"title": "Unprocessable", "detail": "not in this house"}'
        await route.fulfill(status=422, body=problem, content_type="application/problem+json")

    await visit_and_ask(page, server)
    await page.route("**/webchat/v1/messages", refuse)
    await say(page, "try me")
    await expect(page.get_by_text("not in this house")).to_be_visible()
    await page.unroute("**/webchat/v1/messages")
    await page.get_by_role("button", name="Try again").click()
    await expect(mark(page)).to_contain_text("Sent")
    await expect(own_messages(page)).to_have_text([QUESTION, "try me"])


@pytest.mark.console_errors(r"status of 401")
async def test_a_forgotten_session_begins_anew_and_loses_no_words(server: Any, page: Page) -> None:
    await visit(page, server)
    await page.evaluate(
        """() => localStorage.setItem(`omnibot:${location.origin}:session`,
            JSON.stringify({token: "no-such-token", conversation_id: "none"}))"""
    )
    await page.reload()
    await open_chat(page)
    await say(page, QUESTION)
    await expect(answers(page).first).to_be_visible()
    await expect(own_messages(page)).to_have_text([QUESTION])


# Keyboard, screen reader, screen sizes


async def test_escape_closes_and_the_focus_returns(server: Any, page: Page) -> None:
    await visit(page, server)
    launcher = page.locator("omnibot-chat .launcher")
    await launcher.focus()
    await page.keyboard.press("Enter")
    await expect(text_box(page)).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()


async def test_escape_closes_the_menu_before_the_chat(server: Any, page: Page) -> None:
    await visit(page, server)
    await open_chat(page)
    await page.get_by_role("button", name="More").click()
    await expect(page.get_by_role("button", name="About your data")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="More")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_a_button_of_the_page_opens_the_chat_with_its_question(server: Any, page: Page) -> None:
    await visit(page, server)
    opener = page.locator("[data-omnibot-open]").nth(1)
    await opener.click()
    await expect(text_box(page)).to_have_value(await opener.inner_text())
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()


async def test_it_fills_a_phone_and_keeps_the_focus(server: Any, phone: Page) -> None:
    await visit(phone, server)
    dialog = await open_chat(phone)
    box = await dialog.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    for _ in range(12):
        await phone.keyboard.press("Tab")
        assert await phone.evaluate("document.activeElement.tagName") == "OMNIBOT-CHAT"


async def test_the_transcript_can_be_saved_as_a_file(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.get_by_role("button", name="More").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Save this chat as a file").click()
    path = await (await download.value).path()
    assert f"You: {QUESTION}" in path.read_text(encoding="utf-8-sig")


async def test_the_chat_can_be_deleted_everywhere(server: Any, page: Page) -> None:
    await visit_and_ask(page, server)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="About your data").click()
    await page.get_by_role("button", name="Delete this chat").click()
    async with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        await page.get_by_role("button", name="Yes, delete it for good").click()
    assert (await deleted.value).status == 204
    await expect(text_box(page)).to_be_focused()
    await expect(own_messages(page)).to_have_count(0)
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(server: Any, page: Page, language: str, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await visit(page, server, language)
    await page.locator("omnibot-chat .launcher").wait_for()
    await expect_no_violations(page)
    await open_chat(page)
    await page.locator("omnibot-chat .intro h3").wait_for()
    await expect_no_violations(page)
    await say(page, QUESTION if language == "en" else QUESTION_ZH)
    await expect(answers(page).first).to_be_visible()
    await expect_no_violations(page)


async def test_axe_finds_nothing_on_a_phone(server: Any, phone: Page) -> None:
    await phone.emulate_media(reduced_motion="reduce")
    await visit_and_ask(phone, server)
    await expect_no_violations(phone)


# Safety


async def test_markup_arrives_as_text(server: Any, page: Page) -> None:
    dialogs: list[str] = []

    async def note(dialog: Any) -> None:
        dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", note)
    text = "<img src=x onerror=alert(1)><script>alert(2)</script> **E4** [x](javascript:alert(3))"
    await visit_and_ask(page, server, question=text)
    await expect(own_messages(page)).to_have_text([text])
    await page.reload()
    await open_chat(page)
    await expect(own_messages(page)).to_have_text([text])
    assert await page.locator("omnibot-chat :is(img, script, iframe)").count() == 0
    assert await page.locator("omnibot-chat a[href^='javascript' i]").count() == 0
    assert dialogs == []


@pytest.mark.console_errors("Content Security Policy")  # the parsed document inherits the page's policy
async def test_only_listed_elements_come_out_of_html(server: Any, page: Page) -> None:
    """Should the server's sanitiser ever fail, the widget does not."""

    async def answer_with_poison(route: Route) -> None:
        poison = (
            "<p onclick=alert(1)>kept <b>words</b><img src=x onerror=alert(2)><svg onload=alert(3)><a>in</a></svg>"
            "<a href='java\tscript:alert(4)'>link</a><a href='https://example.com'>safe</a><style>*{}</style></p>"
        )
        message = {"id": "1", "seq": 1, "author": "bot", "text": "t", "html": poison, "at": "2026-01-01T10:00:00Z"}
        await route.fulfill(json={"messages": [message], "cursor": 1})

    await visit_and_ask(page, server)
    await page.route("**/webchat/v1/messages?*", answer_with_poison)
    await page.reload()
    await open_chat(page)
    poisoned = answers(page).first
    await expect(poisoned).to_contain_text("kept words")
    html = await poisoned.inner_html()
    assert not re.search(r"onclick|onerror|onload|script:|<img|<svg|<style|<b>", html)
    assert 'href="https://example.com"' in html


async def test_the_token_stands_in_no_url(server: Any, page: Page) -> None:
    urls: list[str] = []

    def note(request: Request) -> None:
        urls.append(request.url)

    page.on("request", note)
    await visit_and_ask(page, server)
    await page.reload()
    await open_chat(page)
    token = await page.evaluate("JSON.parse(localStorage.getItem(`omnibot:${location.origin}:session`)).token")
    assert token
    assert not [url for url in urls if token in url]
    assert await page.context.cookies() == []


async def test_it_works_on_a_page_with_a_strict_policy(server: Any, page: Page) -> None:
    policy = f"default-src 'none'; script-src {server.url}; connect-src {server.url}; style-src 'none'"
    host = "<!doctype html><html lang=en><title>Strict</title><h1>Strict</h1><script src=/widget.js async></script>"

    async def serve_host(route: Route) -> None:
        headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
        await route.fulfill(body=host, headers=headers)

    await page.route("**/strict-host", serve_host)
    await page.goto(f"{server.url}/strict-host")
    dialog = await open_chat(page)
    await say(page, QUESTION)
    await expect(answers(page).first).to_be_visible()
    box = await dialog.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (380, 640)  # styled in spite of style-src 'none'


async def test_on_a_page_that_runs_from_right_to_left_it_stands_left_and_reads_as_its_language(
    server: Any, page: Page
) -> None:
    host = "<!doctype html><html lang=ar dir=rtl><title>متجر</title><h1>متجر</h1><script src=/widget.js async></script>"

    async def serve_host(route: Route) -> None:
        await route.fulfill(body=host, content_type="text/html; charset=utf-8")

    await page.route("**/rtl-host", serve_host)
    await page.goto(f"{server.url}/rtl-host")
    dialog = await open_chat(page)
    panel, launcher = await dialog.bounding_box(), await page.locator("omnibot-chat .launcher").bounding_box()
    assert panel is not None
    assert launcher is not None
    assert panel["x"] == launcher["x"] == 16
    await say(page, "الغسالة لا تعمل")
    await expect(own_messages(page)).to_have_css("direction", "rtl")
    # The words of the chat itself: a question mark must not stand before its question.
    for place in (".head", ".intro", ".compose"):
        await expect(page.locator(f"omnibot-chat {place}")).to_have_css("direction", "ltr")
    # Until it is acknowledged its bubble may still be replaced, by one with what the server makes of the words.
    await expect(mark(page)).to_contain_text("Sent")
    own = await own_messages(page).bounding_box()
    assert own is not None
    assert own["x"] + own["width"] > panel["x"] + panel["width"] - 40


@pytest.mark.parametrize(("locale", "is_american"), [("en-US", True), ("en-GB", False)])
async def test_times_are_written_as_the_reader_writes_them(
    server: Any, open_page: Any, locale: str, is_american: bool
) -> None:
    page: Page = await open_page(locale=locale)
    await visit_and_ask(page, server)
    written = await page.locator("omnibot-chat .row.bot time").first.inner_text()
    assert bool(re.search(r"[AP]M$", written)) is is_american, written


async def test_no_page_load_opens_a_session(server: Any, page: Page) -> None:
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "/webchat/" in request.url else None)
    await visit(page, server)
    await page.locator("omnibot-chat .launcher").wait_for()
    assert calls == []


async def test_the_widget_is_small(server: Any, page: Page) -> None:
    response = await page.request.get(f"{server.url}/widget.js")
    assert len(gzip.compress(await response.body())) < 30_000


async def abort_posts(route: Route) -> None:
    if route.request.method == "POST":
        await route.abort()
    else:
        await route.continue_()


async def expect_no_violations(page: Page) -> None:
    results = await Axe().run(page)
    found = [
        (violation["id"], [node["target"] for node in violation["nodes"]])
        for violation in results.response["violations"]
    ]
    assert found == []
