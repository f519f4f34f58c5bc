"""A broken promise climbs to people with names: lead, supervisors, on call; one of them takes it up in the chat."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnibot.demo.slack import FakeSlack
from omnibot.demo.telegram import FakeTelegram
from omnibot.domain.access import Role
from omnibot.domain.code import CodePurpose
from omnibot.flow import keep_promises
from omnibot.store import users
from tests.dialogs.dealer_chat import DealerChat, TelegramDealers, is_told
from tests.dialogs.dealing import open_chat
from tests.dialogs.staff_chat import group_code
from tests.office import Agent, Office, Opener

RULES = """
[[teams]]
name = "service"
members = ["ada@example.com"]
lead = "lena@example.com"
supervisors = ["sven@example.com"]
[[on_call]]
email = "otto@example.com"
hours = { sat = ["00:00-24:00"], sun = ["00:00-24:00"] }
[[on_call]]
email = "olga@example.com"
hours = { mon = ["00:00-24:00"] }
"""


async def passes(office: Office, minutes: int) -> None:
    for _ in range(minutes):
        await keep_promises.step(office.application.desk, office.clock.advance(minutes=1))


async def press_in_private(chat: DealerChat, who: str, label: str) -> str:
    if isinstance(chat, TelegramDealers):
        person = chat.person(who)
        update = await chat.fake.press(label, chat=person, sender=person)
        id = str(update["callback_query"]["id"])
        await chat.fake.until(lambda: id in chat.fake.answers)
        await chat.office.settled()
        return chat.fake.answers[id]
    assert not isinstance(chat, TelegramDealers)
    slack: Any = chat
    person = slack.person(who)
    await slack.fake.send(slack.fake.press(person, label, chat=f"D{person[1:]}"))
    await chat.office.settled()
    return ""


@pytest.mark.parametrize("platform", ["telegram", "slack"])
async def test_the_ladder_reaches_people_by_name_until_one_takes_it_up(
    platform: str, open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    chat = await open_chat(platform, open_office, telegram, slack, service={"rules": str(path)})
    office = chat.office
    roles = {"Ada": Role.AGENT, "Lena": Role.AGENT, "Sven": Role.SUPERVISOR, "Otto": Role.AGENT, "Olga": Role.AGENT}
    people: dict[str, Agent] = {name: await office.agent(name, role) for name, role in roles.items()}
    for name in ("Lena", "Sven", "Olga"):
        code = await group_code(office, CodePurpose.LINK_STAFF, str(people[name].id))
        await chat.says_in_private(name, code)
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await office.settled()
    await passes(office, 50)
    await is_told(chat, "Lena", "Conversation", "first reply", "Told: Lena")
    await is_told(chat, "Sven", "Told: Sven")
    assert not any("Told" in text for text in chat.heard_in_private("Olga"))
    [broken] = (await people["Ada"].get("/promises?state=broken"))["items"]
    assert broken["promise"]["acknowledged_at"] is None
    await press_in_private(chat, "Sven", "I take it up")
    [broken] = (await people["Ada"].get("/promises?state=broken"))["items"]
    assert broken["promise"]["acknowledged_at"] is not None
    await passes(office, 40)
    assert not any("Told" in text for text in chat.heard_in_private("Olga"))  # held for an hour
    await passes(office, 60)
    await is_told(chat, "Olga", "Told: Olga")  # on a Monday, and not Otto
    notes = [line["text"] for line in (await people["Ada"].sees(visitor))["transcript"] if line["internal"]]
    assert [note.rpartition("Told: ")[2] for note in notes if "Still broken" in note] == ["Lena.", "Sven.", "Olga."]


async def test_who_admins_set_counts_before_the_file(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    chat = await open_chat("telegram", open_office, telegram, slack, service={"rules": str(path)})
    office = chat.office
    boss, lena = await office.agent("Boss", Role.ADMIN), await office.agent("Lena")
    mona, otto = await office.agent("Mona"), await office.agent("Otto")
    # An admin gives a colleague the code; nobody else may.
    await lena.post("/members/codes", {"user_id": mona.id}, status=403)
    for name, agent in (("Lena", lena), ("Mona", mona), ("Otto", otto)):
        code = (await boss.post("/members/codes", {"user_id": agent.id}, status=201))["code"]
        await chat.says_in_private(name, code)
    assert (await boss.post(f"/users/{mona.id}/alert"))["places"] == 1
    await is_told(chat, "Mona", "This is a test")

    async def sets(rung: str, team: str, people: list[dict[str, Any]], status: int = 200) -> Any:
        body = {"rung": rung, "team": team, "people": people}
        return await office.call("PUT", "/api/v1/ladder", headers=boss.headers, json=body, status=status)

    shown = await sets("lead", "service", [{"user_id": mona.id}])
    [lead] = [one for one in shown["items"] if one["rung"] == "lead"]
    assert ([one["name"] for one in lead["people"]], lead["is_own"]) == (["Mona"], True)
    assert lead["people"][0]["reached_at"] == ["telegram"]
    duty = {"user_id": otto.id, "hours": "mon 00:00-24:00", "timezone": "UTC"}
    await sets("on_call", "", [duty])
    await sets("on_call", "", [duty | {"hours": "whenever"}], status=422)
    await sets("on_call", "", [duty | {"since": "2026-03-02", "until": "2026-03-01"}], status=422)
    await sets("lead", "nobody's team", [], status=422)
    await sets("lead", "service", [{"user_id": mona.id}, {"user_id": lena.id}], status=422)
    await sets("lead", "service", [{"user_id": 99}], status=404)
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await office.settled()
    await passes(office, 120)
    await is_told(chat, "Mona", "Conversation", "Told: Mona")
    await is_told(chat, "Otto", "Told: Otto")
    assert not any("Told" in text for text in chat.heard_in_private("Lena"))
    back = await sets("lead", "service", [])
    assert [one["people"][0]["name"] for one in back["items"] if one["rung"] == "lead"] == ["Lena"]


async def test_each_is_told_in_their_own_language_and_the_lead_of_the_team_that_is_waited_for(
    open_office: Opener, telegram: FakeTelegram, slack: FakeSlack, tmp_path: Path
) -> None:
    """Nobody has taken the conversation: the rules say whose it would be."""
    path = tmp_path / "service.toml"
    teams = """
    [[teams]]
    name = "english"
    members = ["ada@example.com"]
    lead = "ada@example.com"
    [[teams]]
    name = "客服"
    members = ["lena@example.com"]
    lead = "lena@example.com"
    [[rules]]
    name = "in Chinese"
    when = { language = ["zh-Hans"] }
    team = "客服"
    [[rules]]
    name = "everything else"
    team = "english"
    """
    path.write_text(teams, encoding="utf-8")
    chat = await open_chat("telegram", open_office, telegram, slack, service={"rules": str(path)})
    office = chat.office
    people = {name: await office.agent(name) for name in ("Ada", "Lena")}
    await office.application.store.run(partial(users.set_language, id=people["Lena"].id, language="zh-Hans"))
    for name, agent in people.items():
        await chat.says_in_private(name, await group_code(office, CodePurpose.LINK_STAFF, str(agent.id)))
    visitor = await office.visitor("zh-Hans")
    await visitor.says("转人工")
    await office.settled()
    await passes(office, 30)
    told = await is_told(chat, "Lena", "承诺仍未兑现", "已通知：Lena")
    assert "Broken" not in told
    assert not any("Told" in text for text in chat.heard_in_private("Ada"))
    await press_in_private(chat, "Lena", "我来跟进")
    [broken] = (await people["Ada"].get("/promises?state=broken"))["items"]
    assert broken["promise"]["acknowledged_at"] is not None
