"""Groups in which people work, who is known there, and what is shown to them."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("thread", Text, nullable=False),  # empty: the whole chat
    Column("role", String(8), nullable=False),
    Column("dealer_id", Id),
    Column("language", String(8), nullable=False),
    Column("registered_by", Id, ForeignKey("users.id")),  # empty: the settings name it
    Column("registered_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Column("gone_why", Text),
    partial_index("uq_groups_place", "channel", "chat", "thread", unique=True, where="gone_at IS NULL"),
    sqlite_autoincrement=True,
)

# Who a platform's person is: one of our users, or one of a dealer's people. Ended rows are kept.
members = Table(
    "members",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("chat", Text),  # where the person can be told something in private
    Column("name", Text),
    Column("user_id", Id, ForeignKey("users.id"), index=True),
    Column("dealer_id", Id),
    Column("enrolled_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_members_sender", "channel", "sender"),
    sqlite_autoincrement=True,
)

# Who has left a group, or (without a chat) the platform: what they press there counts for nothing.
departures = Table(
    "departures",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Who has been told that a group's work is for enrolled people only: once is enough.
strangers = Table(
    "strangers",
    metadata,
    Column("group_id", Id, ForeignKey("groups.id"), primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("told_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# What a group is shown of one subject: one message, edited in place, and the thread in which it goes on.
cards = Table(
    "cards",
    metadata,
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("groups.id"), nullable=False),
    Column("subject", Text, nullable=False),  # "conversation:12", "case:7"
    Column("conversation_id", Id, ForeignKey("conversations.id"), index=True),
    Column("text", Text, nullable=False),  # as it was queued last
    Column("choices", Text),  # JSON list of {id, label}
    Column("external_id", Text),  # the platform's id of the posted message; empty: not posted
    Column("place", Text, nullable=False),  # the thread that was opened for it, in which it stands
    Column("thread", Text, nullable=False),  # the thread of its lines; empty: they answer the card
    Column(
        "seen_seq", Integer, nullable=False
    ),  # of the conversation, or of the ticket's changes: up to it all is shown
    Column("seen_epoch", Integer, nullable=False),  # of the conversation, or the number of the dealer's offer
    Column("is_live", sa.Boolean, nullable=False),  # what happens is still followed
    Column("is_late", sa.Boolean, nullable=False),  # it says that a promise is broken
    Column("snoozed_until", Instant),
    Column("snoozed_by", Text),
    Column("created_at", Instant, nullable=False),
    Column("ticket_id", Id, index=True),  # of a dealer's case
    UniqueConstraint("group_id", "subject"),
    sqlite_autoincrement=True,
)

# What somebody who works here said under a card and may make a promise of with one press.
promise_offers = Table(
    "promise_offers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("card_id", Id, ForeignKey("cards.id"), nullable=False, index=True),
    Column("holder", String(8), nullable=False),
    Column("holder_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("promise_id", Id),  # what became of it
    sqlite_autoincrement=True,
)

# What we say beside conversations: to people who work here a card, a line under it, or a word to one of them; to somebody
# who asked for it, a copy of a conversation. Sent by the outbox.
notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("card_id", Id, ForeignKey("cards.id"), index=True),
    Column("is_card", sa.Boolean, nullable=False),  # the card itself: posted once, then edited
    Column("text", Text, nullable=False),
    Column("choices", Text),  # JSON list of {id, label}
    Column("files", Text),  # JSON list of domain.message.Attachment
    Column("opens", Text),  # the title of a thread to open for it, where there are such
    Column("answers", Text),  # the platform's id of the message it answers
    Column("seq", Integer),  # of the newest message of the card's conversation that it shows
    Column("at", Instant, nullable=False),
    Column("copies", Id, index=True),  # the conversation that it is a copy of: erased with it
    sqlite_autoincrement=True,
)

# The platforms' ids of notices: what people answer or press.
notice_ids = Table(
    "notice_ids",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("notice_id", Id, ForeignKey("notices.id"), nullable=False),
    sqlite_with_rowid=False,
)
