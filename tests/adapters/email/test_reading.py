# ruff: noqa: E501 - headers and words stand here as programs write them
"""What is understood of a raw mail: forms, charsets, threads, and who wrote it. Own mails, as programs write them."""

import base64
from datetime import UTC, datetime
from email.header import Header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.email import body, charset, html, parse, subject
from omnibot.adapters.email.inspection import inspect
from omnibot.adapters.email.intake import Stored
from omnibot.adapters.email.reading import Mail, read
from omnibot.channel import Bounced, Ignored, Inbound, InboundMessage
from omnibot.domain.message import RawEvent
from tests.adapters.email.servers import mail

OWN = frozenset({"support@shop.example"})


def received(raw: bytes, **options: object) -> Inbound:
    """The mail as the core gets it."""
    from msgspec import json

    read_mail: Mail = read(raw, own=OWN, **options)  # type: ignore[arg-type]
    payload = json.encode(Stored(raw="ab/cd", mail=read_mail)).decode()
    return parse.inbound(RawEvent(channel="email", external_id=read_mail.key, lane="email:x", payload=payload))


def message(raw: bytes) -> InboundMessage:
    found = received(raw)
    assert isinstance(found, InboundMessage), found
    return found


@pytest.mark.parametrize(
    "label",
    [
        "utf-8",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "iso-2022-jp",
        "shift_jis",
        "euc-kr",
        "koi8-r",
        "windows-1251",
        "iso-8859-1",
    ],
)
def test_words_survive_every_charset_labelled_or_not(label: str) -> None:
    words = {
        "big5": "您好，冰箱不製冷，請問怎麼辦",
        "iso-2022-jp": "冷蔵庫が冷えません",
        "shift_jis": "冷蔵庫が冷えません。どうすればいいですか",
        "euc-kr": "냉장고가 안 돼요",
    }.get(
        label,
        "您好，我的冰箱不制冷了，请问怎么办"
        if label.startswith("gb") or label == "utf-8"
        else "Холодильник не работает"
        if label[0] in "kw"
        else "Kühlschrank läuft über",
    )
    raw = words.encode(label)
    body = b"From: mia@example.org\nSubject: %s\nContent-Type: text/plain; charset=%s\n\n%s\n"
    header = Header(words, label).encode().encode() if label != "gb18030" else b"x"
    assert message(body % (header, label.encode(), raw)).text == words
    unlabelled = message(b"From: mia@example.org\nSubject: x\n\n" + raw + b"\n")
    assert unlabelled.text == words


def test_a_wrong_label_is_seen_through() -> None:
    raw = b"From: mia@example.org\nContent-Type: text/plain; charset=us-ascii\n\n" + "Kühl".encode()
    assert message(raw).text == "Kühl"


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "unicode_escape", "rot13", "zip", "undefined", "x" * 5_000, "\0", "utf-8\0"]
)
def test_what_is_no_charset_is_not_used_as_one(label: str) -> None:
    assert charset.to_text(b"plain \\u0041", label) == "plain \\u0041"


def test_an_encoded_word_that_is_split_within_a_letter_is_joined() -> None:
    first, second = base64.b64encode("冰".encode()[:2]), base64.b64encode("冰".encode()[2:] + "箱".encode())
    raw = b"From: mia@example.org\nSubject: =?utf-8?b?%s?=\n =?utf-8?b?%s?=\n\nx\n" % (first, second)
    assert message(raw).subject == "冰箱"


def test_flowed_text_is_put_together_again() -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; format=flowed\n\nThis is one \nline.\nAnother.\n"
    assert message(raw).text == "This is one line.\nAnother."


def test_alternatives_are_one_text_and_the_picture_is_a_file() -> None:
    raw = (
        b'From: mia@example.org\nContent-Type: multipart/related; boundary="r"\n\n--r\nContent-Type: multipart/alternative; boundary="a"\n\n'
        b"--a\nContent-Type: text/plain\n\nIt leaks.\n--a\nContent-Type: text/html\n\n<p>It <b>leaks</b>. <img src='cid:p1'>"
        b"<img src='https://tracker.example/x.gif'></p>\n--a--\n--r\nContent-Type: image/png; name*=utf-8''%E5%86%B0.png\nContent-ID: <p1>\n\nPNG\n--r--\n"
    )
    found = message(raw)
    assert found.text == "It leaks."
    assert found.html is not None
    assert "cid:p1" in found.html
    assert "tracker" not in found.html
    assert [(file.name, file.media_type) for file in found.files] == [("冰.png", "image/png")]


