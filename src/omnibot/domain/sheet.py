"""Reads what people export from a spreadsheet: its encoding, its separator, its rows, and one line for each thing wrong in it.

A cell is text, never a formula: what a spreadsheet would run when somebody opens a later export is refused here.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

T = TypeVar("T")

SEPARATORS = ",;\t|"
LARGEST = 20_000_000  # bytes
LONGEST_CELL = 2_000  # characters

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HARMLESS_SIGN = regex(r"[+-][\d\s().,/-]*\Z")  # "+49 30 901820", "-5", "-"
_QUOTED_BY_FORMULA = regex(r'="([^"]*)"\Z')  # how spreadsheets keep leading zeros: ="00123"
_SHORTENED = regex(r"\d[.,]\d+E\+\d+\Z", re.IGNORECASE)  # 1.23457E+11 was a serial number once
_CONTROL = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ISO = regex(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?\Z")
_CHINESE = regex(r"(\d{4})年(\d{1,2})月(\d{1,2})日\Z")
_DOTTED = regex(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which row, counted as a spreadsheet counts them; the header is row 1. 0: the file itself."""

    row: int
    what: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.what}" if self.row else self.what


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: Mapping[str, str]  # by column; empty where nothing stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    encoding: str
    rows: list[Row]
    problems: list[Problem]


def read(
    raw: bytes,
    *,
    required: Iterable[str],
    optional: Iterable[str] = (),
    more: Callable[[str], bool] = lambda _: False,
    encoding: str | None = None,
) -> Sheet:
    """The rows under the columns given, in any order; `more` says which further columns may stand there."""
    required = list(required)
    known = {*required, *optional}
    if len(raw) > LARGEST:
        return _nothing(f"has {len(raw)} bytes; split it into files of at most {LARGEST}")
    try:
        text, used = (raw.decode(encoding), encoding) if encoding else decode(raw)
    except (UnicodeDecodeError, LookupError) as error:
        return _nothing(f"cannot be read as {encoding}: {error}")
    text = text.removeprefix("\ufeff")
    records, problems = _records(text, known)
    if not records:
        return Sheet(encoding=used, rows=[], problems=problems or [Problem(0, "is empty")])
    (header_number, header), *body = records
    columns = [_column(name) for name in header]
    problems += [Problem(header_number, what) for what in _wrong_header(columns, required, known, more)]
    if problems:
        return Sheet(encoding=used, rows=[], problems=problems)
    rows = []
    for number, cells in body:
        if len(cells) != len(columns):
            problems.append(Problem(number, f"has {len(cells)} cells where the header has {len(columns)}"))
            continue
        cleaned = {}
        for column, cell in zip(columns, cells, strict=True):
            value, wrong = clean(cell)
            cleaned[column] = value
            if wrong:
                problems.append(Problem(number, f"{column}: {wrong}"))
            elif not value and column in required:
                problems.append(Problem(number, f"{column}: is empty"))
        rows.append(Row(number, {**dict.fromkeys(known, ""), **cleaned}))
    if not rows and not problems:
        problems.append(Problem(0, "has a header and no rows"))
    return Sheet(encoding=used, rows=rows, problems=problems)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the encoding it is in: a mark at the start, else UTF-8, GB 18030 or Windows-1252, whichever makes sense."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace"), encoding
    if b"\0" in raw[:200]:
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return raw.decode(encoding, "replace"), encoding
    for encoding in ("utf-8", "gb18030", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_chinese(text):
            return text, encoding
    return raw.decode("latin-1"), "latin-1"


def _is_chinese(text: str) -> bool:
    """Western letters read as GB 18030 give characters, too: an accent and the letter after it. They are not in GB 2312."""
    foreign = [character for character in text if not character.isascii()]
    common = sum(1 for character in foreign if character.encode("gb2312", "ignore"))
    return 2 * common >= len(foreign)


def clean(cell: str) -> tuple[str, str]:
    """A cell as text, and what is wrong with it (empty: nothing)."""
    value = cell.strip()
    if found := _QUOTED_BY_FORMULA.match(value):
        value = found[1].strip()
    if value.startswith(("=", "@")) or (value.startswith(("+", "-")) and not _HARMLESS_SIGN.match(value)):
        return "", f"{value[:20]!r} would run as a formula; write the value itself"
    if _SHORTENED.match(value):
        return "", f"{value!r} is a number that the spreadsheet has shortened; format the column as text"
    if _CONTROL.search(value):
        return "", "contains control characters"
    if len(value) > LONGEST_CELL:
        return "", f"has {len(value)} characters, at most {LONGEST_CELL} are taken"
    return value, ""


def to_date(text: str) -> date | None:
    """2026-03-04, 2026/3/4, 2026年3月4日 or 04.03.2026. 03/04/2026 is March to some and April to others: None."""
    if found := _ISO.match(text) or _CHINESE.match(text):
        year, month, day = map(int, found.groups())
    elif found := _DOTTED.match(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def several(text: str) -> tuple[str, ...]:
    """A list in one cell: "DE-BE; DE-BB", "上海、苏州"."""
    return tuple(part.strip() for part in re.split(r"[;|,、，；]", text) if part.strip())


def duplicates(rows: Iterable[Row], key: Callable[[Row], T | None], name: str) -> list[Problem]:
    """A problem for each row whose key another row has already."""
    first: dict[T, int] = {}
    problems = []
    for row in rows:
        value = key(row)
        if value is None:
            continue
        if value in first:
            problems.append(Problem(row.number, f"{name} stands in row {first[value]} already"))
        else:
            first[value] = row.number
    return problems


def _nothing(what: str) -> Sheet:
    return Sheet(encoding="", rows=[], problems=[Problem(0, what)])


def _records(text: str, known: set[str]) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """The lines that have something in them, with their numbers."""
    separator = _separator(text, known)
    records: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            if any(cell.strip() for cell in cells) and not (number == 1 and cells[0].startswith("sep=")):
                records.append((number, cells))
    except csv.Error as error:
        return [], [Problem(number + 1, f"cannot be taken apart: {error}")]
    return records, []


def _separator(text: str, known: set[str]) -> str:
    """The one that finds the most known columns in the first line."""
    first = text.lstrip("\r\n").partition("\n")[0]
    if first.startswith("sep="):  # Excel's own way to say it
        return first[4:5] if first[4:5] in tuple(SEPARATORS) else ";"
    found = {mark: sum(_column(name) in known for name in first.split(mark)) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: found[mark])


def _column(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().strip('"').strip().lower())


def _wrong_header(
    columns: list[str], required: list[str], known: set[str], more: Callable[[str], bool]
) -> Iterable[str]:
    for column in dict.fromkeys(columns):
        if not column:
            yield "a column has no name"
        elif columns.count(column) > 1:
            yield f"the column {column!r} stands there {columns.count(column)} times"
        elif column not in known and not more(column):
            yield f"{column!r} is not a column; there may be {', '.join(sorted(known))}"
    for column in required:
        if column not in columns:
            yield f"the column {column!r} is missing"
