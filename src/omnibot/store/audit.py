"""Who did what, when: only ever added to."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.store.schema import audit


def write(
    tx: Connection, *, user_id: int | None, action: str, subject: str, now: datetime, detail: str | None = None
) -> None:
    """`action` is a verb (`take`, `sign_in`), `subject` names what it was done to (`conversation:12`)."""
    tx.execute(audit.insert(), {"at": now, "user_id": user_id, "action": action, "subject": subject, "detail": detail})
