"""FAQ entries and the files they live in: a folder of YAML lists, or JSON lines. Reading only; nothing is matched here.

Everything wrong in the files is reported at once, each with its line and what to mend:

    BrokenEntries
    └── problems: Problem, …
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml

from omnibot.domain.language import Language, detect
from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

# libyaml's loader where PyYAML was built with it: about eight times faster, the same marks.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

REQUIRED = ("id", "language", "question", "answer")
OPTIONAL = ("phrasings", "tags", "valid_from", "valid_until", "review_by", "follow_ups")

# A line end inside a paragraph or a list item: not before a list, a quotation, a heading or an empty line, not after
# two spaces or a backslash, which ask for a break.
_WRAPPED = regex(r"(?<! {2})([^\s\\])\n[ \t]*(?![-*+]\s|[>#|\s]|\d+[.)]\s)(\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A known question with its answer (Markdown) in one language; entries with the same id are translations."""

    id: str
    language: Language
    question: str
    phrasings: tuple[str, ...] = ()
    answer: str
    tags: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None
    follow_ups: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        """Whether the entry may be answered with on that day; both ends are included."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in an FAQ file."""

    file: str
    line: int
    entry: str | None
    what: str

    def __str__(self) -> str:
        entry = f' entry "{self.entry}":' if self.entry else ""
        return f"{self.file}:{self.line}:{entry} {self.what}"


