"""Tickets, their numbers and their time lines."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import get_args

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain import ticket as domain
from omnibot.domain.conversation import Conversation
from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.ticket import By, Change, Priority, Ticket, TicketStatus
from omnibot.store import tickets
from omnibot.store.transactions import Store
from tests.office import MONDAY

CHANGES: list[Change] = [
    domain.Opened(description="It leaks"),
    domain.Commented(text="Ordered", visible=True),
    domain.Started(text="now"),
    domain.PutOnHold(text="photo?"),
    domain.PutOnHold(text="ordered", awaited=domain.Awaited.PARTS),
    domain.Answered(),
    domain.Assigned(agent_id=1, agent_name="Ada"),
    domain.Prioritised(priority=Priority.URGENT),
    domain.Resolved(text="done"),
    domain.Reopened(text="not done"),
    domain.Closed(),
    domain.Merged(into="100022"),
    domain.Reported(cause="a", solution="b", prevention="c"),
    domain.PassedOn(team="t", dealer_id=1, dealer_name="Nord", answer_by=MONDAY, after=Stage.DECLINED, why="rule x"),
    domain.DealerMoved(n=1, dealer_id=1, dealer_name="Nord", stage=Stage.PROPOSED, text="We come", by_when=MONDAY),
]


def add(tx: Connection, conversation: Conversation, subject: str = "Leak") -> Ticket:
    return tickets.add(
        tx,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        subject=subject,
        category=None,
        priority=Priority.NORMAL,
        follows_id=None,
        now=MONDAY,
    )


@pytest.fixture
async def ticket(store: Store, conversation: Conversation) -> Ticket:
    return await store.run(partial(add, conversation=conversation))


async def test_numbers_begin_at_10001_and_have_a_check_digit(store: Store, ticket: Ticket) -> None:
    assert ticket.number == "100014"
    for text in ("100014", "10001-4", "case 10001 4"):
        assert await store.read(partial(tickets.by_number, number=text)) == ticket
    for text in ("10001-5", "10001", "", "100014100014", "10000-0", "00000-0"):
        assert await store.read(partial(tickets.by_number, number=text)) is None


async def test_every_kind_of_change_is_read_back_as_it_happened(store: Store, ticket: Ticket) -> None:
    assert {type(change) for change in CHANGES} == set(get_args(Change))
    for n, change in enumerate(CHANGES, start=1):
        save = partial(tickets.save, by=By.AGENT, by_id=1, by_name="Ada", now=MONDAY)
        await store.run(partial(save, ticket=replace(ticket, changes=n), change=change))
    history = await store.read(partial(tickets.history, ticket_id=ticket.id))
    assert [(entry.n, entry.change) for entry in history] == list(enumerate(CHANGES, start=1))


async def test_a_change_is_numbered_once(store: Store, ticket: Ticket) -> None:
    save = partial(
        tickets.save, ticket=replace(ticket, changes=1), change=CHANGES[0], by=By.AGENT, by_id=1, by_name="", now=MONDAY
    )
    await store.run(save)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.run(save)


async def test_only_resolved_tickets_that_were_silent_long_enough_close(
    store: Store, conversation: Conversation
) -> None:
    def fill(tx: Connection) -> None:
        for days, status in ((7, TicketStatus.RESOLVED), (6, TicketStatus.RESOLVED), (9, TicketStatus.OPEN)):
            one = add(tx, conversation, f"{status} {days}")
            changed = replace(one, status=status, resolved_at=MONDAY - timedelta(days=days), changes=1)
            tickets.save(tx, changed, domain.Resolved(), by=By.SYSTEM, by_id=None, by_name=None, now=MONDAY)

    await store.run(fill)
    silent = await store.read(partial(tickets.silent_since, instant=MONDAY - timedelta(days=7)))
    assert [one.subject for one in silent] == ["resolved 7"]


async def test_a_search_finds_subjects_and_numbers(store: Store, conversation: Conversation, ticket: Ticket) -> None:
    await store.run(partial(add, conversation=conversation, subject="100% noise_level"))
    for search, subjects in (
        ("leak", ["Leak"]),
        ("10001-4", ["Leak"]),
        ("100%", ["100% noise_level"]),
        ("e_l", ["100% noise_level"]),
        ("%", ["100% noise_level"]),
    ):
        found = await store.read(partial(tickets.listing, search=search))
        assert [one.subject for one in found] == subjects, search
