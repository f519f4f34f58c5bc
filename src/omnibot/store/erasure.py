"""Takes out of the database what people said and who they are. What remains are empty shells: ids, times, states and
outcomes, which statistics and foreign keys need and which name nobody.

SQLite overwrites what is deleted (`secure_delete`); `database.empty_log` empties its write-ahead log.
"""

from dataclasses import field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.ticket_number import format_number
from omnibot.domain.value import dataclass
from omnibot.store import contacts, schema, tickets
from omnibot.store import originals as stored_originals

ERASED = "erased:"  # begins the chat of a conversation that is only a shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out, and the files whose bytes may go now."""

    conversations: int = 0
    messages: int = 0
    tickets: int = 0
    files: list[str] = field(default_factory=list)  # keys, see `files.Files`
    originals: list[str] = field(default_factory=list)  # paths below the data folder


def conversations_of(tx: Connection, contact_id: int) -> list[int]:
    """Those that still hold something."""
    table = schema.conversations
    query = select(table.c.id).where(table.c.contact_id == contact_id, ~table.c.chat.startswith(ERASED))
    return list(tx.execute(query.order_by(table.c.id)).scalars())


def taken_together(tx: Connection, contact_id: int) -> list[int]:
    """Contacts that were shown to be the same person, and of whom only the name is left: their conversations are this one's."""
    own, links = schema.conversations, schema.links
    has_more = sa.exists().where(own.c.contact_id == links.c.own_contact_id, ~own.c.chat.startswith(ERASED))
    query = select(links.c.own_contact_id).where(
        links.c.contact_id == contact_id,
        links.c.own_contact_id != contact_id,
        links.c.unlinked_at.is_(None),
        ~has_more,
    )
    return list(tx.execute(query.distinct().order_by(links.c.own_contact_id)).scalars())


def has_open_ticket(tx: Connection, conversation_id: int) -> bool:
    table = schema.tickets
    query = select(table.c.id).where(table.c.conversation_id == conversation_id, table.c.closed_at.is_(None))
    return tx.execute(query.limit(1)).scalar() is not None


def erase_conversation(tx: Connection, id: int, now: datetime) -> Erased:
    """Everything that was said in a conversation, in both directions, and what is known of where."""
    # What staff say in their group has no seq: the group's lane is everybody's.
    own = (schema.inbox.c.conversation_id == id) & schema.inbox.c.seq.is_not(None)
    lanes = list(tx.execute(select(schema.inbox.c.lane).where(own).distinct()).scalars())
    of_it = schema.inbox.c.lane.in_(lanes) | (schema.inbox.c.conversation_id == id)
    events = select(schema.inbox.c.id).where(of_it)
    originals = stored_originals.forget(tx, schema.originals.c.event_id.in_(events))
    # The sender's key stays, or a platform that repeats itself would tell us everything anew.
    tx.execute(
        sa.update(schema.inbox).where(of_it).values(payload="", lane=f"{ERASED}{id}", state="done", outcome="erased")
    )
    keys = sa.delete(schema.files).where(schema.files.c.conversation_id == id).returning(schema.files.c.key)
    files = [key for key in tx.execute(keys).scalars() if key]
    address = select(schema.conversations.c.channel, schema.conversations.c.chat).where(schema.conversations.c.id == id)
    channel, chat = tx.execute(address).one()
    gone = _forget_address(tx, channel, chat, of=id)
    _take_cards(tx, schema.cards.c.conversation_id == id)
    _take_notices(tx, schema.notices.c.copies == id)
    for table in (
        schema.outbox,
        schema.external_ids,
        schema.message_versions,
        schema.message_details,
        schema.visitors,
        schema.read_marks,
        schema.notes,
    ):
        tx.execute(sa.delete(table).where(table.c.conversation_id == id))
    tx.execute(
        sa.update(schema.ratings).where(schema.ratings.c.conversation_id == id).values(comment=None, ask_at=None)
    )
    said = tx.execute(sa.delete(schema.messages).where(schema.messages.c.conversation_id == id)).rowcount
    tx.execute(
        sa.update(schema.conversations)
        .where(schema.conversations.c.id == id)
        .values(
            chat=f"{ERASED}{id}",
            thread="",
            status="closed",
            agent_id=None,
            epoch=schema.conversations.c.epoch + 1,
            bot="{}",
            preview="",
            page_url=None,
            subject=None,
            waiting_since=None,
            due_at=None,
            updated_at=now,
        )
    )
    _erase_promises(tx, schema.promises.c.conversation_id == id, now)
    tickets = _erase_tickets(tx, schema.tickets.c.conversation_id == id, now)
    for contact_id in gone:
        tickets += erase_contact(tx, contact_id, now).tickets
    return Erased(conversations=1, messages=said, tickets=tickets, files=files, originals=originals)


