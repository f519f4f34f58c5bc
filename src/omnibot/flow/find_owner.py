"""Sweeps over what waits: the queue goes to agents who have room, dealers who do not answer lose the case, and a ticket that
nobody has is told of."""

from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.assignment import Agent, Given, Waiting, drain
from omnibot.domain.conversation import Status
from omnibot.domain.message import Message
from omnibot.domain.surge.overflow import offered
from omnibot.domain.ticket import By, Prioritised, Priority, Ticket
from omnibot.flow import attend, change_ticket, route_ticket
from omnibot.flow.dealers import hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce, tell_staff
from omnibot.flow.surge.line_up import line_up
from omnibot.flow.surge.overflow import note_offers
from omnibot.flow.word import spoken_number
from omnibot.log import Log
from omnibot.store import assignments, conversations, dealer_cases, staffing, tickets, users

log = Log(__name__)


def route(tx: Connection, desk: Desk, ticket: Ticket, *, text: str, now: datetime) -> list[Message]:
    """Give a new ticket to whom the rules name; nothing where there are none."""
    if not desk.rules.rules:
        return []
    choice = route_ticket.choose(tx, desk, ticket, now, text=text)
    if choice.rule is None:
        return []
    rule = route_ticket.rule_of(desk, choice)
    if rule.priority is not None and rule.priority is not ticket.priority and ticket.priority is Priority.NORMAL:
        made = Prioritised(priority=rule.priority)
        changed, _ = change_ticket.apply(tx, desk, ticket, made, by=By.SYSTEM, agent=None, now=now)
        assert isinstance(changed, Ticket)
        ticket = changed
    return hand_to_dealer.pass_on(tx, desk, ticket, choice, agent=None, now=now)[1]


async def time_out_dealers(desk: Desk, now: datetime) -> None:
    """The next dealer is asked, and the customer hears who has it now."""
    if not await desk.store.read(partial(dealer_cases.unanswered, now=now, limit=1)):
        return  # nothing is written in a quiet second
    said = await desk.store.run(lambda tx: hand_to_dealer.time_out(tx, desk, now))
    by_conversation: dict[int, list[Message]] = {}
    for message in said:
        by_conversation.setdefault(message.conversation_id, []).append(message)
    for conversation_id, spoken in by_conversation.items():
        announce(desk, conversation_id, spoken)


async def drain_queue(desk: Desk, now: datetime) -> int:
    """Give what waits to whoever is on duty and has room, the oldest promise first; returns how many found somebody. Without
    teams, agents take by themselves, as ever."""
    if not desk.rules.teams:
        return 0
    waiting, agents = await desk.store.read(partial(_waiting, desk=desk, now=now))
    beyond = offered(waiting, desk.rules, now)
    await note_offers(desk, waiting, beyond, now)
    given = drain(waiting, desk.rules, agents, now, beyond)
    for one, found in given:
        await _give(desk, one, found, now)
    return len(given)


async def tell_of_unowned(desk: Desk, now: datetime) -> None:
    """A note where a ticket has nobody for too long, once: it stands in the conversation and wakes whoever looks at it."""

    def tell(tx: Connection) -> list[int]:
        words = desk.texts.of(desk.staff_language)
        told = []
        for ticket_id in assignments.unowned(tx, now - desk.unowned_after):
            ticket = tickets.get(tx, ticket_id)
            if ticket is None or not assignments.note_unowned(tx, ticket_id, now):
                continue
            log.warning("ticket_unowned", ticket=ticket.number)
            if ticket.conversation_id is not None:
                number = spoken_number(ticket.number)
                tell_staff(tx, ticket.conversation_id, words("Nobody has case {number} yet.", number=number), now)
                told.append(ticket.conversation_id)
        return told

    if not await desk.store.read(partial(assignments.unowned, since=now - desk.unowned_after, limit=1)):
        return
    for conversation_id in await desk.store.run(tell):
        announce(desk, conversation_id, [])


def _waiting(tx: Connection, desk: Desk, now: datetime) -> tuple[list[Waiting], list[Agent]]:
    return line_up(tx, desk.rules, now), staffing.agents(tx)


async def _give(desk: Desk, one: Waiting, found: Given, now: datetime) -> None:
    assert found.agent is not None
    agent_id = found.agent.id

    def give(tx: Connection) -> list[Message]:
        current = conversations.lock(tx, one.conversation_id)
        agent = users.get(tx, agent_id)
        if current is None or current.status is not Status.QUEUED or agent is None:
            return []
        done = attend.take(tx, desk, one.conversation_id, agent, now=now)
        return list(done.said) if isinstance(done, attend.Done) else []

    said = await desk.store.run(give, lock=one.conversation_id)
    if said:
        announce(desk, one.conversation_id, said)
