"""What the demo's page shows of what the platforms hold."""

from email.message import EmailMessage
from email.policy import SMTP

from omnibot.demo import lines
from omnibot.demo.lines import Attached, Span
from omnibot.demo.telegram import SentMessage


def sent(number: int, text: str, **parameters: object) -> SentMessage:
    return SentMessage(chat="7", message_id=number, method="sendMessage", parameters={"text": text, **parameters}, at=9)


def test_both_sides_of_a_telegram_chat_stand_in_order() -> None:
    posted = [
        {"message_id": 3, "date": 8, "chat": {"id": 7}, "text": "and?"},
        {"message_id": 1, "date": 5, "chat": {"id": 7}, "text": "hello"},
        {"message_id": 4, "date": 9, "chat": {"id": 8}, "text": "somebody else"},
    ]
    shown = lines.of_telegram(posted, [sent(2, "Hello!")], chat=7)
    assert [(line.id, line.is_own, line.spans[0].text) for line in shown] == [
        ("1", True, "hello"),
        ("2", False, "Hello!"),
        ("3", True, "and?"),
    ]


def test_entities_count_in_utf16_and_overlap() -> None:
    entities = [
        {"type": "bold", "offset": 3, "length": 4},
        {"type": "text_link", "offset": 5, "length": 2, "url": "https://example.com"},
    ]
    [line] = lines.of_telegram([], [sent(1, "👍 bold.", entities=entities)], chat=7)
    assert [span for span in line.spans if span.text] == [
        Span(text="👍 "),
        Span(text="bo", bold=True),
        Span(text="ld", bold=True, link="https://example.com"),
        Span(text="."),
    ]


def test_a_slack_post_shows_its_blocks_and_buttons() -> None:
    leaf = {"type": "text", "text": "Bolts", "style": {"bold": True}}
    bullets = {
        "type": "rich_text_list",
        "style": "bullet",
        "indent": 0,
        "elements": [{"type": "rich_text_section", "elements": [leaf]}] * 2,
    }
    post = {
        "ts": "12.000001",
        "bot_id": "B1",
        "text": "plain",
        "blocks": [
            {"type": "context", "elements": [{"type": "plain_text", "text": "Ada"}]},
            {"type": "rich_text", "elements": [bullets]},
            {"type": "actions", "elements": [{"text": {"text": "Yes"}}]},
        ],
        "files": [{"id": "F1", "name": "plan.pdf"}],
    }
    [line] = lines.of_slack([post])
    assert "".join(span.text for span in line.spans) == "• Bolts\n• Bolts"
    assert (line.author, line.buttons, line.files, line.is_own, line.at) == (
        "Ada",
        ("Yes",),
        (Attached(name="plan.pdf", path="slack/F1"),),
        False,
        12,
    )


def test_a_letter_shows_its_text_and_the_names_of_its_files() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"], mail["Message-ID"] = "Shop <shop@example.org>", "Re: 滤网", "<1@example.org>"
    mail.set_content("Here it is.\n")
    mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="方案.pdf")
    line = lines.of_mail(mail, own_address="mia@example.org", at=3)
    assert (line.author, line.subject, line.files, line.is_own) == (
        "Shop",
        "Re: 滤网",
        (Attached(name="方案.pdf"),),
        False,
    )
    assert line.spans == (Span(text="Here it is."),)
