"""A process that only chats must not pay for what it does not use."""

import subprocess
import sys

HEAVY = (
    "aiohttp",
    "alembic",
    "holidays",
    "jinja2",
    "numpy",
    "opencc",
    "psycopg",
    "redis",
    "scipy",
    "slack_sdk",
)


# Whose patterns every message asks, or msgspec, which takes none but compiled ones. The others' are `regex`.
COMPILED_AT_ONCE = {
    "omnibot.adapters.webchat.copies",
    "omnibot.adapters.webchat.wire",
    "omnibot.domain.code",
    "omnibot.domain.command",
    "omnibot.domain.surge.wait",
    "omnibot.faq.follow_up",
    "omnibot.faq.subject",
    "omnibot.front.head",
    "omnibot.settings.accounts",
    "omnibot.settings.forms",
    "omnibot.settings.sections",
}

WHO_COMPILES_PATTERNS = """
import re, sys
from re import _compiler

found, compile = [], _compiler.compile

def tell(words, flags=0):
    caller = sys._getframe(1)
    while caller.f_globals["__name__"].partition(".")[0] == "re":
        caller = caller.f_back
    found.append(caller.f_globals["__name__"])
    return compile(words, flags)

_compiler.compile = tell
import omnibot.app
print(*(name for name in found if name.startswith("omnibot")))
"""


def test_importing_the_application_compiles_the_patterns_alone_that_every_message_asks() -> None:
    found = _printed(WHO_COMPILES_PATTERNS)
    assert set(found) <= COMPILED_AT_ONCE
    assert len(found) < 30  # of two hundred


def test_importing_the_application_loads_nothing_that_only_some_need() -> None:
    code = f"import sys, omnibot.app; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    assert _printed(code) == []


def _printed(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
