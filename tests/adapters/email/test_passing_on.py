"""A colleague passes a customer's mail on to the support address, through the whole application; real IMAP, SMTP, database."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role
from omnibot.domain.language import Language
from tests.adapters.email.servers import Folder, PostOffice, mail
from tests.adapters.email.test_conversation import ADDRESS, Customer, customer, shop, words
from tests.office import Agent, Office, eventually

__all__ = ["customer", "shop"]  # pytest finds the fixtures here

VOUCHED = "mx.shop.example; dmarc=pass header.from=shop.example"
HEAD = (
    "Please call her back, she is angry.\n\n---------- Forwarded message ---------\nFrom: Mia Muster <mia@example.org>\n"
    "Date: Mon, Jun 1, 2026 at 10:00 AM\nSubject: Filter\nTo: <ada@shop.example>\n\n\n"
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2_000)
FILTER = "How do I clean the filter?"


@pytest.fixture
async def ada(shop: Office) -> Agent:
    """Her address is ada@example.com."""
    return await shop.agent("Ada")


def passed_on(number: int = 1, *, body: str = HEAD + FILTER, vouched: str = VOUCHED, **headers: str) -> bytes:
    vouched = vouched.replace("header.from=shop.example", "header.from=example.com")
    given = {"Subject": "Fwd: Filter", "sender": "Ada <Ada@example.com>", "Authentication_Results": vouched, **headers}
    return mail(number, text=body, **given)


async def heads(shop: Office) -> list[Any]:
    """Chat, thread and state of every conversation."""

    def look(tx: Connection) -> list[Any]:
        query = "SELECT id, chat, thread, status FROM conversations ORDER BY id"
        return [row._mapping for row in tx.execute(text(query))]

    return await shop.application.store.read(look)


async def transcript(ada: Agent, id: int) -> list[Any]:
    found = await ada.get(f"/conversations/{id}")
    return [found, *found["transcript"]]


async def test_a_mail_that_a_colleague_passes_on_is_answered_to_the_customer(
    shop: Office, customer: Customer, ada: Agent
) -> None:
    customer.writes(passed_on(In_Reply_To="<first@example.org>", References="<first@example.org>"))
    answer = await customer.hears(1)
    assert answer["To"] == "mia@example.org"
    assert answer["Subject"] == "Re: Filter"
    assert answer["In-Reply-To"] == "<first@example.org>"  # in her own thread
    assert "flap at the bottom right" in words(answer)
    assert "angry" not in answer.as_string()
    assert "ada@" not in words(answer).lower()
    [head] = await heads(shop)
    assert head["chat"] == "mia@example.org"
    found, asked, note, *_ = await transcript(ada, head["id"])
    assert note["text"].startswith("Passed on by mail.")
    assert note["text"].endswith("Please call her back, she is angry.")
    assert note["author_name"] == "Ada"
    assert (asked["author"], asked["text"], asked["is_verified"]) == ("customer", FILTER, False)
    assert "Mia Muster" in str(found)


async def test_her_answer_to_ours_goes_on_in_that_conversation(shop: Office, customer: Customer, ada: Agent) -> None:
    customer.writes(passed_on())
    answer = await customer.hears(1)
    reply = mail(2, text="talk to a person", To=str(answer["Reply-To"]), Subject="Re: Filter")
    customer.writes(reply)
    await customer.hears(2)
    [head] = await heads(shop)
    assert head["status"] == "queued"


async def test_an_attached_mail_stands_for_its_writer(shop: Office, customer: Customer, ada: Agent) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ada <ada@example.com>", ADDRESS, "FW: Filter"
    made["Message-ID"], made["Authentication-Results"] = "<f1@shop.example>", "mx.shop.example; dmarc=pass"
    made.set_content("For you\n")
    inner = message_from_bytes(mail(7, text=FILTER), policy=SMTP)
    assert isinstance(inner, EmailMessage)
    inner.add_attachment(PNG, maintype="image", subtype="png", filename="Filter 滤芯.png")
    made.add_attachment(bytes(inner), maintype="application", subtype="octet-stream", filename="filter.eml", cte="8bit")
    customer.writes(made.as_bytes().replace(b"application/octet-stream", b"message/rfc822"))
    answer = await customer.hears(1)
    assert (answer["To"], answer["In-Reply-To"]) == ("mia@example.org", "<q7@example.org>")
    [head] = await heads(shop)
    _, asked, note, *_ = await transcript(ada, head["id"])
    assert note["text"].endswith("For you")
    assert [(file["name"], file["problem"]) for file in asked["files"]] == [
        ("filter.eml", None),
        ("Filter 滤芯.png", None),
    ]
    async with shop.http.get(f"/api/v1/files/{asked['files'][1]['id']}", headers=ada.headers) as got:
        assert (got.status, got.content_type, await got.read()) == (200, "image/png", PNG)


async def test_a_mail_that_we_have_already_is_added_to_its_conversation(
    shop: Office, customer: Customer, ada: Agent
) -> None:
    customer.writes(mail(1, text=FILTER, Subject="Filter"))
    await customer.hears(1)
    customer.writes(passed_on(2, In_Reply_To="<q1@example.org>", References="<q1@example.org>"))
    await customer.hears(2)
    assert [head["chat"] for head in await heads(shop)] == ["mia@example.org"]


async def test_what_is_known_of_the_customer_is_not_told_because_of_it(
    shop: Office, customer: Customer, ada: Agent
) -> None:
    customer.writes(mail(1, text="talk to a person", Authentication_Results="mx.shop.example; dmarc=pass"))
    await customer.hears(1)
    [head] = await heads(shop)
    body = {"conversation_id": head["id"], "subject": "The oven on Elm Street 5"}
    number = (await ada.post("/tickets", body, status=201))["ticket"]["number"]
    await shop.all_sent()
    taken = len(customer._post.taken)
    customer.writes(passed_on(2, body=HEAD + "Where is my case?"))
    answer = await customer.hears(taken + 1)
    assert number not in words(answer)
    assert "Elm Street" not in words(answer)


async def test_a_head_that_names_nobody_is_told_to_the_colleague(shop: Office, customer: Customer, ada: Agent) -> None:
    customer.writes(passed_on(body=f"Look\n\n---------- Forwarded message ---------\n{FILTER}\n"))
    answer = await customer.hears(1)
    assert answer["To"] == "Ada@example.com" or answer["To"] == "ada@example.com"
    assert "cannot be read who wrote the mail that you passed on" in words(answer)
    assert "flap" not in words(answer).partition("wrote:")[0]
    [head] = await heads(shop)
    assert head["chat"] == "ada@example.com"
    _, *lines = await transcript(ada, head["id"])
    assert [line["author"] for line in lines] == ["customer", "system"]


@pytest.mark.parametrize(
    ("vouched", "headers"),
    [
        ("", {}),  # nobody vouches
        ("mx.shop.example; dmarc=fail header.from=shop.example", {}),
        ("mx.evil.example; dmarc=pass header.from=shop.example", {}),  # not our server's word
        (VOUCHED, {"Reply_To": "eve@evil.example"}),
        ("mx.shop.example; dmarc=pass header.from=example.org", {"sender": "Eve <eve@example.org>"}),  # nobody of ours
    ],
)
async def test_of_nobody_else_a_forward_stands_for_somebody(
    shop: Office, customer: Customer, ada: Agent, vouched: str, headers: dict[str, str]
) -> None:
    customer.writes(passed_on(vouched=vouched, **headers))

    async def is_there() -> bool:
        return bool(await heads(shop))

    await eventually(is_there, "it is placed")
    await shop.settled()
    await shop.all_sent()
    [head] = await heads(shop)
    assert "mia" not in head["chat"]
    assert all(b"mia@example.org" not in taken.partition(b"\r\n\r\n")[0] for taken in customer._post.taken)


async def test_a_colleague_who_has_left_passes_nothing_on(shop: Office, customer: Customer) -> None:
    ada = await shop.agent("Ada")
    admin = await shop.agent("Root", Role.ADMIN)
    await shop.call("DELETE", f"/api/v1/users/{ada.id}", headers=admin.headers, status=204)
    customer.writes(passed_on())

    async def is_there() -> bool:
        return bool(await heads(shop))

    await eventually(is_there, "it is placed")
    [head] = await heads(shop)
    assert head["chat"] == "ada@example.com"


async def test_a_machines_mail_that_is_passed_on_is_kept_and_not_answered(
    shop: Office, customer: Customer, ada: Agent, folder: Folder, office: PostOffice
) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ada <ada@example.com>", ADDRESS, "FW: Filter"
    made["Message-ID"], made["Authentication-Results"] = "<f1@shop.example>", "mx.shop.example; dmarc=pass"
    made.set_content("For you\n")
    inner = mail(7, text=FILTER, Auto_Submitted="auto-generated")
    made.add_attachment(inner, maintype="application", subtype="octet-stream", filename="filter.eml")
    customer.writes(made.as_bytes().replace(b"application/octet-stream", b"message/rfc822"))
    customer.writes(mail(9, text=FILTER, sender="tom@example.org"))
    answer = await customer.hears(1)
    assert answer["To"] == "tom@example.org"
    assert "flap" in shop.answer("clean-filter", Language.EN)
