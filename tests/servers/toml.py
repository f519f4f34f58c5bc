"""Writes configurations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def toml(sections: Mapping[str, Any]) -> str:
    """Sections of plain values as a TOML text; a list of tables becomes `[[section]]`."""
    return "\n".join(_toml_sections(sections)) + "\n"


def _toml_sections(sections: Mapping[str, Any]) -> Iterator[str]:
    for name, value in sections.items():
        tables, header = (value, f"[[{name}]]") if isinstance(value, list) else ([value], f"[{name}]")
        for table in tables:
            yield header
            yield from (f"{_toml_text(key)} = {_toml_value(item)}" for key, item in table.items())


def _toml_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML does not know the pairs that JSON escapes an emoji as


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_text(key)} = {_toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, Path):
        return _toml_text(str(value))
    return _toml_text(value)
