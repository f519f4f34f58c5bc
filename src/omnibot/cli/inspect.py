"""`omnibot inspect KIND FILE…`: what an adapter makes of a raw payload, one JSON line per file. Needs no configuration.

A kind is one function of an adapter, `inspect(payload: bytes) -> dict`, that never fails on content.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Where the function of a kind is; imported only when that kind is asked for.
KINDS = {
    "telegram": "omnibot.adapters.telegram.inspection",
    "slack": "omnibot.adapters.slack.inspection",
    "email": "omnibot.adapters.email.inspection",
}

Inspect = Callable[[bytes], dict[str, Any]]


def inspect(arguments: Namespace) -> int:
    """Print a line for each file; 1 if a file could not be opened. The others are read all the same."""
    make: Inspect = import_module(KINDS[arguments.kind]).inspect
    failed = False
    for name in arguments.file:
        try:
            payload = Path(name).read_bytes()
        except OSError as error:
            print(f"omnibot: {name}: {error.strerror or error}", file=sys.stderr)
            failed = True
            continue
        print(line(name, make(payload)), flush=True)
    return int(failed)


def line(name: str, made: dict[str, Any]) -> str:
    """One line of JSON; keys that do not apply are left out. Halves of surrogate pairs become a mark: no file holds them."""
    known = {"file": name, **{key: value for key, value in made.items() if value is not None}}
    return json.dumps(known, ensure_ascii=False).encode("utf-8", "replace").decode()
