"""Answers with blanks: what is known is filled in, what is missing is asked for once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from tests.office import Office

OpenOffice = Callable[..., Awaitable[Office]]

ENTRIES = """
- {id: hours, language: en, question: When are you open?, answer: "{team} is there {opening_hours}."}
- {id: hours, language: zh-Hans, question: 你们几点开门？, answer: "{team}：{opening_hours}。"}
- {id: manual, language: en, question: Where is the manual?, answer: "See example.com/{fact:product}. {not a blank}"}
- {id: manual, language: zh-Hans, question: 说明书在哪里？, answer: "{fact:product}的说明书在官网。"}
- {id: case, language: en, question: What do I write on the parcel?, answer: "Write {ticket_number} on it."}
- {id: both, language: en, question: Do you price match competitors?, answer: "{fact:shop} {fact:price}"}
- {id: other, language: en, question: How do I return an order?, answer: By post.}
"""
HOURS = {day: ["09:00-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": ["10:00-14:00"]}


@pytest.fixture
async def office(open_office: OpenOffice, tmp_path: Path) -> Office:
    (tmp_path / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    return await open_office(faq={"path": str(tmp_path / "faq.yaml")}, service={"hours": HOURS})


async def test_what_the_service_knows_of_itself_is_filled_in(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("When are you open?")
    await visitor.hears("bot: our service team is there Monday to Friday 09:00–17:30; Saturday 10:00–14:00.")
    visitor = await office.visitor("zh-Hans")
    await visitor.says("你们几点开门？")
    await visitor.hears("bot: 客服团队：周一至周五 09:00–17:30; 周六 10:00–14:00。")


async def test_a_fact_that_is_missing_is_asked_for_once_and_then_answered_with(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("Where is the manual?")
    await visitor.hears("bot: Please tell me: which product you have")
    await visitor.says("Dryer_7000 *new*")
    await visitor.hears(r"bot: See example.com/Dryer\_7000 \*new\*. {not a blank}")
    visitor = await office.visitor("zh-Hans")
    await visitor.says("说明书在哪里？")
    await visitor.hears("bot: 还需要您告诉我一点：您的产品型号")
    await visitor.says("烘干机7000")
    await visitor.hears("bot: 烘干机7000的说明书在官网。")


@pytest.mark.parametrize(("language", "question", "shrug"), [
    ("en", "Where is the manual?", "I don't know"),
    ("zh-Hans", "说明书在哪里？", "我不知道"),
])  # fmt: skip
async def test_who_does_not_know_either_gets_a_person(office: Office, language: str, question: str, shrug: str) -> None:
    visitor = await office.visitor(language)
    await visitor.says(question)
    await visitor.hears("bot: ")
    await visitor.says(shrug)
    await visitor.hears("system: ")


async def test_another_question_instead_is_answered(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("Where is the manual?")
    await visitor.hears("bot: Please tell me")
    await visitor.says("How do I return an order?")
    await visitor.hears("bot: By post.")


async def test_an_answer_that_lacks_more_than_one_thing_is_left_to_people(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.says("Do you price match competitors?")
    await visitor.hears("system: takes over")


async def test_a_source_of_facts_spares_the_question(office: Office) -> None:
    def source(tx: Connection, contact_id: int, language: Language) -> Mapping[str, str]:
        return {"product": "D7"}

    application = office.application
    application.desk = replace(application.desk, facts=source)
    application.receiver._desk = application.desk
    visitor = await office.visitor()
    await visitor.says("Where is the manual?")
    await visitor.hears("bot: See example.com/D7.")
