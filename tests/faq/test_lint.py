"""What an editor is told about a knowledge base that works."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from omnibot.domain.language import Language
from omnibot.faq.entry import Entry, KnowledgeBase, load
from omnibot.faq.lint import check, lint

TODAY = date(2026, 6, 1)
RETURN = Entry(id="return", language=Language.EN, question="How do I return it?", answer="So.")
CHINESE = replace(RETURN, language=Language.ZH_HANS, question="怎么退货？")


def told(*entries: Entry) -> list[str]:
    return [finding.what for finding in lint(KnowledgeBase(entries), TODAY)]


def test_the_sample_knowledge_base_is_clean() -> None:
    assert lint(load(Path(__file__).parents[2] / "faq"), TODAY) == []


def test_the_same_phrasing_in_two_entries_is_told() -> None:
    other = replace(RETURN, id="refund", question="how do i RETURN it")
    assert told(RETURN, other) == ['"how do i RETURN it" is also in entry "return"; keep it in one of them']


def test_a_missing_translation_is_told() -> None:
    other = replace(RETURN, id="refund", question="Where is my money?")
    assert told(RETURN, CHINESE, other) == ["the translation is missing; others see it in another language"]


def test_past_dates_are_told() -> None:
    assert told(replace(RETURN, valid_until=date(2026, 5, 31))) == [
        "expired on 2026-05-31; remove it or move valid_until"
    ]
    assert told(replace(RETURN, review_by=date(2026, 5, 31))) == [
        "was to be reviewed by 2026-05-31; read it and move review_by"
    ]


def test_a_follow_up_to_nowhere_is_told() -> None:
    assert told(replace(RETURN, follow_ups=("gone",))) == ['the follow-up "gone" does not exist; mend or remove it']


def test_what_another_entry_would_answer_is_a_hint() -> None:
    entries = load(Path(__file__).parents[2] / "faq").entries
    stray = Entry(
        id="wifi",
        language=Language.EN,
        question="How do I connect my appliance to Wi-Fi?",
        phrasings=("Are you open on weekends", "Set up the app", "The machine lost its network"),
        answer="…",
    )
    kept = tuple(entry for entry in entries if (entry.id, entry.language) != ("wifi", Language.EN))
    hints = [finding for finding in check(KnowledgeBase((*kept, stray)), TODAY) if finding.entry_id == "wifi"]
    assert any('"Are you open on weekends" sounds like entry "opening-hours"' in hint.what for hint in hints)
    assert all(hint.is_hint for hint in hints)


def test_the_sample_has_few_hints_and_nothing_to_mend() -> None:
    found = check(load(Path(__file__).parents[2] / "faq"), TODAY)
    assert all(finding.is_hint for finding in found)
    assert len(found) <= 5


def test_phrasings_that_differ_by_a_letter_are_hints_but_not_codes() -> None:
    def one(id: str, question: str) -> Entry:
        return Entry(id=id, language=Language.EN, question=question, answer="…")

    base = KnowledgeBase(
        (
            one("a", "How do I clean the filter?"),
            one("b", "How do I clean the filters"),
            one("c", "What does error E4 mean?"),
            one("d", "What does error E5 mean?"),
        )
    )
    near = [finding for finding in check(base, TODAY) if "is nearly" in finding.what]
    assert [(finding.entry_id, finding.is_hint) for finding in near] == [("b", True)]


def test_a_blank_that_does_not_exist_is_found() -> None:
    entry = Entry(
        id="a", language=Language.EN, question="When?", answer="{opening_hours} {openings} {fact:product} { x }"
    )
    [finding] = lint(KnowledgeBase((entry,)), TODAY)
    assert finding.what.startswith("{openings} is no blank")