def erase_contact(tx: Connection, id: int, now: datetime) -> Erased:
    """Who somebody is, and what is left of their cases. Their conversations are erased before, each for itself."""
    tickets = _erase_tickets(tx, (schema.tickets.c.contact_id == id) & (schema.tickets.c.subject != ""), now)
    for table in (schema.visitors, schema.facts, schema.purchases):
        tx.execute(sa.delete(table).where(table.c.contact_id == id))
    links = schema.links
    given_back = (links.c.own_contact_id == id) & links.c.unlinked_at.is_not(None)
    tx.execute(sa.delete(links).where((links.c.contact_id == id) | given_back))
    # How many questions there were stays; what was answered goes.
    tx.execute(sa.update(schema.fillings).where(schema.fillings.c.contact_id == id).values(state=""))
    tx.execute(
        sa.delete(schema.fillings).where(schema.fillings.c.contact_id == id, schema.fillings.c.ticket_id.is_(None))
    )
    tx.execute(
        sa.update(schema.contacts).where(schema.contacts.c.id == id).values(name=None, email=None, external_ref=None)
    )
    return Erased(tickets=tickets)


def _forget_address(tx: Connection, channel: str, chat: str, *, of: int) -> list[int]:
    """What is known of where somebody writes from; whose address it is as long as another conversation stands there.
    Returns who, of contacts that were taken together, has no address any more: nobody could ever part them again, and what
    is known of them was said there."""
    links, strangers = schema.links, schema.strangers
    for table in (schema.unreachable, schema.paces):
        tx.execute(sa.delete(table).where(table.c.channel == channel, table.c.chat == chat))
    own = schema.conversations
    others = sa.exists().where(own.c.channel == channel, own.c.chat == chat, own.c.id != of)
    rows = tx.execute(
        sa.delete(links)
        .where(links.c.channel == channel, links.c.chat == chat, ~others)
        .returning(links.c.contact_id, links.c.own_contact_id, links.c.lent_name, links.c.unlinked_at)
    ).all()
    linked = [row for row in rows if row.unlinked_at is None]
    for row in linked:
        if row.lent_name is not None:
            contacts.take_back_name(tx, row.contact_id, row.lent_name)
    senders = select(schema.message_details.c.sender).where(
        schema.message_details.c.conversation_id == of, schema.message_details.c.sender.is_not(None)
    )
    groups = select(schema.groups.c.id).where(schema.groups.c.channel == channel)
    same = (strangers.c.sender == chat) | strangers.c.sender.in_(senders)
    tx.execute(sa.delete(strangers).where(strangers.c.group_id.in_(groups), same))
    return [row.own_contact_id for row in linked if not _has_address(tx, row.own_contact_id)]


def _has_address(tx: Connection, contact_id: int) -> bool:
    own, links = schema.conversations, schema.links
    linked = select(links.c.id).where(links.c.own_contact_id == contact_id, links.c.unlinked_at.is_(None))
    writes = select(own.c.id).where(own.c.contact_id == contact_id, ~own.c.chat.startswith(ERASED))
    return any(tx.execute(query.limit(1)).first() is not None for query in (linked, writes))


