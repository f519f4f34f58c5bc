"""Visitors have a copy of their own chat mailed, and nobody can make a spam cannon of it."""

import asyncio
from email.message import EmailMessage
from functools import partial

import pytest
import sqlalchemy as sa

from omnibot.flow.erase import erase_contact
from omnibot.store import schema
from tests.dialogs.house import House, read
from tests.office import Json, ManualClock, Office, Opener, Visitor, eventually

MIA = "mia@home.example"


async def asks(office: Office, visitor: Visitor, address: str = MIA, *, status: int = 204, **more: str) -> Json:
    body = {"address": address, **more}
    return await office.call("POST", "/webchat/v1/transcript", headers=visitor.headers, json=body, status=status)


async def arrived(house: House, address: str = MIA) -> EmailMessage:
    async def has_come() -> bool:
        return bool(house.letters_to(address))

    await eventually(has_come, "a letter")
    return house.letters_to(address)[-1]


@pytest.fixture
async def office(open_office: Opener, house: House) -> Office:
    return await open_office(email=house.account)


async def test_a_visitor_gets_a_copy_of_the_chat_by_mail(office: Office, house: House, clock: ManualClock) -> None:
    visitor, agent = await office.visitor(), await office.agent("Ada")
    assert visitor.session["mails_transcript"] is True
    await visitor.says("The *filter* <b>is</b> dirty\n\n    1. really")
    await visitor.says("talk to a person")
    await office.settled()
    await agent.takes(visitor)
    await agent.notes(visitor, "Rude, be careful")
    clock.advance(minutes=7)
    await agent.replies(visitor, "Please **rinse** it: [how](https://help.example/filter)")
    await asks(office, visitor, timezone="Asia/Shanghai")
    letter = await arrived(house)
    assert letter["Subject"] == "Your chat with Customer service"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = read(letter)
    assert "*Monday, 2026-06-01*" in text
    assert "*You* · 17:00" in text
    assert "The *filter* <b>is</b> dirty" in text
    assert "*Ada* · 17:07" in text
    assert "Please *rinse* it: how <https://help.example/filter>" in text
    html = read(letter, "html")
    assert "<strong>You</strong> · 17:00" in html
    assert "The *filter* &lt;b&gt;is&lt;/b&gt; dirty" in html
    assert "<strong>rinse</strong>" in html
    assert "<ol>" not in html
    assert "Rude" not in text + html  # notes are staff's


async def test_a_chinese_visitor_gets_a_chinese_letter(office: Office, house: House) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("你好")
    await visitor.hears("bot: 您好")
    await asks(office, visitor)
    letter = await arrived(house)
    assert letter["Subject"] == "您与客户服务的对话记录"
    assert "*您* · 09:00" in read(letter)
    assert "*智能助手* · 09:00" in read(letter)


async def test_nothing_that_a_visitor_wrote_becomes_a_link(office: Office, house: House) -> None:
    visitor = await office.visitor()
    await visitor.says(
        "Win at https://evil.example/x or www.evil.example, mail me@evil.example [here](https://evil.example)"
    )
    await asks(office, visitor)
    letter = await arrived(house)
    html = read(letter, "html")
    assert "<a " not in html
    for form in (read(letter), html):
        assert "evil.\N{WORD JOINER}example" in form
        for address in ("https://", "www.evil", "evil.example", "me@evil"):
            assert address not in form


async def test_three_copies_a_day_go_to_an_address_and_for_a_visitor(office: Office, clock: ManualClock) -> None:
    one, other = await office.visitor(), await office.visitor()
    for visitor in (one, other):
        await visitor.says("hello")
    await office.settled()
    for _ in range(2):
        await asks(office, one)
    await asks(office, other, MIA.upper())
    assert "address" in (await asks(office, one, status=429))["detail"]
    assert "address" in (await asks(office, other, status=429))["detail"]
    await asks(office, one, "else@home.example")
    assert "you have had" in (await asks(office, one, "third@home.example", status=429))["detail"]
    clock.advance(days=1)
    await asks(office, one)


async def test_all_visitors_together_have_a_limit_and_what_was_refused_counts_for_nothing(
    open_office: Opener, house: House, clock: ManualClock
) -> None:
    office = await open_office(email=house.account, webchat={"transcripts_per_hour": 4})
    visitors = [await office.visitor() for _ in range(3)]
    for visitor in visitors:
        await visitor.says("hello")
    await office.settled()
    for n in range(3):
        await asks(office, visitors[0], f"{n}@home.example")
    for n in range(3, 6):
        await asks(office, visitors[0], f"{n}@home.example", status=429)
    await asks(office, visitors[1], "6@home.example")
    assert "too many" in (await asks(office, visitors[2], "7@home.example", status=429))["detail"]
    clock.advance(hours=1)
    await asks(office, visitors[2], "7@home.example")


async def test_of_many_who_ask_at_once_for_one_address_three_are_served(office: Office) -> None:
    visitors = [await office.visitor() for _ in range(8)]
    for visitor in visitors:
        await visitor.says("hello")
    await office.settled()
    body = {"address": MIA}
    statuses = []

    async def ask(visitor: Visitor) -> None:
        async with office.http.post("/webchat/v1/transcript", headers=visitor.headers, json=body) as response:
            statuses.append(response.status)

    await asyncio.gather(*map(ask, visitors))
    assert sorted(statuses) == [204] * 3 + [429] * 5


@pytest.mark.parametrize("address", [
    "mia", "mia@home", "@home.example", "a b@home.example", "mia@home.example\r\nBcc: x@y.example", "mia@home.example\n",
    "mia@@home.example", "a,b@c.example", "mia@home..example", "x" * 65 + "@home.example", '"a"@b.example', 7,
])  # fmt: skip
async def test_what_is_no_address_is_refused(office: Office, address: str) -> None:
    visitor = await office.visitor()
    await visitor.says("hello")
    await asks(office, visitor, address, status=422)


async def test_where_nothing_was_said_there_is_nothing_to_send(office: Office) -> None:
    visitor = await office.visitor()
    await asks(office, visitor, status=422)
    await office.call("POST", "/webchat/v1/transcript", json={"address": MIA}, status=401)


async def test_without_a_mail_account_no_copy_is_offered(open_office: Opener) -> None:
    office = await open_office()
    visitor = await office.visitor()
    assert visitor.session["mails_transcript"] is False
    await visitor.says("hello")
    await asks(office, visitor, status=422)


async def test_a_long_chat_is_sent_from_its_newest_part(office: Office, house: House) -> None:
    visitor, agent = await office.visitor(), await office.agent("Ada")
    for n in range(12):
        await agent.replies(visitor, f"part {n}. " + "x" * 7_900)
    await asks(office, visitor)
    text = read(await arrived(house))
    assert "left out" in text
    assert "part 0." not in text
    assert "part 11." in text


async def test_a_copy_is_forgotten_with_its_chat(office: Office, house: House, clock: ManualClock) -> None:
    visitor, agent = await office.visitor(), await office.agent("Ada")
    await visitor.says("kanarienvogel")
    await asks(office, visitor)
    await arrived(house)
    contact_id = (await agent.sees(visitor))["contact"]["id"]
    application = office.application
    await office.all_sent()
    await erase_contact(application.store, application.desk.files, id=contact_id, now=clock.now())

    def rest(tx: sa.Connection) -> str:
        tables = schema.metadata.sorted_tables
        return "\n".join(repr(tuple(row)) for table in tables for row in tx.execute(sa.select(table)))

    left = await application.store.read(partial(rest))
    assert "kanarienvogel" not in left
    assert MIA not in left
