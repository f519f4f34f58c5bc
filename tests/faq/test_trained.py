"""A trained model survives its file, and files that are not one do no harm."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from omnibot.domain.language import Language
from omnibot.faq import head, trained
from omnibot.faq.entry import load
from omnibot.faq.matcher import Matcher

FAQ = Path(__file__).parents[2] / "faq"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = trained.file_for(load(FAQ), tmp_path_factory.mktemp("models"))
    assert trained.main([str(FAQ), str(found)]) == 0
    return found


def test_a_matcher_that_learned_knows_words_that_no_phrasing_has(file: Path) -> None:
    matcher = Matcher(load(FAQ))
    model = trained.load(file)
    assert model is not None
    matcher.learn(model)
    match = matcher.match("when do I get reimbursed", language=Language.EN, today=date(2026, 6, 1))
    assert match.candidates[0].entry_id == "refund"


def test_a_server_needs_neither_numpy_nor_scipy_to_use_what_was_learned(file: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from omnibot.faq import entry, matcher, trained
found = matcher.Matcher(entry.load(Path({str(FAQ)!r})))
found.learn(trained.load(Path({str(file)!r})))
assert not {{"numpy", "scipy"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("kept", [0, 1, 1_000, 100_000])
def test_a_file_that_was_cut_off_is_no_model(file: Path, tmp_path: Path, kept: int) -> None:
    cut = tmp_path / "cut.model"
    cut.write_bytes(file.read_bytes()[:kept])
    assert trained.load(cut) is None
    assert trained.load(tmp_path / "missing.model") is None


def test_the_file_is_named_after_the_version_of_the_knowledge_base(file: Path) -> None:
    assert load(FAQ).version in file.name


def test_a_phrasing_that_shares_nothing_with_any_other_can_be_learned(tmp_path: Path) -> None:
    lines = [
        {"id": "yes", "question": "yes", "phrasings": ["uhhuh", "yes please"], "answer": "Good.", "language": "en"},
        {
            "id": "hours",
            "question": "when are you open",
            "phrasings": ["opening hours"],
            "answer": "Nine to five.",
            "language": "en",
        },
    ]
    entries = tmp_path / "entries.jsonl"
    entries.write_text("\n".join(map(json.dumps, lines)))
    matcher = Matcher(load(entries), head.train)
    match = matcher.match("uhhuh", language=Language.EN, today=date(2026, 6, 1))
    assert match.candidates[0].entry_id == "yes"
