"""What the bot answers by itself, and when it asks back."""

import pytest

from omnibot.domain.decision import ENTRY
from omnibot.domain.language import Language
from tests.office import Office, Visitor

EN, HANS, HANT = Language.EN, Language.ZH_HANS, Language.ZH_HANT

UNSURE = "machine does not work"  # near several entries, at none


@pytest.mark.parametrize(
    ("text", "entry", "language"),
    [
        ("How do I clean the filter?", "clean-filter", EN),
        ("how long do I have warrenty", "warranty", EN),
        ("i want to retrun my order", "return", EN),
        ("怎么清洗滤网？", "clean-filter", HANS),
        ("洗衣机E1", "error-e1", HANS),
        ("保固期多長", "warranty", HANT),
        ("童鎖怎麼解除", "child-lock", HANT),
    ],
)
async def test_a_known_question_is_answered_in_its_language_and_asked_about(
    office: Office, text: str, entry: str, language: Language
) -> None:
    visitor = await office.visitor(language.value)
    await visitor.says(text)
    [line] = await visitor.hears(f"bot: {office.answer(entry, language)}")
    words = office.words(language)
    assert line["text"].endswith(words("Did that help?"))
    assert [choice["label"] for choice in line["choices"]] == [words("Yes, thanks"), words("No")]


@pytest.mark.parametrize(("text", "language"), [("door", EN), ("门", HANS), ("門", HANT)])
async def test_a_lone_word_is_asked_back_about(office: Office, text: str, language: Language) -> None:
    visitor = await office.visitor(language.value)
    await visitor.says(text)
    [line] = await visitor.hears("bot: ")
    question = office.application.desk.matcher.entry("door-stuck", language=language)
    assert question is not None
    assert question.question in [choice["label"] for choice in line["choices"]]
    assert question.answer not in line["text"]


async def test_the_language_follows_the_words_not_the_browser(office: Office) -> None:
    visitor = await office.visitor("en")
    await visitor.says("怎么清洗滤网？")
    await visitor.hears(f"bot: {office.answer('clean-filter', HANS)}")


async def test_yes_that_helped_is_acknowledged(visitor: Visitor) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await visitor.presses("Yes, thanks")
    await visitor.hears("bot: You are welcome.")


async def test_thanks_is_answered_and_never_handed_over(visitor: Visitor, office: Office) -> None:
    sentence = "You are welcome. Write here whenever you need us."
    for thanks in ("thanks a lot!", "thx", "谢谢", "👍"):
        await visitor.says(thanks)
        [line] = await visitor.hears("bot: ")
        assert line["text"] in {office.words(language)(sentence) for language in (EN, HANS)}, thanks


async def test_a_greeting_is_returned(visitor: Visitor) -> None:
    await visitor.says("Hello!")
    await visitor.hears("bot: Hello!")


async def test_unsure_offers_at_most_three_entries_and_choosing_one_answers(visitor: Visitor, office: Office) -> None:
    await visitor.says(UNSURE)
    [line] = await visitor.hears("bot: Did you mean one of these?")
    assert 1 <= len(line["choices"]) <= 3
    chosen = line["choices"][0]
    await visitor.presses(chosen["label"])
    await visitor.hears(f"bot: {office.answer(chosen['id'].removeprefix(ENTRY))}")


async def test_did_you_mean_is_asked_only_once(visitor: Visitor) -> None:
    await visitor.says(UNSURE)
    await visitor.hears("bot: Did you mean one of these?")
    await visitor.says(UNSURE)
    await visitor.hears("system: takes over")
    await visitor.says(UNSURE)
    await visitor.hears_nothing()


async def test_after_no_the_bot_asks_for_other_words_and_the_second_no_hands_over(visitor: Visitor) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await visitor.presses("No")
    await visitor.hears("bot: Can you say it in other words?")
    await visitor.says("no")
    await visitor.hears("system: takes over")


async def test_an_answer_that_did_not_help_is_not_given_again(visitor: Visitor) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await visitor.says("no, that did not help")
    await visitor.hears("bot: Can you say it in other words?")
    await visitor.says("How do I clean the filter?")
    await visitor.hears("system: takes over")


async def test_the_button_under_can_you_say_it_in_other_words_calls_a_person(visitor: Visitor) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await visitor.presses("No")
    await visitor.hears("bot: Can you say it in other words?")
    await visitor.presses("Talk to a person")
    await visitor.hears("system: Of course")


async def test_a_button_that_was_never_offered_is_refused(visitor: Visitor, office: Office) -> None:
    body = {"client_id": "x", "choice": "entry:warranty"}
    await office.call("POST", "/webchat/v1/messages", headers=visitor.headers, json=body, status=422)
    await visitor.hears_nothing()
