"""`omnibot service lint` and `explain`, and what a server says that is given broken rules."""

from pathlib import Path

import pytest

from omnibot.__main__ import main
from tests.domain.test_routing import FILE


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMNIBOT_DATABASE__URL", f"sqlite:///{tmp_path / 'omnibot.sqlite'}")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "service.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_lint_says_what_is_to_mend(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "lint", str(rules)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{rules}: teams.repairs.members: ada@example.com has no account",
        f"{rules}: teams.repairs.members: bo@example.com has no account",
        f"{rules}: teams.office.members: cy@example.com has no account",
        f"{rules}: rules.repairs in Berlin: asks for a dealer, and there is none",
        f"4 findings in {rules}",
    ]


def test_explain_says_which_rule_won_and_why_not_the_others(
    rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIBOT_SERVICE__RULES", str(rules))
    dealers = rules.parent / "dealers.csv"
    dealers.write_text("name,regions\nNord,DE-BE\n", encoding="utf-8")
    assert main(["import", "dealers", str(dealers)]) == 0
    capsys.readouterr()
    assert main(["service", "explain", "--text", "It has a leak", "--region", "DE-BE"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "category: repair (words: leak)",
        "goes to:  team repairs",
        "because:  rule repairs in Berlin, and no dealer can take it",
        "not:      rule VIP: its tier is not known",
        "not:      Nord: has no group to be told in",
        f"rules:    {rules}, version 2026-06",
    ]


def test_without_a_file_and_with_a_broken_one_it_is_wrong_use(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "lint"]) == 2
    assert "service.rules names no file" in capsys.readouterr().err
    rules.write_text('rulez = 1\n[[rules]]\nname = "a"\npriority = "most"\n', encoding="utf-8")
    assert main(["service", "lint", str(rules)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"omnibot: {rules}: ").partition(":")[0] for line in said] == [
        "rulez",
        "rules.a.priority",
    ]