def attaching(*parts: bytes, name: bytes = b"b") -> bytes:
    """A mail with these parts."""
    pieces = b"".join(b"--%s\n%s\n" % (name, part) for part in parts)
    return b'From: mia@example.org\nContent-Type: multipart/mixed; boundary="%s"\n\n%s--%s--\n' % (name, pieces, name)


def picture(name: bytes) -> bytes:
    return b'Content-Type: image/png; name="%s"\nContent-ID: <p1>\n\nPNG of %s' % (name, name)


def test_the_files_in_attached_mails_are_files_of_the_mail() -> None:
    deep = attaching(b"\nthe deepest", picture(b"deep.png"), name=b"deep")
    inner = attaching(b"\nthe inner", picture(b"inner.png"), b"Content-Type: message/rfc822\n\n" + deep, name=b"inner")
    outer = attaching(b"\nthe outer", b'Content-Type: message/rfc822; name="a.eml"\n\n' + inner, picture(b"outer.png"))
    found = read(outer)
    assert found.text == "the outer"
    assert [(one.name, one.inside, one.index, one.content_id) for one in found.files] == [
        ("a.eml", (), 1, ""), ("outer.png", (), 2, "p1"), ("inner.png", (1,), 1, ""), ("attachment-4.eml", (1,), 2, ""),
        ("deep.png", (1, 2), 1, ""),
    ]  # fmt: skip
    [mail_file, own] = inspect(outer)["attachments"]
    assert (own["name"], [one["name"] for one in mail_file["attachments"]]) == (
        "outer.png",
        ["inner.png", "attachment-4.eml"],
    )


def test_attached_mails_are_opened_so_deep_and_so_often() -> None:
    chain = picture(b"last.png")
    for n in range(body.DEPTH + 2):
        chain = attaching(b"Content-Type: message/rfc822\n\n" + chain, picture(b"%d.png" % n), name=b"n%d" % n)
    assert [one.name for one in read(chain).files if one.name.endswith("png")] == ["4.png", "3.png", "2.png", "1.png"]
    many = attaching(
        *[b"Content-Type: message/rfc822\n\n" + attaching(picture(b"x.png"), name=b"x")] * (body.OPENED + 3)
    )
    assert len([one for one in read(many).files if one.inside]) == body.OPENED
    full = attaching(b"Content-Type: message/rfc822\n\n" + attaching(*[picture(b"x.png")] * body.FILES, name=b"x"))
    assert (len(read(full).files), read(full).files_left_out) == (body.FILES, 1)


def test_files_of_all_kinds_are_named() -> None:
    kinds = [
        (b"application/ms-tnef", b"winmail.dat", "TNEF"), (b"message/rfc822", b"", None), (b"text/calendar", b"", None),
        (b"application/pkcs7-mime; smime-type=enveloped-data", b"smime.p7m", "encrypted"), (b"application/pgp-signature", b"", None),
        (b"application/pdf", b"../../etc/\\passwd", None),
    ]  # fmt: skip
    parts = b"".join(
        b'--b\nContent-Type: %s\nContent-Disposition: attachment; filename="%s"\n\nx\n' % (kind, name)
        for kind, name, _ in kinds
    )
    found = message(
        b'From: a@b.example\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nhello\n' + parts + b"--b--"
    )
    assert found.text == "hello"
    assert [file.name for file in found.files] == [
        "winmail.dat",
        "attachment-2.eml",
        "attachment-3.ics",
        "smime.p7m",
        "attachment-5.asc",
        "passwd",
    ]
    for file, (_, _, problem) in zip(found.files, kinds, strict=True):
        assert (problem or "") in (file.problem or "")


def test_more_files_than_a_mail_may_have_are_counted() -> None:
    raw = (
        b'From: a@b.example\nContent-Type: multipart/mixed; boundary="b"\n'
        + b"\n--b\nContent-Type: image/png\n\nx" * 60
    )
    assert [file.name for file in message(raw).files][-1] == "10 more files"


@pytest.mark.parametrize(
    ("written", "stripped"),
    [
        ("Re: Fridge", "Fridge"), ("AW: WG: Fridge", "Fridge"), ("回复：冰箱", "冰箱"), ("答复: 转发: 冰箱", "冰箱"), ("RE[2]: Fridge", "Fridge"), ("SV: VS: Fridge", "Fridge"),
        ("Odp: Fridge", "Fridge"), ("RES: Fridge", "Fridge"), ("TR : Fridge", "Fridge"), ("Отв: Холодильник", "Холодильник"), ("Fwd: [Fwd: Fridge]", "Fridge"),
        ("Ynt: Fridge", "Fridge"), ("返信: 冷蔵庫", "冷蔵庫"), ("Refrigerator: broken", "Refrigerator: broken"), ("Reading: done", "Reading: done"), ("i: one", "i: one"),
        ("[Ticket 12] Re: Fridge", "[Ticket 12] Re: Fridge"), ("Re:", ""), ("", ""),
    ],
)  # fmt: skip
def test_subject_prefixes_go(written: str, stripped: str) -> None:
    assert subject.stripped(written) == stripped


