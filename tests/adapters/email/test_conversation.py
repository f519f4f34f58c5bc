"""A customer writes mails, and the whole application answers: real IMAP, real SMTP, real database."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest

from omnibot.adapters.email.connection import EmailConnection, open_account
from omnibot.domain.language import Language
from omnibot.flow.erase import erase_contact
from omnibot.settings import Account, EmailAccount
from tests.adapters.email.servers import Folder, PostOffice, mail
from tests.office import Agent, Office, eventually

ADDRESS = "support@shop.example"


class Customer:
    """Somebody with a mail program."""

    def __init__(self, folder: Folder, post: PostOffice) -> None:
        self._folder = folder
        self._post = post

    def writes(self, raw: bytes) -> None:
        self._folder.put(raw)

    async def hears(self, count: int) -> EmailMessage:
        """The newest of so many mails."""

        async def arrived() -> bool:
            return len(self._post.taken) >= count

        await eventually(arrived, f"{count} mails of ours")
        assert len(self._post.taken) == count
        return cast(EmailMessage, message_from_bytes(self._post.taken[-1], policy=default))


def words(found: EmailMessage) -> str:
    body = found.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
async def shop(open_office: Callable[..., Awaitable[Office]], folder: Folder, smtp_port: int, tmp_path: Path) -> Office:
    def connect(account: Account, *, public_url: str, data_dir: Path, **given: Any) -> EmailConnection:
        assert isinstance(account, EmailAccount)
        return open_account(account, data_dir=tmp_path, look=timedelta(seconds=1), **given)

    account = {
        "address": ADDRESS,
        "imap_host": "127.0.0.1",
        "imap_port": folder.port,
        "imap_user": "demouser",
        "imap_password": "demopass",
        "imap_tls": "none",
        "imap_folder": folder.name,
        "smtp_port": smtp_port,
        "smtp_tls": "none",
        "authserv_id": "mx.shop.example",
        "aliases": ["Help@shop.example"],
    }
    return await open_office(connect=connect, email=account, server={"port": 0, "data_dir": str(tmp_path)})


@pytest.fixture
def customer(shop: Office, folder: Folder, office: PostOffice) -> Customer:
    return Customer(folder, office)


async def conversations(shop: Office) -> int:
    async with shop.http.get("/metrics") as response:
        assert response.status == 200
    found = await shop.application.store.read(_count)
    return int(found)


def _count(tx: Any) -> int:
    from sqlalchemy import text

    return int(tx.execute(text("select count(*) from conversations")).scalar_one())


async def test_a_question_by_mail_is_answered_in_its_thread(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?", Subject="Filter"))
    answer = await customer.hears(1)
    assert "flap at the bottom right" in words(answer)
    assert "flap at the bottom right" in shop.answer("clean-filter", Language.EN)
    assert answer["To"] == "mia@example.org"
    assert answer["Subject"] == "Re: Filter"
    assert answer["In-Reply-To"] == "<q1@example.org>"
    assert answer["Auto-Submitted"] == "auto-replied"


async def test_an_answer_to_our_answer_continues_the_conversation(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?", Subject="Filter"))
    answer = await customer.hears(1)
    # A mail program without manners: no references, only the reply address.
    customer.writes(mail(2, text="And what about my warranty?", Subject="Re: Filter", To=str(answer["Reply-To"])))
    second = await customer.hears(2)
    assert "q2@example.org" in second["In-Reply-To"]
    assert await conversations(shop) == 1


async def test_another_question_of_the_same_person_is_another_conversation(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?", Subject="Filter"))
    await customer.hears(1)
    customer.writes(mail(2, text="How long do I have warranty?", Subject="Filter"))
    await customer.hears(2)
    assert await conversations(shop) == 2


async def test_the_same_mail_twice_is_answered_once(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?"))
    customer.writes(mail(1, text="How do I clean the filter?"))
    customer.writes(mail(2, text="How long do I have warranty?"))
    await customer.hears(2)


async def test_an_automatic_reply_is_kept_and_not_answered(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="I am away. How do I clean the filter?", Auto_Submitted="auto-replied"))
    customer.writes(mail(2, text="How do I clean the filter?", sender="tom@example.org"))
    answer = await customer.hears(1)
    assert answer["To"] == "tom@example.org"
    assert await conversations(shop) == 2


async def test_an_out_of_office_reply_to_us_starts_no_loop(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?"))
    answer = await customer.hears(1)
    for number in range(2, 6):
        away = mail(number, text="How do I clean the filter?", To=str(answer["Reply-To"]), X_Autoreply="yes")
        customer.writes(away)
    customer.writes(mail(9, text="How long do I have warranty?", sender="tom@example.org"))
    assert (await customer.hears(2))["To"] == "tom@example.org"


async def test_our_own_mail_in_the_mailbox_is_dropped(shop: Office, customer: Customer, office: PostOffice) -> None:
    customer.writes(mail(1, text="How do I clean the filter?"))
    await customer.hears(1)
    customer.writes(office.taken[0])
    customer.writes(mail(2, text="How long do I have warranty?"))
    await customer.hears(2)
    assert await conversations(shop) == 2


async def test_a_mail_with_only_a_number_presses_that_choice(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?", Subject="Filter"))
    answer = await customer.hears(1)
    assert "2) No" in words(answer)
    reply = f"2\n\nOn Monday, support wrote:\n> {words(answer).splitlines()[0]}\n"
    customer.writes(mail(2, text=reply, Subject="Re: Filter", To=str(answer["Reply-To"])))
    assert "Sorry that this did not help" in words(await customer.hears(2))


async def test_a_sender_for_whom_our_server_does_not_vouch_is_marked(shop: Office, customer: Customer) -> None:
    for number, found in enumerate(("dmarc=pass", "dmarc=fail"), start=1):
        results = f"mx.shop.example; {found} header.from=example.org"
        customer.writes(mail(number, text="talk to a person", Authentication_Results=results))
        await customer.hears(number)
    agent = await shop.agent()
    opened = [await agent.get(f"/conversations/{id}") for id in (1, 2)]
    assert [one["transcript"][0]["is_verified"] for one in opened] == [True, False]


async def test_mail_from_an_alias_of_ours_is_dropped(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="How do I clean the filter?", sender="help@shop.example"))
    customer.writes(mail(2, text="How do I clean the filter?"))
    answer = await customer.hears(1)
    assert answer["To"] == "mia@example.org"


async def test_people_get_the_raw_mail_until_its_writer_is_forgotten(shop: Office, customer: Customer) -> None:
    raw = mail(1, text="How do I clean the filter?")
    customer.writes(raw)
    await customer.hears(1)
    agent = await shop.agent()
    found = (await agent.get("/conversations"))["items"][0]
    path = f"/api/v1/conversations/{found['id']}/messages/1/original"
    async with shop.http.get(path, headers=agent.headers) as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert (await response.read()).replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n")
    application = shop.application
    contact_id = (await agent.get(f"/conversations/{found['id']}"))["contact"]["id"]
    erased = await erase_contact(application.store, application.desk.files, id=contact_id, now=shop.clock.now())
    assert erased is not None
    assert len(erased.originals) == 1
    assert not (application.settings.data_dir / erased.originals[0]).exists()
    async with shop.http.get(path, headers=agent.headers) as response:
        assert response.status == 404


async def test_agents_see_where_a_link_of_a_mail_leads(shop: Office, customer: Customer) -> None:
    made = cast(EmailMessage, message_from_bytes(mail(1, text="talk to a person"), policy=default))
    link = '<a href="https://evil.example/x">https://www.bank.example/login</a>'
    made.add_alternative(f"<p>talk to a person: {link}</p>", subtype="html")
    customer.writes(made.as_bytes())
    await customer.hears(1)
    agent = await shop.agent()
    async with shop.http.get("/console/conversations/1", headers=agent.headers) as page:
        shown = await page.text()
    assert "A link says bank.example and leads to evil.example" in shown
    assert "evil.example/x" not in shown


async def test_a_mail_about_something_else_is_split_off(shop: Office, customer: Customer) -> None:
    customer.writes(mail(1, text="talk to a person", Subject="Filter"))
    await customer.hears(1)
    agent = await shop.agent("Ada")
    reply = {"text": "What is it about?"}
    seq = (await agent.post("/conversations/1/messages", reply))["messages"][-1]["seq"]
    answer = await customer.hears(3)  # and that Ada joins
    shop.clock.advance(minutes=3)
    to = {"To": str(answer["Reply-To"]), "In_Reply_To": str(answer["Message-ID"])}
    customer.writes(mail(2, text="My invoice is wrong", Subject="Invoice 4711", **to))
    await has_come(shop, agent, seq)
    before = await agent.get("/conversations/1")
    mail_seq = next(line["seq"] for line in before["transcript"] if line["text"] == "My invoice is wrong")
    due = [clock["due_at"] for clock in before["clocks"]]
    assert due
    async with shop.http.get("/console/conversations/1", headers=agent.headers) as page:
        assert "Another subject: “Invoice 4711”" in await page.text()
    first_seq = before["transcript"][0]["seq"]
    for wrong in (first_seq, seq):
        await agent.post(f"/conversations/1/messages/{wrong}/split", {}, status=409)
    await agent.post("/conversations/1/messages/99/split", {}, status=404)
    other = await shop.agent("Grace")
    await other.post(f"/conversations/1/messages/{mail_seq}/split", {}, status=409)  # it is Ada's
    shop.clock.advance(minutes=2)
    made = (await agent.post(f"/conversations/1/messages/{mail_seq}/split", {}))["conversation_id"]
    old, new = await agent.get("/conversations/1"), await agent.get(f"/conversations/{made}")
    assert [line["text"] for line in old["transcript"] if line["author"] == "customer"] == ["talk to a person"]
    assert [line["text"] for line in new["transcript"] if line["author"] == "customer"] == ["My invoice is wrong"]
    assert (new["conversation"]["status"], new["conversation"]["reason"]) == ("queued", "split")
    assert [clock["due_at"] for clock in new["clocks"]] == due  # the customer has waited since the mail
    assert old["clocks"] == []
    assert new["continues"] == 1
    assert new["contact"]["id"] == old["contact"]["id"]
    # It is answered in its own thread, and the customer's next mail joins it there.
    await agent.post(f"/conversations/{made}/messages", {"text": "I look at the invoice"})
    answer = await customer.hears(5)
    assert answer["Subject"] == "Re: Invoice 4711"
    assert answer["References"].split()[0] == "<q2@example.org>"
    customer.writes(
        mail(3, text="Thank you so much", Subject="Re: Invoice 4711", In_Reply_To=str(answer["Message-ID"]))
    )
    await has_come(shop, agent, 1, id=made)
    assert await conversations(shop) == 2
    async with shop.http.get(f"/api/v1/conversations/{made}/messages/1/original", headers=agent.headers) as original:
        assert b"My invoice is wrong" in await original.read()


async def has_come(shop: Office, agent: Agent, seq: int, *, id: int = 1) -> None:
    """The customer's words after that seq."""

    async def is_there() -> bool:
        found = await agent.get(f"/conversations/{id}")
        return any(line["seq"] > seq and line["author"] == "customer" for line in found["transcript"])

    await eventually(is_there, "a mail in the transcript")
    await shop.settled()
