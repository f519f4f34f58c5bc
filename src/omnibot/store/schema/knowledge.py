"""FAQ entries that were edited in the console, their versions, and what the bot could not answer.

What customers said is not copied here, only where it stands: whoever erases a conversation erases it for good. These
references are therefore no foreign keys; what they lead to may be gone.
"""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

from omnibot.store.schema.columns import Id, Instant, metadata

# Sorted by code points on both databases, so that pages of a list follow each other as in Python.
EntryId = Text().with_variant(Text(collation="C"), "postgresql")

faq_entries = Table(
    "faq_entries",
    metadata,
    Column("id", EntryId, primary_key=True),
    Column("state", String(8), nullable=False),  # of the newest version
    Column("shown", String(8), nullable=False),  # what customers get: file, version, nothing
    Column("newest", Integer, nullable=False),  # whoever edits names it: two editors cannot both win
    Column("live", Integer),
    # Of the knowledge in force when what customers get of this entry changed last; 0: never. Processes ask for newer ones.
    Column("revision", Integer, nullable=False, index=True),
    Column("languages", Text, nullable=False),  # " en zh-Hans "
    Column("words", Text, nullable=False),  # what a search looks through
    Column("look_after", String(10)),  # 2026-03-31, as `Content.look_after` says
    Column("file_version", String(16)),  # of the files' entry when somebody began to edit it here
    Column("owner_id", Id, ForeignKey("users.id")),
    Column("gap_id", Id),
    Column("updated_by", Id, ForeignKey("users.id")),
    Column("updated_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

faq_versions = Table(
    "faq_versions",
    metadata,
    Column("entry_id", EntryId, ForeignKey("faq_entries.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),  # JSON of domain.knowledge.Content
    Column("author_id", Id, ForeignKey("users.id")),
    Column("author_name", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("restores", Integer),
    Column("live_at", Instant),
    Column("live_by", Text),
    sqlite_with_rowid=False,
)

# One row: the number of the knowledge in force. Changing it is the lock under which entries go live one after the other.
faq_revision = Table(
    "faq_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
)

faq_gaps = Table(
    "faq_gaps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(9), nullable=False),  # open, drafted, dismissed
    Column("entry_id", EntryId),
    Column("decided_by", Id, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

faq_gap_questions = Table(
    "faq_gap_questions",
    metadata,
    Column("conversation_id", Id, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("gap_id", Id, ForeignKey("faq_gaps.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

# Answers of which a colleague said that they were wrong.
faq_marks = Table(
    "faq_marks",
    metadata,
    Column("conversation_id", Id, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # of the bot's message
    Column("entry_id", EntryId, nullable=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# Of which days of entries people have been told: each once.
faq_reminders = Table(
    "faq_reminders",
    metadata,
    Column("entry_id", EntryId, primary_key=True),  # of the files' entries, too
    Column("occasion", String(8), primary_key=True),  # review, ending
    Column("day", String(10), primary_key=True),  # 2026-03-31
    Column("told_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Thresholds that people applied, one version after the other. Nothing in the first three: those of the settings.
faq_calibrations = Table(
    "faq_calibrations",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),  # two people cannot both win
    Column("answer", Float(53)),
    Column("suggest", Float(53)),
    Column("margin", Float(53)),
    Column("forbidden", Integer, nullable=False),  # how many examples; what they say is not kept
    Column("wanted", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("restores", Integer),
    Column("author_id", Id, ForeignKey("users.id"), nullable=False),
    Column("author_name", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
