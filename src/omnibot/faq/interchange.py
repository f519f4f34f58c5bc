"""Knowledge bases from and to other programs: CSV as spreadsheets write it, YAML and JSON lines. What is written can be read."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from omnibot.faq.entry import OPTIONAL, REQUIRED, BrokenEntries, Entry, Problem, Raw, load, parse, to_json_lines, to_row

FORMATS = ("yaml", "jsonl", "csv")
COLUMNS = (*REQUIRED, *OPTIONAL)
LISTS = ("phrasings", "tags", "follow_ups")
BETWEEN = " | "  # the texts of a list in one cell; a line each is read as well

_FORMULA = ("=", "+", "@", "\t", "\r")  # what makes a spreadsheet compute; "-" too, but with it Markdown lists begin
_FAILED = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a spreadsheet file (.xlsx, .ods)"}


def read(file: Path) -> list[Entry]:
    """The entries of a CSV, YAML or JSON lines file, told by its ending. Raises BrokenEntries with all that is to mend."""
    if file.suffix.lower() not in (".csv", ".yaml", ".yml", ".jsonl"):
        raise BrokenEntries(
            [Problem(file.name, 1, None, "neither .csv, .yaml, .yml nor .jsonl; name it by what it is")]
        )
    if not file.is_file():
        raise BrokenEntries([Problem(str(file), 1, None, "no such file")])
    if file.suffix.lower() != ".csv":
        return list(load(file).entries)
    problems: list[Problem] = []
    return parse(_read_csv(file, problems), problems)


def write(entries: Iterable[Entry], form: str) -> str:
    """The entries as a file in one of `FORMATS`."""
    if form == "jsonl":
        return to_json_lines(entries)
    if form == "csv":
        return _to_csv(entries)
    rows = [to_row(entry) for entry in entries]
    return str(yaml.dump(rows, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120))


def _read_csv(file: Path, problems: list[Problem]) -> Iterator[Raw]:
    raw = file.read_bytes()
    name = file.name
    kind = next((kind for mark, kind in _MARKS.items() if raw.startswith(mark)), None)
    if kind:
        problems.append(Problem(name, 1, None, f"is {kind}; save it as CSV UTF-8"))
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problems.append(Problem(name, line, None, "not UTF-8 from here on; save the file as CSV UTF-8"))
        return
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = [column.strip().lower() for column in next(rows, [])]
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or "id" not in columns:
        what = f'unknown column "{unknown[0]}"' if unknown else 'no column "id"'
        problems.append(Problem(name, 1, None, f"{what}; the first line names columns of {', '.join(COLUMNS)}"))
        return
    line = rows.line_num + 1
    for cells in rows:
        if any(cell.strip() for cell in cells):
            yield _raw(name, line, columns, cells, problems)
        line = rows.line_num + 1


def _raw(file: str, line: int, columns: list[str], cells: list[str], problems: list[Problem]) -> Raw:
    fields: dict[str, tuple[object, int]] = {}
    raw = Raw(file, line, fields)
    if len(cells) > len(columns):
        problems.append(raw.problem(f"has {len(cells)} cells for {len(columns)} columns; quote cells with separators"))
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if text.startswith(_FORMULA):
            problems.append(raw.problem(f'the cell of "{column}" is a formula; write the text itself, or \' before it'))
        elif text in _FAILED:
            problems.append(raw.problem(f'the cell of "{column}" says {text}: a formula that failed; write the text'))
        elif text:
            text = text[1:] if text.startswith("'") and text[1:2] in ("=", "+", "-", "@") else text
            fields[column] = (_texts(text) if column in LISTS else text, line)
    return raw


def _texts(cell: str) -> list[str]:
    return [text.strip() for part in cell.split(BETWEEN.strip()) for text in part.split("\n") if text.strip()]


def _to_csv(entries: Iterable[Entry]) -> str:
    """With a byte order mark, without which spreadsheets take UTF-8 for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        row = to_row(entry)
        writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])
    return "\ufeff" + out.getvalue()


def _cell(value: object) -> str:
    text = BETWEEN.join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith((*_FORMULA, "-")) else text


class _Dumper(yaml.SafeDumper):
    """Lists are indented and answers of several lines stand in a block, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, indentless and not self.indents)


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
