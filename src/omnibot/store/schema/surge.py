"""How customers rate us, what many of them ask at once, and who was offered to another team."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

# One row for each question "how did we do?": wanted, then asked, then answered. What it is counted by is written down when it
# is wanted: who had the work then.
ratings = Table(
    "ratings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("ticket_id", Id, ForeignKey("tickets.id")),
    Column("wanted_at", Instant, nullable=False),
    Column("ask_at", Instant),  # its one timer; empty once it was asked or given up
    Column("asked_at", Instant),
    Column("score", Integer),  # 1 to 5
    Column("comment", Text),
    Column("rated_at", Instant),
    Column("agent_id", Id, ForeignKey("users.id")),
    Column("dealer_id", Id, ForeignKey("dealers.id")),
    Column("team", Text),
    Column("entry_id", Text),  # of the FAQ: the bot's last answer
    Index("ix_ratings_conversation", "conversation_id", "id"),
    Index("ix_ratings_asked", "asked_at"),
    partial_index("ix_ratings_ask", "ask_at", where="ask_at IS NOT NULL"),
    partial_index("uq_ratings_ticket", "ticket_id", unique=True, where="ticket_id IS NOT NULL"),
    partial_index("uq_ratings_wanted", "conversation_id", unique=True, where="ask_at IS NOT NULL"),
    sqlite_autoincrement=True,
)

# Many equal questions: found by omnibot, confirmed by a person. What customers said is not copied, only where it stands.
incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(9), nullable=False),  # proposed, open, closed, dismissed
    Column("title", Text, nullable=False),  # a person's words; empty while it is proposed
    Column("proposed_at", Instant, nullable=False),
    Column("decided_by", Id, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("closed_at", Instant),
    Column("news", Integer, nullable=False),  # how many texts there are; whoever writes the next one names it
    Index("ix_incidents_state", "state", "id"),
    sqlite_autoincrement=True,
)

# What everybody attached is told: the group's answer, how it goes on, and that it is over.
incident_news = Table(
    "incident_news",
    metadata,
    Column("incident_id", Id, ForeignKey("incidents.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("texts", Text, nullable=False),  # JSON: by language
    Column("by_id", Id, ForeignKey("users.id"), nullable=False),
    Column("at", Instant, nullable=False),
)

incident_members = Table(
    "incident_members",
    metadata,
    Column("incident_id", Id, ForeignKey("incidents.id"), primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, nullable=False),  # of the question
    Column("state", String(8), nullable=False),  # attached, detached
    Column("told", Integer, nullable=False),  # the number of the newest text that the customer was told
    Column("at", Instant, nullable=False),
    Index("ix_incident_members_conversation", "conversation_id"),
)

# A conversation whose team has too much to do, offered to the team that it overflows to.
overflows = Table(
    "overflows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("epoch", Integer, nullable=False),  # of the conversation: once for each wait
    Column("from_team", Text, nullable=False),
    Column("to_team", Text, nullable=False),
    Column("why", String(8), nullable=False),  # length, age
    Column("at", Instant, nullable=False),
    Index("uq_overflows_conversation", "conversation_id", "epoch", unique=True),
    sqlite_autoincrement=True,
)
