# ruff: noqa: E501 - the heads of mails stand here as programs write them
"""What a person wrote, apart from what mail programs put below it; written as the programs write it, in their users' languages."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.email import quotes, reply

HEADS = {
    "Gmail": "On Mon, Jun 1, 2026 at 9:00 AM Support <support@shop.example> wrote:",
    "Gmail, wrapped": "On Mon, Jun 1, 2026 at 9:00 AM Support of the shop with a long name\n<support@shop.example> wrote:",
    "Gmail, Chinese": "Support <support@shop.example> 于2026年6月1日周一 09:00写道：",
    "Gmail, traditional Chinese": "Support <support@shop.example> 於 2026年6月1日 週一 上午9:00寫道：",
    "Gmail, German": "Am Mo., 1. Juni 2026 um 09:00 Uhr schrieb Support <support@shop.example>:",
    "Gmail, French": "Le lun. 1 juin 2026 à 09:00, Support <support@shop.example> a écrit :",
    "Gmail, Spanish": "El lun, 1 jun 2026 a las 9:00, Support (<support@shop.example>) escribió:",
    "Gmail, Portuguese": "Em seg., 1 de jun. de 2026 às 09:00, Support <support@shop.example> escreveu:",
    "Gmail, Italian": "Il giorno lun 1 giu 2026 alle ore 09:00 Support <support@shop.example> ha scritto:",
    "Gmail, Dutch": "Op ma 1 jun 2026 om 09:00 schreef Support <support@shop.example>:",
    "Gmail, Polish": "pon., 1 cze 2026 o 09:00 Support <support@shop.example> napisał(a):",
    "Gmail, Russian": "пн, 1 июн. 2026 г. в 09:00, Support <support@shop.example>:",
    "Gmail, Ukrainian": "пн, 1 черв. 2026 р. о 09:00 Support <support@shop.example> пише:",
    "Gmail, Czech": "po 1. 6. 2026 v 9:00 odesílatel Support <support@shop.example> napsal:",
    "Gmail, Swedish": "Den mån 1 juni 2026 kl 09:00 skrev Support <support@shop.example>:",
    "Gmail, Turkish": "Support <support@shop.example>, 1 Haz 2026 Pzt, 09:00 tarihinde şunu yazdı:",
    "Gmail, Japanese": "2026年6月1日(月) 9:00 Support <support@shop.example>:",
    "Gmail, Korean": "2026년 6월 1일 (월) 오전 9:00, Support <support@shop.example>님이 작성:",
    "Gmail, Vietnamese": "Vào Th 2, 1 thg 6, 2026 vào lúc 09:00 Support <support@shop.example> đã viết:",
    "Gmail, Hungarian": "Support <support@shop.example> ezt írta (időpont: 2026. jún. 1., H, 9:00):",
    "Gmail, Romanian": "În lun., 1 iun. 2026 la 09:00, Support <support@shop.example> a scris:",
    "Apple": "On 1 Jun 2026, at 09:00, Support <support@shop.example> wrote:",
    "Apple, Chinese": "在 2026年6月1日，09:00，Support <support@shop.example> 写道：",
    "Apple, Danish": "Den 1. jun. 2026 kl. 09.00 skrev Support <support@shop.example>:",
    "Thunderbird": "On 01/06/2026 09:00, Support wrote:",
    "Thunderbird, German": "Am 01.06.26 um 09:00 schrieb Support:",
    "163": 'At 2026-06-01 09:00:00, "Support" <support@shop.example> wrote:',
    "163, Chinese": "在 2026-06-01 09:00:00，\"Support\" <support@shop.example> 写道：",
    "QQ": "------------------ 原始邮件 ------------------\n发件人: \"Support\" <support@shop.example>;\n发送时间: 2026年6月1日(星期一) 上午9:00\n收件人: \"mia\"<mia@example.org>;\n主题: Order",
    "QQ, new": "------------------&nbsp;原始邮件&nbsp;------------------".replace("&nbsp;", "\u00a0"),
    "Foxmail": "发件人： Support\n发送时间： 2026-06-01 09:00\n收件人： mia\n主题： Order",
    "Outlook": "From: Support <support@shop.example>\nSent: Monday, June 1, 2026 9:00 AM\nTo: Mia <mia@example.org>\nSubject: Order",
    "Outlook, ruled": "________________________________\nFrom: Support <support@shop.example>\nSent: Monday, June 1, 2026 9:00 AM\nTo: Mia\nSubject: Order",
    "Outlook, Chinese": "发件人: Support <support@shop.example>\n发送时间: 2026年6月1日 9:00\n收件人: Mia <mia@example.org>\n主题: Order",
    "Outlook, traditional Chinese": "寄件者: Support <support@shop.example>\n寄件日期: 2026年6月1日 上午 09:00\n收件者: Mia\n主旨: Order",
    "Outlook, Japanese": "差出人: Support <support@shop.example>\n送信日時: 2026年6月1日 9:00\n宛先: Mia\n件名: Order",
    "Outlook, German": "Von: Support <support@shop.example>\nGesendet: Montag, 1. Juni 2026 09:00\nAn: Mia\nBetreff: Order",
    "Outlook, Russian": "От: Support <support@shop.example>\nОтправлено: 1 июня 2026 г. 9:00\nКому: Mia\nТема: Order",
    "Outlook, Turkish": "Kimden: Support <support@shop.example>\nGönderildi: 1 Haziran 2026 09:00\nKime: Mia\nKonu: Order",
    "Outlook Express": "----- Original Message -----\nFrom: Support\nTo: Mia\nSent: Monday, June 01, 2026 9:00 AM\nSubject: Order",
    "Yahoo": "On Monday, June 1, 2026 at 09:00:00 AM GMT+2, Support <support@shop.example> wrote:",
    "Yandex": '01.06.2026, 09:00, "Support" <support@shop.example>:',
    "mail.ru": "Понедельник, 1 июня 2026, 9:00 +03:00 от Support <support@shop.example>:",
    "Zoho": "---- On Mon, 01 Jun 2026 09:00:00 +0000 Support <support@shop.example> wrote ----",
    "Proton": "------- Original Message -------\nOn Monday, June 1st, 2026 at 9:00 AM, Support <support@shop.example> wrote:",
    "Forwarded": "---------- Forwarded message ---------\nFrom: Support <support@shop.example>\nDate: Mon, 1 Jun 2026\nSubject: Order\nTo: <mia@example.org>",
    "our own marker": "-- Reply above this line --",
    "our own marker, Chinese": "-- 请在此行上方回复 --",
}  # fmt: skip


@pytest.mark.parametrize("program", HEADS)
def test_the_quoted_mail_goes_and_the_words_stay(program: str) -> None:
    found = reply.split(
        f"Yes, please.\nBut before Friday: 5 pm is fine.\n\n{HEADS[program]}\n\nDo you want it?\nWe can send it.\n"
    )
    assert found.reply == "Yes, please.\nBut before Friday: 5 pm is fine."
    assert "Do you want it?" in found.quoted


@pytest.mark.parametrize("program", [name for name in HEADS if name.startswith(("Gmail", "Apple", "Thunderbird"))])
def test_an_answer_below_or_between_the_quoted_lines_stays(program: str) -> None:
    found = reply.split(
        f"{HEADS[program]}\n> Which colour?\n\nBlue.\n\n> And which size?\n> We have two.\n\nThe large one.\n"
    )
    assert found.reply.split() == ["Blue.", "The", "large", "one."]
    assert "Which colour?" in found.quoted


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone", "Sent from my Galaxy", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Sent from Mail for Windows",
        "Von meinem iPhone gesendet", "Gesendet von Outlook für Android", "Envoyé de mon iPhone", "Enviado desde mi iPhone",
        "Inviato da iPhone", "Verzonden vanaf mijn iPhone", "Skickat från min iPhone", "Отправлено с iPhone",
        "发自我的iPhone", "发自我的 iPhone", "從我的 iPhone 傳送", "iPhoneから送信", "나의 iPhone에서 보냄", "Wysłane z iPhone'a",
        "Odesláno z iPhonu", "Lähetetty iPhonesta", "获取 Outlook for iOS", "来自我的华为手机", "Sent with Proton Mail secure email",
    ],
)  # fmt: skip
def test_what_a_device_adds_goes(line: str) -> None:
    assert reply.split(f"It does not cool.\n\n{line}\n").reply == "It does not cool."


@pytest.mark.parametrize(
    "text",
    [
        "From: Berlin\nTo: Munich\nWhen does it arrive?",
        "I wrote:\nthe fridge is broken.",
        "On Monday I called you. On Tuesday again.\nNobody answered!",
        "My order of 01.06.2026, 09:00, has not come.",
        "- one\n- two\n\nThe rest later.",
        "Error: E4\nDate: today\nWhat now?",
        "Sent from my desk, is much easier than my mobile phone.",
        "He said: 5 > 3\nand 3 < 5",
        "主题：冰箱\n不制冷怎么办？",
        "我在2026年6月1日写道歉信了吗？",
        "From the manual: press E4, then wait.\nSubject to change.",
        "2026-06-01 09:00 it stopped.\nSince then nothing.",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert reply.split(text).reply == text


def test_a_signature_goes_and_is_kept_aside() -> None:
    found = reply.split("Please call me.\n\n-- \nMia Berg\nBerg GmbH\n+49 30 123\n")
    assert found == reply.Split("Please call me.", "-- \nMia Berg\nBerg GmbH\n+49 30 123".replace("-- ", "--"))


def test_a_mail_that_was_only_passed_on_is_what_it_says() -> None:
    found = reply.split(
        "---------- Forwarded message ---------\nFrom: A <a@example.org>\nDate: Mon, 1 Jun 2026\nSubject: X\nTo: b\n\nIt leaks."
    )
    assert found.reply == "It leaks."


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<div>Yes.</div><div class='gmail_quote'>On Monday Support wrote:<blockquote>Want it?</blockquote></div>", "Yes."),
        ("<p>Yes.</p><div id='appendonsend'></div><hr><div id='divRplyFwdMsg'><b>From:</b> Support</div><div>Want it?</div>", "Yes."),
        ("<div>好的。</div><div><br></div><div>------------------ 原始邮件 ------------------</div><div>发件人: Support</div><div>Want it?</div>", "好的。"),
        ("<div>好的。</div><div id='isReplyContent'>在 2026-06-01 09:00:00，\"Support\" 写道：<blockquote>Want it?</blockquote></div>", "好的。"),
        ("<blockquote>Which?</blockquote><p>Blue.</p><blockquote>Size?</blockquote><p>Large.</p>", "Blue. Large."),
        ("<p>Yes.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Support</p></div><p>Want it?</p>", "Yes."),
        ("<style>p{}</style><p>Yes.</p><script>alert(1)</script>", "Yes."),
        ("<blockquote>Only a quote.</blockquote>", "Only a quote."),
    ],
)  # fmt: skip
def test_the_quote_of_an_html_mail_goes(html: str, words: str) -> None:
    assert " ".join(quotes.split(html).reply.split()) == words


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
@settings(deadline=None, max_examples=300)
def test_no_text_breaks_it_and_no_line_is_invented(text: str) -> None:
    found = reply.split(text)
    assert set(found.reply.split()) <= set(text.replace("\u200b", "").split())


_LINES = st.lists(
    st.sampled_from(
        [*"\n".join(HEADS.values()).split("\n"), "> a", ">> b", "", "hello", "-- ", "Sent from my iPhone", "___"]
    )
)


@given(_LINES)
@settings(deadline=None, max_examples=300)
def test_any_order_of_marks_is_split_without_loss(lines: list[str]) -> None:
    found = reply.split("\n".join(lines))
    kept = f"{found.reply}\n{found.quoted}"
    assert all("hello" not in line or kept.count("hello") >= lines.count("hello") for line in lines)


def test_it_is_quick_on_hostile_text() -> None:
    for text in (
        "On " * 300_000,
        "> " * 300_000,
        "a <b@c\n" * 100_000,
        ":" * 900_000,
        "-- \n" * 100_000,
        ("From: x\n" * 3 + "\n\n") * 20_000,
        ("_" * 990 + "x\n") * 40,
        (" " * 990 + "|\n") * 40,
    ):
        before = time.process_time()
        reply.split(text)
        assert time.process_time() - before < 2
