"""Forms in a chat: one question at a time, none of them needless, and a case at the end that has everything."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from omnibot.domain.access import Role
from tests.office import Agent, Office, Visitor
from tests.servers import ROOT

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
RULES = ROOT / "service.example.toml"


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    return await open_office(service={"rules": str(RULES)})


async def sends_picture(office: Office, visitor: Visitor, name: str) -> None:
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename=name)
    async with office.http.post("/webchat/v1/files", data=form, headers=visitor.headers) as response:
        file_id = (await response.json())["file_id"]
    body = {"client_id": f"file-{name}", "text": "here", "files": [file_id]}
    await office.call("POST", "/webchat/v1/messages", headers=visitor.headers, json=body, status=202)


async def ticket_of(agent: Agent, visitor: Visitor) -> dict[str, Any]:
    [ticket] = (await agent.sees(visitor))["tickets"]
    return await agent.get(f"/tickets/{ticket['number']}")


async def share(office: Office) -> tuple[float, float]:
    """Questions of forms that were asked, and those whose answer was known, as /metrics tells them."""
    async with office.http.get("/metrics") as response:
        lines = dict(line.rsplit(" ", 1) for line in (await response.text()).splitlines() if line[:1] != "#")
    return float(lines["omnibot_form_questions"]), float(lines["omnibot_form_questions_known"])


async def talk(visitor: Visitor, *turns: tuple[str, str]) -> None:
    """What is said, and what is heard then."""
    for said, heard in turns:
        await visitor.says(said)
        await visitor.hears(heard)


async def test_a_whole_case_in_english(office: Office, agent: Agent) -> None:
    visitor = await office.visitor()
    await visitor.says("How do I book a repair?")
    await visitor.hears("bot: within three working days")
    await visitor.presses("Open a repair case")
    [question] = await visitor.hears("bot: Which appliance is it about?")
    assert [choice["label"] for choice in question["choices"]] == ["Talk to a person"]
    await talk(
        visitor,
        ("Washer 100", "bot: What is its serial number?"),
        ("on the back", "bot: That does not look like a serial number"),
        ("S/N: wm-4711 22", "bot: What is wrong with it?"),
        ("It leaks *badly*", "bot: Since when?"),
        ("03/04/2026", "bot: That may be one of two days."),
        ("for half a month", "bot: Can it wait?"),
        ("perhaps", "bot: Please pick one of these."),
        ("urgent!", "bot: Can you send a picture of it?"),
    )
    await sends_picture(office, visitor, "leak.png")
    await visitor.hears("bot: Where is it?")
    await talk(
        visitor,
        ("at home", "bot: Please give the full address"),
        ("12 Main Street, 10115 Berlin", "bot: At which number"),
        ("later, I tell you", "bot: That does not look like a phone number"),
        ("+49 30 901820", "bot: When does a visit suit you?"),
        ("Tuesday afternoon", "bot: This is what we have:"),
    )
    await visitor.presses("Yes, open the case")
    await visitor.hears("system: Your case number is")
    found = await ticket_of(agent, visitor)
    assert found["ticket"]["subject"] == "It leaks *badly*"
    assert (found["ticket"]["category"], found["ticket"]["priority"]) == ("repair", "high")
    assert found["assignment"]["team"] == "repairs"
    case = await agent.get(f"/tickets/{found['ticket']['number']}/facts")
    known = {fact["key"]: fact for fact in case["items"]}
    assert {key: fact["value"] for key, fact in known.items()} == {
        "product": "Washer 100",
        "serial": "WM-471122",
        "problem": "It leaks *badly*",
        "since": "2026-05-17",
        "urgency": "now",
        "photo": "leak.png",
        "address": "12 Main Street, 10115 Berlin",
        "phone": "+4930901820",
        "preferred_times": "Tuesday afternoon",
    }
    assert {fact["source"] for fact in known.values()} == {"customer"}
    assert [photo["name"] for photo in case["photos"]] == ["leak.png"]
    assert await share(office) == (9, 0)


async def test_a_whole_case_in_chinese_with_what_is_known(office: Office, agent: Agent, supervisor: Agent) -> None:
    visitor = await office.visitor("zh-Hans")
    await visitor.says("你好")
    await visitor.hears("bot: ")
    contact = (await agent.sees(visitor))["contact"]["id"]
    for key, value in (("phone", "+86 21 5555"), ("address", "上海市南京西路100号")):
        await agent.post(f"/contacts/{contact}/facts", {"key": key, "value": value})
    await supervisor.post("/products", {"sku": "WM-100", "name": "洗衣机100", "warranty_months": 24})
    bought = {"sku": "WM-100", "bought_on": "2026-01-02", "serial": "X9-1"}
    await supervisor.post(f"/contacts/{contact}/purchases", bought, status=201)
    await visitor.says("怎么预约维修？")
    await visitor.hears("bot: 三个工作日")
    await visitor.presses("提交维修申请")
    await visitor.hears("bot: 出了什么问题？")  # which one, and its serial number, is known
    await talk(
        visitor, ("漏水", "bot: 从哪天开始的？"), ("半个月前", "bot: 急不急？"), ("很急", "bot: 能发一张照片吗？")
    )
    await talk(visitor, ("跳过", "bot: 什么时候方便上门？"))
    [summary] = await said(visitor, "周二下午")
    for line in ("电器：洗衣机100", "序列号：X9-1", "紧急程度：很急", "上海市南京西路100号", "电话：+86 21 5555"):
        assert line in summary["text"]
    assert "2026-05-17" in summary["text"]
    await visitor.presses("是的，提交")
    await visitor.hears("system: 您的工单号是")
    assert await share(office) == (5, 0)
    # The next case: nothing that is true of the person is asked again.
    await visitor.says("怎么预约维修？")
    await visitor.hears("bot: 三个工作日")
    await visitor.presses("提交维修申请")
    await visitor.hears("bot: 出了什么问题？")


async def said(visitor: Visitor, text: str) -> list[dict[str, Any]]:
    await visitor.says(text)
    return await visitor.hears("bot: ")


async def begins(office: Office, *answers: str) -> Visitor:
    visitor = await office.visitor()
    await visitor.says("How do I book a repair?")
    await visitor.hears("bot: ")
    await visitor.presses("Open a repair case")
    await visitor.hears("bot: Which appliance")
    for answer in answers:
        await said(visitor, answer)
    return visitor


async def test_back_skip_and_a_change_at_the_end(office: Office, agent: Agent) -> None:
    visitor = await begins(office)
    await talk(
        visitor,
        ("back", "bot: This is the first question."),
        ("skip", "bot: Without this we cannot help"),
        ("Dryer", "bot: serial number"),
        ("back", "bot: Which appliance"),
        ("Washer", "bot: serial number"),
        ("skip", "bot: What is wrong"),
        ("It hums", "bot: Since when"),
    )
    await visitor.presses("Skip")
    await visitor.hears("bot: Can it wait?")
    await visitor.presses("A few days")
    await visitor.hears("bot: picture")
    await visitor.presses("Back")
    await visitor.hears("bot: Can it wait?")
    await visitor.presses("A few days")
    await visitor.hears("bot: picture")
    await talk(visitor, ("skip", "bot: Where is it?"), ("12 Main Street, Berlin", "bot: number"))
    await talk(visitor, ("030 901820", "bot: visit"), ("any time", "bot: This is what we have"))
    await visitor.presses("Change: Phone")
    await visitor.hears("bot: At which number")
    await talk(visitor, ("0171 1234567", "bot: Phone: 01711234567"), ("yes", "system: Your case number is"))
    await visitor.presses("Yes, open the case")  # once more, from the summary above
    await visitor.hears("bot: That form is no longer open; nothing has changed.")
    assert len((await agent.sees(visitor))["tickets"]) == 1


async def test_a_person_at_any_time_stops_the_form_and_it_waits(office: Office, agent: Agent) -> None:
    visitor = await begins(office, "Dryer", "skip")
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    await visitor.says("It hums")  # to people; the form asks nothing
    await visitor.hears_nothing()
    await agent.takes(visitor)
    await visitor.hears("system: Ada")
    await agent.hands_back(visitor)
    await visitor.hears("system: ")
    office.clock.advance(hours=30)
    await visitor.presses("Open a repair case")
    await visitor.hears("bot: We go on where you were.\n\nWhat is wrong with it?")


async def test_a_form_goes_on_after_hours_and_a_question_aside_is_answered(office: Office) -> None:
    visitor = await begins(office)
    office.clock.advance(hours=20)
    await talk(
        visitor,
        ("hello", "bot: We go on where you were.\n\nWhich appliance"),
        ("Dryer", "bot: serial number"),
        ("How long is the warranty?", "bot: What is its serial number?"),
        ("cancel", "bot: All right. What you have told us is kept"),
        ("How long is the warranty?", "bot: Did that help?"),
    )
    await visitor.presses("Open a repair case")
    await visitor.hears("bot: We go on where you were.\n\nWhat is its serial number?")


async def test_words_of_a_category_offer_the_form_once_before_a_person(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("zzyx technician qqrt")
    heard = await visitor.hears("bot: ")
    assert "Open a repair case" in {choice["label"] for choice in heard[0]["choices"]}


async def test_two_products_are_buttons_and_the_serial_of_the_chosen_one_is_known(office: Office, agent: Agent) -> None:
    supervisor = await office.agent("Margaret", Role.SUPERVISOR)
    visitor = await office.visitor()
    await visitor.says("hello")
    await visitor.hears("bot: ")
    contact = (await agent.sees(visitor))["contact"]["id"]
    for sku, name, serial in (("WM-100", "Washer 100", "X9-1"), ("DR-7", "Dryer 7", "D7-2")):
        await supervisor.post("/products", {"sku": sku, "name": name, "warranty_months": 24})
        bought = {"sku": sku, "bought_on": "2026-01-02", "serial": serial}
        await supervisor.post(f"/contacts/{contact}/purchases", bought, status=201)
    await visitor.says("How do I book a repair?")
    await visitor.hears("bot: ")
    await visitor.presses("Open a repair case")
    await visitor.hears("bot: Which appliance")
    await visitor.presses("Dryer 7")
    await visitor.hears("bot: What is wrong with it?")
    assert (await share(office))[1] == 0


async def owns_a_washer(office: Office, agent: Agent, language: str) -> Visitor:
    """A customer of whom one appliance is known."""
    supervisor = await office.agent("Margaret", Role.SUPERVISOR)
    visitor = await office.visitor(language)
    await visitor.says("hello")
    await visitor.hears("bot: ")
    contact = (await agent.sees(visitor))["contact"]["id"]
    await supervisor.post("/products", {"sku": "WM-100", "name": "Washer 100", "warranty_months": 24})
    bought = {"sku": "WM-100", "bought_on": "2026-01-02", "serial": "X9-1"}
    await supervisor.post(f"/contacts/{contact}/purchases", bought, status=201)
    return visitor


APPLIANCES = [
    (
        "en",
        "The leak again: your technician did not repair my {}, zzyx!",
        "Open a repair case",
        "dryer",
        "washing machine",
        "Which appliance",
    ),
    (
        "zh-Hans",
        "{}漏水，上次报修的师傅拖了半个月还不来修，厨房全是水！",
        "提交维修申请",
        "烘干机",
        "洗衣机",
        "是哪一台电器？",
    ),
]


@pytest.mark.parametrize(("language", "complaint", "button", "other", "own", "question"), APPLIANCES)
async def test_another_appliance_than_the_known_one_is_asked_for(
    office: Office, agent: Agent, language: str, complaint: str, button: str, other: str, own: str, question: str
) -> None:
    """And neither the summary nor the case has anything of the known one."""
    visitor = await owns_a_washer(office, agent, language)
    await visitor.says(complaint.format(other))
    await visitor.hears("bot: ")
    await visitor.presses(button)
    [asked] = await visitor.hears("bot: ")
    assert question in asked["text"]
    assert "Washer 100" in {choice["label"] for choice in asked["choices"]}
    skip, when = ("skip", "any time") if language == "en" else ("跳过", "都可以")
    urgent, address = (
        ("urgent", "12 Main Street, 10115 Berlin") if language == "en" else ("很急", "上海市南京西路100号")
    )
    [summary] = [
        (await said(visitor, answer))[0] for answer in (other, skip, skip, urgent, skip, address, "+49 30 901820", when)
    ][-1:]
    assert other in summary["text"]
    assert "X9-1" not in summary["text"]
    await visitor.says("yes" if language == "en" else "是")
    await visitor.hears("system: ")
    case = await agent.get(f"/tickets/{(await ticket_of(agent, visitor))['ticket']['number']}/facts")
    known = {fact["key"]: fact["value"] for fact in case["items"]}
    assert known["product"] == other
    assert "serial" not in known
    assert "warranty_ends_on" not in known
    assert (await share(office))[1] == 0


@pytest.mark.parametrize(("language", "complaint", "button", "other", "own", "question"), APPLIANCES)
async def test_the_known_appliance_is_assumed_where_the_complaint_names_it_or_none(
    office: Office, agent: Agent, language: str, complaint: str, button: str, other: str, own: str, question: str
) -> None:
    visitor = await owns_a_washer(office, agent, language)
    await visitor.says(complaint.format(own))
    await visitor.hears("bot: ")
    await visitor.presses(button)
    [asked] = await visitor.hears("bot: ")
    assert question not in asked["text"]
    assert ("Since when" if language == "en" else "从哪天") in asked["text"]


@pytest.mark.parametrize(("language", "complaint", "button", "other", "own", "question"), APPLIANCES)
async def test_whoever_says_in_the_form_that_it_is_another_appliance_is_asked_which(
    office: Office, agent: Agent, language: str, complaint: str, button: str, other: str, own: str, question: str
) -> None:
    visitor = await owns_a_washer(office, agent, language)
    await visitor.says("How do I book a repair?" if language == "en" else "怎么预约维修？")
    await visitor.hears("bot: ")
    await visitor.presses(button)
    [asked] = await visitor.hears("bot: ")
    assert question not in asked["text"]
    [asked] = await said(visitor, complaint.format(other))
    assert question in asked["text"]


@pytest.mark.parametrize(("language", "complaint", "button", "other", "own", "question"), APPLIANCES)
async def test_a_case_that_people_open_has_no_other_appliance_in_it(
    office: Office, agent: Agent, language: str, complaint: str, button: str, other: str, own: str, question: str
) -> None:
    visitor = await owns_a_washer(office, agent, language)
    for name, expected in ((other, None), (own, "WM-100")):
        number = await agent.opens_ticket(visitor, complaint.format(name))
        case = await agent.get(f"/tickets/{number}/facts")
        known = {fact["key"]: fact["value"] for fact in case["items"]}
        assert known.get("product") == expected
        assert known.get("serial") == (expected and "X9-1")
