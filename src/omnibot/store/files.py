"""What is known of each file: whose it is, what it is, and where its bytes are. A message carries its files with it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.message import Attachment
from omnibot.domain.value import dataclass
from omnibot.store.schema import case_photos, conversations, files


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file and its place. `key` is None where it could not be had."""

    conversation_id: int
    attachment: Attachment
    key: str | None
    is_said: bool  # part of a message: until then, only who uploaded it knows of it


def add(
    tx: Connection,
    *,
    conversation_id: int,
    name: str,
    media_type: str,
    size: int,
    now: datetime,
    sha256: str | None = None,
    key: str | None = None,
    problem: str | None = None,
    uploaded_by: int | None = None,
) -> Attachment:
    """Note a file, not yet part of a message."""
    values = {
        "conversation_id": conversation_id,
        "uploaded_by": uploaded_by,
        "name": name,
        "media_type": media_type,
        "size": size,
        "sha256": sha256,
        "key": key,
        "problem": problem,
        "created_at": now,
    }
    id = tx.execute(files.insert().returning(files.c.id), values).scalar_one()
    return Attachment(id=id, name=name, media_type=media_type, size=size, problem=problem)


def attach(tx: Connection, attachments: tuple[Attachment, ...], *, conversation_id: int, seq: int) -> None:
    """They are part of this message now; one that is part of a message already stays there."""
    ids = [attachment.id for attachment in attachments]
    free = files.c.id.in_(ids) & (files.c.conversation_id == conversation_id) & files.c.seq.is_(None)
    tx.execute(sa.update(files).where(free).values(seq=seq))


def give_to_ticket(tx: Connection, ids: Iterable[int], *, contact_id: int, ticket_id: int) -> None:
    """They belong to that case; only files of that contact do."""
    theirs = select(conversations.c.id).where(conversations.c.contact_id == contact_id)
    own = files.c.id.in_(list(ids)) & files.c.conversation_id.in_(theirs)
    tx.execute(sa.update(files).where(own).values(ticket_id=ticket_id))


def of_ticket(tx: Connection, ticket_id: int) -> list[Attachment]:
    """The pictures of a case, the oldest first."""
    query = _select().where(files.c.ticket_id == ticket_id).order_by(files.c.id)
    return [_of_row(row).attachment for row in tx.execute(query)]


def uploaded(tx: Connection, conversation_id: int, ids: list[int], *, by: int | None) -> list[Attachment] | None:
    """These files, in this order, if that agent (None: the contact) has uploaded each of them for this conversation."""
    is_of_case = sa.exists().where(case_photos.c.file_id == files.c.id)  # a dealer's, whoever asks
    query = _select().where(
        ~is_of_case,
        files.c.id.in_(ids),
        files.c.conversation_id == conversation_id,
        files.c.uploaded_by.is_not_distinct_from(by),
    )
    found = {row.id: _of_row(row).attachment for row in tx.execute(query)}
    return [found[id] for id in ids] if all(id in found for id in ids) else None


def get(tx: Connection, id: int) -> StoredFile | None:
    row = tx.execute(_select().where(files.c.id == id)).one_or_none()
    return _of_row(row) if row else None


def keys(tx: Connection, ids: list[int]) -> dict[int, str]:
    """Where the bytes of each are."""
    query = select(files.c.id, files.c.key).where(files.c.id.in_(ids), files.c.key.is_not(None))
    found: dict[int, str] = dict(tx.execute(query).all())
    return found


def abandoned(tx: Connection, before: datetime, *, limit: int = 100) -> list[str]:
    """Forget uploads that no message took; returns the names of their bytes."""
    is_of_case = sa.exists().where(case_photos.c.file_id == files.c.id)
    old = select(files.c.id).where(files.c.seq.is_(None), files.c.created_at < before, ~is_of_case).limit(limit)
    gone = sa.delete(files).where(files.c.id.in_(old), files.c.seq.is_(None)).returning(files.c.key)
    return [key for key in tx.execute(gone).scalars() if key]


def unknown(tx: Connection, keys: list[str]) -> list[str]:
    """Those of these names that no file has."""
    known = set(tx.execute(select(files.c.key).where(files.c.key.in_(keys))).scalars())
    return [key for key in keys if key not in known]


def _select() -> sa.Select[Any]:
    return select(
        files.c.id,
        files.c.conversation_id,
        files.c.name,
        files.c.media_type,
        files.c.size,
        files.c.problem,
        files.c.key,
        files.c.seq,
    )


def _of_row(row: Any) -> StoredFile:
    attachment = Attachment(id=row[0], name=row[2], media_type=row[3], size=row[4], problem=row[5])
    return StoredFile(conversation_id=row[1], attachment=attachment, key=row[6], is_said=row[7] is not None)
