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
from omnibot.store.schema.service import (
    absences,
    assignments,
    dealer_cases,
    dealer_offers,
    dealers,
    facts,
    products,
    purchases,
)
from omnibot.store.schema.staff import api_tokens, audit, sessions, sign_in_links, users
from omnibot.store.schema.traffic import channel_state, channels, files, inbox, outbox, unreachable
from omnibot.store.schema.work import promises, ticket_changes, tickets

# The newest migration; `database.prepare` needs to know it without importing Alembic.
REVISION = "0014"

__all__ = [
    "REVISION",
    "Id",
    "Instant",
    "absences",
    "api_tokens",
    "assignments",
    "audit",
    "canned_replies",
    "channel_state",
    "channels",
    "codes",
    "contacts",
    "conversations",
    "dealer_cases",
    "dealer_offers",
    "dealers",
    "external_ids",
    "facts",
    "files",
    "inbox",
    "message_details",
    "message_versions",
    "messages",
    "metadata",
    "micros",
    "notes",
    "outbox",
    "prepare_for_postgresql",
    "products",
    "promises",
    "purchases",
    "sessions",
    "sign_in_links",
    "ticket_changes",
    "tickets",
    "unreachable",
    "users",
    "visitors",
]
