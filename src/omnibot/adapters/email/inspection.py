"""What `omnibot inspect email` shows of a raw mail. Never fails on content."""

from typing import Any

from omnibot.adapters.email import reading
from omnibot.adapters.email.body import ATTACHED


def inspect(raw: bytes) -> dict[str, Any]:
    """The mail as the adapter reads it; keys as in docs/interface.md, those that do not apply are absent."""
    if not raw.strip():
        return {"decision": "unreadable", "why": "the file is empty"}
    mail = reading.read(raw)
    found: dict[str, Any] = {
        "decision": mail.decision,
        "why": mail.why,
        "from": {"address": mail.author.address, "name": mail.author.name} if mail.author else None,
        "subject": mail.subject,
        "text": mail.text,
        "quoted": mail.quoted or None,
        "html_safe": mail.html or None,
        "attachments": _attachments(mail.files) or None,
        "message_id": mail.message_id or None,
        "references": list(mail.references) or None,
        "sent_at": mail.sent_at.isoformat().replace("+00:00", "Z") if mail.sent_at else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _attachments(files: tuple[reading.Attachment, ...], inside: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Those of an attached mail stand in it."""
    found = []
    for one in files:
        if one.inside == inside:
            shown = {"name": one.name, "type": one.media_type, "bytes": one.size}
            inner = _attachments(files, (*inside, one.index)) if one.media_type == ATTACHED else []
            found.append({**shown, "attachments": inner} if inner else shown)
    return found
