"""The benchmarks are run by hand, so what they take for granted of the product is checked here: names that they set are names
that the product looks up, and every one of them starts."""

import importlib
from types import CodeType, FunctionType, ModuleType

import pytest
import sqlalchemy as sa

from bench import commits
from omnibot.cli.commands import BENCHMARKS
from tests.office import Office


@pytest.mark.parametrize("name", sorted({*BENCHMARKS} - {"corpora"}))  # that one is run by its own test
def test_every_benchmark_starts(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"bench.{name}").main(["--help"])
    assert ended.value.code == 0
    assert f"bench {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in commits.SINGLY.items() for name in names]
)
def test_what_the_benchmark_of_commits_sets_is_looked_up_there(module: str, name: str) -> None:
    found = importlib.import_module(module)
    assert hasattr(found, name)
    assert any(name in code.co_names for code in _codes(found))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_these_names_a_question_and_its_answer_are_no_one_commit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await _writes(office) == 1
    for module, names in commits.SINGLY.items():
        for name, value in names.items():
            monkeypatch.setattr(importlib.import_module(module), name, value)
    assert await _writes(office) == 2


async def _writes(office: Office) -> int:
    """In how many commits a plain question and its answer are written."""
    visitor = await office.visitor()
    written: list[int] = []
    engine, ends = office.application.store._write_engine, 0

    def committed(_: object) -> None:
        nonlocal ends
        ends += 1

    def executed(_: object, __: object, statement: str, *___: object) -> None:
        if "INTO messages " in statement:
            written.append(ends)

    sa.event.listen(engine, "commit", committed)
    sa.event.listen(engine, "before_cursor_execute", executed)
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: ")
    sa.event.remove(engine, "commit", committed)
    sa.event.remove(engine, "before_cursor_execute", executed)
    return len(set(written))


def _codes(module: ModuleType) -> list[CodeType]:
    """The functions of a module, with those of its classes and those inside of them."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    classes = [value for value in own if isinstance(value, type)]
    functions = [
        value for holder in (module, *classes) for value in vars(holder).values() if isinstance(value, FunctionType)
    ]
    return [code for function in functions for code in _inside(function.__code__)]


def _inside(code: CodeType) -> list[CodeType]:
    return [
        code,
        *(inner for constant in code.co_consts if isinstance(constant, CodeType) for inner in _inside(constant)),
    ]
