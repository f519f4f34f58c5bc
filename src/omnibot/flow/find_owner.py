"""Sweeps over what waits: dealers who do not answer lose the case, and a ticket that nobody has is told of."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.message import Message
from omnibot.domain.ticket import By, Prioritised, Priority, Ticket
from omnibot.flow import change_ticket, hand_to_dealer, route_ticket
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.log import Log
from omnibot.store.transactions import ALONE

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
    said = await desk.store.run(lambda tx: hand_to_dealer.time_out(tx, desk, now), lock=ALONE)
    by_conversation: dict[int, list[Message]] = {}
    for message in said:
        by_conversation.setdefault(message.conversation_id, []).append(message)
    for conversation_id, spoken in by_conversation.items():
        announce(desk, conversation_id, spoken)
