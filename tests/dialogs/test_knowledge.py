"""What customers ask in vain becomes something that the bot knows; and is taken back again."""

from collections.abc import Awaitable, Callable
from typing import Any

from omnibot.domain.access import Role
from omnibot.domain.language import Language
from tests.office import Agent, Json, Office, Visitor, eventually

REPLY = "Hi Ann, yes: we engrave your initials on the lid for free, just tell us within two days of your order 4711882. Best, Ada"


async def ask_in_vain(office: Office, agent: Agent, text: str, reply: str = REPLY, **session: Any) -> Visitor:
    visitor = await office.visitor(**session)
    await visitor.says(text)
    await office.settled()
    await agent.takes(visitor)
    await agent.replies(visitor, "One moment please")
    await agent.replies(visitor, reply)
    return visitor


async def gaps(agent: Agent, count: int, state: str = "open") -> list[Json]:
    """The gaps, as soon as there are so many."""
    found: list[Json] = []

    async def there() -> bool:
        found[:] = (await agent.get(f"/faq/gaps?state={state}"))["items"]
        return len(found) == count

    await eventually(there, f"{count} gaps")
    return found


async def decision(agent: Agent, text: str, **more: object) -> tuple[str, str | None]:
    asked = await agent.post("/faq/ask", {"text": text, **more})
    return asked["decision"], asked["answer"]


async def test_from_a_gap_to_an_answer_and_back(office: Office, agent: Agent, supervisor: Agent) -> None:
    for text in ("Do you engrave initials?", "Could you engrave my initials please", "engrave initials possible??"):
        await ask_in_vain(office, agent, text)
    await ask_in_vain(
        office,
        agent,
        "Which mushrooms grow in Norwegian forests?",
        "I am afraid that we know nothing at all of mushrooms.",
    )
    first, second = await gaps(agent, 2)
    assert "engrave" in first["question"]
    assert (first["count"], first["conversations"], first["replies"]) == (3, 3, 2.0)
    assert first["burden"] == 9.0
    assert second["burden"] == 3.0

    draft = await agent.post(f"/faq/gaps/{first['id']}/draft", status=201)
    assert draft["state"] == "draft"
    wording = draft["wordings"]["en"]
    assert wording["answer"].startswith("Yes: we engrave your initials on the lid")
    assert "4711882" not in wording["answer"]
    assert "Ada" not in wording["answer"]
    assert len(wording["phrasings"]) == 2
    assert [gap["id"] for gap in await gaps(agent, 1, "drafted")] == [first["id"]]
    await agent.post(f"/faq/gaps/{first['id']}/draft", status=409)

    one = f"/faq/entries/{draft['id']}"
    tested = await agent.post(f"{one}/backtest", {})
    assert tested["asked"] == 4
    assert tested["counts"]["gained"] == 3
    assert {change["after"]["entry_id"] for change in tested["changes"] if change["kind"] == "gained"} == {draft["id"]}

    await agent.post(f"{one}/review", {})
    await agent.post(f"{one}/publish", {}, status=403)
    customer = await office.visitor()
    await customer.says("do you engrave initials")
    await customer.hears("bot: Did you mean one of these?")
    live = await supervisor.post(f"{one}/publish", {"version": 1})
    assert (live["state"], live["shown"], live["live_version"]) == ("live", "version", 1)
    customer = await office.visitor()
    await customer.says("do you engrave initials")
    await customer.hears("bot: Yes: we engrave your initials")

    changed = await agent.patch(one, {"language": "en", "answer": "No, not any more.", "version": 1})
    assert (changed["state"], changed["version"], changed["live_version"]) == ("draft", 2, 1)
    await supervisor.post(f"{one}/publish", {})
    assert await decision(agent, "do you engrave initials") == ("answer", "No, not any more.")
    back = await supervisor.post(f"{one}/rollback", {"to": 1, "note": "It was right"})
    assert (back["version"], back["live_version"], back["state"]) == (3, 3, "live")
    customer = await office.visitor()
    await customer.says("do you engrave initials")
    await customer.hears("bot: Yes: we engrave your initials")
    versions = (await agent.get(f"{one}/versions"))["items"]
    assert [(one["version"], one["author"], one["restores"]) for one in versions] == [
        (3, "Margaret", 1),
        (2, "Ada", None),
        (1, "Ada", None),
    ]


async def test_a_chinese_gap_becomes_a_chinese_entry(office: Office, agent: Agent, supervisor: Agent) -> None:
    reply = "您好，可以的，下单后两天内告诉我们要刻的字母就行，免费刻在盖子上。"
    for text in ("可以刻字吗", "能不能在盖子上刻字", "刻字要钱吗"):
        await ask_in_vain(office, agent, text, reply, language="zh")
    (found,) = await gaps(agent, 1)
    assert found["language"] == "zh-Hans"
    draft = await agent.post(f"/faq/gaps/{found['id']}/draft", status=201)
    assert draft["wordings"]["zh-Hans"]["answer"].startswith("可以的，下单后两天内")
    await supervisor.post(f"/faq/entries/{draft['id']}/publish", {})
    visitor = await office.visitor("zh")
    await visitor.says("请问可以刻字吗？")
    await visitor.hears("bot: 可以的，下单后两天内")
    assert await gaps(agent, 0) == []


