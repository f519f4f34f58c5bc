"""One person in several chats: taken together by proof, told on both sides, and parted again."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from omnibot.demo.telegram import TOKEN, FakeTelegram, fake_telegram
from omnibot.domain.access import Role
from omnibot.domain.conversation import Conversation
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store import conversations, schema
from tests.office import Office, Opener, Visitor

SECRET = "a secret that the site and omnibot share"
EN_ZH = pytest.mark.parametrize(("language", "link", "unlink"), [("en", "link", "unlink"), ("zh-Hans", "绑定", "解绑")])


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as server:
        yield server


@pytest.fixture
async def office(open_office: Opener, telegram: FakeTelegram, tmp_path: Path) -> Office:
    section = {"token": TOKEN, "api_base": telegram.url}
    return await open_office(telegram=section, server={"data_dir": str(tmp_path)}, webchat={"identity_secret": SECRET})


async def at(office: Office, chat: str = "7") -> Conversation:
    address = Address(channel="telegram", chat=chat)
    found = await office.application.store.read(partial(conversations.at, address=address))
    assert found is not None
    return found


async def of(office: Office, visitor: Visitor) -> Conversation:
    found = await office.application.store.read(partial(conversations.get, id=visitor.conversation_id))
    assert found is not None
    return found


async def hears(telegram: FakeTelegram, office: Office, count: int, chat: int = 7) -> list[str]:
    await telegram.until(lambda: len(telegram.heard(chat)) >= count)
    await office.settled()
    return telegram.heard(chat)


async def code_from(visitor: Visitor, link: str) -> str:
    await visitor.says(link)
    [told] = await visitor.hears("system: ")
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", told["text"])
    assert found is not None
    return found[0]


async def audited(office: Office) -> list[tuple[str, str]]:
    query = select(schema.audit.c.action, schema.audit.c.subject).order_by(schema.audit.c.id)
    found: list[Any] = await office.application.store.read(lambda tx: [tuple(row) for row in tx.execute(query)])
    return [row for row in found if row[0] in ("link", "unlink")]


@EN_ZH
async def test_a_code_of_one_chat_said_in_another_takes_both_together(
    office: Office, telegram: FakeTelegram, language: str, link: str, unlink: str
) -> None:
    words = office.words(Language(language))
    visitor, ada = await office.visitor(language), await office.agent()
    await telegram.say("hello" if language == "en" else "你好", language=language)
    await hears(telegram, office, 1)
    before = (await at(office)).contact_id
    code = await code_from(visitor, link)
    await telegram.say(code, language=language)
    together = words(
        "This chat and your other one are taken together now: you hear of your cases in both. "
        "If that was not you, write “unlink”."
    )
    assert (await hears(telegram, office, 2))[1] == together
    await visitor.hears(f"system: {together}")
    one, other = await of(office, visitor), await at(office)
    assert one.contact_id == other.contact_id
    contact = await ada.get(f"/contacts/{one.contact_id}")
    assert [(a["channel"], a["proof"]) for a in contact["addresses"]] == [("telegram", "code"), ("webchat", None)]
    assert (await ada.get(f"/contacts/{before}"))["merged_into"] == one.contact_id
    await telegram.say(unlink, language=language)
    assert (await hears(telegram, office, 3))[2] == words("Done: this chat stands for itself again.")
    assert (await at(office)).contact_id == before
    subject = f"contact:{one.contact_id}"
    assert await audited(office) == [("link", subject), ("unlink", subject)]


async def test_cases_are_told_in_both_chats(office: Office, telegram: FakeTelegram) -> None:
    visitor, ada = await office.visitor(), await office.agent()
    code = await code_from(visitor, "link")
    await telegram.say(code)
    await hears(telegram, office, 1)
    await visitor.hears("system: This chat and your other one")
    number = await ada.opens_ticket(visitor, "Broken pump")
    await telegram.say("where is my case")
    assert number in (await hears(telegram, office, 2))[1]


@pytest.mark.parametrize("said", ["7KQM-2XFD", "twice", "late"])
async def test_a_code_that_does_not_count_links_nothing(office: Office, telegram: FakeTelegram, said: str) -> None:
    visitor = await office.visitor()
    code = await code_from(visitor, "link")
    if said == "twice":
        await telegram.say(code, chat=8)
        await hears(telegram, office, 1, chat=8)
    if said == "late":
        office.clock.advance(minutes=16)
    await telegram.say(said if "-" in said else code)
    await hears(telegram, office, 1)
    assert (await at(office)).contact_id != (await of(office, visitor)).contact_id


async def test_in_a_group_a_code_links_nobody(office: Office, telegram: FakeTelegram) -> None:
    visitor = await office.visitor()
    code = await code_from(visitor, "link")
    call = {"entities": [{"type": "mention", "offset": 0, "length": 14}]}
    await telegram.post(chat=-100, sender=8, text=f"@fake_shop_bot {code}", **call)
    await hears(telegram, office, 1, chat=-100)
    assert (await at(office, "-100")).contact_id != (await of(office, visitor)).contact_id


async def test_a_code_said_in_its_own_chat_stays_good(office: Office, telegram: FakeTelegram) -> None:
    visitor = await office.visitor()
    code = await code_from(visitor, "link")
    await visitor.says(code)
    await visitor.hears("system: This is the chat that the code comes from.")
    await telegram.say(code.replace("-", " ").lower())
    await hears(telegram, office, 1)
    assert (await at(office)).contact_id == (await of(office, visitor)).contact_id


@pytest.mark.parametrize(("language", "asked"), [("en", "talk to a person"), ("zh-Hans", "转人工")])
async def test_a_conversation_goes_on_elsewhere_with_its_context(
    office: Office, telegram: FakeTelegram, language: str, asked: str
) -> None:
    words, ada = office.words(Language(language)), await office.agent()
    visitor = await office.visitor(language)
    assert visitor.session["onward"] == [{"channel": "telegram", "label": "Telegram"}]
    await visitor.says(asked)
    await visitor.hears("system: ")
    number = await ada.opens_ticket(visitor, "Broken pump")
    await visitor.hears("system: ")
    promised = (await of(office, visitor)).due_at
    opened = await office.call(
        "POST", "/webchat/v1/continue", headers=visitor.headers, json={"channel": "telegram"}, status=201
    )
    url = urlsplit(opened["url"])
    assert (url.hostname, url.path) == ("t.me", "/fake_shop_bot")
    start = f"/start {parse_qs(url.query)['start'][0]}"
    entity = [{"type": "bot_command", "offset": 0, "length": 6}]
    await telegram.say(start, language=language, entities=entity)
    welcome = words("We go on here. What you have told us is at hand; no need to repeat it.")
    assert await hears(telegram, office, 1) == [welcome]
    await visitor.hears("system: " + words("We go on in your other chat. This one stays open for you."))
    there, here = await of(office, visitor), await at(office)
    assert (here.contact_id, here.status, here.due_at) == (there.contact_id, "queued", promised)
    assert there.status == "closed"
    seen = await ada.get(f"/conversations/{here.id}")
    assert seen["continues"] == there.id
    assert asked in [line["text"] for line in (await ada.get(f"/conversations/{there.id}"))["transcript"]]
    assert [clock["kind"] for clock in seen["clocks"] if clock["outcome"] is None] == ["first_reply"]
    await ada.resolves(number)
    assert number in (await hears(telegram, office, 2))[1]
    await visitor.hears_nothing()
    await telegram.say(start, chat=9, language=language, entities=entity)  # who finds the link later gets nothing
    await hears(telegram, office, 1, chat=9)
    assert (await at(office, "9")).contact_id != here.contact_id


async def test_an_agent_goes_along(office: Office, telegram: FakeTelegram) -> None:
    visitor, ada = await office.visitor(), await office.agent()
    await visitor.says("talk to a person")
    await ada.takes(visitor)
    await telegram.say("hello")
    await hears(telegram, office, 1)
    opened = await office.call(
        "POST", "/webchat/v1/continue", headers=visitor.headers, json={"channel": "telegram"}, status=201
    )
    await telegram.say("/start " + opened["url"].partition("start=")[2])
    await hears(telegram, office, 2)
    here = await at(office)
    assert (here.status, here.agent_id) == ("open", ada.id)
    await ada.post(f"/conversations/{here.id}/messages", {"text": "Still me"})
    assert (await hears(telegram, office, 3))[2] == "Still me"


async def test_what_was_said_before_signing_in_belongs_to_who_signs_in(office: Office) -> None:
    known = await office.visitor(identity=identity(office, "c-1"))
    await known.says("hello")
    anonymous = await office.visitor()
    await anonymous.says("talk to a person")
    await anonymous.hears("system: ")
    signed_in = await office.visitor(token=anonymous.token, identity=identity(office, "c-1"))
    assert signed_in.conversation_id == known.conversation_id
    assert (await of(office, anonymous)).contact_id == (await of(office, known)).contact_id


async def test_two_customers_of_the_site_are_two_people(office: Office) -> None:
    one = await office.visitor(identity=identity(office, "c-1"))
    two = await office.visitor(identity=identity(office, "c-2"))
    code = await code_from(one, "link")
    await two.says(code)
    await two.hears("system: These two chats belong to two different customer accounts")
    ada = await office.agent("Margaret", Role.SUPERVISOR)
    body = {"contact_id": (await of(office, two)).contact_id}
    await ada.post(f"/contacts/{(await of(office, one)).contact_id}/merge", body, status=409)


async def test_staff_take_contacts_together_and_part_them(office: Office, telegram: FakeTelegram) -> None:
    visitor, agent = await office.visitor(), await office.agent()
    margaret = await office.agent("Margaret", Role.SUPERVISOR)
    await telegram.say("hello")
    await hears(telegram, office, 1)
    into, other = (await of(office, visitor)).contact_id, (await at(office)).contact_id
    await agent.post(f"/contacts/{into}/merge", {"contact_id": other}, status=403)
    await margaret.post(f"/contacts/{into}/merge", {"contact_id": into}, status=422)
    await margaret.post(f"/contacts/{into}/merge", {"contact_id": 999}, status=404)
    merged = await margaret.post(f"/contacts/{into}/merge", {"contact_id": other})
    assert [a["proof"] for a in merged["addresses"] if a["channel"] == "telegram"] == ["staff"]
    place = {"channel": "telegram", "chat": "7"}
    parted = await margaret.post(f"/contacts/{into}/unlink", place)
    assert [a["channel"] for a in parted["addresses"]] == ["webchat"]
    assert (await at(office)).contact_id == other
    await margaret.post(f"/contacts/{into}/unlink", place, status=409)
    assert [action for action, _ in await audited(office)] == ["link", "unlink"]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_who_has_blocked_us_is_met_at_another_address(
    office: Office, telegram: FakeTelegram, language: str
) -> None:
    visitor, ada = await office.visitor(language), await office.agent()
    code = await code_from(visitor, "link" if language == "en" else "绑定")
    await telegram.say(code, language=language)
    await hears(telegram, office, 1)
    await visitor.hears("system: ")
    await telegram.say("talk to a person" if language == "en" else "转人工", language=language)
    await hears(telegram, office, 2)
    here = await at(office)
    await ada.post(f"/conversations/{here.id}/take")
    await hears(telegram, office, 3)
    member = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
    who = {"chat": {"id": 7, "type": "private"}, "from": {"id": 7, "is_bot": False, "first_name": "Mia"}}
    await telegram.push({"my_chat_member": who | member | {"date": 1}})
    await telegram.all_confirmed()
    await office.settled()
    seen = await ada.get(f"/conversations/{here.id}")
    assert seen["unreachable"] == "the person has blocked the bot"
    assert seen["transcript"][-1]["text"].endswith("Another address of theirs: webchat")
    [other] = seen["other_addresses"]
    place = {"channel": other["channel"], "chat": other["chat"]}
    moved = await ada.post(f"/conversations/{here.id}/continue-at", place)
    assert (moved["conversation"]["id"], moved["conversation"]["status"]) == (visitor.conversation_id, "open")
    await visitor.hears(
        "system: "
        + office.words(Language(language))("We go on here. What you have told us is at hand; no need to repeat it.")
    )
    await ada.replies(visitor, "Here I am")
    await visitor.hears("agent: Here I am")
    assert len(telegram.heard()) == 3


def identity(office: Office, sub: str) -> str:
    claims = {"sub": sub, "exp": int(office.clock.now().timestamp()) + 600}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
