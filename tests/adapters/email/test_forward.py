"""Mails that stand inside others, as the programs of people who pass them on write them."""

import time
from email import policy
from email.message import EmailMessage

import pytest

from bench import corpora
from omnibot.adapters.email import forward
from omnibot.adapters.email.reading import Forwarded, read
from omnibot.adapters.email.subject import is_forward

OWN = frozenset({"support@shop.example"})
WORDS = "Hello,\n\nmy oven shows E4.\n\nMia"

# What stands between the words of whoever passes it on and those of the customer; the subject's prefix.
PROGRAMS = {
    "Gmail": (
        "Fwd",
        "---------- Forwarded message ---------\nFrom: Mia Muster <mia@example.org>\nDate: Mon, Jun 1, 2026 at 10:00 AM\n"
        "Subject: Oven\nTo: <ada@shop.example>\n\n\n",
    ),
    "Gmail, German": (
        "Fwd",
        "---------- Forwarded message ---------\nVon: Mia Muster <mia@example.org>\nDate: Mo., 1. Juni 2026 um 10:00 Uhr\n"
        "Subject: Oven\nTo: <ada@shop.example>\n\n\n",
    ),
    "Gmail, Chinese": (
        "Fwd",
        "---------- Forwarded message ---------\n发件人： Mia Muster <mia@example.org>\nDate: 2026年6月1日周一 10:00\n"
        "Subject: Oven\nTo: <ada@shop.example>\n\n\n",
    ),
    "Outlook": (
        "FW",
        "From: Mia Muster <mia@example.org> \nSent: Monday, June 1, 2026 10:00 AM\nTo: Ada <ada@shop.example>\nSubject: Oven\n\n",
    ),
    "Outlook, before 2010": (
        "FW",
        "-----Original Message-----\nFrom: Mia Muster [mailto:mia@example.org] \nSent: Monday, June 1, 2026 10:00 AM\n"
        "To: Ada\nSubject: Oven\n\n",
    ),
    "Outlook, German": (
        "WG",
        "________________________________\nVon: Mia Muster <mia@example.org>\nGesendet: Montag, 1. Juni 2026 10:00\n"
        "An: Ada <ada@shop.example>\nBetreff: Oven\n\n",
    ),
    "Outlook, Chinese": (
        "转发",
        "发件人: Mia Muster <mia@example.org>\n发送时间: 2026年6月1日 10:00\n收件人: Ada <ada@shop.example>\n主题: Oven\n\n",
    ),
    "Apple Mail": (
        "Fwd",
        "Begin forwarded message:\n\n> From: Mia Muster <mia@example.org>\n> Subject: Oven\n"
        "> Date: 1 June 2026 at 10:00:00 CEST\n> To: ada@shop.example\n> \n",
    ),
    "Apple Mail, all quoted": (
        "Fwd",
        "> Begin forwarded message:\n>\n> From: Mia Muster <mia@example.org>\n> Subject: Oven\n"
        "> Date: 1 June 2026 at 10:00:00 CEST\n> To: ada@shop.example\n>\n",
    ),
    "Apple Mail, German": (
        "Fwd",
        "Anfang der weitergeleiteten Nachricht:\n\nVon: Mia Muster <mia@example.org>\nBetreff: Oven\n"
        "Datum: 1. Juni 2026 um 10:00:00 MESZ\nAn: ada@shop.example\n\n",
    ),
    "Apple Mail, Chinese": (
        "转发",
        "下面是被转发的邮件：\n\n发件人: Mia Muster <mia@example.org>\n主题: Oven\n日期: 2026年6月1日 GMT+8 10:00:00\n"
        "收件人: ada@shop.example\n\n",
    ),
    "Apple Mail, on a Mac with Outlook": ("FW", 'On 01/06/2026, 10:00, "Mia Muster" <mia@example.org> wrote:\n\n'),
    "Thunderbird": (
        "Fwd",
        "-------- Forwarded Message --------\nSubject: \tOven\nDate: \tMon, 1 Jun 2026 10:00:00 +0200\n"
        "From: \tMia Muster <mia@example.org>\nTo: \tada@shop.example\n\n\n\n",
    ),
    "Thunderbird, German": (
        "Fwd",
        "-------- Weitergeleitete Nachricht --------\nBetreff: \tOven\nDatum: \tMon, 1 Jun 2026 10:00:00 +0200\n"
        "Von: \tMia Muster <mia@example.org>\nAn: \tada@shop.example\n\n\n\n",
    ),
    "Thunderbird, Chinese": (
        "Fwd",
        "-------- 转发的消息 --------\n主题: \tOven\n日期: \tMon, 1 Jun 2026 10:00:00 +0200\n"
        "From: \tMia Muster <mia@example.org>\n收件人: \tada@shop.example\n\n\n\n",
    ),
    "QQ": (
        "转发",
        '------------------ 原始邮件 ------------------\n发件人: "Mia Muster" <mia@example.org>;\n'
        '发送时间: 2026年6月1日(星期一) 上午10:00\n收件人: "Ada"<ada@shop.example>;\n\n主题: Oven\n\n\n\n',
    ),
    "NetEase": (
        "转发",
        "---- 转发的邮件 ----\n| 发件人 | Mia Muster<mia@example.org> |\n| 发送日期 | 2026年06月01日 10:00 |\n"
        "| 收件人 | <ada@shop.example> |\n| 主题 | Oven |\n\n",
    ),
    "Yahoo": (
        "Fw",
        '----- Forwarded Message ----- From: Mia Muster <mia@example.org>To: "ada@shop.example" <ada@shop.example>'
        "Sent: Monday, June 1, 2026, 10:00:00 AM GMT+2Subject: Oven\n",
    ),
}


