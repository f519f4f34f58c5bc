"""`omnibot export-contact` and `omnibot erase-contact`: what is stored of somebody, given out or taken out."""

import json
import shutil
import sys
from argparse import Namespace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from omnibot.cli.commands import read_settings, with_store
from omnibot.files import Files
from omnibot.settings import Settings
from omnibot.store import contacts, erasure, export
from omnibot.store.database import empty_log
from omnibot.store.transactions import Store


def export_contact(arguments: Namespace) -> int:
    """Print everything as JSON; `--files` copies the files beside it."""
    settings = read_settings(arguments)
    found = with_store(settings, lambda store: store.read(partial(export.of_contact, id=arguments.id)))
    if found is None:
        return _nobody(arguments.id)
    if arguments.files:
        _copy_files(settings, found["files"], Path(arguments.files))
    json.dump(found, sys.stdout, ensure_ascii=False, indent=2, default=msgspec.to_builtins)
    print()
    return 0


def erase_contact(arguments: Namespace) -> int:
    """Erase for good; `--dry-run` only says what would go."""
    from omnibot.flow import erase

    settings = read_settings(arguments)
    if arguments.dry_run:
        return _foretell(settings, arguments.id)
    now = datetime.now(UTC)
    act = partial(erase.erase_contact, files=_files(settings), id=arguments.id, now=now)
    erased = with_store(settings, act)
    if erased is None:
        return _nobody(arguments.id)
    empty_log(settings.database_url)
    print(
        f"erased contact {arguments.id}: {erased.conversations} conversations, {erased.messages} messages, "
        f"{erased.tickets} tickets, {len(erased.files) + len(erased.originals)} files"
    )
    return 0


def _foretell(settings: Settings, id: int) -> int:
    async def look(store: Store) -> tuple[bool, list[int], dict[str, Any] | None]:
        contact = await store.read(partial(contacts.get, id=id))
        ids = await store.read(partial(erasure.conversations_of, contact_id=id))
        return contact is not None, ids, await store.read(partial(export.of_contact, id=id))

    is_known, conversations, found = with_store(settings, look)
    if not is_known or found is None:
        return _nobody(id)
    print(
        f"would erase contact {id}: {len(conversations)} conversations, {len(found['messages'])} messages, "
        f"{len(found['tickets'])} tickets, {len(found['files'])} files"
    )
    return 0


def _copy_files(settings: Settings, rows: list[dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = _files(settings)
    for row in rows:
        if row["key"] and files.path(row["key"]).exists():
            # Under our name for it: the sender's may be anything.
            shutil.copyfile(files.path(row["key"]), folder / row["key"])


def _files(settings: Settings) -> Files:
    return Files(settings.data_dir, size_limit=settings.files.size_limit, types=tuple(settings.files.types))


def _nobody(id: int) -> int:
    print(f"omnibot: there is no contact {id}", file=sys.stderr)
    return 1
