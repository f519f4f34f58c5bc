"""What a person is shown of a conversation: everything, read in one transaction so that its parts fit together.

Staff see all of it; whoever writes to us hears of tickets that are known to be his.
"""

from itertools import takewhile

from sqlalchemy.engine import Connection

from omnibot.domain import choice
from omnibot.domain.access import User
from omnibot.domain.calendar import Calendar
from omnibot.domain.contact import Contact, ContactAddress
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Author, Message, Note
from omnibot.domain.promise import Holder, Promise
from omnibot.domain.rating import Rating
from omnibot.domain.read_mark import ReadMarks
from omnibot.domain.surge.incident import Incident
from omnibot.domain.ticket import Ticket
from omnibot.domain.triage import Explanation
from omnibot.domain.value import dataclass
from omnibot.store import (
    calendars,
    contacts,
    conversation_lists,
    conversations,
    incidents,
    links,
    message_details,
    messages,
    originals,
    outbox,
    promises,
    ratings,
    read_marks,
    tickets,
    users,
)
from omnibot.store.conversation_lists import Line
from omnibot.store.message_details import Details, Version

TRANSCRIPT_LIMIT = 500  # lines; older ones are fetched by `before`


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A conversation with all that is known around it."""

    conversation: Conversation
    agent_name: str | None
    contact: Contact
    messages: list[Message]
    notes: list[Note]
    explanations: dict[int, Explanation]  # by seq
    deliveries: dict[int, tuple[str, str | None]]  # state and error by seq
    details: dict[int, Details]  # by seq, where there are any
    versions: dict[int, list[Version]]  # what edited messages said before, by seq
    originals: frozenset[int]  # seqs of messages whose raw form is kept as a file
    promises: list[Promise]  # of the conversation and its tickets: open ones first, then what ended
    calendars: dict[int, Calendar]  # by which each of them runs
    people: dict[int, User]  # the agents that they name
    tickets: list[Ticket]
    past: list[Line]
    page_url: str | None
    subject: str | None
    continues: int | None  # the conversation that the contact went on from
    addresses: list[ContactAddress]  # where the contact writes to us, this one included
    ratings: list[Rating]  # that the contact was asked for here, the newest first
    incidents: list[Incident]  # that it is attached to
    read: ReadMarks  # how far both sides have, where their channel says so

    @property
    def other_addresses(self) -> list[ContactAddress]:
        """Where the same contact can be met besides."""
        return [address for address in self.addresses if not self._is_here(address)]

    @property
    def unreachable(self) -> str | None:
        """Why the contact cannot be written to here."""
        return next((address.unreachable for address in self.addresses if self._is_here(address)), None)

    def known_copies(self, most: int) -> list[str]:
        """Who else was written to here, or has written, the newest first. Whom we wrote to unseen stays unseen."""
        hidden = {address for details in self.details.values() for address in details.bcc}
        named = [
            address
            for seq in sorted(self.details, reverse=True)
            for address in (*filter(None, [self.details[seq].sender]), *self.details[seq].cc)
            if address != self.conversation.address.chat
        ]
        shown = {address for details in self.details.values() for address in details.cc}
        return [one for one in dict.fromkeys(named) if one in shown or one not in hidden][:most]

    def _is_here(self, address: ContactAddress) -> bool:
        here = self.conversation.address
        return (address.channel, address.chat) == (here.channel, here.chat)

    @property
    def owed(self) -> list[Promise]:
        """What is open in this very conversation, the earliest first."""
        return [one for one in self.promises if one.is_open and one.conversation_id is not None]

    @property
    def question(self) -> str | None:
        """The customer's words that led to the last handoff; of a burst, all pieces."""
        handed = max((seq for seq, why in self.explanations.items() if why.decision in _HANDING_OFF), default=None)
        before = [m for m in self.messages if handed is None or m.seq < handed]
        while before and before[-1].author is not Author.CUSTOMER:
            before.pop()
        asked = takewhile(lambda m: m.author is Author.CUSTOMER, reversed(before))
        return "\n".join([self.spelled_out(m) for m in asked][::-1]) or None

    @property
    def unsaid(self) -> dict[int, str]:
        """What stood on the choices that the customer took by their numbers, by seq."""
        return choice.unsaid(self.messages)

    def spelled_out(self, message: Message) -> str:
        return choice.spelled_out(message.text, self.unsaid.get(message.seq)) if message.chosen else message.text


def known_tickets(tx: Connection, message: Message, of: Conversation) -> tuple[Ticket, ...]:
    """The tickets, newest first, that whoever wrote the message may hear of: the contact's or, where the platform does not
    vouch for its writer, those of that very conversation."""
    found = tickets.of_contact(tx, of.contact_id)
    if message_details.get(tx, message.conversation_id, message.seq).is_verified:
        return found
    return tuple(ticket for ticket in found if ticket.conversation_id == of.id)


_HANDING_OFF = {"hand_off", "reopen_ticket", "follow_ticket"}


def overview(tx: Connection, id: int) -> Overview | None:
    conversation = conversations.get(tx, id)
    if conversation is None:
        return None
    contact = contacts.get(tx, conversation.contact_id)
    assert contact is not None
    owner = users.get(tx, conversation.agent_id) if conversation.agent_id else None
    others = conversation_lists.lines(tx, contact_id=contact.id, limit=20)
    owed = promises.of_conversation(tx, id)
    ids = {one.holder_id for one in owed if one.holder is Holder.AGENT} | {one.acknowledged_by for one in owed}
    named = [users.get(tx, one) for one in ids if one]
    shown = messages.newest(tx, id, limit=TRANSCRIPT_LIMIT)
    return Overview(
        conversation=conversation,
        agent_name=owner.name if owner else None,
        contact=contact,
        messages=shown,
        notes=messages.notes_of(tx, id, after=shown[0].seq - 1 if shown else 0),
        explanations=messages.explanations(tx, id),
        deliveries=outbox.states(tx, id),
        details=message_details.of_conversation(tx, id),
        versions=message_details.versions(tx, id),
        originals=originals.seqs(tx, id),
        promises=owed,
        calendars={one.id: calendars.get(tx, one.calendar) for one in owed},
        people={agent.id: agent for agent in named if agent},
        tickets=list(tickets.of_contact(tx, contact.id)),
        past=[line for line in others if line.conversation.id != id],
        page_url=conversations.page_url(tx, id),
        subject=conversations.subject(tx, id),
        continues=conversations.continues(tx, id),
        addresses=links.addresses(tx, contact.id),
        ratings=ratings.of_conversation(tx, id),
        incidents=incidents.of_conversation(tx, id),
        read=read_marks.of(tx, id),
    )
