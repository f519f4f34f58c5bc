"""What somebody in the console reads while PostgreSQL is away, and where a page breaks: a page, in their language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from tests.browser.agents import SignIn, rows, sign_in, waiting
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.mail import looks
from tests.servers import OmnibotProcess, PostgresServer

__all__ = ["sign_in"]

LOOKS = [
    ("en-GB", "light", {"viewport": DESKTOP}, "One moment", "Go back and send it again", "Something went wrong here"),
    ("zh-CN", "dark", {"viewport": PHONE}, "请稍候", "请返回后再提交一次", "这里出了点问题"),
]


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[OmnibotProcess]:
    with OmnibotProcess(tmp_path / "omnibot", database_url=database_url) as server:
        yield server


@pytest.mark.console_errors(r"status of 50[03]")  # each look while the database is away is one
@pytest.mark.parametrize(("locale", "scheme", "device", "away", "again", "failed"), LOOKS, ids=["desk", "phone"])
async def test_an_outage_and_a_failure_are_pages(
    server: Any,
    postgres: PostgresServer,
    database_url: str,
    sign_in: SignIn,
    locale: str,
    scheme: str,
    device: dict[str, Any],
    away: str,
    again: str,
    failed: str,
) -> None:
    customer = waiting(server)
    page = await sign_in("Ana", locale=locale, color_scheme=scheme, **device)
    await expect(rows(page)).to_have_count(1)

    postgres.stop("fast")
    answer = await page.goto(f"{server.url}/console/settings")
    assert answer is not None
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    title = page.get_by_role("heading")
    await expect(title).to_have_text(away)
    await looks(page, f"outage-{scheme}")
    headers = {"Origin": server.url, "Accept-Language": locale}
    sent = await page.request.post(f"{server.url}/console/sign-out", headers=headers)
    assert sent.status == 503
    assert again in await sent.text()
    postgres.start()
    # It looks again by itself.
    await expect(page.locator("#language")).to_be_visible()

    # A row that no code of ours would write.
    engine = sa.create_engine(database_url)
    with engine.begin() as tx:
        tx.execute(sa.text("UPDATE conversations SET status = 'broken'"))
    answer = await page.goto(f"{server.url}/console/conversations/{customer.conversation_id}")
    assert answer is not None
    assert answer.status == 500
    await expect(title).to_have_text(failed)
    await looks(page, f"failure-{scheme}")
    with engine.begin() as tx:
        tx.execute(sa.text("UPDATE conversations SET status = 'queued'"))
    engine.dispose()
    await page.reload()
    await expect(page.locator("#thread")).to_be_visible()