def test_an_answer_names_what_it_answers_the_reply_address_first() -> None:
    token = "m" + "0" * 26
    found = message(mail(2, To=f"Shop <support+{token}@shop.example>", In_Reply_To="<b@x>", References="<a@x> <b@x>"))
    assert found.references == (f"<{token}@shop.example>", "<b@x>", "<a@x>")
    assert found.address.thread == "<a@x>"


def test_one_newsletter_answered_by_two_is_two_conversations() -> None:
    first = message(mail(1, sender="mia@example.org", In_Reply_To="<news@shop.example>"))
    second = message(mail(2, sender="tom@example.org", In_Reply_To="<news@shop.example>"))
    assert first.address != second.address


def test_the_subject_alone_joins_nothing() -> None:
    first, second = message(mail(1, Subject="Fridge")), message(mail(2, Subject="Re: Fridge"))
    assert first.address.chat == second.address.chat
    assert first.address.thread != second.address.thread


def test_the_case_of_an_address_makes_no_second_contact() -> None:
    assert message(mail(1, sender="MIA@Example.ORG")).address.chat == "mia@example.org"


def test_answers_go_where_the_person_asks_for_them_and_the_author_is_kept() -> None:
    found = message(mail(1, sender="Web form <form@shop.example>", Reply_To="Mia <mia@example.org>"))
    assert (found.address.chat, found.sender, found.sender_name) == ("mia@example.org", "form@shop.example", "Mia")


def test_a_group_that_is_our_address_hides_nobody() -> None:
    raw = mail(
        1,
        sender="'Mia' via Support <support@shop.example>",
        X_Original_Sender="mia@example.org",
        Precedence="list",
        List_ID="<support.shop.example>",
        List_Post="<mailto:support@shop.example>",
        Reply_To="support@shop.example",
    )
    found = message(raw)
    assert found.address.chat == "mia@example.org"
    assert not found.is_automatic


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated (vacation)"}, {"Precedence": "bulk"}, {"Precedence": "auto_reply"}, {"X_Auto_Response_Suppress": "OOF"},
        {"List_Id": "<news.example.org>"}, {"List_Unsubscribe": "<mailto:x@example.org>"}, {"Return_Path": "<>"}, {"X_Autoreply": "yes"}, {"Subject": "Automatic reply: Order"},
        {"Subject": "Abwesenheitsnotiz: Order"}, {"Subject": "自动回复: 订单"}, {"Subject": "Réponse automatique : Order"}, {"Subject": "Автоответ: заказ"}, {"Subject": "自動返信 注文"},
    ],
)  # fmt: skip
def test_what_a_machine_wrote_is_kept_and_marked(headers: dict[str, str]) -> None:
    assert message(mail(1, **headers)).is_automatic


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"}, {"Subject": "Re: Automatic reply: Order"}, {"Subject": "Is the out of office reply on?"}, {"X_Auto_Response_Suppress": "none"},
        {"Return_Path": "<mia@example.org>"}, {"Subject": "Undelivered parcel"}, {"Subject": "My mail was returned", "text": "It could not be delivered, says DHL."},
        {"sender": "noreply@shop.example", "Reply_To": "mia@example.org"}, {"Precedence": "first-class"},
    ],
)  # fmt: skip
def test_what_a_person_wrote_is_not(headers: dict[str, str]) -> None:
    assert not message(mail(1, **headers)).is_automatic


def test_our_own_mail_is_dropped_at_the_door() -> None:
    assert isinstance(received(mail(1, sender="support@shop.example")), Ignored)
    assert isinstance(received(mail(1, sender="support@shop.example", X_Omnibot_Channel="email")), Ignored)
    # Anybody can copy the mark.
    assert isinstance(received(mail(1, X_Omnibot_Channel="email")), InboundMessage)


DSN = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: support@shop.example\nSubject: Undelivered Mail Returned to Sender\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="d"\n\n--d\n\nIt could not be delivered.\n'
    b"--d\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; mia@example.org\nAction: %s\nStatus: %s\n"
    b"Diagnostic-Code: smtp; 550 no such user\n--d\nContent-Type: text/rfc822-headers\n\nFrom: support@shop.example\nMessage-ID: <m1@shop.example>\n--d--\n"
)


