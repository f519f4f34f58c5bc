"""Messages as HTML: an address that somebody pasted can be pressed, and takes nothing of the sentence with it."""

import re

import pytest

from omnibot.domain.message import Author
from omnibot.texts.markup import as_typed, to_html


def agents(text: str) -> str:
    return to_html(text, Author.AGENT)


LINK = re.compile(r'<a href="([^"]*)" rel="noopener noreferrer nofollow" target="_blank">([^<]*)</a>')


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.com/x?a=1&b=2.", "https://example.com/x?a=1&amp;b=2"),
        ("(https://en.wikipedia.org/wiki/A_(b)), yes", "https://en.wikipedia.org/wiki/A_(b)"),
        ("**https://example.com**", "https://example.com"),
        ("说明在https://example.com/zh。请看", "https://example.com/zh"),
        ("打开https://example.com/zh查看", "https://example.com/zh"),
        ("HTTP://EXAMPLE.COM", "HTTP://EXAMPLE.COM"),
        ('"https://example.com/"', "https://example.com/"),
    ],
)
def test_a_pasted_address_can_be_pressed(text: str, address: str) -> None:
    assert LINK.findall(agents(text)) == [(address, address)]


def test_two_addresses_and_the_words_between_them_stay_in_order() -> None:
    html = agents("a https://x.example & https://y.example < b")
    assert LINK.sub(r"[\1]", html) == "<p>a [https://x.example] &amp; [https://y.example] &lt; b</p>"


def test_a_link_with_words_of_its_own_stays_one_link() -> None:
    assert LINK.findall(agents("[https://a.example](https://b.example)")) == [
        ("https://b.example", "https://a.example")
    ]
    assert LINK.findall(agents("<https://a.example>")) == [("https://a.example", "https://a.example")]


@pytest.mark.parametrize("text", ["https://", "https://.", "javascript://alert(1)", "`https://a.example`", "://x"])
def test_what_is_no_address_stays_text(text: str) -> None:
    assert "<a " not in agents(text)


def test_an_address_cannot_break_out_of_its_link() -> None:
    html = agents("https://a.example/\"onclick='x'><script>")
    assert LINK.findall(html) == [("https://a.example/", "https://a.example/")]
    assert "<script" not in html


def test_what_others_wrote_becomes_no_link() -> None:
    assert "<a " not in agents(as_typed("https://a.example"))
    for author in (Author.CUSTOMER, Author.BOT, Author.SYSTEM):
        assert "<a " not in to_html("https://a.example", author)
