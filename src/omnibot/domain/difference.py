"""What an edit changed in a text, word by word, so that people can read it."""

import re
from difflib import SequenceMatcher
from typing import Literal

from omnibot.domain.value import dataclass

_PIECE = re.compile(r"[\u3400-\u9fff]|\w+|\s+|[^\w\s]")
LONGEST = 4_000  # pieces; longer texts are shown as wholly replaced


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Literal["same", "added", "removed"]
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order: what was removed stands before what was put in its place."""
    if before == after:
        return [Piece("same", after)] if after else []
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if max(len(old), len(new)) > LONGEST:
        return [Piece("removed", before), Piece("added", after)]
    found: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(new[c:d])))
            continue
        if b > a:
            found.append(Piece("removed", "".join(old[a:b])))
        if d > c:
            found.append(Piece("added", "".join(new[c:d])))
    return found
