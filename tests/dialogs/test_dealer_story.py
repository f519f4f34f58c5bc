"""The whole story, on each platform and in both languages: a repair that was put off for half a month finds its way through two
dealers' groups to its end, and the customer who asks gets the truth each time."""

from pathlib import Path
from typing import Any

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.access import Role
from omnibot.domain.fact import Fact, Source
from omnibot.flow import find_owner, keep_promises
from omnibot.flow.rating import ask
from omnibot.store import facts, purchases
from omnibot.store.purchases import NewProduct, NewPurchase
from tests.dialogs.dealer_chat import cards, hears, is_told, sees, set_up
from tests.dialogs.dealing import add_dealer, open_chat, service
from tests.office import Office, Opener

EN = {
    "complaint": "The leak: your dealer has put off the repair of my washer for half a month!",
    "where": "Where is my case?",
    "new": "New: who takes it?",
    "half": "half of the time is over",
    "soon": "little time is left",
    "overdue": "overdue since",
    "too late": "goes to somebody else",
    "asked": "has been asked and is to answer",
    "instead": "now goes to",
    "Accept": "Accept",
    "Propose plan": "Propose plan",
    "what": "what will you do, and when?",
    "plan": "Tuesday 14:00, replace the pump",
    "has it": "has it and is to agree a plan with you",
    "proposes": "and waits for your answer",
    "Agree": "Agree",
    "agreed": "The customer has agreed",
    "where agreed": "agreed with",
    "On site": "On site",
    "report": "done cause: the pump was worn out / solution: we put in a new pump / prevention: clean the filter monthly",
    "photos": "Please post photos",
    "yes": "Yes, it is done",
    "closed": "Closed",
    "is closed": "is closed",
    "rate": "How did we do with case",
    "thanks": "Thank you for your rating!",
}
ZH = {
    "complaint": "洗衣机漏水，经销商拖了半个月还不来修！",
    "where": "我的工单到哪了",
    "new": "新工单：谁来接？",
    "half": "时间已过一半",
    "soon": "时间所剩不多",
    "overdue": "已到期",
    "too late": "转给其他经销商",
    "asked": "对方应在",
    "instead": "现改由",
    "Accept": "接单",
    "Propose plan": "提方案",
    "what": "打算怎么处理",
    "plan": "周二下午两点换水泵",
    "has it": "已接单，应在",
    "proposes": "正等您答复",
    "Agree": "同意",
    "agreed": "客户已同意方案",
    "where agreed": "已与",
    "On site": "已上门",
    "report": "完成 原因：水泵磨损漏水 / 处理：更换了新的水泵 / 预防：每月清洗一次过滤网",
    "photos": "发上完工照片",
    "yes": "是的，已解决",
    "closed": "已关闭",
    "is closed": "关闭",
    "rate": "的处理您满意吗",
    "thanks": "感谢您的评价",
}


async def tick(office: Office, **parts: float) -> None:
    """Time passes, and the timers that are due run."""
    now = office.clock.advance(**parts)
    await keep_promises.step(office.application.desk, now)
    await find_owner.time_out_dealers(office.application.desk, now)
    await ask.step(office.application.desk, now)


async def learn(office: Office, contact_id: int) -> None:
    """What imports know of the customer."""
    now = office.clock.now()

    def write(tx: Any) -> None:
        purchases.save_products(tx, [NewProduct("WM-7", "Washer 7", 24)])
        [product] = purchases.by_skus(tx, ["WM-7"]).values()
        bought = NewPurchase(contact_id, product.id, "SN-99812", now.date().replace(year=2025), None)
        purchases.save(tx, [bought], source=Source.IMPORT, now=now)
        values = {"phone": "+49 30 901820", "address": "Torstraße 1", "region": "DE-BE", "postcode": "10119"}
        facts.learn(
            tx,
            [
                Fact(contact_id=contact_id, key=key, value=value, source=Source.IMPORT, at=now)
                for key, value in values.items()
            ],
        )

    await office.application.store.run(write)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("platform", ["telegram", "slack"])