def mail(text: str, *, subject: str, html: str = "", attached: tuple[bytes, ...] = ()) -> bytes:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = "Ada <ada@shop.example>"
    made["To"] = "support@shop.example"
    made["Subject"] = subject
    made["Message-ID"] = "<fwd@shop.example>"
    made.set_content(text)
    if html:
        made.set_content(html, subtype="html")
    for one in attached:
        made.add_attachment(one, maintype="application", subtype="octet-stream", filename="mail.eml")
    # The library takes no bytes as a mail: what it would read, it would also mend.
    return made.as_bytes().replace(b"application/octet-stream", b"message/rfc822")


def found(raw: bytes) -> Forwarded:
    forwarded = read(raw, own=OWN).forward
    assert forwarded is not None
    return forwarded


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_head_of_every_program_is_read(program: str) -> None:
    prefix, head = PROGRAMS[program]
    is_quoted = head.splitlines()[-1].startswith(">")
    below = "".join(f"> {line}\n" for line in WORDS.splitlines()) if is_quoted else WORDS
    forwarded = found(mail(f"Please look, Ada\n\n{head}{below}\n", subject=f"{prefix}: Oven"))
    assert forwarded.author is not None
    assert (forwarded.author.address, forwarded.author.name) == ("mia@example.org", "Mia Muster")
    assert (forwarded.text, forwarded.above) == (WORDS, "Please look, Ada")
    assert forwarded.subject in ("Oven", "")


@pytest.mark.parametrize("program", ["Gmail", "Apple Mail, German", "Thunderbird, Chinese", "NetEase"])
def test_a_line_that_announces_it_is_enough(program: str) -> None:
    _, head = PROGRAMS[program]
    assert found(mail(f"{head}{WORDS}", subject="Oven")).author is not None


@pytest.mark.parametrize("program", ["Outlook", "Outlook, German", "Outlook, Chinese", "QQ"])
def test_an_answer_with_the_same_head_passes_nothing_on(program: str) -> None:
    _, head = PROGRAMS[program]
    assert read(mail(f"Thank you\n\n{head}{WORDS}", subject="Re: Oven"), own=OWN).forward is None


def test_html_without_a_plain_form_is_read() -> None:
    html = (
        "<div>Please look</div><div id=divRplyFwdMsg><b>From:</b> Mia Muster &lt;mia@example.org&gt;<br><b>Sent:</b> Monday<br>"
        "<b>To:</b> Ada &lt;ada@shop.example&gt;<br><b>Subject:</b> Oven</div><div><br></div><div>my oven shows E4</div>"
    )
    forwarded = found(mail("", subject="FW: Oven", html=html))
    assert forwarded.author is not None
    assert (forwarded.author.address, forwarded.text, forwarded.above) == (
        "mia@example.org",
        "my oven shows E4",
        "Please look",
    )


