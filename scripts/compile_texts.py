"""Compile the gettext catalogues: `.po` is kept in git, `.mo` is built.

Runs as a hatch build hook, or by hand as `python scripts/compile_texts.py`.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object  # type: ignore[assignment, misc]

TEXTS = Path(__file__).resolve().parent.parent / "src" / "omnibot" / "texts"


def compile_catalogues() -> list[Path]:
    """Write each `.mo` beside its `.po`; returns what was written."""
    written = []
    for po in sorted(TEXTS.rglob("*.po")):
        with po.open("rb") as source:
            catalogue = read_po(source)
        with po.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalogue)
        written.append(po.with_suffix(".mo"))
    return written


class CompileTexts(BuildHookInterface):  # type: ignore[misc]
    """Hatch calls this before it packs the wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues()


if __name__ == "__main__":
    for path in compile_catalogues():
        print(path.name)
