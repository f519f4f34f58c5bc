"""What people export from spreadsheets is read as they meant it, or refused with the row."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.domain import sheet
from omnibot.domain.sheet import Sheet

TEXT = "id,name\nC-1,Müller\nC-2,王芳\n"
WESTERN = "id,name\nC-1,Müller GmbH & Söhne, Straße\n".replace(", S", " S")
CHINESE = "id,name\nC-1,上海家电维修有限公司\n"


def read(raw: bytes | str, **more: object) -> Sheet:
    data = raw.encode() if isinstance(raw, str) else raw
    return sheet.read(data, **{"required": ["id"], "optional": ["name"], **more})  # type: ignore[arg-type]


def names(found: Sheet) -> list[str]:
    assert found.problems == []
    return [row.cells["name"] for row in found.rows]


def wrong(raw: bytes | str, **more: object) -> list[str]:
    return [str(problem) for problem in read(raw, **more).problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_is_read_in_every_encoding_spreadsheets_write(encoding: str) -> None:
    assert names(read(CHINESE.encode(encoding))) == ["上海家电维修有限公司"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_western_accents_are_not_taken_for_chinese(encoding: str) -> None:
    assert names(read(WESTERN.encode(encoding))) == ["Müller GmbH & Söhne Straße"]


def test_an_encoding_may_be_given() -> None:
    assert names(read("id,name\n1,é\n".encode("mac-roman"), encoding="mac-roman")) == ["é"]
    assert wrong(b"id\n1\n", encoding="klingon") == ["cannot be read as klingon: unknown encoding: klingon"]
    assert "cannot be read as ascii" in wrong("id\né\n", encoding="ascii")[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(separator: str) -> None:
    assert names(read(f"ID{separator} Name \n1{separator}a b\n")) == ["a b"]


def test_excel_may_name_its_separator() -> None:
    assert names(read("sep=;\nid;name\n1;x\n")) == ["x"]


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    raw = 'id,name\n\n1,"two\nlines"\n,nobody\n3,x,y\n'
    assert wrong(raw) == ["row 4: id: is empty", "row 5: has 3 cells where the header has 2"]


@pytest.mark.parametrize(
    "cell", ["=cmd()", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "=HYPERLINK(1)", "\t=1", " =1"]
)
def test_formulas_are_refused_with_their_row(cell: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "name"], ["1", cell]])
    [problem] = wrong(out.getvalue())
    assert problem.startswith("row 2: name: ")
    assert "formula" in problem


@pytest.mark.parametrize(
    ("cell", "value"),
    [("+1", "+1"), ("+49 (30) 90-18", "+49 (30) 90-18"), ("-5", "-5"), ("-", "-"), ('"=""00123"""', "00123")],
)
def test_what_only_looks_like_a_formula_is_text(cell: str, value: str) -> None:
    assert names(read(f"id,name\n1,{cell}\n")) == [value]


def test_numbers_that_a_spreadsheet_has_shortened_are_refused() -> None:
    assert "format the column as text" in wrong("id\n1.23457E+11\n")[0]


def test_wrong_headers_are_named() -> None:
    assert wrong("id,id\n1,2\n") == ["row 1: the column 'id' stands there 2 times"]
    assert wrong("nr\n1\n") == [
        "row 1: 'nr' is not a column; there may be id, name",
        "row 1: the column 'id' is missing",
    ]
    assert wrong("id,\n1,\n") == ["row 1: a column has no name"]
    assert read("id,fact_x\n1,y\n", more=lambda name: name.startswith("fact_")).rows[0].cells["fact_x"] == "y"


def test_files_with_nothing_in_them_are_refused() -> None:
    assert wrong(b"") == ["is empty"]
    assert wrong("\ufeff \n") == ["is empty"]
    assert wrong("id\n") == ["has a header and no rows"]
    assert "split it" in wrong(b"x" * (sheet.LARGEST + 1))[0]


def test_an_open_quote_and_nul_are_refused() -> None:
    assert wrong('id,name\n1,"x\n')[0].startswith("row 2: cannot be taken apart")
    assert wrong("id,name\n1,a\x01b\n") == ["row 2: name: contains control characters"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-04", date(2026, 3, 4)),
        ("2026/3/4", date(2026, 3, 4)),
        ("2026年3月4日", date(2026, 3, 4)),
        ("04.03.2026", date(2026, 3, 4)),
        ("2026-03-04 00:00:00", date(2026, 3, 4)),
        ("03/04/2026", None),  # March or April
        ("2026-02-30", None),
        ("46085", None),  # a spreadsheet's own count of days
        ("tomorrow", None),
    ],
)
def test_dates_are_read_when_they_can_mean_one_day_only(text: str, day: date | None) -> None:
    assert sheet.to_date(text) == day


def test_a_key_that_stands_there_twice_names_both_rows() -> None:
    rows = read("id\n1\n2\n1\n").rows
    problems = sheet.duplicates(rows, lambda row: row.cells["id"], "this id")
    assert [str(problem) for problem in problems] == ["row 4: this id stands in row 2 already"]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    found = read(raw)
    assert found.problems or found.rows


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30), min_size=1, max_size=5))
def test_what_is_written_is_read_or_refused_but_never_changed(cells: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "name"], *([str(n), cell] for n, cell in enumerate(cells))])
    found = read(out.getvalue())
    if not found.problems:
        kept = [row.cells["name"] for row in found.rows]
        assert all(one == cell.strip() or cell.strip() == f'="{one}"' for one, cell in zip(kept, cells, strict=True))
