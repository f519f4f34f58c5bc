"""What people see as one character is never cut."""

import pytest

from omnibot.domain.grapheme import boundary_at_or_before, is_boundary


@pytest.mark.parametrize(
    "grapheme",
    ["e\u0301", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "\r\n", "각", "\u1112\u1161\u11ab", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "नि", "I̗̘"],
)
def test_one_character_is_one_piece(grapheme: str) -> None:
    text = f"a{grapheme}b"
    places = [place for place in range(len(text) + 1) if is_boundary(text, place)]
    assert places == [0, 1, 1 + len(grapheme), len(text)]


def test_flags_in_a_row_are_cut_between_flags() -> None:
    text = "🇩🇪🇨🇳🇬🇧"
    assert [place for place in range(1, 6) if is_boundary(text, place)] == [2, 4]


def test_a_cut_goes_back_to_the_last_boundary() -> None:
    assert boundary_at_or_before("ab🇩🇪", 3, after=0) == 2
    assert boundary_at_or_before("e" + "\u0301" * 9, 5, after=0) == 5  # there is none: better torn than endless
