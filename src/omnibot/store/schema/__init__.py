"""The tables, one definition for SQLite and PostgreSQL. Migrations (`migrations/`) lead to exactly this; a test compares them."""

from omnibot.store.schema.codes import codes
from omnibot.store.schema.columns import Id, Instant, metadata, micros, prepare_for_postgresql
from omnibot.store.schema.conversations import (
    canned_replies,
    contacts,
    conversations,
    external_ids,
    message_details,
    message_versions,
    messages,
    notes,
    visitors,
)
from omnibot.store.schema.links import links
from omnibot.store.schema.staff import api_tokens, audit, sessions, sign_in_links, users
from omnibot.store.schema.traffic import channel_state, channels, files, inbox, outbox, unreachable
from omnibot.store.schema.work import promises, ticket_changes, tickets

# The newest migration; `database.prepare` needs to know it without importing Alembic.
REVISION = "0010"

__all__ = [
    "REVISION",
    "Id",
    "Instant",
    "api_tokens",
    "audit",
    "canned_replies",
    "channel_state",
    "channels",
    "codes",
    "contacts",
    "conversations",
    "external_ids",
    "files",
    "inbox",
    "links",
    "message_details",
    "message_versions",
    "messages",
    "metadata",
    "micros",
    "notes",
    "outbox",
    "prepare_for_postgresql",
    "promises",
    "sessions",
    "sign_in_links",
    "ticket_changes",
    "tickets",
    "unreachable",
    "users",
    "visitors",
]
