"""Copies of mails, through the whole application: real IMAP, SMTP, database. Mia asks, Ada answers, Carol and Dan have copies."""

from email.message import EmailMessage
from typing import Any

import pytest

from tests.adapters.email.servers import PostOffice, mail
from tests.adapters.email.test_conversation import ADDRESS, Customer, conversations, customer, shop, words
from tests.adapters.email.test_passing_on import heads
from tests.office import Agent, Office, eventually

__all__ = ["customer", "shop"]  # pytest finds the fixtures here

CAROL, DAN = "carol@example.net", "dan@example.net"


@pytest.fixture
async def ada(shop: Office, customer: Customer) -> Agent:
    """She has Mia's conversation, number 1 of this shop."""
    ada = await shop.agent("Ada")
    customer.writes(mail(1, text="talk to a person", Subject="Oven"))
    await customer.hears(1)
    await ada.post(f"/conversations/{await only(shop)}/take")
    await customer.hears(2)
    return ada


async def only(shop: Office) -> int:
    [head] = await heads(shop)
    return int(head["id"])


async def answers(ada: Agent, id: int, text: str, *, status: int = 200, **more: Any) -> Any:
    return await ada.post(f"/conversations/{id}/messages", {"text": text, **more}, status=status)


async def shows(ada: Agent, id: int, count: int) -> Any:
    """The conversation, once the customer's side has said so much."""

    async def there() -> bool:
        found = await ada.get(f"/conversations/{id}")
        return sum(line["author"] == "customer" for line in found["transcript"]) == count

    await eventually(there, f"{count} messages of theirs")
    return await ada.get(f"/conversations/{id}")


def reply_to(answer: EmailMessage, number: int, *, sender: str, text: str, **headers: str) -> bytes:
    more = {"In_Reply_To": str(answer["Message-ID"]), "To": str(answer["Reply-To"]), **headers}
    return mail(number, text=text, sender=sender, Subject="Re: Oven", **more)


async def test_an_answer_goes_once_to_all_and_nobody_sees_the_hidden_ones(
    shop: Office, customer: Customer, ada: Agent, office: PostOffice
) -> None:
    id = await only(shop)
    said = await answers(ada, id, "It comes on Monday.", cc=["Carol@Example.net", "mia@example.org"], bcc=[DAN, CAROL])
    answer = await customer.hears(3)
    assert office.recipients[-1] == ["mia@example.org", CAROL, DAN]
    assert (answer["To"], answer["Cc"], answer["Bcc"]) == ("mia@example.org", CAROL, None)
    assert DAN.encode() not in office.taken[-1]
    line = (await shows(ada, id, 1))["transcript"][-1]
    assert (line["id"], line["cc"], line["bcc"]) == (said["messages"][-1]["id"], [CAROL], [DAN])


async def test_what_cannot_get_a_copy_is_refused_in_words(shop: Office, customer: Customer, ada: Agent) -> None:
    id = await only(shop)
    found = await answers(ada, id, "Hello", cc=["carol"], status=422)
    assert (found["type"], found["address"]) == ("urn:omnibot:not-an-address", "carol")
    assert (await answers(ada, id, "x", bcc=["a@b.example\nBcc: x@y.example"], status=422))["status"] == 422
    found = await answers(ada, id, "Hello", cc=[f"c{n}@example.net" for n in range(21)], status=422)
    assert (found["type"], found["most"]) == ("urn:omnibot:too-many-copies", 20)
    assert (await answers(ada, id, "Hello", cc=[CAROL], internal=True, status=422))["type"] == "urn:omnibot:no-copies"
    ana = await shop.visitor("I want to talk to a person")
    found = await ada.replies(ana, "Hello", cc=[CAROL], status=422)
    assert found["type"] == "urn:omnibot:no-copies"
    assert (await ada.get(f"/conversations/{ana.conversation_id}"))["copies"] == {"most": 0, "known": []}


