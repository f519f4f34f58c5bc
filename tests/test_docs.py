"""The documentation says what the code does: every setting, command, metric and call is in it, its links lead somewhere,
and its Python runs."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnibot.__main__ import parser
from omnibot.settings.sections import SECRETS, keys
from omnibot.web import metrics, server
from tests.office import Office
from tests.servers import ROOT

DOCS = ROOT / "docs"
LONGEST_DECISION = 14  # lines

_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TEST_NAME = re.compile(r"`(test_\w+)`")


def pages() -> list[Path]:
    return sorted([ROOT / "README.md", *DOCS.rglob("*.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(root: argparse.ArgumentParser, words: str = "omnibot") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command that runs something, with its words."""
    groups = [action for action in root._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield words, root
    for group in groups:
        for name, command in group.choices.items():
            yield from commands(command, f"{words} {name}")


def anchor(heading: str) -> str:
    """As the usual Markdown viewers make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(("section", "key"), list(keys()))
def test_every_setting_is_described_with_its_environment_name(section: str, key: str) -> None:
    [row] = [line for line in read("docs/operations.md").splitlines() if line.startswith(f"| `{section}.{key}` |")]
    assert f"`OMNIBOT_{section}__{key}`".upper() in row
    assert ("secret" in row) == ((section, key) in SECRETS)


@pytest.mark.parametrize(("section", "key"), list(keys()))
def test_every_setting_is_in_the_example_file(section: str, key: str) -> None:
    _, _, after = read("omnibot.example.toml").partition(f"\n[{section}]\n")
    assert re.search(rf"^{key} = ", after.partition("\n[")[0], re.MULTILINE)


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = re.findall(r"^\| `(\w+)\.(\w+)` \|", read("docs/operations.md"), re.MULTILINE)
    assert described == list(keys())


@pytest.mark.parametrize(("words", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands(parser())])
def test_every_command_and_option_is_described(words: str, command: argparse.ArgumentParser) -> None:
    text = read("docs/interface.md")
    [row] = [line for line in text.splitlines() if re.match(rf"\| `{re.escape(words)}[ `]", line)]
    for action in command._actions:
        shown = action.option_strings[-1] if action.option_strings else action.dest.upper()
        assert shown in row or (shown in ("--help", "--config") and f"`{shown}" in text)
        for choice in action.choices or ():
            assert str(choice) in row
    assert "--version" in text


def test_every_metric_is_described() -> None:
    names = {metric.name for metric in metrics.ALL}
    described = set(re.findall(r"^\| `(omnibot_\w+)` \|", read("docs/operations.md"), re.MULTILINE))
    assert described == names


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_call_of_the_api_is_described_with_its_role(office: Office) -> None:
    application = office.application
    calls = {
        (endpoint.method, endpoint.path, endpoint.role.value)
        for endpoint in server.api_endpoints(application.desk, application.access, application.clock)
    }
    text = read("docs/interface.md").partition("## Admin API")[2]
    described = re.findall(r"^\| `([A-Z]+) (/\S*)` \| (\w+) \|", text, re.MULTILINE)
    assert set(described) == calls
    assert len(described) == len(calls)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, part = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if part:
            headings = _HEADING.findall(_FENCED.sub("", target.read_text(encoding="utf-8")))
            assert part in map(anchor, headings), link


def python_blocks() -> Iterator[Any]:
    for page in pages():
        for number, code in enumerate(_PYTHON.findall(page.read_text(encoding="utf-8")), start=1):
            yield pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("code", list(python_blocks()))
def test_python_in_the_documentation_runs(code: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr


def test_every_test_that_is_named_exists() -> None:
    named = {name for page in pages() for name in _TEST_NAME.findall(page.read_text(encoding="utf-8"))}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert named - set(re.findall(r"def (test_\w+)\(", code)) == set()


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_is_short_and_has_its_three_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_DECISION
    assert text.startswith(f"# {page.stem[:4]}: ")
    assert all(f"**{part}.**" in text for part in ("Context", "Choice", "Consequences"))


def test_the_readme_shows_both_commands() -> None:
    assert {"`make run`", "`make test`"} <= set(re.findall(r"`[^`\n]+`", read("README.md")))