def test_a_bounce_says_which_mail_failed_and_whether_for_good() -> None:
    assert received(DSN % (b"failed", b"5.1.1")) == Bounced(
        message_id="<m1@shop.example>",
        why="5.1.1 550 no such user",
        is_permanent=True,
        recipients=("mia@example.org",),
    )
    delayed = received(DSN % (b"delayed", b"4.4.1"))
    assert isinstance(delayed, Bounced)
    assert not delayed.is_permanent


def test_a_report_of_success_is_no_bounce() -> None:
    assert message(DSN % (b"delivered", b"2.0.0")).is_automatic


@pytest.mark.parametrize(
    ("results", "is_verified"),
    [
        ("mx.shop.example; dmarc=pass header.from=example.org", True), ("mx.shop.example; dkim=pass header.d=example.org", True), ("mx.shop.example; dkim=pass header.d=evil.example", False),
        ("mx.shop.example; spf=pass smtp.mailfrom=example.org", False), ("mx.shop.example; dmarc=fail header.from=example.org", False), ("mx.evil.example; dmarc=pass header.from=example.org", None),
        ("garbage;;;===", None), ("", None),
    ],
)  # fmt: skip
def test_only_our_own_server_vouches_for_a_sender(results: str, is_verified: bool | None) -> None:
    raw = mail(1, Authentication_Results=results)
    assert read(raw, authserv_id="mx.shop.example").is_verified is is_verified
    assert read(raw).is_verified is None


def test_a_forged_result_below_our_own_does_not_count() -> None:
    ours = b"Authentication-Results: mx.shop.example; dmarc=fail header.from=example.org\n"
    forged = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=example.org\n"
    assert read(ours + forged + mail(1), authserv_id="mx.shop.example").is_verified is False


def test_inspection_shows_the_whole_mail() -> None:
    shown = inspect(
        mail(
            1,
            text="Yes.\n\nOn Mon, 1 Jun 2026 at 09:00, Shop <s@shop.example> wrote:\n> Want it?\n",
            References="<a@x>",
        )
    )
    assert shown == {
        "decision": "message",
        "why": "a person wrote it",
        "from": {"address": "mia@example.org", "name": "Mia"},
        "subject": "Question 1",
        "text": "Yes.",
        "quoted": "On Mon, 1 Jun 2026 at 09:00, Shop <s@shop.example> wrote:\n> Want it?",
        "message_id": "<q1@example.org>",
        "references": ["<a@x>"],
        "sent_at": "2026-06-01T08:59:00Z",
    }
    assert inspect(b"")["decision"] == "unreadable"


def test_a_date_is_read_as_an_instant() -> None:
    assert read(mail(1, Date="Mon, 1 Jun 2026 10:59:00 +0200")).sent_at == datetime(2026, 6, 1, 8, 59, tzinfo=UTC)
    for nonsense in ("yesterday", "Mon, 99 Jun 2026 99:99:99 +9999", "Mon, 1 Jun 99999 10:00:00 +0000"):
        assert read(mail(1, Date=nonsense)).sent_at is None


_PIECES = st.sampled_from([
    b"From: ", b"To: ", b"Subject: ", b"Content-Type: multipart/mixed; boundary=b\n", b"--b\n", b"--b--\n", b"\n", b"\r\n", b"=?utf-8?b?", b"?=", b"a@b.example", b"<", b">", b'"', b"(", b"; ", b"=",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"Content-Type: text/html; charset=", b"utf-7", b"gb18030", b"\xff\xfe", b"\0", b"name*0*=utf-8''%", b"<div>", b"&#x0;", b"</", b"<!--",
    b"Content-Type: message/rfc822\n", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", b"Date: Mon, 1", b"References: <", b"begin 644 x\n", b"> ", b"On 1/1/2026 x wrote:\n", b" ", b"\t",
])  # fmt: skip


@given(st.one_of(st.binary(max_size=2_000), st.lists(_PIECES, max_size=60).map(b"".join)))
@settings(deadline=None, max_examples=600)
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    inspect(raw)
    found = read(raw, own=OWN, authserv_id="mx")
    for line in (found.subject, *(file.name for file in found.files), found.author.name if found.author else ""):
        assert not set(line) & set("\r\n\0")
    assert found.key == read(raw).key


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=300)
def test_safe_html_holds_nothing_that_runs(text: str) -> None:
    safe = html.to_safe(text).lower()
    assert "<script" not in safe
    assert "<style" not in safe
    assert safe == html.to_safe(safe).lower()
