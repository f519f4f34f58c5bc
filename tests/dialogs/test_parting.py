"""Two chats that were taken together and parted again: each has its own facts back, and hears nothing of the other's."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role
from omnibot.flow.erase import erase_contact, erase_visitor
from omnibot.store import contacts, conversations, export, facts, purchases
from tests.dialogs.test_erasure import everything
from tests.office import Agent, Office, Visitor
from tests.servers import ROOT

SECRET = "a secret that the site and omnibot share"
RULES = ROOT / "service.example.toml"
MIAS, BENS = "12 Main Street, 10115 Berlin", "7 Harbour Road, 20457 Hamburg"


@dataclass(frozen=True)
class Wording:
    """What is said in one language."""

    code: str
    link: str
    unlink: str
    book: str
    button: str
    when: str
    send: str
    address: str  # the questions
    phone: str
    product: str
    first: tuple[str, ...]  # what answers the questions before the address
    appliance: str


EN = Wording(
    "en", "link", "unlink", "How do I book a repair?", "Open a repair case", "any time", "Yes, open the case",
    "Where is it?", "At which number", "Which appliance", ("skip", "It leaks", "skip", "urgent", "skip"), "Dryer",
)  # fmt: skip
ZH = Wording(
    "zh-Hans", "绑定", "解绑", "怎么预约维修？", "提交维修申请", "都可以", "是的，提交",
    "机器在哪里？", "师傅怎么联系您？", "是哪一台电器？", ("跳过", "漏水", "跳过", "很急", "跳过"), "烘干机",
)  # fmt: skip
BOTH = pytest.mark.parametrize("wording", [EN, ZH], ids=["en", "zh"])


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    return await open_office(service={"rules": str(RULES)}, webchat={"identity_secret": SECRET})


async def contact_of(office: Office, visitor: Visitor) -> int:
    found = await office.application.store.read(partial(conversations.get, id=visitor.conversation_id))
    assert found is not None
    return found.contact_id


async def known(office: Office, contact_id: int) -> dict[str, str]:
    found = await office.application.store.read(partial(facts.of_contact, contact_id=contact_id))
    return {one.key: one.value for one in found}


async def takes_together(one: Visitor, other: Visitor, wording: Wording) -> None:
    await one.says(wording.link)
    [told] = await one.hears("system: ")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", told["text"])
    assert code is not None
    await other.says(code[0])
    await other.hears("system: ")
    await one.hears("system: ")


async def parts(visitor: Visitor, wording: Wording) -> None:
    await visitor.says(wording.unlink)
    await visitor.hears("system: ")


async def up_to_the_address(visitor: Visitor, wording: Wording) -> str:
    """The form from its beginning to what it says after the picture."""
    await visitor.says(wording.book)
    await visitor.hears("bot: ")
    await visitor.presses(wording.button)
    [asked] = await visitor.hears("bot: ")
    answers = [wording.appliance, *wording.first] if wording.product in asked["text"] else list(wording.first)
    for answer in answers:
        await visitor.says(answer)
        [asked] = await visitor.hears("bot: ")
    text: str = asked["text"]
    return text


async def opens_case(visitor: Visitor, wording: Wording, *answers: str) -> str:
    """Goes through the form, with these answers after the picture; returns the summary."""
    await up_to_the_address(visitor, wording)
    heard: list[dict[str, Any]] = []
    for answer in (*answers, wording.when):
        await visitor.says(answer)
        heard = await visitor.hears("bot: ")
    await visitor.presses(wording.send)
    await visitor.hears("system: ")
    text: str = heard[-1]["text"]
    return text


@BOTH
async def test_each_has_the_own_facts_back_and_the_form_asks_for_the_others(office: Office, wording: Wording) -> None:
    mia, ben = await office.visitor(wording.code), await office.visitor(wording.code)
    await opens_case(mia, wording, MIAS, "+49 30 901820")
    await takes_together(mia, ben, wording)
    together = await contact_of(office, ben)
    summary = await opens_case(ben, wording)  # while they are one person, nothing is asked twice
    assert MIAS in summary
    await ben.says(wording.book)
    await ben.hears("bot: ")
    await ben.presses(wording.button)
    await ben.hears("bot: ")
    ada = await office.agent()
    office.clock.advance(minutes=1)
    learnt = {"key": "phone", "value": "+49 40 777", "conversation_id": ben.conversation_id}
    await ada.post(f"/contacts/{together}/facts", learnt)
    assert await known(office, together) == {"address": MIAS, "phone": "+49 40 777"}
    await parts(ben, wording)
    assert await known(office, await contact_of(office, mia)) == {"address": MIAS, "phone": "+4930901820"}
    assert await known(office, await contact_of(office, ben)) == {"phone": "+49 40 777"}
    assert wording.address in await up_to_the_address(ben, wording)
    await ben.says(BENS)
    await ben.hears("bot: ")  # not for the phone: that was his own
    await ben.says(wording.when)
    [summary_of_his] = await ben.hears("bot: ")
    assert BENS in summary_of_his["text"]
    assert MIAS not in summary_of_his["text"]
    assert "+4930901820" not in summary_of_his["text"]
    hers = await opens_case(mia, wording)
    assert MIAS in hers
    assert "+49 40 777" not in hers


async def test_a_form_that_both_have_filled_in_is_nobodys_after_the_parting(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    await takes_together(mia, ben, EN)
    assert EN.address in await up_to_the_address(mia, EN)
    await ben.says(EN.book)
    await ben.hears("bot: ")
    await ben.presses(EN.button)
    await ben.hears("bot: We go on where you were")
    await ben.says(BENS)
    await ben.hears("bot: At which number")
    await parts(ben, EN)
    for one in (mia, ben):
        await one.says(EN.book)
        await one.hears("bot: ")
        await one.presses(EN.button)
        await one.hears("bot: Which appliance")
        assert BENS not in str(await one.transcript(after=one.cursor - 1))


async def test_a_form_that_one_has_filled_in_alone_goes_on_after_the_parting(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    await takes_together(mia, ben, EN)
    assert EN.address in await up_to_the_address(ben, EN)
    await parts(ben, EN)
    await ben.says(BENS)
    await ben.hears("bot: At which number")
    await mia.says(EN.book)
    await mia.hears("bot: ")
    await mia.presses(EN.button)
    await mia.hears("bot: Which appliance")


async def test_purchases_and_facts_of_cases_go_with_whom_they_are_of(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    margaret = await office.agent("Margaret", Role.SUPERVISOR)
    await opens_case(ben, EN, BENS, "+49 40 777")
    his = await contact_of(office, ben)
    await margaret.post("/products", {"sku": "WM-100", "name": "Washer 100"})
    bought = {"sku": "WM-100", "bought_on": "2026-01-02", "serial": "X9-1"}
    await margaret.post(f"/contacts/{his}/purchases", bought, status=201)
    await takes_together(mia, ben, EN)
    hers = await contact_of(office, mia)
    assert await contact_of(office, ben) == hers != his
    store = office.application.store
    assert [one.serial for one in await store.read(partial(purchases.of_contact, contact_id=hers))] == ["X9-1"]
    given_out = await store.read(partial(export.of_contact, id=hers))
    assert given_out is not None
    assert BENS in str(given_out["facts"])
    assert [row["serial"] for row in given_out["purchases"]] == ["X9-1"]
    await parts(ben, EN)
    assert await store.read(partial(purchases.of_contact, contact_id=hers)) == []
    given_out = await store.read(partial(export.of_contact, id=hers))
    assert given_out is not None
    assert BENS not in str(given_out)
    his_own = await store.read(partial(export.of_contact, id=his))
    assert his_own is not None
    assert {(row["contact_id"], row["value"]) for row in his_own["facts"] if row["key"] == "address"} == {(his, BENS)}


async def test_erasing_one_of_two_who_were_parted_leaves_the_other_whole(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    await opens_case(mia, EN, MIAS, "+49 30 901820")
    await opens_case(ben, EN, BENS, "+49 40 777")
    await takes_together(mia, ben, EN)
    await parts(ben, EN)
    store, files = office.application.store, office.application.desk.files
    await erase_contact(store, files, id=await contact_of(office, ben), now=office.clock.now())
    left = await everything(office)
    assert BENS not in left
    assert "40 777" not in left
    assert "4940777" not in left
    assert await known(office, await contact_of(office, mia)) == {"address": MIAS, "phone": "+4930901820"}


@pytest.mark.parametrize("whole", [True, False], ids=["the contact", "one chat"])
async def test_erasing_what_is_taken_together_leaves_no_fact_behind(office: Office, whole: bool) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    ada = await office.agent()
    await ben.says("hello")
    await ben.hears("bot: ")
    his = await contact_of(office, ben)
    await ada.post(f"/contacts/{his}/facts", {"key": "address", "value": BENS})
    await ada.patch(f"/contacts/{his}", {"name": "Benedikt"})
    await takes_together(mia, ben, EN)
    store, files, now = office.application.store, office.application.desk.files, office.clock.now()
    together = await contact_of(office, mia)
    assert (await known(office, together))["address"] == BENS
    if whole:
        await erase_contact(store, files, id=together, now=now)
    else:
        await erase_visitor(store, files, ben.conversation_id, now)
    left = await everything(office)
    assert BENS not in left
    assert "Benedikt" not in left


async def test_a_name_that_was_lent_goes_back(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    ada = await office.agent()
    his = await contact_of(office, ben)
    await ben.says("hello")
    await ben.hears("bot: ")
    await ada.patch(f"/contacts/{his}", {"name": "Ben"})
    await takes_together(mia, ben, EN)
    hers = await contact_of(office, mia)
    assert (await ada.get(f"/contacts/{hers}"))["name"] == "Ben"
    await parts(ben, EN)
    assert (await ada.get(f"/contacts/{hers}"))["name"] is None
    assert (await ada.get(f"/contacts/{his}"))["name"] == "Ben"


async def test_an_account_that_signs_in_at_a_linked_chat_stays_with_that_chat(office: Office) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    await takes_together(mia, ben, EN)  # hers is the contact that stays
    hers = await contact_of(office, mia)
    claims = {"sub": "c-ben", "exp": int(office.clock.now().timestamp()) + 600, "name": "Ben"}
    signed = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    signed_in = await office.visitor(token=ben.token, identity=signed)
    assert signed_in.conversation_id == ben.conversation_id
    his = await contact_of(office, ben)
    assert await contact_of(office, mia) == his != hers
    await parts(mia, EN)

    def refs(tx: Connection) -> list[str | None]:
        found = (contacts.get(tx, id) for id in (hers, his))
        return [one.external_ref for one in found if one is not None]

    assert await contact_of(office, mia) == hers
    assert await office.application.store.read(refs) == [None, "c-ben"]


async def test_where_a_fact_was_learnt_has_to_be_a_chat_of_the_contact(office: Office, agent: Agent) -> None:
    mia, ben = await office.visitor(), await office.visitor()
    hers = await contact_of(office, mia)
    learnt = {"key": "phone", "value": "1", "conversation_id": ben.conversation_id}
    await agent.post(f"/contacts/{hers}/facts", learnt, status=422)
    assert await known(office, hers) == {}
