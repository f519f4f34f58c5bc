"""Lists the sentences that the code says in a catalogue domain: every literal given to `words(...)` or `mark(...)`."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "omnibot"
# Which code speaks from which catalogue.
FOLDERS = {"bot": ("flow", "adapters/slack", "adapters/email")}
# Said by name: these defaults stand in the settings.
EXTRA = {"bot": ("our service team", "Customer service")}
SAYING = {"words", "mark"}


def sentences(domain: str) -> Iterator[str]:
    """Each sentence once, in the order of the files."""
    seen = dict.fromkeys(EXTRA[domain])
    for folder in FOLDERS[domain]:
        for path in sorted((SOURCE / folder).rglob("*.py")):
            seen |= dict.fromkeys(_in_file(path))
    yield from seen


def _in_file(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in SAYING and node.args:
            sentence = node.args[0]
            if isinstance(sentence, ast.Constant) and isinstance(sentence.value, str):
                yield sentence.value


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


if __name__ == "__main__":
    for name in FOLDERS:
        for sentence in sentences(name):
            print(repr(sentence))
