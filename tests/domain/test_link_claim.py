"""Links whose words name another host than the one they lead to."""

import os
import time
from pathlib import Path

import pytest

from omnibot.adapters.email.html import to_safe
from omnibot.domain.link_claim import MOST, FalseLink, false_links

BESIDE = Path(__file__).resolve().parents[2] / "corpora"
COLLECTION = Path(os.environ.get("OMNIBOT_CORPORA") or BESIDE) / "xss"


@pytest.mark.parametrize(("href", "words", "claimed", "real"), [
    ("https://evil.example/x", "https://www.bank.example/login", "bank.example", "evil.example"),
    ("https://evil.example", "bank.example", "bank.example", "evil.example"),
    ("https://evil.example", " Bank.Example/login. ", "bank.example", "evil.example"),
    ("https://evil.example", "Log in at www.bank.example now", "bank.example", "evil.example"),
    ("https://evil.example", "<b>https://</b>bank<i>.example</i>", "bank.example", "evil.example"),
    ("https://bank.example.evil.test/", "https://bank.example", "bank.example", "bank.example.evil.test"),
    ("https://notbank.example/", "https://bank.example", "bank.example", "notbank.example"),
    ("https://bank.example@evil.test/", "https://bank.example@evil.test/", None, None),
    ("https://bank.example@evil.test/", "Your account", "bank.example", "evil.test"),
    ("https://xn--bnk-pla.example/", "https://bank.example", "bank.example", "xn--bnk-pla.example"),
    ("https://b\u0430nk.example/", "https://bank.example", "bank.example", "xn--bnk-6cd.example"),
    ("https://evil.example", "https://ba\u200bnk.example", "bank.example", "evil.example"),
    ("http://10.0.0.7/x", "https://bank.example", "bank.example", "10.0.0.7"),
    ("mailto:x@evil.example", "help@bank.example", "bank.example", "evil.example"),
])  # fmt: skip
def test_a_link_that_claims_another_host_is_found(href: str, words: str, claimed: str | None, real: str | None) -> None:
    expected = (FalseLink(claimed=claimed, real=real),) if claimed and real else ()
    assert false_links(f'<p>Hello <a href="{href}" target="_blank">{words}</a></p>') == expected


@pytest.mark.parametrize(("href", "words"), [
    ("https://bank.example/login", "https://www.bank.example/login"),
    ("https://www.bank.example", "bank.example"),
    ("https://login.bank.example", "bank.example"),
    ("https://bank.example", "login.bank.example"),
    ("https://evil.example", "Log in"),
    ("https://evil.example", "Version 2.0"),
    ("https://evil.example", "See README.md"),
    ("https://files.example", "invoice.pdf"),
    ("https://evil.example", "at 10.30.We are there"),
    ("https://evil.example", "me@bank.example"),
    ("mailto:x@bank.example", "x@bank.example"),
    ("https://m\u00fcller.example", "https://xn--mller-kva.example"),
    ("https://[::1", "https://bank.example"),
    ("tel:110", "bank.example"),
    ("https://evil.example", ""),
])  # fmt: skip
def test_a_link_that_claims_nothing_else_is_let_be(href: str, words: str) -> None:
    assert false_links(f'<a href="{href}">{words}</a>') == ()


def test_each_is_told_once_and_few_are_enough() -> None:
    same = '<a href="https://evil.example">https://bank.example</a>' * 3
    assert len(false_links(same)) == 1
    many = "".join(f'<a href="https://e{n}.example">https://bank.example</a>' for n in range(20))
    assert len(false_links(many)) == MOST


@pytest.mark.parametrize("html", [
    "<a href='https://e.example'>" + "a." * 200_000 + "</a>",
    "<a href='https://e.example'>" + "https://" * 50_000 + "</a>",
    "<a href='https://e.example'>" * 50_000,
    "<a " * 50_000,
    "<a href='" + "x" * 500_000,
])  # fmt: skip
def test_no_mail_holds_us_up(html: str) -> None:
    safe = to_safe(html)
    began = time.process_time()
    false_links(safe)
    assert time.process_time() - began < 1.0


def test_hostile_mails_are_read_without_a_fall() -> None:
    for path in sorted(COLLECTION.rglob("*.html")):
        for found in false_links(to_safe(path.read_bytes().decode("utf-8", "replace"))):
            assert found.real.isascii()
            assert not set(found.real) & set("<>\"' ")
