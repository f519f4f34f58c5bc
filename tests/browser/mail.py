"""A server with real mail servers on loopback, for tests of the console with e-mail."""

import os
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.test_console_for_everybody import check_access
from tests.dialogs.house import House

SHOTS = os.environ.get("OMNIBOT_SHOTS")  # a folder, to look at what the test saw


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[House]:
    async with House() as made:
        yield made


@pytest.fixture
def server(start_omnibot: Callable[..., Any], house: House) -> Any:
    return start_omnibot(sections={"email": house.account})


def mail(subject: str, text: str, *, after: EmailMessage | None = None, cc: str | None = None) -> bytes:
    """Mia's, alone or as an answer to one of ours."""
    made = EmailMessage()
    made["From"] = "Mia <mia@home.example>"
    made["To"] = str(after["Reply-To"]) if after else "service@example.com"
    if cc:
        made["Cc"] = cc
    made["Message-ID"] = f"<{subject.replace(' ', '-').lower()}@home.example>"
    made["Date"] = "Mon, 01 Jun 2026 09:00:00 +0000"
    made["Subject"] = subject
    if after:
        made["In-Reply-To"] = str(after["Message-ID"])
    made.set_content(text)
    return made.as_bytes()


async def looks(page: Page, name: str) -> None:
    """Everybody can use what is on the screen, and it is no wider than that."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    await check_access(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
