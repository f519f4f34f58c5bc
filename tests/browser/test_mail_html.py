# ruff: noqa: E501 - payloads are one line each
"""HTML mail in a real browser: whatever payload comes in, nothing of it runs, and nothing is fetched."""

import os
from pathlib import Path

import pytest

from omnibot.adapters.email import html
from tests.browser.conftest import OpenPage

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
COLLECTION = Path(os.environ.get("OMNIBOT_CORPORA") or BESIDE) / "xss"

OWN = [
    "<script>hit()</script>", "<img src=x onerror=hit()>", "<svg onload=hit()>", "<a href='javascript:hit()'>x</a>", "<a href=' java\nscript:hit()'>x</a>",
    "<style>@import 'https://evil.example/x.css'</style>", "<p style='background:url(https://evil.example/x)'>x</p>", "<img src='https://evil.example/x.gif'>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>", "<form action='https://evil.example'><button autofocus onfocus=hit()>x</button></form>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=hit()&gt;'>", "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "<base href='https://evil.example/'><a href='x'>x</a>", "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<video><source onerror=hit()></video>",
    "<a href='//evil.example/x'>x</a>", "<a href='/console/settings'>x</a>", "<table background='https://evil.example/x'>", "<link rel=stylesheet href='https://evil.example/x'>",
    "<object data='https://evil.example/x'></object>", "<details open ontoggle=hit()>x</details>", "<xmp><p title='</xmp><img src=x onerror=hit()>'></xmp>",
]  # fmt: skip
_CANARY = "window.hits = 0; window.hit = () => { window.hits++ }; for (const f of ['alert', 'confirm', 'prompt', 'print']) window[f] = window.hit;"


def payloads() -> list[str]:
    found = [path.read_bytes().decode("utf-8", "replace") for path in sorted(COLLECTION.rglob("*.html"))]
    return [*OWN, *found]


@pytest.mark.console_errors(".*")
async def test_no_payload_runs_or_reaches_out(open_page: OpenPage) -> None:
    """The collection where it is there, our own in any case."""
    page = await open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    shown = payloads()
    for start in range(0, len(shown), 40):
        safe = [html.to_safe(payload) for payload in shown[start : start + 40]]
        divisions = "".join(f"<div>{one}</div>" for one in safe)
        await page.set_content(f"<script>{_CANARY}</script>{divisions}", wait_until="load")
        await page.evaluate("for (const e of document.querySelectorAll('div *')) { e.click?.(); e.focus?.(); }")
        assert await page.evaluate("window.hits") == 0, safe
        assert not await page.query_selector_all(
            "div script, div style, div iframe, div [style], div form, div object, div svg"
        )
    assert not [url for url in asked if not url.startswith(("cid:", "about:"))], asked


@pytest.mark.console_errors(".*")
async def test_the_canary_sings(open_page: OpenPage) -> None:
    """Unsafe, the first payloads do run: the test above would notice."""
    page = await open_page()
    await page.set_content(f"<script>{_CANARY}</script><img src=x onerror=hit()>", wait_until="load")
    await page.wait_for_function("window.hits > 0")


def test_the_collection_is_part_of_this() -> None:
    if not COLLECTION.is_dir():
        pytest.skip("the collection of payloads is absent: name it by OMNIBOT_CORPORA")
    assert len(payloads()) > 400
