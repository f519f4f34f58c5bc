"""Knowledge bases from spreadsheets and other programs, and back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from omnibot.domain.language import Language
from omnibot.faq.entry import BrokenEntries, Entry, load
from omnibot.faq.interchange import FORMATS, read, write

SAMPLE = load(Path(__file__).parents[2] / "faq").entries
AWKWARD = Entry(
    id="awkward",
    language=Language.ZH_HANT,
    question='=1+1, "quoted"?',
    phrasings=("-5 degrees", "no"),
    answer="First: *this*.\n\n- then; that\n- `a, b`\n\n    code # no comment",
    tags=("2026",),
    valid_from=date(2026, 1, 1),
)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read_again(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"all.{form}"
    file.write_text(write((*SAMPLE, AWKWARD), form), encoding="utf-8", newline="")
    assert tuple(read(file)) == (*SAMPLE, AWKWARD)


def problems(tmp_path: Path, content: bytes, name: str = "x.csv") -> list[str]:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BrokenEntries) as raised:
        read(tmp_path / name)
    return [str(problem) for problem in raised.value.problems]


HEAD = b"id,language,question,answer,phrasings\n"


def test_every_bad_line_of_a_spreadsheet_is_named(tmp_path: Path) -> None:
    rows = [
        b"a,en,When?,Now.,x | y",
        b'b,en,=HYPERLINK("http://evil"),Now.,',
        b"c,en,Where?,#REF!,",
        b"a,en,When again?,Later.,",
        b"d,klingon,nuq?,Yes.,",
        b"e,en,Why?,,",
        b"f,en,Who?,Me, you and them,all,of,us",
    ]
    found = problems(tmp_path, HEAD + b"\n".join(rows))
    assert [line.split(":")[1] for line in found] == ["3", "3", "4", "4", "5", "6", "7", "8"]
    assert 'entry "b": the cell of "question" is a formula' in found[0]
    assert "a formula that failed" in found[2]
    assert "used twice" in found[4]
    assert "klingon" in found[5]
    assert "has 8 cells for 5 columns" in found[7]


@pytest.mark.parametrize(
    ("content", "name", "what"),
    [
        (HEAD.decode().encode("utf-16"), "x.csv", "is UTF-16; save it as CSV UTF-8"),
        (HEAD + "a,en,Café?,Now.,\n".encode("latin-1"), "x.csv", "x.csv:2: not UTF-8 from here on"),
        (b"PK\x03\x04rest", "x.csv", "is a spreadsheet file"),
        (b"key,text\n", "x.csv", 'unknown column "key"'),
        (b"", "x.csv", 'no column "id"'),
        (b"- id: 'half\n", "x.yaml", "not YAML"),
        (b"{}", "x.txt", "neither .csv"),
    ],
)
def test_a_file_that_is_something_else_is_named_as_what_it_is(
    tmp_path: Path, content: bytes, name: str, what: str
) -> None:
    assert what in problems(tmp_path, content, name)[0]


def test_a_spreadsheet_may_use_semicolons_and_lines_in_cells(tmp_path: Path) -> None:
    text = '\ufeffid;language;question;answer;phrasings\nhours;en;When?;Always;"open now\nopening hours"\n'
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    [entry] = read(tmp_path / "x.csv")
    assert entry == replace(
        Entry(id="hours", language=Language.EN, question="When?", answer="Always"),
        phrasings=("open now", "opening hours"),
    )
