"""Questions that live on the one before, and words that must decide: codes, numbers, amounts and "not"."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from omnibot.domain.language import Language
from tests.office import Office, Visitor

EN, HANS = Language.EN, Language.ZH_HANS


@pytest.mark.parametrize(
    ("first", "then", "entry", "language"),
    [
        ("What does error E4 mean?", "and E5?", "error-e5", EN),
        ("洗衣机E4", "那E5呢？", "error-e5", HANS),
        ("how long is my guarantee", "what about an extended one?", "extend-warranty", EN),
        ("保修多久", "那延保呢？", "extend-warranty", HANS),
        ("How do I clean the filter?", "and the dryer?", "clean-filter", EN),
        ("怎么清洗滤网？", "那洗碗机呢？", "clean-filter", HANS),
        ("I need a repair", "and how much does that cost?", "repair-price", EN),
    ],
)
async def test_a_follow_up_is_about_the_answer_before(
    office: Office, first: str, then: str, entry: str, language: Language
) -> None:
    visitor = await office.visitor(language.value)
    await visitor.says(first)
    await visitor.hears("bot: ")
    await visitor.says(then)
    await visitor.hears(f"bot: {office.answer(entry, language)}")


async def test_a_follow_up_about_what_nobody_wrote_down_is_no_question_of_its_own(visitor: Visitor) -> None:
    """Alone, "oven" would find the oven's error code."""
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: ")
    await visitor.says("and for the oven?")
    [line] = await visitor.hears("bot: Did you mean one of these?")
    assert "F03" not in line["text"]


async def test_a_follow_up_to_nothing_is_taken_as_it_is(visitor: Visitor, office: Office) -> None:
    await visitor.says("and E5?")
    await visitor.hears(f"bot: {office.answer('error-e5')}")


@pytest.mark.parametrize(
    ("text", "entry", "language"),
    [
        ("I do NOT want to cancel my order", "cancel-order", EN),
        ("please don't cancel my order", "cancel-order", EN),
        ("我不想取消订单", "cancel-order", HANS),
        ("我不要退貨", "return", Language.ZH_HANT),
    ],
)
async def test_what_somebody_does_not_want_is_not_explained(
    office: Office, text: str, entry: str, language: Language
) -> None:
    visitor = await office.visitor(language.value)
    await visitor.says(text)
    await office.settled()
    heard = [line for line in await visitor.transcript() if line["author"] != "customer"]
    assert office.answer(entry, language) not in heard[0]["text"]
    assert f"entry:{entry}" not in {choice["id"] for choice in heard[0].get("choices", [])}


FEES = """
- {id: fee-20, language: en, question: What does delivery cost for orders under 20 euros?, answer: Five euros.}
- {id: fee-50, language: en, question: What does delivery cost for orders under 50 euros?, answer: Two euros.}
- {id: trial-14, language: zh-Hans, question: 14天内可以退货吗？, answer: 可以。}
- {id: trial-30, language: zh-Hans, question: 30天内可以退货吗？, answer: 要付运费。}
- {id: model-1, language: en, question: How do I reset the SMS46GI01E?, answer: Press start.}
- {id: model-2, language: en, question: How do I reset the SMS46GI02E?, answer: Pull the plug.}
"""


@pytest.mark.parametrize(
    ("text", "answer", "language"),
    [
        ("delivery cost for an order under €50", "Two euros.", "en"),
        ("what does delivery cost for orders under 20 EUR", "Five euros.", "en"),
        ("30天内可以退货吗", "要付运费。", "zh-Hans"),
        ("14 天内可以退货吗", "可以。", "zh-Hans"),
        ("reset SMS46GI02E", "Pull the plug.", "en"),
    ],
)
async def test_amounts_and_models_decide(
    open_office: Callable[..., Awaitable[Office]], tmp_path: Path, text: str, answer: str, language: str
) -> None:
    (tmp_path / "fees.yaml").write_text(FEES, encoding="utf-8")
    office = await open_office(faq={"path": str(tmp_path / "fees.yaml")})
    visitor = await office.visitor(language)
    await visitor.says(text)
    await visitor.hears(f"bot: {answer}")


async def test_what_must_not_be_answered_is_handed_on(
    open_office: Callable[..., Awaitable[Office]], tmp_path: Path
) -> None:
    (tmp_path / "never.txt").write_text("How long is the warranty\n保修期多长\n", encoding="utf-8")
    office = await open_office(faq={"must_not_answer": str(tmp_path / "never.txt")})
    for text, language in (("How long is the warranty?", "en"), ("保修期多长？", "zh-Hans")):
        visitor = await office.visitor(language)
        await visitor.says(text)
        await visitor.hears("system: ")


async def test_without_fallback_languages_nobody_is_answered_in_another(
    open_office: Callable[..., Awaitable[Office]], tmp_path: Path
) -> None:
    (tmp_path / "hours.yaml").write_text(
        "- {id: hours, language: en, question: When are you open?, answer: Always.}", encoding="utf-8"
    )
    settings = {"path": str(tmp_path / "hours.yaml"), "fallback_languages": []}
    office = await open_office(faq=settings)
    visitor = await office.visitor("zh-Hans")
    await visitor.says("open 几点")
    await visitor.hears("system: ")
