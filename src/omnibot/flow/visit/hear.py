"""What a customer's words say to the times that were offered for a visit."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.booking import is_over
from omnibot.domain.conversation import Conversation
from omnibot.domain.decision import SLOT_NO_SHOW, SLOT_NONE, PickSlot
from omnibot.domain.message import Message
from omnibot.domain.visit import picking
from omnibot.domain.visit.absence import says_nobody_came
from omnibot.faq.normalize import normalise
from omnibot.flow import local_time
from omnibot.flow.desk import Desk
from omnibot.store import bookings, message_details, tickets


def hear(tx: Connection, desk: Desk, message: Message, conversation: Conversation, now: datetime) -> PickSlot | None:
    """The pick in the words; None where they are about something else, or not surely the customer's."""
    if says_nobody_came(normalise(message.text)) and (missed := _not_come(tx, message, conversation, now)):
        return missed
    ticket = tickets.get(tx, conversation.bot.visit) if conversation.bot.visit is not None else None
    booking = bookings.of_ticket(tx, ticket.id) if ticket else None
    if ticket is None or booking is None or ticket.conversation_id != conversation.id:
        return None
    if message_details.get(tx, message.conversation_id, message.seq).is_verified is False:
        return None
    match picking.heard(normalise(message.text), booking, local_time.of_case(tx, desk, ticket.id), now):
        case picking.Named(n=n):
            return PickSlot(number=ticket.number, offer=booking.offer, what=str(n))
        case picking.Unclear(among=among):
            return PickSlot(number=ticket.number, offer=booking.offer, among=among)
        case picking.NoneFits():
            return PickSlot(number=ticket.number, offer=booking.offer, what=SLOT_NONE)
        case None:
            return None


def _not_come(tx: Connection, message: Message, conversation: Conversation, now: datetime) -> PickSlot | None:
    """The visit that did not take place: of the conversation's open cases the one whose time was over last."""
    if message_details.get(tx, message.conversation_id, message.seq).is_verified is False:
        return None
    booked = [
        (one, bookings.of_ticket(tx, one.id)) for one in tickets.of_conversation(tx, conversation.id) if one.is_open
    ]
    over = [(made.slot.ends_at, one, made) for one, made in booked if made and made.slot and is_over(made, now)]
    if not over:
        return None
    _, ticket, made = max(over, key=lambda one: one[0])
    return PickSlot(number=ticket.number, offer=made.offer, what=SLOT_NO_SHOW)
