"""Forgets people: on their wish, on the operator's, or because what they said was kept long enough.

An erased contact is remembered by its id in a file beside the database, so that a backup from before does not bring
it back: the next start erases it again.
"""

import asyncio
import os
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Connection

from omnibot.domain.contact import Contact
from omnibot.domain.retention import Retention
from omnibot.files import Files
from omnibot.log import Log
from omnibot.store import audit, contacts, conversations, erasure, expiry, originals
from omnibot.store.erasure import Erased
from omnibot.store.schema import micros
from omnibot.store.transactions import Store

log = Log(__name__)

REMEMBERED = "erased-contacts.txt"  # lines of "id, created at, erased at" (microseconds since 1970)


class InUse(Exception):
    """People work on a case of theirs; `why` is for people."""


async def erase_contact(store: Store, files: Files, id: int, now: datetime, *, by: int | None = None) -> Erased | None:
    """Everything of a contact, now; None if there is no such contact. May be repeated after it was cut off."""
    contact = await store.read(partial(contacts.get, id=id))
    if contact is None:
        return None
    # A backup from before somebody's chats were taken together has a contact for each of them.
    people = [contact, *await store.read(partial(_taken_together, id=id))]
    for one in people:
        await asyncio.to_thread(_remember, files.data_dir / REMEMBERED, one.id, micros(one.created_at), micros(now))
    parts = [
        await _erase_conversation(store, files, conversation, now)
        for conversation in await store.read(partial(erasure.conversations_of, contact_id=id))
    ]

    def last(tx: Connection) -> Erased:
        audit.write(tx, user_id=by, action="erase", subject=f"contact:{id}", now=now)
        return _sum([erasure.erase_contact(tx, one.id, now) for one in people])

    parts.append(await store.run(last))
    return _sum(parts)


async def erase_visitor(store: Store, files: Files, conversation_id: int, now: datetime) -> None:
    """A visitor's wish: this conversation, and who it was with if there is nothing else. Raises InUse."""

    def look(tx: Connection) -> tuple[int, list[int]]:
        conversation = conversations.get(tx, conversation_id)
        assert conversation is not None
        if conversation.is_with_people or erasure.has_open_ticket(tx, conversation_id):
            raise InUse
        return conversation.contact_id, erasure.conversations_of(tx, conversation.contact_id)

    contact_id, all_of_them = await store.read(look)
    if all_of_them == [conversation_id]:
        await erase_contact(store, files, contact_id, now)
    else:
        await _erase_conversation(store, files, conversation_id, now)


async def erase_again(store: Store, files: Files, now: datetime) -> int:
    """Erase whom a restored backup has brought back; returns how many."""
    again = 0
    for id, created_at in await asyncio.to_thread(_remembered, files.data_dir / REMEMBERED):
        if await store.read(partial(_is_back, id=id, created_at=created_at)):
            await erase_contact(store, files, id, now)
            again += 1
    return again


async def forget_old(store: Store, files: Files, retention: Retention, now: datetime) -> None:
    """One stretch of everything that was kept long enough."""
    if retention.originals:
        paths = await store.run(partial(originals.expire, before=now - retention.originals))
        await asyncio.to_thread(_unlink, files.data_dir, paths)
    for kept, dead in ((retention.raw, False), (retention.dead, True)):
        if kept:
            blank = partial(expiry.blank_payloads, before=now - kept, dead=dead)
            while await store.run(blank):
                pass
    if retention.conversations:
        silent = partial(expiry.silent_conversations, before=now - retention.conversations)
        for id in await store.run(silent):
            if not await store.read(partial(erasure.has_open_ticket, conversation_id=id)):
                await _erase_conversation(store, files, id, now)


async def _erase_conversation(store: Store, files: Files, id: int, now: datetime) -> Erased:
    erased = await store.run(partial(erasure.erase_conversation, id=id, now=now), lock=id)
    # After the commit: what a crash leaves behind, `tidy_files` finds. Bytes that a row still names must never be gone.
    for key in erased.files:
        files.remove(key)
    await asyncio.to_thread(_unlink, files.data_dir, erased.originals)
    log.info("conversation_erased", conversation_id=id, messages=erased.messages)
    return erased


def _taken_together(tx: Connection, id: int) -> list[Contact]:
    found = (contacts.get(tx, other) for other in erasure.taken_together(tx, id))
    return [contact for contact in found if contact is not None]


def _is_back(tx: Connection, id: int, created_at: int) -> bool:
    contact = contacts.get(tx, id)
    if contact is None or micros(contact.created_at) != created_at:
        return False
    return bool(contact.name or contact.email or contact.is_verified or erasure.conversations_of(tx, id))


def _sum(parts: list[Erased]) -> Erased:
    return Erased(
        conversations=sum(part.conversations for part in parts),
        messages=sum(part.messages for part in parts),
        tickets=sum(part.tickets for part in parts),
        files=[key for part in parts for key in part.files],
        originals=[path for part in parts for path in part.originals],
    )


def _unlink(data_dir: Path, paths: list[str]) -> None:
    for path in paths:
        (data_dir / path).unlink(missing_ok=True)


def _remember(path: Path, *numbers: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(" ".join(map(str, numbers)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _remembered(path: Path) -> list[tuple[int, int]]:
    if not path.exists():
        return []
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return [(int(row[0]), int(row[1])) for row in rows if len(row) == 3]