def _take_cards(tx: Connection, which: sa.ColumnElement[bool]) -> None:
    """Cards with what was posted under them, as far as it is ours; the groups' own copies stay with their platform."""
    cards = select(schema.cards.c.id).where(which)
    _take_notices(tx, schema.notices.c.card_id.in_(cards))
    tx.execute(sa.delete(schema.promise_offers).where(schema.promise_offers.c.card_id.in_(cards)))
    tx.execute(sa.delete(schema.cards).where(which))


def _take_notices(tx: Connection, which: sa.ColumnElement[bool]) -> None:
    notices = select(schema.notices.c.id).where(which)
    for table in (schema.outbox, schema.notice_ids):
        tx.execute(sa.delete(table).where(table.c.notice_id.in_(notices)))
    tx.execute(sa.delete(schema.notices).where(which))


def _erase_promises(tx: Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    """Whether and when they were kept stays; what was promised, what happened and why does not."""
    promises, audit = schema.promises, schema.audit
    ids = list(tx.execute(select(promises.c.id).where(which)).scalars())
    of_them = promises.c.id.in_(ids)
    tx.execute(sa.delete(schema.promise_events).where(schema.promise_events.c.promise_id.in_(ids)))
    tx.execute(
        sa.update(audit).where(audit.c.subject.in_([f"promise:{id}" for id in ids])).values(detail=None)
    )  # the reasons that people gave
    open_ones = sa.update(promises).where(of_them, promises.c.ended_at.is_(None))
    tx.execute(open_ones.values(ended_at=now, outcome="waived"))
    tx.execute(sa.update(promises).where(of_them).values(text=None, reason=None, wake_at=None))


def _erase_tickets(tx: Connection, which: sa.ColumnElement[bool], now: datetime) -> int:
    of_them = select(schema.tickets.c.id).where(which)
    tx.execute(sa.delete(schema.facts).where(schema.facts.c.ticket_id.in_(of_them)))
    tx.execute(sa.delete(schema.bookings).where(schema.bookings.c.ticket_id.in_(of_them)))
    tx.execute(sa.delete(schema.ticket_changes).where(schema.ticket_changes.c.ticket_id.in_(of_them)))
    _erase_promises(tx, schema.promises.c.ticket_id.in_(of_them), now)
    assignments = schema.assignments
    tx.execute(sa.update(assignments).where(assignments.c.ticket_id.in_(of_them)).values(choice=None))
    _erase_cases(tx, of_them)
    return tx.execute(
        sa.update(schema.tickets)
        .where(which)
        .values(
            subject="",
            status="closed",
            closed_at=sa.func.coalesce(schema.tickets.c.closed_at, sa.literal(now, schema.Instant)),
        )
    ).rowcount


def _erase_cases(tx: Connection, of_tickets: "sa.Select[Any]") -> None:
    """What dealers were told and what they said. A notice that names a case by its number is about it."""
    cases, offers, forms = schema.dealer_cases, schema.dealer_offers, schema.dealer_forms
    tx.execute(sa.update(cases).where(cases.c.ticket_id.in_(of_tickets)).values(details="{}"))
    tx.execute(sa.update(offers).where(offers.c.ticket_id.in_(of_tickets)).values(reason=None))
    tx.execute(sa.delete(forms).where(forms.c.ticket_id.in_(of_tickets)))
    cards, notices = schema.cards, schema.notices
    ids: list[int] = list(tx.execute(of_tickets).scalars())
    of_them = select(cards.c.id).where(cards.c.ticket_id.in_(ids))
    tx.execute(sa.delete(schema.promise_offers).where(schema.promise_offers.c.card_id.in_(of_them)))
    tx.execute(sa.update(cards).where(cards.c.ticket_id.in_(ids)).values(text="", choices=None, is_live=False))
    for id in ids:
        number = format_number(tickets.FIRST_NUMBER + id)
        tx.execute(
            sa.update(notices).where(notices.c.text.contains(number)).values(text=number, choices=None, files=None)
        )
    of_cards = select(cards.c.id).where(cards.c.ticket_id.in_(ids))
    tx.execute(sa.update(notices).where(notices.c.card_id.in_(of_cards)).values(text="…", choices=None, files=None))
