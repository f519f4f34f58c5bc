"""What is known of customers' products, and the dealers who look after them."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from omnibot.store.schema.columns import Id, Instant, metadata, partial_index

products = Table(
    "products",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sku", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("warranty_months", Integer),  # empty: not known
    sqlite_autoincrement=True,
)

purchases = Table(
    "purchases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.id"), nullable=False, index=True),
    Column("serial", Text, nullable=False),  # empty: not known
    Column("bought_on", Date, nullable=False),
    Column("warranty_ends_on", Date),  # where it is not the product's usual one
    Column("source", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("contact_id", "product_id", "serial", "bought_on", name="uq_purchases_what_and_when"),
    Index("ix_purchases_serial", "serial"),
    sqlite_autoincrement=True,
)

# One value for each key: the newest that was learnt. Facts of a case stand beside those of its contact.
facts = Table(
    "facts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("ticket_id", Id, ForeignKey("tickets.id")),
    Column("key", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    partial_index("uq_facts_of_contact", "contact_id", "key", unique=True, where="ticket_id IS NULL"),
    partial_index("uq_facts_of_ticket", "ticket_id", "key", unique=True, where="ticket_id IS NOT NULL"),
    sqlite_autoincrement=True,
)

dealers = Table(
    "dealers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("profile", Text, nullable=False),  # JSON of domain.dealer.Profile
    Column("retired_at", Instant),  # gets no more cases
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# Who has a ticket beyond the agent who works on it now.
assignments = Table(
    "assignments",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("team", Text),
    Column("dealer_id", Id, ForeignKey("dealers.id"), index=True),
    Column("first_agent_id", Id, ForeignKey("users.id")),  # the owner of first contact; stays to the end
    Column("choice", Text),  # JSON of domain.routing.Choice: why it went there and not elsewhere
    Column("unowned_at", Instant),  # when it was told that nobody has it
    Column("at", Instant, nullable=False),
)

# Where a case stands with its dealer. `n` is the number of the offer; what was said under an older one does nothing.
dealer_cases = Table(
    "dealer_cases",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("dealer_id", Id, ForeignKey("dealers.id"), nullable=False, index=True),
    Column("stage", String(16), nullable=False),
    Column("member_id", Id),  # who accepted
    Column("answer_due_at", Instant),  # of an open offer
    Column("details", Text, nullable=False),  # JSON: the plan, the report
    Column("changed_at", Instant, nullable=False),
    partial_index("ix_dealer_cases_unanswered", "answer_due_at", where="stage = 'offered'"),
)

dealer_offers = Table(
    "dealer_offers",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("dealer_id", Id, ForeignKey("dealers.id"), nullable=False),
    Column("member_id", Id),
    Column("offered_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("answer", String(12)),
    Column("reason", Text),
    Column("agreed_at", Instant),  # the customer agreed to the plan
    Column("closed_at", Instant),
    Column("reopened", Integer, nullable=False),
    Index("ix_dealer_offers_dealer", "dealer_id", "offered_at"),
)

# What a dealer's member is asked in the group and has not finished answering: a reason, a plan, a report in parts.
dealer_forms = Table(
    "dealer_forms",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("member_id", Id, ForeignKey("members.id"), primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),  # the offer it belongs to
    Column("action", String(12), nullable=False),
    Column("said", Text, nullable=False),  # JSON object: the parts of a report that are there
    Column("asked_at", Instant, nullable=False),
)

# Photos that a dealer's people posted for a case; `file_id` is empty where they are not kept.
case_photos = Table(
    "case_photos",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("n", Integer, nullable=False),  # the offer under which they were posted
    Column("file_id", Id, ForeignKey("files.id", ondelete="SET NULL"), index=True),
    Column("member_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# When each dealer was last told of all its open cases.
dealer_digests = Table(
    "dealer_digests",
    metadata,
    Column("dealer_id", Id, ForeignKey("dealers.id"), primary_key=True, autoincrement=False),
    Column("told_at", Instant, nullable=False),
)

# Agents who take nothing new, whatever their hours say.
absences = Table(
    "absences",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
)

# Who stands on the ladder, where admins have set it; `team` is empty for those on call.
ladder_seats = Table(
    "ladder_seats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rung", String(12), nullable=False),
    Column("team", Text, nullable=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("hours", Text, nullable=False),  # as people type them; empty: always
    Column("since", String(10)),
    Column("until", String(10)),
    Index("ix_ladder_seats_rung", "rung", "team"),
    sqlite_autoincrement=True,
)