async def test_a_wrong_answer_is_a_gap_until_it_is_mended(office: Office, agent: Agent, supervisor: Agent) -> None:
    visitor = await office.visitor()
    await visitor.says("How do I descale my appliance?")
    (line,) = await visitor.hears("bot: ")
    place = {"conversation_id": visitor.conversation_id, "seq": line["seq"]}
    assert await agent.post("/faq/wrong-answers", place, status=201) == {"entry_id": "descale"}
    await agent.post("/faq/wrong-answers", place, status=201)
    await agent.post("/faq/wrong-answers", {**place, "seq": 1}, status=404)
    (gap,) = await gaps(agent, 1)
    assert gap["badly_rated"] == 1.0
    assert gap["examples"][0]["entry_id"] == "descale"
    quality = (await agent.get("/faq/entries/descale"))["quality"]
    assert quality == {"shown": 1, "helped": 0, "did_not_help": 0, "led_to_human": 0, "marked_wrong": 1}
    office.clock.advance(minutes=1)
    await agent.patch("/faq/entries/descale", {"language": "en", "answer": "With vinegar, every month."})
    await supervisor.post("/faq/entries/descale/publish", {})
    await gaps(agent, 0)


async def test_what_helps_and_what_leads_to_people_is_counted(office: Office, agent: Agent) -> None:
    happy, unhappy = await office.visitor(), await office.visitor()
    for visitor in (happy, unhappy):
        await visitor.says("How do I descale my appliance?")
        await visitor.hears("bot: ")
    await happy.says("yes, thanks")
    await unhappy.says("no")
    await office.settled()
    await unhappy.says("I want to talk to a person")
    await office.settled()

    async def counted() -> bool:
        quality = (await agent.get("/faq/entries/descale"))["quality"]
        return quality == {"shown": 2, "helped": 1, "did_not_help": 1, "led_to_human": 1, "marked_wrong": 0}

    await eventually(counted, "both are counted")


async def test_a_gap_that_is_dismissed_stays_away(office: Office, agent: Agent) -> None:
    await ask_in_vain(office, agent, "Which mushrooms grow in Norwegian forests?")
    (gap,) = await gaps(agent, 1)
    assert (await agent.post(f"/faq/gaps/{gap['id']}/dismiss"))["state"] == "dismissed"
    await ask_in_vain(office, agent, "Which mushrooms grow in Norwegian forests today?")

    async def is_known() -> bool:
        return (await agent.get("/faq/gaps?state=dismissed"))["items"][0]["count"] == 2

    await eventually(is_known, "the new question is in the old gap")
    assert (await agent.get("/faq/gaps"))["items"] == []


async def test_the_console_wins_over_the_files_until_it_gives_back(
    office: Office, agent: Agent, supervisor: Agent
) -> None:
    question = "How do I descale my appliance?"
    in_files = office.answer("descale")
    one = "/faq/entries/descale"
    assert (await agent.get(one))["shown"] == "file"
    await agent.patch(one, {"language": "en", "answer": "With lemon."})
    assert (await decision(agent, question))[1] == in_files
    assert await decision(agent, question, draft="descale") == ("answer", "With lemon.")
    typed = {"wordings": {"en": {"question": question, "answer": "With vinegar."}}}
    assert await decision(agent, question, draft="descale", content=typed) == ("answer", "With vinegar.")
    assert await decision(agent, question, draft="descale") == ("answer", "With lemon.")  # nothing of it is kept
    await supervisor.post(f"{one}/publish", {})
    assert await decision(agent, question) == ("answer", "With lemon.")
    assert office.answer("descale", Language.ZH_HANS).startswith("水质")
    await supervisor.post(f"{one}/retire", {})
    assert (await decision(agent, question))[0] != "answer" or (await decision(agent, question))[1] != in_files
    given_back = await supervisor.post(f"{one}/rollback", {"to": 0})
    assert given_back["shown"] == "file"
    assert (await decision(agent, question))[1] == in_files


async def test_nobody_overwrites_what_he_has_not_seen(agent: Agent, supervisor: Agent) -> None:
    one = "/faq/entries/descale"
    await agent.patch(one, {"language": "en", "answer": "One", "version": 0})
    refused = await supervisor.patch(one, {"language": "en", "answer": "Two", "version": 0}, status=409)
    assert refused["type"] == "urn:omnibot:changed"
    assert (refused["author"], refused["version"]) == ("Ada", 1)
    assert (await agent.get(one))["wordings"]["en"]["answer"] == "One"
    await supervisor.post(f"{one}/publish", {"version": 0}, status=409)


async def test_another_process_hears_within_seconds(open_office: Callable[..., Awaitable[Office]]) -> None:
    here, there = await open_office(), await open_office()
    supervisor = await here.agent("Margaret", Role.SUPERVISOR)
    made = await supervisor.post(
        "/faq/entries",
        {"question": "Do you engrave initials?", "answer": "Yes, on the lid.", "language": "en"},
        status=201,
    )
    assert made["id"] == "do-you-engrave-initials"
    await supervisor.post(f"/faq/entries/{made['id']}/publish", {})

    async def knows() -> bool:
        asked = await there.call(
            "POST", "/api/v1/faq/ask", headers=supervisor.headers, json={"text": "do you engrave initials"}
        )
        return bool(asked["answer"] == "Yes, on the lid.")

    await eventually(knows, "the other process answers")
