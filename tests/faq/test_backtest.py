"""What an edit changes for questions that were really asked; and thresholds from examples."""

from dataclasses import replace
from datetime import date

import pytest

from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS, Thresholds
from omnibot.faq import backtest, calibrate
from omnibot.faq.calibrate import Asked
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.matcher import Matcher

TODAY = date(2026, 6, 1)
EN = Language.EN
HOURS = Entry(
    id="hours", language=EN, question="When are you open?", phrasings=("opening hours",), answer="Nine to five."
)
RETURN = Entry(
    id="return", language=EN, question="How do I return an order?", phrasings=("send it back",), answer="By post."
)
PAY = Entry(id="pay", language=EN, question="Which payment methods are there?", answer="Cards.")
QUESTIONS = ["when are you open", "opening hours", "opening hours", "how do i return an order", "which payment methods"]


def compare(*after: Entry) -> backtest.Report:
    return backtest.compare(
        Matcher(KnowledgeBase((HOURS, RETURN))),
        Matcher(KnowledgeBase(after)),
        [(text, None) for text in QUESTIONS],
        thresholds=PRESETS["balanced"],
        today=TODAY,
    )


def test_nothing_changes_where_nothing_was_changed() -> None:
    report = compare(RETURN, HOURS)
    assert (report.asked, report.changes, report.counts) == (5, (), {})


def test_another_wording_is_a_change_counted_as_often_as_it_was_asked() -> None:
    report = compare(replace(HOURS, answer="Always."), RETURN)
    assert report.counts == {"the same entry, other words": 3}
    assert [(change.text, change.times) for change in report.changes] == [
        ("opening hours", 2),
        ("when are you open", 1),
    ]
    assert report.changes[0].after.answer == "Always."


def test_a_removed_and_a_new_entry_show_who_loses_and_who_gains() -> None:
    report = compare(HOURS, PAY)
    kinds = {change.text: change.kind for change in report.changes}
    assert kinds["how do i return an order"] == "answered → passed on"
    assert kinds["which payment methods"].endswith("→ answered")
    assert report.changed == 2


def test_thresholds_are_chosen_so_that_examples_stay_silent() -> None:
    asked = [
        Asked("A?", None, "a", 0.70, 0.5),
        Asked("a?", "a", "a", 0.9, 0.5),
        Asked("b?", "b", "b", 0.66, 0.5),
        Asked("c?", "c", "a", 0.8, 0.5),
    ]
    start = Thresholds(answer=0.62, suggest=0.31, margin=0.1)
    found = calibrate.choose(asked, start, allowed=0.0)
    assert found is not None
    assert found.thresholds == Thresholds(answer=0.71, suggest=0.35, margin=0.1)
    assert (found.forbidden, found.right, found.wrong) == (0.0, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert calibrate.measure(asked, start).right == pytest.approx(2 / 3)
    lenient = calibrate.choose(asked, start, allowed=1.0)
    assert lenient is not None
    assert lenient.thresholds.answer == 0.62
    stricter = calibrate.choose(asked, replace(start, answer=0.75), allowed=1.0, lowest=0.75)
    assert stricter is not None
    assert stricter.thresholds == replace(start, answer=0.75)
    assert calibrate.choose([Asked("A?", None, "a", 1.0, 1.0)], start, allowed=0.0) is None


def test_phrasings_are_asked_of_a_model_that_does_not_have_them() -> None:
    asked = calibrate.ask(KnowledgeBase((HOURS, RETURN)), ["opening hours of the moon"], build=None)
    assert [one.expected for one in asked] == [None, "hours", "return"]
    assert asked[2].score < 1
