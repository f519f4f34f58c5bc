"""`omnibot import`: one line for each thing wrong in the file, or what was taken in."""

import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from omnibot.cli import commands
from omnibot.domain.sheet import LARGEST, Problem
from omnibot.store.purchases import Saved

# Of `flow.import_sheet`, which is loaded only when something is imported; a test compares the two.
KINDS = ("contacts", "products", "purchases", "dealers")


def import_file(arguments: Namespace) -> int:
    from omnibot.flow import import_sheet

    path = Path(arguments.file)
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    prepared = import_sheet.prepare(arguments.kind, raw, encoding=arguments.encoding, now=datetime.now(UTC))
    if prepared.problems:
        return _refuse(path, prepared.problems)
    settings = commands.read_settings(arguments)
    result: Saved | list[Problem] = commands.with_store(settings, lambda store: store.run(prepared.body))
    if isinstance(result, list):
        return _refuse(path, result)
    counted = f"{result.added} added, {result.changed} changed, {result.unchanged} unchanged"
    print(f"{arguments.kind}: {counted} ({prepared.encoding})")
    return 0


def _refuse(path: Path, problems: list[Problem]) -> int:
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    print(f"omnibot: {len(problems)} to mend in {path}; nothing was imported", file=sys.stderr)
    return 1
