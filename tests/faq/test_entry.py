"""Reading FAQ files: what is accepted, and what an editor is told."""

from pathlib import Path

import pytest

from omnibot.domain.language import Language
from omnibot.faq.entry import BrokenEntries, load

GOOD = """
- id: return
  language: en
  question: How do I return it?
  phrasings: [no, E4, 2026-01-01]
  answer: "Within **30 days**."
  valid_until: 2026-12-31
- id: return
  language: zh-Hans
  question: 怎么退货？
  answer: 30 天内。
"""


def write(folder: Path, text: str) -> Path:
    (folder / "faq.yaml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BrokenEntries) as broken:
        load(write(folder, text))
    return [str(problem) for problem in broken.value.problems]


def test_entries_with_the_same_id_are_translations(tmp_path: Path) -> None:
    entries = load(write(tmp_path, GOOD)).entries
    assert [(entry.id, entry.language) for entry in entries] == [("return", Language.EN), ("return", Language.ZH_HANS)]


def test_phrasings_are_text_whatever_yaml_takes_them_for(tmp_path: Path) -> None:
    assert load(write(tmp_path, GOOD)).entries[0].phrasings == ("no", "E4", "2026-01-01")


def test_the_version_follows_the_content_and_not_the_order(tmp_path: Path) -> None:
    first = load(write(tmp_path, GOOD)).version
    english, chinese = GOOD.split("- id: return\n")[1:]
    assert load(write(tmp_path, f"- id: return\n{chinese}\n- id: return\n{english}")).version == first
    assert load(write(tmp_path, GOOD.replace("30 天", "31 天"))).version != first
    assert len(first) == 12


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("question: How", "qestion: How"), 'faq.yaml:4: entry "return": unknown key "qestion"'),
        (("language: en", "language: de"), 'faq.yaml:3: entry "return": "de" is not a language of ours'),
        (("2026-12-31", "31.12.2026"), 'faq.yaml:7: entry "return": "valid_until" must be a day like 2026-03-31'),
        (("[no, E4, 2026-01-01]", "E4"), 'faq.yaml:5: entry "return": "phrasings" must be a list'),
        (('"Within **30 days**."', '""'), 'faq.yaml:6: entry "return": "answer" must be text that is not empty'),
        (
            ("language: zh-Hans", "language: en"),
            'faq.yaml:8: entry "return": the id is used twice in en (first in faq.yaml:2)',
        ),
        (("  answer: 30 天内。", ""), 'faq.yaml:8: entry "return": "answer" is missing; add it'),
        (("- id: return", "id: return"), "faq.yaml:"),
        (("question: How", "question: [How"), "faq.yaml:"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_entry(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    lines = problems(tmp_path, GOOD.replace(*change, 1))
    assert any(line.startswith(told) for line in lines), lines


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, GOOD.replace("question", "qestion"))) == 4


def test_a_folder_without_entries_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenEntries, match="add one with a list of entries"):
        load(tmp_path)
    with pytest.raises(BrokenEntries, match="no such file or folder"):
        load(tmp_path / "missing")


def test_json_lines_need_no_language(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text('{"id": "a", "question": "怎么退货", "answer": "x"}\n', encoding="utf-8")
    assert load(file).entries[0].language is Language.ZH_HANS


def test_lines_wrapped_for_the_editor_are_joined_and_breaks_with_a_meaning_stay(tmp_path: Path) -> None:
    answer = "Clean it about\nevery **two**\n**months**:\n\n- Take it\n  out.\n- 先关机\n再清洗。\n1. Rinse\n\nDone."
    text = f"- id: a\n  language: en\n  question: Why?\n  answer: {answer!r}".replace("'", '"')
    (entry,) = load(write(tmp_path, text)).entries
    assert (
        entry.answer
        == "Clean it about every **two** **months**:\n\n- Take it out.\n- 先关机再清洗。\n1. Rinse\n\nDone."
    )
