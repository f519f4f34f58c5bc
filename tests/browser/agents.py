"""Customers and agents for tests of the console: who they are and how they act."""

import json
import re
import urllib.request
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

PASSWORD = "correct horse battery staple"

OFFLINE = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION_REFUSED|ERR_NETWORK_CHANGED|ERR_INCOMPLETE_CHUNKED"
CONFLICT = r"status of 409"
UNAUTHORISED = r"status of 401"
TOO_MANY = r"status of 429"
GONE = r"status of 410"

SignIn = Callable[..., Awaitable[Page]]


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
    # Only then is the take's own answer there; before, keys do something else.
    await expect(text_box(page)).to_be_focused()


async def reply(page: Page, text: str) -> None:
    await text_box(page).fill(text)
    await text_box(page).press("Enter")
