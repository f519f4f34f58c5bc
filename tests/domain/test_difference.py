"""What an edit changed, as people read it."""

import pytest

from omnibot.domain.difference import LONGEST, Piece, difference


def test_words_and_chinese_characters_are_compared() -> None:
    assert difference("Wait two days", "Wait three days") == [
        Piece("same", "Wait "),
        Piece("removed", "two"),
        Piece("added", "three"),
        Piece("same", " days"),
    ]
    assert difference("三天到账", "五天到账") == [Piece("removed", "三"), Piece("added", "五"), Piece("same", "天到账")]


@pytest.mark.parametrize(
    ("before", "after"), [("a b c", "a c d"), ("", "new"), ("old", ""), ("一二", "二三 x"), ("", "")]
)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_long_texts_are_not_compared() -> None:
    assert [piece.kind for piece in difference("a " * LONGEST, "b " * LONGEST)] == ["removed", "added"]