def test_what_the_customer_had_quoted_is_apart() -> None:
    _, head = PROGRAMS["Gmail"]
    forwarded = found(
        mail(f"{head}Still E4.\n\nOn Sun, 31 May 2026 Tom <tom@example.org> wrote:\n> ok\n", subject="Fwd")
    )
    assert (forwarded.text, "tom@example.org" in forwarded.quoted) == ("Still E4.", True)


@pytest.mark.parametrize(
    "text",
    [
        "See below.",
        "---------- Forwarded message ---------\nmy oven shows E4",
        "From: Mia Muster\nSent: Monday, June 1, 2026 10:00 AM\nTo: Ada\nSubject: Oven\n\nmy oven shows E4",
        "---------- Forwarded message ---------\nFrom: Support <support@shop.example>\nSubject: Re: Oven\n\nhello",
    ],
)
def test_what_names_nobody_is_known_to_be_passed_on(text: str) -> None:
    assert found(mail(text, subject="Fwd: Oven")).author is None


def inner(sender: str = "Mia Muster <mia@example.org>", **headers: str) -> bytes:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = sender
    made["To"] = "ada@shop.example"
    made["Subject"] = "Oven"
    made["Message-ID"] = "<first@example.org>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("my oven shows E4\n")
    return made.as_bytes()


def test_an_attached_mail_is_read_whole() -> None:
    forwarded = found(mail("Please look", subject="FW: Oven", attached=(inner(),)))
    assert forwarded.author is not None
    assert (forwarded.author.address, forwarded.text, forwarded.above) == (
        "mia@example.org",
        "my oven shows E4",
        "Please look",
    )
    assert (forwarded.message_id, forwarded.subject, forwarded.is_automatic) == ("<first@example.org>", "Oven", False)
    assert found(mail("", subject="x", attached=(inner(Auto_Submitted="auto-replied"),))).is_automatic


def test_an_attached_mail_whose_answers_come_to_us_is_its_authors() -> None:
    forwarded = found(mail("", subject="x", attached=(inner(Reply_To="Support <support@shop.example>"),)))
    assert forwarded.author is not None
    assert forwarded.author.address == "mia@example.org"


def test_it_is_quick_on_hostile_text() -> None:
    for text in (
        "______" * 150 + "x\n",
        "*_" * 450 + "x\n",
        " " * 990 + "|\n",
        "> From: nobody\n> \n",
        "From: x\n" + " " * 990 + "x\n",
        "From: " + "a" * 900 + "\n",
        "word word word\n",
    ):
        before = time.process_time()
        forward.inline(text * (400_000 // len(text)), is_named=True)
        assert time.process_time() - before < 3


def test_attached_mails_of_several_people_stand_for_nobody() -> None:
    assert found(mail("", subject="x", attached=(inner(), inner("Tom <tom@example.org>")))).author is None
    assert found(mail("", subject="x", attached=(inner(), inner()))).author is not None
    assert found(mail("", subject="x", attached=(inner("support@shop.example"),))).author is None


def test_a_mail_in_a_mail_in_a_mail_is_opened_once() -> None:
    raw = inner()
    for _ in range(20):
        raw = mail("", subject="Fwd", attached=(raw,))
    assert found(raw).author is not None


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "FW: x", "WG: x", "Wg: AW: x", "转发: x", "轉寄：x", "[Fwd: x]", "x (fwd)", "I: x", "TR : x"]
)
def test_a_subject_says_that_it_is_passed_on(subject: str) -> None:
    assert is_forward(subject)


@pytest.mark.parametrize(
    "subject", ["Re: Fwd: x", "AW: WG: x", "回复: 转发: x", "x", "", "i: x", "Forward march", "Tr x"]
)
def test_a_subject_says_nothing_of_the_kind(subject: str) -> None:
    assert not is_forward(subject)


@pytest.mark.parametrize("name", ["forwarded_gmail.txt", "forwarded_message.txt", "forwarded_apple.txt"])
def test_what_others_have_recorded_is_read(name: str) -> None:
    collection = corpora.folder()
    if collection is None:
        pytest.skip("the collection of mails is absent: name it by OMNIBOT_CORPORA")
    text = (collection / "reply" / "discourse" / name).read_text(encoding="utf-8")
    inline = forward.inline(text, is_named=False)
    assert inline is not None
    assert inline.author is not None
    assert f"{inline.author.name} <{inline.author.address}>" in text
    assert inline.text
