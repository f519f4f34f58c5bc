"""Questions that people ask bots and that hardly any knowledge base answers: weather, jokes, other people's business.

Written for this purpose, English first. Models ask themselves how certain they would be of them, and want more for an answer.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from omnibot.faq.normalize import normalise
from omnibot.faq.words import Tokens, is_han, tokens

_FILE = Path(__file__).parent / "data" / "elsewhere.txt"
# A language that less than this share of the phrasings is written in is only mixed into the other one.
SPOKEN = 0.2


def questions(han_share: float) -> Iterator[Tokens]:
    """Those in the languages of a knowledge base of whose phrasings this share, 0 to 1, is Chinese."""
    for asked, is_chinese in _all():
        if (han_share if is_chinese else 1 - han_share) >= SPOKEN:
            yield asked


@cache
def _all() -> list[tuple[Tokens, bool]]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [(tokens(normalise(line)), any(map(is_han, line))) for line in lines]