class BrokenEntries(Exception):
    """The FAQ files cannot be used as they are; an operator must mend what `problems` lists."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclasses.dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """All entries; `version` changes whenever anything in them does, and does not depend on files or order."""

    entries: tuple[Entry, ...]
    version: str = ""

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", version(sum(map(fingerprint, self.entries))))


def load(path: Path) -> KnowledgeBase:
    """Read a folder of *.yaml files, or one file (YAML, or JSON lines by its ending).

    Raises BrokenEntries with everything that is to mend.
    """
    problems: list[Problem] = []
    return KnowledgeBase(tuple(parse(_read_all(path, problems), problems)))


def parse(raws: "Iterable[Raw]", problems: list[Problem]) -> list[Entry]:
    """The entries of a file's fields. Raises BrokenEntries if there are any `problems`, those found before included."""
    entries: list[Entry] = []
    seen: dict[tuple[str, Language], Raw] = {}
    for raw in raws:
        entry = _parse(raw, problems)
        if entry is None:
            continue
        first = seen.setdefault((entry.id, entry.language), raw)
        if first is raw:
            entries.append(entry)
        else:
            problems.append(raw.problem(
                f"the id is used twice in {entry.language} (first in {first.file}:{first.line}); rename or remove one"
            ))  # fmt: skip
    if problems:
        raise BrokenEntries(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return entries


def load_questions(path: Path) -> list[str]:
    """The questions of a file: one a line, or JSON lines with "text". Raises BrokenEntries."""
    if not path.is_file():
        raise BrokenEntries([Problem(str(path), 1, None, "no such file; name a file with one question a line")])
    problems: list[Problem] = []
    text = _text_of(path, path.name, problems)
    if path.suffix != ".jsonl":
        questions = [line.strip() for line in text.split("\n") if line.strip()]
    else:
        rows = _rows(path.name, text, problems)
        questions = [str(row.get("text", "")).strip() for _, row in rows]
    if problems:
        raise BrokenEntries(problems)
    return questions


@dataclass(frozen=True, slots=True)
class Raw:
    """The fields of an entry as they stand in a file, each with its line."""

    file: str
    line: int
    fields: Mapping[str, tuple[object, int]]

    def problem(self, what: str, *, key: str | None = None) -> Problem:
        entry_id, _ = self.fields.get("id", (None, 0))
        line = self.fields[key][1] if key and key in self.fields else self.line
        return Problem(self.file, line, entry_id if isinstance(entry_id, str) else None, what)


def _read_all(path: Path, problems: list[Problem]) -> Iterator[Raw]:
    if not path.exists():
        problems.append(Problem(str(path), 1, None, "no such file or folder; name a folder of *.yaml files"))
        return
    files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
    if not files:
        problems.append(Problem(str(path), 1, None, "no *.yaml file in this folder; add one with a list of entries"))
    for file in files:
        name = str(file.relative_to(path)) if path.is_dir() else file.name
        text = _text_of(file, name, problems)
        yield from (_read_json_lines if file.suffix == ".jsonl" else _read_yaml)(name, text, problems)


def _text_of(file: Path, name: str, problems: list[Problem]) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(Problem(name, line, None, "not UTF-8 from here on; save the file as UTF-8"))
        return ""


def _read_yaml(file: str, text: str, problems: list[Problem]) -> Iterator[Raw]:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(Problem(file, line, None, f"not YAML: {error.problem}; check the indentation and quotes here"))
        return
    except yaml.YAMLError as error:
        problems.append(Problem(file, 1, None, f"not YAML: {' '.join(str(error).split())}"))
        return
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        problems.append(Problem(file, _line(root), None, 'must be a list of entries; begin each with "- id: …"'))
        return
    for node in root.value:
        if isinstance(node, yaml.MappingNode):
            yield _raw_entry(file, node, problems)
        else:
            problems.append(Problem(file, _line(node), None, 'not an entry; write it as "- id: …" with its keys below'))


def _raw_entry(file: str, node: yaml.MappingNode, problems: list[Problem]) -> Raw:
    fields: dict[str, tuple[object, int]] = {}
    raw = Raw(file, _line(node), fields)
    for key, value in node.value:
        if key.value in fields:
            problems.append(raw.problem(f'line {_line(key)}: "{key.value}" stands here twice; remove one'))
        else:
            fields[str(key.value)] = (_value(value), _line(key))
    return raw


def _value(node: yaml.Node) -> object:
    """The text as written, whatever YAML thinks it means: `- no` is a phrasing, `E4` and `2026-01-01` are text."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return {}


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _read_json_lines(file: str, text: str, problems: list[Problem]) -> Iterator[Raw]:
    for number, row in _rows(file, text, problems):
        # Labelled question sets, which come as JSON lines, do not name the language.
        row.setdefault("language", detect(str(row.get("question", "")), hint=None).value)
        yield Raw(file, number, {key: (value, number) for key, value in row.items()})


def _rows(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of JSON lines, with their lines."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(Problem(file, number, None, f"not JSON: {error.msg}; write one object per line"))
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            problems.append(Problem(file, number, None, "not an object; write one per line"))


def _parse(raw: Raw, problems: list[Problem]) -> Entry | None:
    """The entry, or None with what is wrong added to `problems`."""
    before = len(problems)
    for key in raw.fields:
        if key not in REQUIRED + OPTIONAL:
            allowed = ", ".join(REQUIRED + OPTIONAL)
            problems.append(raw.problem(f'unknown key "{key}"; allowed are {allowed}', key=key))
    problems.extend(raw.problem(f'"{key}" is missing; add it') for key in REQUIRED if key not in raw.fields)
    entry = Entry(
        id=_text(raw, "id", problems),
        language=_language(raw, problems),
        question=_text(raw, "question", problems),
        phrasings=_texts(raw, "phrasings", problems),
        answer=_unwrapped(_text(raw, "answer", problems)),
        tags=_texts(raw, "tags", problems),
        valid_from=_day(raw, "valid_from", problems),
        valid_until=_day(raw, "valid_until", problems),
        review_by=_day(raw, "review_by", problems),
        follow_ups=_texts(raw, "follow_ups", problems),
    )
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        problems.append(raw.problem('"valid_until" is before "valid_from"; swap or mend them', key="valid_until"))
    return entry if len(problems) == before else None


def _unwrapped(answer: str) -> str:
    """An answer whose lines were broken for the editor's sake, with its paragraphs and list items in one line each.
    Chats show line ends, as people who type mean them; files wrap where it suits them."""
    return answer if "```" in answer else _WRAPPED.sub(_join, answer.strip())


def _join(found: re.Match[str]) -> str:
    """Chinese is joined without a space."""
    return found[1] + ("" if _is_wide(found[1]) and _is_wide(found[2]) else " ") + found[2]


def _is_wide(character: str) -> bool:
    return character >= "\u2e80"


def _text(raw: Raw, key: str, problems: list[Problem]) -> str:
    value, _ = raw.fields.get(key, ("missing", 0))  # a missing key has been reported
    if isinstance(value, str) and value.strip():
        return value.strip()
    problems.append(raw.problem(f'"{key}" must be text that is not empty', key=key))
    return ""


def _texts(raw: Raw, key: str, problems: list[Problem]) -> tuple[str, ...]:
    value, _ = raw.fields.get(key, ([], 0))
    if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
        return tuple(item.strip() for item in value)
    problems.append(raw.problem(f'"{key}" must be a list of texts, one "- …" line each, none of them empty', key=key))
    return ()


def _language(raw: Raw, problems: list[Problem]) -> Language:
    value, _ = raw.fields.get("language", (Language.EN, 0))
    try:
        return Language(str(value))
    except ValueError:
        allowed = ", ".join(Language)
        problems.append(raw.problem(f'"{value}" is not a language of ours; allowed are {allowed}', key="language"))
        return Language.EN


def _day(raw: Raw, key: str, problems: list[Problem]) -> date | None:
    value, _ = raw.fields.get(key, (None, 0))
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        problems.append(raw.problem(f'"{key}" must be a day like 2026-03-31, not "{value}"', key=key))
        return None


def to_row(entry: Entry) -> dict[str, object]:
    """The keys of a file, in their order, without those that are empty."""
    row = {key: getattr(entry, key) for key in ("id", "language", "question", "phrasings", "answer", *OPTIONAL[1:])}
    return {
        key: list(value) if isinstance(value, tuple) else str(value)
        for key, value in row.items()
        if value not in ((), None)
    }


def to_json_lines(entries: Iterable[Entry]) -> str:
    """As `load` reads them from a .jsonl file."""
    return "".join(json.dumps(to_row(entry), ensure_ascii=False) + "\n" for entry in entries)


def fingerprint(entry: Entry) -> int:
    """A number that changes whenever anything in the entry does."""
    days = [str(day or "") for day in (entry.valid_from, entry.valid_until, entry.review_by)]
    lists = [list(texts) for texts in (entry.phrasings, entry.tags, entry.follow_ups)]
    row = json.dumps([entry.id, entry.language, entry.question, entry.answer, *days, *lists])
    return int.from_bytes(hashlib.sha256(row.encode("ascii")).digest()[:8])


def version(fingerprints: int) -> str:
    """The version of a knowledge base, from the sum of its entries' fingerprints: a change costs one subtraction."""
    return f"{fingerprints % 2**48:012x}"


def timeless(knowledge_base: KnowledgeBase) -> KnowledgeBase:
    """The same entries, valid on any day."""
    return KnowledgeBase(
        tuple(replace(entry, valid_from=None, valid_until=None) for entry in knowledge_base.entries),
        knowledge_base.version,
    )
