"""Compile the gettext catalogues: `.po` is kept in git, `.mo` is built. Traditional Chinese is converted from Simplified
where no catalogue of its own exists: here, once, because the dictionaries would cost a running server 40 MB.

Runs as a hatch build hook, or by hand as `python scripts/compile_texts.py`.
"""

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from opencc import OpenCC

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object  # type: ignore[assignment, misc]

TEXTS = Path(__file__).resolve().parent.parent / "src" / "omnibot" / "texts"


def compile_catalogues() -> list[Path]:
    """Write each `.mo` beside its `.po`, and those for Traditional Chinese; returns what was written."""
    written = []
    for po in sorted(TEXTS.rglob("*.po")):
        with po.open("rb") as source:
            catalogue = read_po(source)
        written.append(_write(catalogue, po.with_suffix(".mo")))
        traditional = TEXTS / "zh_Hant" / "LC_MESSAGES" / po.name
        if "zh_Hans" in po.parts and not traditional.exists():
            written.append(_write(_in_traditional(catalogue), traditional.with_suffix(".mo")))
    return written


def _write(catalogue: Catalog, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_mo(target, catalogue)
    return path


def _in_traditional(catalogue: Catalog) -> Catalog:
    """The same sentences in Taiwan's characters and phrases."""
    convert = OpenCC("s2twp").convert
    for message in catalogue:
        if message.id:
            message.string = convert(message.string)
    return catalogue


class CompileTexts(BuildHookInterface):  # type: ignore[misc]
    """Hatch calls this before it packs the wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues()


if __name__ == "__main__":
    for path in compile_catalogues():
        print(path.name)
