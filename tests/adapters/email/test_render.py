# ruff: noqa: E501 - payloads are one line each
"""Our mails: right headers and no others, marks on automatic mail only, text that reads well without HTML."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.email import reply
from omnibot.adapters.email.parse import tokens
from omnibot.adapters.email.reading import read
from omnibot.adapters.email.render import Mailing, render, to_plain
from omnibot.channel import OutboundMessage, Undeliverable
from omnibot.domain.message import Address, Author, Choice
from omnibot.texts import Texts
from tests.awkward import AWKWARD

MAILING = Mailing(channel="email", address="support@shop.example", secret=b"s" * 32, texts=Texts("bot"))
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


def rendered(**changed: Any) -> EmailMessage:
    given_: dict[str, Any] = {
        "id": "7:3",
        "address": Address(channel="email", chat="mia@example.org"),
        "author": Author.BOT,
        "author_name": None,
        "text": "It left.",
        "choices": (),
        "at": AT,
    }
    raw = render(OutboundMessage(**{**given_, **changed}), MAILING).as_bytes()
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def words(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_an_automatic_answer_is_marked() -> None:
    mail = rendered(references=("<q1@example.org>",), subject="Re: Fridge")
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Subject"] == "Re: Fridge"
    assert mail["In-Reply-To"] == mail["References"] == "<q1@example.org>"
    assert rendered()["Auto-Submitted"] == "auto-generated"


def test_a_persons_answer_is_not_marked_and_bears_their_name() -> None:
    mail = rendered(author=Author.AGENT, author_name="Ana, Service")
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None
    assert str(mail["From"]) == '"Ana, Service" <support@shop.example>'


def test_references_run_from_the_oldest_to_the_nearest() -> None:
    chain = tuple(f"<{n}@x>" for n in range(50))
    mail = rendered(references=chain)
    assert mail["In-Reply-To"] == "<0@x>"
    listed = str(mail["References"]).split()
    assert len(listed) == 20
    assert listed[0] == "<49@x>"
    assert listed[-1] == "<0@x>"


def test_an_answer_to_our_mail_leads_back_to_it() -> None:
    mail = rendered()
    answer = b"From: mia@example.org\nTo: %s\n\nThanks.\n" % str(mail["Reply-To"]).encode()
    assert tokens(read(answer).recipients) == [mail["Message-ID"]]


def test_the_token_is_the_messages_and_the_secrets() -> None:
    assert rendered()["Message-ID"] == rendered(text="other words", attempt=3)["Message-ID"]
    assert rendered()["Message-ID"] != rendered(id="7:4")["Message-ID"]


def test_our_own_mail_coming_back_is_recognised() -> None:
    found = read(rendered().as_bytes(), own=frozenset({"support@shop.example"}))
    assert found.decision == "ignored"


def test_choices_are_numbered_in_both_forms() -> None:
    mail = rendered(choices=(Choice(id="1", label="Yes"), Choice(id="2", label="<No>")), text="Send it?")
    assert "Send it?\n\n1) Yes\n2) <No>\n\nAnswer with the number of your choice." in words(mail).replace("\r", "")
    assert "<li>Yes</li><li>&lt;No&gt;</li>" in words(mail, "html")


def test_a_chinese_mail_is_chinese_throughout() -> None:
    mail = rendered(text="您的冰箱明天送到。", choices=(Choice(id="1", label="好"),))
    assert "请在此行上方回复" in words(mail)
    assert "请回复选项前的数字。" in words(mail)


def test_what_is_quoted_of_our_mail_is_cut_off_the_answer() -> None:
    ours = words(rendered(text="Your fridge comes tomorrow."))
    assert reply.split(f"Great!\n\n{ours}").reply == "Great!"


def test_markdown_reads_as_a_plain_mail() -> None:
    text = "See [the manual](https://shop.example/m) and **press** E4\\.\n\n- one\n- two"
    assert to_plain(text) == "See the manual <https://shop.example/m> and *press* E4.\n\n- one\n- two"


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_arrives(text: str) -> None:
    assert "<script" not in words(rendered(text=text), "html")


def test_html_needs_no_pictures_and_one_column() -> None:
    page = words(rendered(text="Hello ![x](https://tracker.example/p.gif)"), "html")
    assert "<img" not in page
    assert "max-width:560px" in page
    assert 'name="color-scheme" content="light dark"' in page


def test_an_encoded_line_end_stays_words() -> None:
    """Found by the property below: the standard library made a header of it."""
    smuggled = "=?utf-8?q?=0D=0ABcc:_evil@example.org?="
    mail = rendered(subject=smuggled, author_name=smuggled, references=(f"<{smuggled}>",))
    assert "Bcc" not in mail
    assert "References" not in mail


_INJECTIONS = st.lists(
    st.sampled_from(["\r\n", "\n", "\r", "\0", "Bcc: evil@example.org", "\u2028", "\x85", "=?utf-8?q?=0D=0ABcc:_x?=", "<", ">", "a", '"', "@", ",", " ", "\x0b", "\x1c"]),
    max_size=12,
).map("".join)  # fmt: skip
_HEADERS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "x-omnibot-channel", "auto-submitted",
    "x-auto-response-suppress", "mime-version", "content-type",
}  # fmt: skip


@given(_INJECTIONS, _INJECTIONS, _INJECTIONS, _INJECTIONS, _INJECTIONS)
@settings(deadline=None, max_examples=400)
def test_nothing_that_people_write_becomes_a_header(
    name: str, about: str, reference: str, label: str, chat: str
) -> None:
    try:
        mail = rendered(
            author_name=name,
            subject=about,
            references=(reference, f"<{reference}>"),
            choices=(Choice(id="1", label=label),),
            address=Address(channel="email", chat=f"mia{chat}@example.org"),
        )
    except Undeliverable:
        mail = rendered(author_name=name, subject=about, references=(reference, f"<{reference}>"), text=label or "x")
    assert {header.lower() for header in mail} <= _HEADERS
    assert len(list(mail)) == len(set(mail))
    assert "evil" not in str(mail["To"])
