"""Rules about the files themselves: their size, what must never be committed, and lists that have to agree."""

import re
import subprocess
import tomllib

from babel.messages.pofile import read_po

from tests.servers import ROOT

LONGEST_MODULE = 500  # lines

# Written so that this file does not match itself.
REGISTRY_HOSTS = [
    "python" + "hosted",
    "regist" + "ry.npmjs",
    "deb.debian" + ".org",
    "pypi" + ".org",
    "pypi" + ".python",
]
MACHINE_PATHS = ["/work" + "/main", "/work" + "/steering", "/work" + "/shared", "/root" + "/", "/farm" + "/"]
FORBIDDEN = re.compile("|".join(map(re.escape, [*REGISTRY_HOSTS, *MACHINE_PATHS])))

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==[A-Za-z0-9.]+$")


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def normal(name: str) -> str:
    """As package names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_module_is_too_long_to_read() -> None:
    lengths = {name: len((ROOT / name).read_bytes().splitlines()) for name in tracked("src/*.py")}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_rows_are_locked_as_far_as_is_needed() -> None:
    """PostgreSQL's FOR UPDATE is for who changes keys. It stops everybody who writes what refers to the row, and the two
    would wait for each other."""
    found = []
    for name in tracked("src/omnibot/store/*.py"):
        locks = re.findall(r"with_for_update\([^)]*\)", (ROOT / name).read_text(encoding="utf-8"))
        found += [f"{name}: {lock}" for lock in locks if "key_share=True" not in lock]
    assert found == []


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    found = []
    for name in tracked():
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [f"{name}:{number}" for number, line in enumerate(text.splitlines(), 1) if FORBIDDEN.search(line)]
    assert found == []


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PINNED.match(line)] == []


def test_constraints_cover_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in wanted} - {"omnibot"}
    pinned = {normal(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()}
    assert names - pinned == set()


def test_every_text_is_translated() -> None:
    catalogues = tracked("src/omnibot/texts/*.po")
    open_texts = []
    for name in catalogues:
        with (ROOT / name).open("rb") as source:
            for message in read_po(source):
                strings = message.string if isinstance(message.string, tuple | list) else [message.string]
                if message.id and (message.fuzzy or not all(strings)):
                    open_texts.append(f"{name}: {message.id}")
    assert open_texts == []
