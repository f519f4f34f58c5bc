"""The page on which a dealer answers whose group can only be told things: in both languages, on a desk and on a phone, and what
it says when a link opens nothing."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import SignIn, open_first, sign_in, waiting
from tests.browser.conftest import PHONE
from tests.browser.test_console_for_everybody import check_access
from tests.browser.test_console_visits import shoot
from tests.dialogs.dealing import service
from tests.servers import OmnibotProcess

__all__ = ["sign_in"]  # pytest finds the fixture here

pytest.importorskip("apprise", reason="the extra `notify` is not installed")

LINK = re.compile(r"/answer/[0-9a-f-]+")
GONE = r"status of 4(04|10)"


class Sink:
    """A system's webhook that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sink.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def links(self) -> list[str]:
        return [path for text in self.told for path in LINK.findall(json.dumps(json.loads(text)))]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def server(start_omnibot: Callable[..., OmnibotProcess], sink: Sink, tmp_path: Path) -> OmnibotProcess:
    """Repairs go to dealers, of whom one is told in a group that cannot answer."""
    return start_omnibot(
        sections={"notify": [{"name": "nord", "url": sink.url}], "service": service(tmp_path)},
    )


async def call(page: Page, method: str, path: str, body: dict[str, Any]) -> Any:
    """The API, as whoever is signed in on that page."""
    return await page.evaluate(
        """async ([method, path, body]) => (await (await fetch("/api/v1" + path, {method,
        headers: {"content-type": "application/json"}, body: JSON.stringify(body)})).json())""",
        [method, path, body],
    )


async def offer(server: OmnibotProcess, sink: Sink, page: Page, language: str) -> tuple[str, str]:
    """A case that a dealer is asked about in its group; its number, and the address of its page."""
    waiting(server, "The washer has a leak, it drips since Monday", language=language, name="Mia Berg")
    await open_first(page)
    await page.wait_for_url("**/conversations/*")
    conversation = int(page.url.rpartition("/")[2].partition("?")[0])
    dealer = (await call(page, "POST", "/dealers", {"name": "Nord", "language": language}))["dealer"]["id"]
    await call(page, "POST", f"/dealers/{dealer}/groups", {"channel": "notify:nord"})
    made = await call(page, "POST", "/tickets", {"conversation_id": conversation, "subject": "The washer has a leak"})
    for _ in range(100):
        if sink.links:
            break
        await page.wait_for_timeout(100)
    return made["ticket"]["number"], server.url + urlsplit(sink.links[-1]).path


LOOKS = [
    ("en", "light", {}),
    ("zh-Hans", "dark", {"viewport": PHONE, "screen": PHONE, "is_mobile": True, "has_touch": True}),
]


@pytest.mark.console_errors(GONE)
@pytest.mark.parametrize(("language", "scheme", "device"), LOOKS, ids=["desk", "phone"])
async def test_a_dealer_answers_on_the_page(
    server: OmnibotProcess, sink: Sink, sign_in: SignIn, open_page: Any, language: str, scheme: str,
    device: dict[str, Any],
) -> None:  # fmt: skip
    office = await sign_in("Margaret", "admin")
    number, link = await offer(server, sink, office, language)
    page = await open_page(color_scheme=scheme, locale=language, **device)

    async def looks(name: str) -> None:
        await shoot(page, f"answer-{language}-{name}")
        await check_access(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await page.goto(link)
    await expect(page.locator("h1")).to_contain_text(number)
    await looks("offered")
    first = page.locator("form").first
    await first.locator("[name=name]").fill("Nils")
    await first.locator("button").click()
    await expect(page.locator(".private")).to_be_visible()
    await looks("accepted")
    plan = page.locator("details", has=page.locator("[value=plan]"))
    await expect(plan.locator("[name=name]")).to_have_value("Nils")
    await plan.locator("[name=text]").fill("Yesterday 10:00" if language == "en" else "换水泵，周二下午两点")
    await plan.locator("button").click()
    await looks("planned")
    times = page.locator("details", has=page.locator("[value=times]"))
    await times.locator("summary").click()
    await times.locator("[name=text]").fill("whenever you like")
    await times.locator("button").click()
    await expect(times.locator("[role=alert]")).to_be_visible()
    await expect(times.locator("[name=text]")).to_have_value("whenever you like")
    await looks("times-refused")
    await page.goto(link[:-1] + ("0" if link[-1] != "0" else "1"))
    await looks("not-whole")
    await call(office, "POST", f"/tickets/{number}/assign", {"team": "repairs"})
    await page.goto(link)
    await looks("taken-back")
