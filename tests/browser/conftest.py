"""A real Chromium for the tests in this folder: one browser per pytest worker, a fresh context for every page.

These tests run on one event loop for the whole session, since the browser's connection lives on that loop.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, async_playwright, expect

HERE = Path(__file__).parent

OpenPage = Callable[..., Awaitable[Page]]

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# Without these, Chromium asks its maker's servers at every start, which a closed network refuses many times over.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A page on a busy machine takes its time; what never comes costs this once.
expect.set_options(timeout=30_000)


def chromium_path() -> str:
    """The browser to test with; Playwright's own download is never used."""
    given = os.environ.get("OMNIBOT_TEST_CHROMIUM")
    found = given or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail(
            "No Chromium for the browser tests: run scripts/install-browser, or name one by OMNIBOT_TEST_CHROMIUM.",
            pytrace=False,
        )
    return found


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "console_errors(*patterns): errors that the page may write to its console in this test"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[OpenPage]:
    """Opens pages, each as a visitor of its own: `await open_page(locale="zh-CN", color_scheme="dark")`.

    The test fails when a script on any of them fails or an error is written to its console.
    """
    errors: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_page(**options: Any) -> Page:
        # Without motion, what a test measures is where things stay.
        context = await browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
        contexts.append(context)
        context.on("weberror", lambda error: errors.append(_described(error.error)))
        context.on("console", lambda message: errors.extend(_errors_in(message)))
        return await context.new_page()

    yield open_page
    for context in contexts:
        await context.close()
    marker = request.node.get_closest_marker("console_errors")
    expected = marker.args if marker else ()
    unexpected = [error for error in errors if not any(re.search(pattern, error) for pattern in expected)]
    if unexpected:
        pytest.fail("The page reported:\n" + "\n".join(unexpected), pytrace=False)


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page: OpenPage) -> Page:
    return await open_page()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(open_page: OpenPage) -> Page:
    """A page on a phone, held upright and touched with a finger."""
    return await open_page(viewport=PHONE, screen=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)


def _described(error: Error) -> str:
    return error.stack or error.message


def _errors_in(message: ConsoleMessage) -> list[str]:
    if message.type != "error":
        return []
    return [f"{message.text} ({message.location['url']}:{message.location['lineNumber']})"]
