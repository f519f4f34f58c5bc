"""`omnibot faq import`, `export`, `lint`, `backtest` and `calibrate`, as an operator types them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omnibot.__main__ import main
from omnibot.domain.access import Role
from tests.office import ManualClock, open_office

Said = pytest.CaptureFixture[str]

ENTRIES = """
- id: hours
  language: en
  question: When are you open?
  phrasings: [What are your opening hours, What time do you close, Are you open on Sundays]
  answer: Nine to five.
- id: return
  language: en
  question: How do I return an order?
  phrasings: [Send a parcel back, I want to give the thing back, Return my purchase]
  answer: By post.
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The knowledge base of an installation."""
    found = tmp_path / "faq"
    found.mkdir()
    (found / "shop.yaml").write_text(ENTRIES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMNIBOT_DATABASE__URL", f"sqlite:///{tmp_path / 'omnibot.sqlite'}")
    monkeypatch.setenv("OMNIBOT_FAQ__PATH", str(found))
    return found


@pytest.fixture
def edited(folder: Path) -> Path:
    """Another version of it."""
    found = folder.parent / "edited.yaml"
    found.write_text(ENTRIES.replace("Nine to five", "Ten to six"), encoding="utf-8")
    return found


def test_what_was_exported_can_be_imported_elsewhere(folder: Path, capsys: Said) -> None:
    for form in ("csv", "yaml", "jsonl"):
        assert main(["faq", "export", f"all.{form}"]) == 0
    assert main(["faq", "import", "all.csv", "--into", "other"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"2 entries written to {Path('other/all.yaml')}; 0 were there already"
    ]
    assert main(["faq", "export"]) == 0
    before = capsys.readouterr().out
    assert main(["faq", "export", "--format", "jsonl"]) == 0
    assert capsys.readouterr().out == Path("all.jsonl").read_text(encoding="utf-8")
    assert "Nine to five." in before


def test_an_import_with_faults_writes_nothing(folder: Path, capsys: Said) -> None:
    Path("bad.csv").write_text("id,language,question,answer\nhours,en,When?,Never.\n", encoding="utf-8")
    assert main(["faq", "import", "bad.csv"]) == 1
    assert 'entry "hours" (en) stands in shop.yaml with another wording' in capsys.readouterr().err
    Path("bad.csv").write_text("id,language,question,answer\nnew,en,,=1+1\n", encoding="utf-8")
    assert main(["faq", "import", "bad.csv"]) == 2
    assert "bad.csv:2" in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["shop.yaml"]


def test_lint_tells_findings_and_says_so_by_its_exit_code(folder: Path, capsys: Said) -> None:
    assert main(["faq", "lint"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"0 findings and 0 hints in {folder}"
    (folder / "more.yaml").write_text(
        "- {id: old, language: en, question: When are you open, answer: Never., review_by: 2020-01-01}\n",
        encoding="utf-8",
    )
    assert main(["faq", "lint"]) == 1
    said = capsys.readouterr().out
    assert '"When are you open?" is also in entry' in said or '"When are you open" is also in entry' in said
    assert "was to be reviewed by 2020-01-01" in said
    assert main(["faq", "lint", "nowhere"]) == 2


def test_a_backtest_asks_what_customers_asked_of_late(folder: Path, edited: Path, capsys: Said) -> None:
    async def ask() -> None:
        url = f"sqlite:///{folder.parent / 'omnibot.sqlite'}"
        office = await open_office(url, ManualClock(datetime.now(UTC)), faq={"path": str(folder)})
        for text in ("When are you open?", "When are you open?", "How do I return an order?"):
            visitor = await office.visitor()
            await visitor.says(text)
            await visitor.hears("bot: ")
        await office.close()

    asyncio.run(ask())
    assert main(["faq", "backtest", "--against", str(edited), "--days", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("     2  'When are you open?': answer hours (")
    assert lines[1:] == ["     2  the same entry, other words", "2 of 3 answers change"]
    assert main(["faq", "backtest", "--against", str(edited), "--days", "7", "--fail-on-change", "1"]) == 1
    assert main(["faq", "backtest", "--against", str(edited), "--days", "7", "--fail-on-change", "2"]) == 0


def test_a_backtest_asks_the_lines_of_a_file(folder: Path, edited: Path, capsys: Said) -> None:
    Path("asked.txt").write_text("what time do you close\nhow is the weather\n", encoding="utf-8")
    assert main(["faq", "backtest", "--against", str(edited), "--questions", "asked.txt"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 2 answers change"


def test_calibrate_prints_the_settings_that_keep_the_examples_silent(folder: Path, capsys: Said) -> None:
    Path("not.txt").write_text("how is the weather\nwho won the match\n", encoding="utf-8")
    assert main(["faq", "calibrate", "--must-not-answer", "not.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 questions that must not be answered, 6 that should be"
    assert [line.split()[0] for line in lines[2:6]] == ["in", "balanced", "strict", "chosen"]
    assert any(line.startswith("answer_threshold = 0.") for line in lines)
    assert main(["faq", "calibrate"]) == 2
    assert "faq.must_not_answer" in capsys.readouterr().err


def test_the_thresholds_that_were_applied_are_those_that_count(folder: Path, edited: Path, capsys: Said) -> None:
    Path("not.txt").write_text("how is the weather\n", encoding="utf-8")
    queries = Path("queries.jsonl")
    queries.write_text('{"text": "when are you open", "language": "en", "expected": "hours"}\n', encoding="utf-8")
    asking = {
        "eval": ["faq", "eval", "--entries", str(folder / "shop.yaml"), "--queries", str(queries)],
        "backtest": ["faq", "backtest", "--against", str(edited), "--questions", "not.txt"],
        "calibrate": ["faq", "calibrate", "--must-not-answer", "not.txt"],
    }
    for words in asking.values():
        assert main(words) == 0
        assert "thresholds: those of the settings: answer 0.62" in capsys.readouterr().err
    assert not (folder.parent / "omnibot.sqlite").exists()

    async def apply() -> None:
        url = f"sqlite:///{folder.parent / 'omnibot.sqlite'}"
        office = await open_office(url, ManualClock(datetime.now(UTC)), faq={"path": str(folder)})
        margaret = await office.agent("Margaret", Role.SUPERVISOR)
        await margaret.post("/faq/thresholds", {"answer": 0.99, "suggest": 0.98, "margin": 0.5, "version": 0})
        await office.close()

    asyncio.run(apply())
    for name, words in asking.items():
        assert main(words) == 0
        said = capsys.readouterr()
        assert "thresholds: version 1, applied in the console by Margaret: answer 0.99" in said.err
        if name == "calibrate":
            assert said.out.splitlines()[2].split()[2:5] == ["0.99", "0.98", "0.50"]
            assert "version 1, applied in the console, wins over the settings" in said.out
