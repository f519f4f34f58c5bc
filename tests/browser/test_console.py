"""The console as agents work in it: in real browsers, against the real server, with real customers in the web chat."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.agents import (
    CONFLICT,
    OFFLINE,
    Customer,
    SignIn,
    call,
    open_first,
    reply,
    rows,
    said,
    sign_in,
    take,
    text_box,
    waiting,
)

__all__ = ["sign_in"]  # pytest finds the fixture here


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


async def test_what_comes_while_the_page_opens_is_shown_without_waiting_for_more(server: Any, sign_in: SignIn) -> None:
    page = await sign_in("Ana")
    await expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    has_written = asyncio.Event()

    async def hold(route: Route) -> None:
        await has_written.wait()
        await route.continue_()

    await page.route("**/console/live*", hold)
    await page.reload()
    await expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    waiting(server, "The seal is torn")
    has_written.set()
    await expect(rows(page)).to_have_count(1)


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
    await bo.route("**/console/fragments/**", lambda route: route.abort())
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
    await expect(page.get_by_label("Subject")).to_be_focused()
    await page.keyboard.type("Door broken in transit")
    await page.keyboard.press("Enter")
    await expect(page.locator("#context .mini-tickets")).to_contain_text("Door broken in transit")
    assert "Door broken in transit" in customer.hears
    await page.locator("#context .mini-tickets a").click()
    await page.locator("#remark-text").fill("Which colour was it?")
    await page.get_by_role("button", name="Put on hold: ask the customer").click()
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


@pytest.mark.parametrize("key", ["#", "Escape"])
async def test_a_slow_take_does_not_pull_what_one_types_next_into_the_reply(
    server: Any, sign_in: SignIn, key: str
) -> None:
    waiting(server)
    page = await sign_in("Ana")
    await open_first(page)
    may_answer, has_answered = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        await may_answer.wait()
        await route.fulfill(response=answer)
        has_answered.set()

    await page.route("**/take", hold)
    await page.keyboard.press("t")
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")  # as the live update says
    await page.keyboard.press(key)
    subject = page.get_by_label("Subject")
    if key == "#":
        await expect(subject).to_be_focused()
    may_answer.set()
    await asyncio.wait_for(has_answered.wait(), 30)
    await page.wait_for_load_state("networkidle")
    if key == "Escape":
        await page.keyboard.press("#")
    await expect(subject).to_be_focused()


async def test_a_take_while_the_page_is_being_refreshed_leads_into_the_reply(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await open_first(page)
    may_answer, is_asked = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()  # as it was before the take
        is_asked.set()
        await may_answer.wait()
        await route.fulfill(response=answer)

    await page.route("**/fragments/conversations/*", hold, times=1)
    customer.says("Are you there?")
    await asyncio.wait_for(is_asked.wait(), 30)
    async with page.expect_response("**/take"):
        await page.keyboard.press("t")
    may_answer.set()
    await expect(text_box(page)).to_be_focused()
    await expect(page.locator("#conversation")).to_have_attribute("data-stance", "own")


async def test_what_comes_in_does_not_touch_the_ticket_that_one_writes(server: Any, sign_in: SignIn) -> None:
    customer = waiting(server)
    page = await sign_in("Ana")
    await take(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("#")
    subject = page.get_by_label("Subject")
    await expect(subject).to_be_focused()
    for n, piece in enumerate(("Door ", "broken ", "in transit")):
        await page.keyboard.type(piece)
        customer.says(f"more {n}")
        await expect(said(page, "customer").last).to_contain_text(f"more {n}")
        await expect(subject).to_be_focused()
    await expect(subject).to_have_value("Door broken in transit")


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
