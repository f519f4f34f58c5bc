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


def test_importing_the_application_loads_nothing_that_only_some_need() -> None:
    code = f"import sys, omnibot.app; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
