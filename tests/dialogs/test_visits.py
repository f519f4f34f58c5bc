"""A visit is booked by a button, put into the calendar, reminded of once, moved and cancelled."""

import pytest

from omnibot.flow import book_visit
from tests.office import Agent, Office

SLOTS = [
    {"starts_at": f"2026-06-{day}T{hour}:00:00Z", "ends_at": f"2026-06-{day}T{hour + 1}:00:00Z"}
    for day, hour in (("03", 14), ("04", 10))
]


@pytest.mark.parametrize(("language", "label", "booked", "reminder"), [
    ("en", "on Wednesday at 14:00 (UTC)", "booked, we come on Wednesday at 14:00", "a reminder of our visit"),
    ("zh-Hans", "周三14:00（UTC）", "已预约", "提醒您"),
])  # fmt: skip
async def test_a_visit_in_three_steps(
    office: Office, agent: Agent, language: str, label: str, booked: str, reminder: str
) -> None:
    visitor = await office.visitor(language)
    number = await agent.opens_ticket(visitor, "Leak")
    await visitor.hears("system: ")
    await agent.post(f"/tickets/{number}/slots", {"slots": SLOTS})
    [offer] = await visitor.hears("system: ")
    assert len(offer["choices"]) == 3  # and "none of these"
    await visitor.presses(offer["choices"][0]["label"])
    await office.settled()
    desk, clock = office.application.desk, office.clock
    for _ in range(2):
        await book_visit.step(desk, clock.now())
    confirmed, file = await visitor.hears(f"system: {booked}", "system: ")
    assert file["attachments"][0]["name"].endswith(".ics")
    clock.advance(hours=30)
    for _ in range(2):
        await book_visit.step(desk, clock.now())
    await visitor.hears(f"system: {reminder}")
    clock.advance(hours=21)
    await book_visit.step(desk, clock.now())
    await visitor.hears(f"system: {reminder}")
    await visitor.presses(confirmed["choices"][1]["label"])
    await office.settled()
    await book_visit.step(desk, clock.now())
    await visitor.hears("system: ", "system: ")
    await visitor.presses(offer["choices"][0]["label"])
    await visitor.hears("system: ")
    assert (await agent.post(f"/tickets/{number}/booking", {"outcome": "missed"}, status=409))["status"] == 409