async def test_who_had_a_copy_is_heard_in_the_same_conversation_as_himself(
    shop: Office, customer: Customer, ada: Agent, office: PostOffice
) -> None:
    id = await only(shop)
    await answers(ada, id, "Carol brings it.", cc=[CAROL], bcc=[DAN])
    answer = await customer.hears(3)
    customer.writes(reply_to(answer, 2, sender=f"Carol <{CAROL}>", text="How do I clean the filter?"))
    found = await shows(ada, id, 2)
    line = found["transcript"][-1]
    assert (line["author_name"], line["sender"], line["is_verified"]) == ("Carol", CAROL, False)
    assert found["contact"]["name"] == "Mia"
    assert found["conversation"]["waiting_since"] is not None
    assert (found["copies"]["most"], found["copies"]["known"]) == (20, [CAROL])
    # Whom nobody named, and who knows the id all the same, is somebody else with a question of his own.
    customer.writes(reply_to(answer, 3, sender="Eve <eve@example.net>", text="How do I clean the filter?"))
    assert (await customer.hears(4))["To"] == "eve@example.net"
    assert await conversations(shop) == 2


async def test_a_hidden_reader_is_heard_and_stays_hidden(shop: Office, customer: Customer, ada: Agent) -> None:
    id = await only(shop)
    await answers(ada, id, "Dan should know.", bcc=[DAN])
    answer = await customer.hears(3)
    customer.writes(reply_to(answer, 2, sender=f"Dan <{DAN}>", text="I do."))
    found = await shows(ada, id, 2)
    assert (found["transcript"][-1]["sender"], found["copies"]["known"]) == (DAN, [])


async def test_to_a_closed_conversation_it_comes_into_the_queue_and_nobody_is_written_to(
    shop: Office, customer: Customer, ada: Agent, office: PostOffice
) -> None:
    id = await only(shop)
    await answers(ada, id, "Carol brings it.", cc=[CAROL])
    answer = await customer.hears(3)
    await ada.post(f"/conversations/{id}/close")
    await customer.hears(4)
    customer.writes(reply_to(answer, 2, sender=f"Carol <{CAROL}>", text="1"))
    found = await shows(ada, id, 2)
    assert (found["conversation"]["status"], found["handoff"]["reason"]) == ("queued", "copied")
    assert len(found["clocks"]) == 1
    assert len(office.taken) == 4


async def test_a_customers_reply_to_all_tells_whom_to_copy(shop: Office, customer: Customer, ada: Agent) -> None:
    id = await only(shop)
    await answers(ada, id, "Monday?")
    answer = await customer.hears(3)
    to_all = {"To": f"{answer['Reply-To']}, Help+x@shop.example, Dan <{DAN}>", "Cc": f"{CAROL}, Mia <mia@example.org>"}
    customer.writes(reply_to(answer, 2, sender="Mia <mia@example.org>", text="Yes.", **to_all))
    found = await shows(ada, id, 2)
    assert (found["transcript"][-1]["cc"], found["copies"]["known"]) == ([DAN, CAROL], [DAN, CAROL])
    # She who hides us from the others does not want them to know.
    unseen = {"To": DAN, "Delivered_To": ADDRESS}
    customer.writes(reply_to(answer, 3, sender="Mia <mia@example.org>", text="And?", **unseen))
    assert (await shows(ada, id, 3))["transcript"][-1]["cc"] == []


async def test_a_copy_that_is_refused_or_comes_back_keeps_nobody_else_from_the_mail(
    shop: Office, customer: Customer, ada: Agent, office: PostOffice
) -> None:
    id = await only(shop)
    office.strangers[DAN] = "550 no such user"
    await answers(ada, id, "It comes on Monday.", cc=[CAROL, DAN])
    answer = await customer.hears(3)
    assert office.recipients[-1] == ["mia@example.org", CAROL]
    customer.writes(bounce(str(answer["Message-ID"]), CAROL))

    async def told() -> bool:
        found = await ada.get(f"/conversations/{id}")
        return sum("A copy did not arrive" in line["text"] for line in found["transcript"] if line["internal"]) == 2

    await eventually(told, "staff hear of both")
    found = await ada.get(f"/conversations/{id}")
    notes = [line["text"] for line in found["transcript"] if line["internal"]]
    assert [DAN in notes[-2], "550" in notes[-2], CAROL in notes[-1]] == [True, True, True]
    [line] = [line for line in found["transcript"] if line["text"] == "It comes on Monday."]
    assert line["delivery"] == "sent"
    assert "It comes on Monday." in words(answer)


def bounce(message_id: str, recipient: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.net\r\nTo: support@shop.example\r\nSubject: Undelivered Mail\r\nMessage-ID: <b1@mx>\r\n"
        "Date: Mon, 01 Jun 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nIt did not arrive.\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n--b--\r\n"
    ).encode()
