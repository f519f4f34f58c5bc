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


def test_a_forum_is_shown_topic_by_topic() -> None:
    person = {"id": 11, "first_name": "Ada"}
    posted = [
        {"message_id": 1, "date": 5, "chat": {"id": -5}, "from": person, "text": "hello"},
        {"message_id": 5, "date": 8, "chat": {"id": -5}, "from": person, "text": "lunch?"},
        {"message_id": 4, "date": 7, "chat": {"id": -5}, "from": person, "text": "a note", "message_thread_id": 2},
    ]
    card = SentMessage(
        chat="-5", message_id=3, method="sendMessage", parameters={"text": "A card", "message_thread_id": 2}
    )
    shown = lines.of_telegram(posted, [card], chat=-5, titles={2: "#1 Mia"})
    assert [(line.id, line.title, line.author) for line in shown] == [
        ("1", "", "Ada"),
        ("5", "", "Ada"),
        ("3", "#1 Mia", ""),
        ("4", "", "Ada"),
    ]


def test_a_thread_stands_below_its_card_with_what_one_person_alone_sees() -> None:
    posts = [
        {"ts": "1.000001", "bot_id": "B1", "text": "first card"},
        {"ts": "2.000002", "bot_id": "B1", "text": "second card"},
        {"ts": "3.000003", "user": "U1", "text": "<@U0BOT> ask <@U2> &amp; wait", "thread_ts": "1.000001"},
    ]
    whisper = {"ts": "4.000004", "user": "U2", "channel": "C1", "text": "Not yours.", "thread_ts": "1.000001"}
    shown = lines.of_slack(posts, [whisper], names={"U1": "Ada", "U2": "Grace"})
    assert [(line.id, line.is_reply, line.author, line.only_for) for line in shown] == [
        ("1.000001", False, "", ""),
        ("3.000003", True, "Ada", ""),
        ("4.000004", True, "", "Grace"),
        ("2.000002", False, "", ""),
    ]
    assert shown[1].spans == (Span(text="@omnibot ask @Grace & wait"),)
