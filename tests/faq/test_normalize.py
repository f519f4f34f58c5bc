"""One spelling for texts that mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.faq.normalize import LONGEST_TEXT, normalise


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("  Error\tE4 \n", "error e4"),
        ("Ｅ４　洗衣機", "e4 洗衣机"),
        ("wash\u200bing\u00adma\ufeffchine", "washingmachine"),
        ("STRASSE Straße", "strasse strasse"),
        ("👍\ufe0f", "👍"),
        ("a\x00b\ud800", "ab"),
        ("", ""),
    ],
)
def test_width_case_script_and_invisible_characters_make_no_difference(written: str, same_as: str) -> None:
    assert normalise(written) == same_as


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_can_be_normalised_and_stays_short(text: str) -> None:
    folded = normalise(text)
    assert folded == folded.strip()
    assert "\n" not in folded


def test_endless_texts_are_cut() -> None:
    assert len(normalise("ﷺ" * 3_000)) <= LONGEST_TEXT