async def test_a_repair_that_was_put_off_comes_to_its_end(
    platform: str,
    language: str,
    open_office: Opener,
    telegram: FakeTelegram,
    slack: FakeSlack,
    tmp_path: Path,
) -> None:
    t = EN if language == "en" else ZH
    server = {"server": {"language": language}, "rating": {"enabled": True}}
    chat = await open_chat(platform, open_office, telegram, slack, service=service(tmp_path), **server)
    office = chat.office
    supervisor, agent = await office.agent("Margaret", Role.SUPERVISOR), await office.agent("Ada")
    for name, person in (("Nord", "Nils"), ("Mitte", "Mia")):
        await set_up(chat, name, await add_dealer(supervisor, name), person)
    for group in (await (await office.agent("Root", Role.ADMIN)).get("/groups"))["items"]:
        root = await office.agent(f"Root{group['id']}", Role.ADMIN)
        await root.patch(f"/groups/{group['id']}", {"language": language})
    visitor = await office.visitor(language)
    await visitor.says(t["complaint"])
    await office.settled()
    seen = await agent.sees(visitor)
    await learn(office, seen["conversation"]["contact_id"])
    number = await agent.opens_ticket(visitor, t["complaint"][:60], description=t["complaint"])

    async def asks(*words: str) -> None:
        await visitor.says(t["where"])
        await office.settled()
        told = [line["text"] for line in await visitor.transcript() if line["author"] == "system"][-1]
        assert number in told, told
        assert all(word in told for word in words), told

    card = await sees(chat, "Nord", t["new"], number, "Washer 7", "WM-7", "10119")
    assert "901820" not in str(chat.posts("Nord"))
    assert "Torstra" not in str(chat.posts("Nord"))
    assert card["buttons"][0] == t["Accept"]
    await asks("Nord", t["asked"])
    await tick(office, hours=6, minutes=1)
    await hears(chat, "Nord", t["half"])
    await tick(office, hours=3, minutes=40)
    await hears(chat, "Nord", t["soon"])
    await tick(office, hours=2, minutes=20)
    await hears(chat, "Nord", t["overdue"])
    await sees(chat, "Nord", t["too late"], number, buttons=[])
    notes = [line["text"] for line in (await agent.sees(visitor))["transcript"] if line["internal"]]
    assert notes, "staff hear of the broken promise"
    assert any(t["instead"] in line["text"] and "Mitte" in line["text"] for line in await visitor.transcript())
    await sees(chat, "Mitte", t["new"], number)
    assert await chat.presses("Mitte", "Mia", t["Accept"]) == ""
    await is_told(chat, "Mia", number, "901820", "Torstraße 1")
    await asks("Mitte", t["has it"])
    await chat.presses("Mitte", "Mia", t["Propose plan"])
    prompt = await hears(chat, "Mitte", t["what"])
    await chat.says("Mitte", "Mia", t["plan"], to=prompt)
    await sees(chat, "Mitte", t["plan"])
    await asks("Mitte", t["plan"], t["proposes"])
    clocks = (await agent.get(f"/tickets/{number}"))["clocks"]
    assert [one["outcome"] for one in clocks if one["kind"] == "dealer_plan"][-1] is None
    await visitor.presses(t["Agree"])
    await sees(chat, "Mitte", t["agreed"], t["plan"])
    clocks = (await agent.get(f"/tickets/{number}"))["clocks"]
    assert [one["outcome"] for one in clocks if one["kind"] == "dealer_plan"][-1] == "kept"
    await asks("Mitte", t["where agreed"], t["plan"])
    await chat.presses("Mitte", "Mia", t["On site"])
    card = await sees(chat, "Mitte", t["On site"])
    await chat.says("Mitte", "Mia", t["report"], to=card)
    prompt = await hears(chat, "Mitte", t["photos"])
    await chat.posts_photo("Mitte", "Mia", to=prompt)
    await sees(chat, "Mitte", "✅")
    await visitor.presses(t["yes"])
    await sees(chat, "Mitte", t["closed"], buttons=[])
    assert len(cards(chat, "Mitte")) == len(cards(chat, "Nord")) == 1
    seen = await agent.get(f"/tickets/{number}")
    assert (seen["ticket"]["status"], seen["assignment"]["dealer_stage"]) == ("closed", "closed")
    assert [one["answer"] for one in seen["assignment"]["offers"]] == ["timed_out", "accepted"]
    assert any(t["is closed"] in line["text"] and number in line["text"] for line in await visitor.transcript())
    await tick(office, minutes=6)
    await visitor.says("5")
    await office.settled()
    said = [line["text"] for line in await visitor.transcript() if line["author"] == "system"][-2:]
    assert t["rate"] in said[0]
    assert number in said[0]
    assert t["thanks"] in said[1]
    rated = (await agent.get(f"/tickets/{number}"))["rating"]
    assert (rated["score"], rated["dealer_name"]) == (5, "Mitte")
    assert (await agent.get(f"/tickets/{number}"))["ticket"]["status"] == "closed"
    assert (await agent.sees(visitor))["conversation"]["status"] != "queued"
    [row] = (await supervisor.get("/ratings/report?by=dealer"))["rows"]
    assert (row["name"], row["mean"]) == ("Mitte", 5.0)
