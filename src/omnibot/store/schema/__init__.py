"""The tables, one definition for SQLite and PostgreSQL. Migrations (`migrations/`) lead to exactly this; a test compares them."""

from omnibot.store.schema.codes import codes, shown_identities
from omnibot.store.schema.columns import Id, Instant, Length, metadata, micros, prepare_for_postgresql
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
from omnibot.store.schema.forms import bookings, fillings
from omnibot.store.schema.groups import cards, departures, groups, members, notice_ids, notices, strangers
from omnibot.store.schema.knowledge import (
    faq_entries,
    faq_gap_questions,
    faq_gaps,
    faq_marks,
    faq_reminders,
    faq_revision,
    faq_versions,
)
from omnibot.store.schema.links import links
from omnibot.store.schema.retention import marks, originals
from omnibot.store.schema.service import (
    absences,
    assignments,
    case_photos,
    dealer_cases,
    dealer_digests,
    dealer_forms,
    dealer_offers,
    dealers,
    facts,
    ladder_seats,
    products,
    purchases,
)
from omnibot.store.schema.staff import api_tokens, audit, sessions, sign_in_links, users
from omnibot.store.schema.surge import incident_members, incident_news, incidents, overflows, ratings
from omnibot.store.schema.traffic import channel_state, channels, files, inbox, outbox, paces, unreachable
from omnibot.store.schema.work import calendars, promise_events, promises, ticket_changes, tickets

# The newest migration; `database.prepare` needs to know it without importing Alembic.
REVISION = "0019"

__all__ = [
    "REVISION",
    "Id",
    "Instant",
    "Length",
    "absences",
    "api_tokens",
    "assignments",
    "audit",
    "bookings",
    "calendars",
    "canned_replies",
    "cards",
    "case_photos",
    "channel_state",
    "channels",
    "codes",
    "contacts",
    "conversations",
    "dealer_cases",
    "dealer_digests",
    "dealer_forms",
    "dealer_offers",
    "dealers",
    "departures",
    "external_ids",
    "facts",
    "faq_entries",
    "faq_gap_questions",
    "faq_gaps",
    "faq_marks",
    "faq_reminders",
    "faq_revision",
    "faq_versions",
    "files",
    "fillings",
    "groups",
    "inbox",
    "incident_members",
    "incident_news",
    "incidents",
    "ladder_seats",
    "links",
    "marks",
    "members",
    "message_details",
    "message_versions",
    "messages",
    "metadata",
    "micros",
    "notes",
    "notice_ids",
    "notices",
    "originals",
    "outbox",
    "overflows",
    "paces",
    "prepare_for_postgresql",
    "products",
    "promise_events",
    "promises",
    "purchases",
    "ratings",
    "sessions",
    "shown_identities",
    "sign_in_links",
    "strangers",
    "ticket_changes",
    "tickets",
    "unreachable",
    "users",
    "visitors",
]
