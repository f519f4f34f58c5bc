"""Whoever has said what is wrong is not asked it again: the words are the form's answer and the name of the case."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.access import Role
from tests.dialogs.dealer_chat import cards, is_told, sees, set_up
from tests.dialogs.dealing import add_dealer, groups_speak, open_chat
from tests.dialogs.test_forms import RULES, share, talk, ticket_of
from tests.office import Agent, Office, Opener, Visitor

EN = {
    "complaint": "The leak again: your technician did not repair my washer, and the kitchen is under water since half a month ago!",
    "subject": "The leak again: your technician did not repair my washer, and the kitchen is…",
    "noted": "bot: I have noted: The leak again:",
    "form": "Open a repair case",
    "product": "Which appliance",
    "answers": ["Washer 100", "skip", "skip", "A few days", "skip", "12 Main Street, 10115 Berlin", "+49 30 901820"],
    "times": "any time",
    "summary": "This is what we have:",
    "problem": "Problem: The leak again:",
    "change": "Change: Problem",
    "ask": "What is wrong with it?",
    "new": "It leaks at the door of 12 main street",
    "send": "Yes, open the case",
    "number": "Your case number is",
    "accept": "Accept",
}
ZH = {
    "complaint": "洗衣机漏水，上次报修的师傅拖了半个月还不来修，厨房全是水！",
    "subject": "洗衣机漏水，上次报修的师傅拖了半个月还不来修，厨房全是水！",
    "noted": "bot: 已记录：洗衣机漏水，上次报修",
    "form": "提交维修申请",
    "product": "是哪一台电器",
    "answers": ["洗衣机100", "跳过", "跳过", "可以等几天", "跳过", "上海市南京西路100号, 3单元502室", "13800138000"],
    "times": "周末都行",
    "summary": "我们已有的信息：",
    "problem": "故障：洗衣机漏水，上次报修",
    "change": "修改：故障",
    "ask": "出了什么问题？",
    "new": "上海市南京西路100号的洗衣机门口漏水",
    "send": "是的，提交",
    "number": "您的工单号是",
    "accept": "接单",
}


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    return await open_office(service={"rules": str(RULES)})


async def complains(visitor: Visitor, t: dict[str, object]) -> None:
    """Up to the first question of the form."""
    await visitor.says(str(t["complaint"]))
    await visitor.hears("bot: ")
    await visitor.presses(str(t["form"]))
    [question] = await visitor.hears(str(t["noted"]))
    assert str(t["product"]) in question["text"]


async def answers(visitor: Visitor, t: dict[str, object]) -> None:
    """All that is asked then, up to the summary."""
    for answer in t["answers"]:  # type: ignore[attr-defined]
        await visitor.says(answer)
        [question] = await visitor.hears("bot: ")
        assert str(t["ask"]) not in question["text"]


@pytest.mark.parametrize(("language", "t"), [("en", EN), ("zh-Hans", ZH)])
async def test_what_was_complained_of_is_not_asked_and_names_the_case(
    office: Office, agent: Agent, language: str, t: dict[str, object]
) -> None:
    visitor = await office.visitor(language)
    await complains(visitor, t)
    await answers(visitor, t)
    await talk(visitor, (str(t["times"]), f"bot: {t['summary']}"))
    summary = (await visitor.transcript())[-1]["text"]
    assert str(t["problem"]) in summary
    await visitor.presses(str(t["send"]))
    await visitor.hears(f"system: {t['number']}")
    found = await ticket_of(agent, visitor)
    assert found["ticket"]["subject"] == t["subject"]
    case = await agent.get(f"/tickets/{found['ticket']['number']}/facts")
    [problem] = [fact for fact in case["items"] if fact["key"] == "problem"]
    assert (problem["value"], problem["source"]) == (t["complaint"], "customer")
    assert await share(office) == (8, 0)
    # What was said of that case says nothing of the next one.
    await visitor.presses(str(t["form"]))
    [question] = await visitor.hears("bot: ")
    assert "noted" not in question["text"]
    assert "已记录" not in question["text"]


@pytest.mark.parametrize(("language", "t"), [("en", EN), ("zh-Hans", ZH)])
async def test_what_was_noted_can_be_changed(office: Office, agent: Agent, language: str, t: dict[str, object]) -> None:
    visitor = await office.visitor(language)
    await complains(visitor, t)
    await answers(visitor, t)
    await visitor.says(str(t["times"]))
    await visitor.hears("bot: ")
    await visitor.presses(str(t["change"]))
    await visitor.hears(f"bot: {t['ask']}")
    await talk(visitor, (str(t["new"]), f"bot: {t['summary']}"))
    assert str(t["problem"]) not in (await visitor.transcript())[-1]["text"]
    await visitor.presses(str(t["send"]))
    await visitor.hears(f"system: {t['number']}")
    assert (await ticket_of(agent, visitor))["ticket"]["subject"] == t["new"]
    assert (await share(office))[1] == 0


async def test_a_wish_says_nothing_of_what_is_wrong_but_words_before_it_do(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("How do I book a repair?")
    await visitor.hears("bot: ")
    await visitor.presses("Open a repair case")
    [question] = await visitor.hears("bot: Which appliance")
    assert "noted" not in question["text"]
    await talk(visitor, ("cancel", "bot: All right."), ("My dryer shows E9 zzyx, technician!", "bot: "))
    await visitor.presses("Open a repair case")
    await visitor.hears("bot: We go on where you were.\n\nI have noted: My dryer shows E9 zzyx, technician!")


@pytest.mark.parametrize(("language", "t"), [("en", EN), ("zh-Hans", ZH)])
@pytest.mark.parametrize("platform", ["telegram", "slack"])
async def test_only_the_accepting_member_hears_where_the_customer_lives(
    platform: str,
    language: str,
    t: dict[str, object],
    open_office: Opener,
    telegram: FakeTelegram,
    slack: FakeSlack,
    tmp_path: Path,
) -> None:
    """Whatever stands in the form, in the words and in the objection: the group never reads address or number."""
    path = tmp_path / "service.toml"
    whole = RULES.read_text(encoding="utf-8")
    path.write_text(whole.replace('team = "repairs"\npriority', 'dealers = true\nteam = "repairs"\npriority'), "utf-8")
    chat = await open_chat(platform, open_office, telegram, slack, service={"rules": str(path)})
    office = chat.office
    supervisor, agent = await office.agent("Margaret", Role.SUPERVISOR), await office.agent("Ada")
    await set_up(chat, "Nord", await add_dealer(supervisor, "Nord"), "Nils", "Nora")
    await groups_speak(language, office)
    visitor = await office.visitor(language)
    await complains(visitor, t)
    await answers(visitor, t)
    await visitor.says(str(t["times"]))
    await visitor.hears("bot: ")
    await visitor.presses(str(t["change"]))
    await visitor.hears("bot: ")
    await talk(visitor, (str(t["new"]), "bot: "))
    await visitor.presses(str(t["send"]))
    await visitor.hears(f"system: {t['number']}", "system: ")
    number = (await ticket_of(agent, visitor))["ticket"]["number"]
    *_, address, phone = t["answers"]  # type: ignore[misc]
    bare = "".join(phone.split())
    private = [address, bare, *(part.strip() for part in address.split(",") if any(map(str.isdigit, part)))]

    def leaked(texts: list[str]) -> list[str]:
        return [text for text in texts for one in private if one.casefold() in text.casefold()]

    await sees(chat, "Nord", number)
    await chat.presses("Nord", "Nils", str(t["accept"]))
    told = await is_told(chat, "Nils", number)
    assert address in told
    assert bare in told
    card = cards(chat, "Nord")[-1]
    plan = "plan Tuesday 14:00, new door seal" if language == "en" else "方案 周二下午两点换门封"
    await chat.says("Nord", "Nils", plan, to=card)
    await office.settled()
    assert leaked([post["text"] for post in chat.posts("Nord")]) == []
    assert leaked(chat.heard_in_private("Nora")) == []
    assert leaked(chat.whispers()) == []
    report = "done cause: the seal was worn / solution: a new seal is in / prevention: keep the seal dry and clean"
    await chat.says("Nord", "Nils", report, to=cards(chat, "Nord")[-1])
    await office.settled()
    assert leaked([post["text"] for post in chat.posts("Nord")]) == []
