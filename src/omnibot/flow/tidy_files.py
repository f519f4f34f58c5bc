"""Removes the bytes that nothing needs: uploads that no message took, and what a crash left between disk and database."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from omnibot.flow.desk import Desk
from omnibot.store import files

KEPT_FOR = timedelta(days=1)
BATCH = 500


async def tidy_files(desk: Desk, now: datetime) -> int:
    """Returns how many were removed."""
    before = now - KEPT_FOR
    removed = set(await desk.store.run(partial(files.abandoned, before=before)))
    old = desk.files.older_than(before)
    while keys := await asyncio.to_thread(lambda: list(islice(old, BATCH))):
        removed |= set(await desk.store.read(partial(files.unknown, keys=keys)))
    for key in removed:
        desk.files.remove(key)
    return len(removed)
