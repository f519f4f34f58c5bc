"""What things are called on the screen: every status, reason and decision in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from omnibot.domain import booking, fact
from omnibot.domain import ticket as domain
from omnibot.domain.access import Role, User
from omnibot.domain.booking import Booking
from omnibot.domain.calendar import ClockChange, Counted, Holiday, Line, Paused
from omnibot.domain.contact import Contact
from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.fact import Source
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.promise import Holder, Outcome, Promise, PromiseKind
from omnibot.domain.ticket import By, Change, HistoryEntry, Priority, TicketStatus
from omnibot.flow.word import spoken_number
from omnibot.store import tickets
from omnibot.texts import Words
from omnibot.web.console import dispatch_labels
from omnibot.web.console.times import Times, mark

_REASONS = {
    HandoffReason.ASKED: mark("The customer asked for a person"),
    HandoffReason.NO_MATCH: mark("The bot knows nothing near this"),
    HandoffReason.SECOND_FAILURE: mark("The bot failed twice"),
    HandoffReason.BOT_ERROR: mark("The bot broke"),
    HandoffReason.REOPENED: mark("The customer objected to a resolved ticket"),
    HandoffReason.RELEASED: mark("A colleague put it back into the queue"),
    HandoffReason.COPIED: mark("Somebody wrote who had a copy"),
    HandoffReason.UNDELIVERED: mark("A reply did not arrive"),
    HandoffReason.TOO_MANY: mark("Many automatic answers in an hour; is it a machine?"),
    HandoffReason.SPLIT: mark("A colleague made it of a mail about something else"),
    HandoffReason.UNREADABLE: mark("What came in could not be read; please look"),
}
_DECISIONS = {
    "answer": mark("Answered from the FAQ"),
    "suggest": mark("Offered likely questions"),
    "ask_again": mark("Asked for other words"),
    "acknowledge": mark("Took thanks"),
    "greet": mark("Returned a greeting"),
    "show_cases": mark("Told where tickets stand"),
    "hand_off": mark("Handed over to people"),
    "reopen_ticket": mark("Reopened the ticket and handed over"),
    "follow_ticket": mark("Opened a following ticket and handed over"),
    "pass_on": mark("Passed on to people"),
    "answer_plan": mark("Took the answer to a plan"),
    "ask_for_fact": mark("Asked for what the answer needs"),
    "offer_code": mark("Gave out a code for another chat"),
    "part_chat": mark("Took a chat apart again"),
    "late_press": mark("Said that a button does nothing any more"),
    "fall_silent": mark("Handed over to people without a word"),
    "offer_form": mark("Offered a form"),
    "fill_form": mark("Went on with a form"),
    "pick_slot": mark("Took the choice of a time"),
    "rate": mark("Took a rating"),
    "call_back": mark("Went on with a call back"),
    "tell_wait": mark("Told how long it takes"),
    "tell_incident": mark("Told of an incident"),
}
_TICKET_STATUS = {
    TicketStatus.NEW: mark("New"),
    TicketStatus.OPEN: mark("In work"),
    TicketStatus.PENDING: mark("On hold"),
    TicketStatus.RESOLVED: mark("Resolved"),
    TicketStatus.CLOSED: mark("Closed"),
}
_PRIORITIES = {
    Priority.LOW: mark("Low"),
    Priority.NORMAL: mark("Normal"),
    Priority.HIGH: mark("High"),
    Priority.URGENT: mark("Urgent"),
}
_PROMISES = {
    PromiseKind.FIRST_REPLY: mark("First reply"),
    PromiseKind.NEXT_REPLY: mark("Next reply"),
    PromiseKind.RESOLUTION: mark("Resolution"),
    PromiseKind.DEALER_REPLY: mark("Dealer replies"),
    PromiseKind.DEALER_PLAN: mark("Plan agreed"),
    PromiseKind.DEALER_CLOSING: mark("Dealer closes"),
    PromiseKind.SPOKEN: mark("Said"),
    PromiseKind.WRITE_BACK: mark("Agreed"),
}
_STAGES = {
    Stage.OFFERED: mark("asked, no answer yet"),
    Stage.DECLINED: mark("declined"),
    Stage.TIMED_OUT: mark("did not answer in time"),
    Stage.ACCEPTED: mark("accepted, plans"),
    Stage.PROPOSED: mark("proposed a plan"),
    Stage.AGREED: mark("plan agreed"),
    Stage.ON_SITE: mark("on site"),
    Stage.REPORTED: mark("reported as done"),
    Stage.CLOSED: mark("done"),
    Stage.WITHDRAWN: mark("taken back"),
}
_OUTCOMES = {
    Outcome.KEPT: mark("kept"),
    Outcome.BROKEN: mark("broken"),
    Outcome.WAIVED: mark("no longer owed"),
    Outcome.MOVED: mark("moved"),
}
_HOLDERS = {
    Holder.US: mark("Service team"),
    Holder.AGENT: mark("Agent"),
    Holder.DEALER: mark("Dealer"),
    Holder.CUSTOMER: mark("Customer"),
}
_PAUSES = {
    "customer": mark("waiting for the customer"),
    "parts": mark("waiting for parts"),
    "call_back": mark("another time was agreed"),
}
_DELIVERIES = {
    "pending": mark("Waiting to be sent"),
    "sending": mark("Sending"),
    "sent": mark("Sent"),
    "failed": mark("Not delivered"),
    "cancelled": mark("Not sent: the conversation had changed hands"),
}
_ROLES = {Role.AGENT: mark("Agent"), Role.SUPERVISOR: mark("Supervisor"), Role.ADMIN: mark("Admin")}
_LANGUAGES = {
    Language.EN: mark("English"),
    Language.ZH_HANS: mark("Simplified Chinese"),
    Language.ZH_HANT: mark("Traditional Chinese"),
}
_CHANNELS = {
    "webchat": mark("Web chat"),
    "telegram": mark("Telegram"),
    "slack": mark("Slack"),
    "email": mark("E-mail"),
    "terminal": mark("Terminal"),
    "notify": mark("Other system"),
    "one-way": mark("Other system"),
}
_GROUPS = {GroupRole.STAFF: mark("Service team"), GroupRole.DEALER: mark("Dealer")}
_BY = {
    By.AGENT: mark("Service team"),
    By.CUSTOMER: mark("Customer"),
    By.SYSTEM: mark("omnibot"),
    By.DEALER: mark("Dealer"),
}


_VISITS = {
    booking.Stage.OFFERED: mark("offered"),
    booking.Stage.BOOKED: mark("booked"),
    booking.Stage.CANCELLED: mark("cancelled"),
    booking.Stage.VISITED: mark("took place"),
    booking.Stage.MISSED: mark("nobody there"),
    booking.Stage.NOT_COME: mark("nobody came"),
}
_FACTS = {
    fact.PHONE: mark("Phone"),
    fact.ADDRESS: mark("Address"),
    fact.REGION: mark("Region"),
    fact.POSTCODE: mark("Postcode"),
    fact.TIER: mark("Class"),
    fact.PRODUCT: mark("Product"),
    fact.SERIAL: mark("Serial number"),
    fact.WARRANTY_ENDS_ON: mark("Warranty until"),
    fact.PROBLEM: mark("Problem"),
    "since": mark("Since"),
    "urgency": mark("Urgency"),
    "preferred_times": mark("Preferred times"),
}
_SOURCES = {
    Source.CUSTOMER: mark("said by the customer"),
    Source.STAFF: mark("written down by us"),
    Source.IMPORT: mark("imported"),
    Source.LOOK_UP: mark("looked up"),
    Source.DERIVED: mark("worked out"),
}


@dataclass(frozen=True, slots=True)
class Labels:
    words: Words

    def reason(self, reason: HandoffReason) -> str:
        return self.words(_REASONS[reason])

    def decision(self, name: str) -> str:
        return self.words(_DECISIONS.get(name, name))

    def names(self, names: Iterable[str]) -> str:
        """Several people, teams or dealers."""
        return self.words(", ").join(names)

    def because(self, text: str) -> str:
        """Why a case went there, or not elsewhere."""
        return dispatch_labels.because(self.words, text)

    def priority(self, priority: Priority) -> str:
        return self.words(_PRIORITIES[priority])

    def ticket_status(self, status: TicketStatus) -> str:
        return self.words(_TICKET_STATUS[status])

    def promise(self, promise: Promise) -> str:
        return self.words(_PROMISES[promise.kind])

    def outcome(self, promise: Promise) -> str:
        return self.words(_OUTCOMES[promise.outcome]) if promise.outcome else ""

    def holder(self, promise: Promise, person: User | None) -> str:
        """Who has to keep it."""
        if promise.holder is Holder.US and person is not None:
            return self.words("Service team, {name} has it", name=person.name)
        return person.name if person and promise.holder is Holder.AGENT else self.words(_HOLDERS[promise.holder])

    def pause(self, why: str) -> str:
        """What a clock stands still for."""
        return self.words(_PAUSES.get(why, why))

    def line_kind(self, line: Line) -> str:
        return type(line).__name__.lower()

    def line(self, line: Line, times: Times) -> str:
        """A line of why it is due then."""
        begin = times.moment(line.begin)
        match line:
            case Counted(begin=since, end=end):
                return self.words(
                    "{begin} to {end}: {span} count", begin=begin, end=times.moment(end), span=times.length(end - since)
                )
            case Paused(end=end, why=why):
                if end is None:
                    return self.words("{begin}: paused until further notice ({why})", begin=begin, why=self.pause(why))
                return self.words(
                    "{begin} to {end}: paused ({why})", begin=begin, end=times.moment(end), why=self.pause(why)
                )
            case Holiday():
                return self.words("{day}: holiday", day=times.date(line.begin))
            case ClockChange(forward=forward):
                span = times.length(abs(forward))
                if forward.days < 0:
                    return self.words("{begin}: clocks are put back by {span}", begin=begin, span=span)
                return self.words("{begin}: clocks are put forward by {span}", begin=begin, span=span)
        assert_never(line)

    def ticket_number(self, id: int) -> str:
        return spoken_number(tickets.number_of(id))

    def delivery(self, state: str) -> str:
        return self.words(_DELIVERIES.get(state, state))

    def role(self, role: Role | str) -> str:
        return self.words(_ROLES[Role(role)])

    def language(self, language: Language) -> str:
        return self.words(_LANGUAGES[language])

    def channel(self, name: str) -> str:
        """ "telegram:shop" is "Telegram (shop)"."""
        kind, _, account = name.partition(":")
        label = self.words(_CHANNELS.get(kind, kind))
        return f"{label} ({account})" if account else label

    def mail_address(self, address: Address) -> str | None:
        """Whom a conversation by mail is with."""
        return address.chat if address.channel.partition(":")[0] == "email" else None

    def group(self, role: GroupRole) -> str:
        return self.words(_GROUPS[role])

    def size(self, bytes: int) -> str:
        """ "12 kB", "3.4 MB"."""
        return f"{bytes / 1_000_000:.1f} MB" if bytes >= 1_000_000 else f"{max(1, round(bytes / 1_000))} kB"

    def person(self, contact: Contact) -> str:
        return contact.name or contact.email or self.visitor(contact.id)

    def visitor(self, contact_id: int) -> str:
        return self.words("Visitor {n}", n=contact_id)

    def standing(self, conversation: Conversation, agent_name: str | None, *, is_own: bool) -> str:
        """Who has it."""
        match conversation.status:
            case Status.BOT:
                return self.words("With the bot")
            case Status.QUEUED:
                return self.words("In the queue")
            case Status.OPEN:
                return self.words("Yours") if is_own else self.words("{name} has it", name=agent_name or "?")
            case Status.CLOSED:
                return self.words("Closed")
        assert_never(conversation.status)

    def number(self, number: str) -> str:
        return spoken_number(number)

    def by(self, entry: HistoryEntry) -> str:
        return entry.by_name or self.words(_BY[entry.by])

    def change(self, change: Change) -> str:
        match change:
            case domain.Opened():
                return self.words("opened the ticket")
            case domain.Commented(visible=visible):
                return self.words("told the customer") if visible else self.words("wrote an internal remark")
            case domain.Started():
                return self.words("started work")
            case domain.PutOnHold(awaited=domain.Awaited.PARTS):
                return self.words("put it on hold: waiting for parts")
            case domain.PutOnHold():
                return self.words("put it on hold")
            case domain.Answered():
                return self.words("answered; it waits no longer")
            case domain.Merged(into=into):
                return self.words("merged it into {number}", number=self.number(into))
            case domain.Assigned(agent_name=name):
                return self.words("gave it to {name}", name=name)
            case domain.Prioritised(priority=priority):
                return self.words("set the priority to {priority}", priority=self.priority(priority))
            case domain.Resolved():
                return self.words("resolved it")
            case domain.Reopened():
                return self.words("reopened it")
            case domain.Closed():
                return self.words("closed it")
            case domain.Reported():
                return self.words("wrote the report")
            case domain.PassedOn(team=team, dealer_name=dealer):
                return self.words("passed it on to {name}", name=dealer or team or self.words("the queue"))
            case domain.DealerMoved(dealer_name=dealer, stage=stage):
                return self.words("{dealer}: {stage}", dealer=dealer, stage=self.dealer_stage(stage))
        assert_never(change)

    def booking_stage(self, made: Booking) -> str:
        """How a visit stands; what waits for us comes before what is agreed."""
        if made.wanted_at is not None:
            return self.words("other times wanted")
        if made.stage is booking.Stage.BOOKED and made.sequence:
            return self.words("rescheduled")
        return self.words(_VISITS[made.stage])

    def fact(self, key: str) -> str:
        """The name of a fact that omnibot knows of; else its key."""
        return self.words(_FACTS[key]) if key in _FACTS else key.replace("_", " ")

    def source(self, source: Source) -> str:
        return self.words(_SOURCES[source])

    def dealer_stage(self, stage: Stage) -> str:
        return self.words(_STAGES[stage])

    def is_internal(self, change: Change) -> bool:
        return not domain.is_visible(change)

    def change_text(self, change: Change) -> str:
        """What was said with it."""
        match change:
            case domain.Opened(description=text):
                return text
            case domain.Reported():
                return self.words(
                    "Cause: {cause}\nSolution: {solution}\nPrevention: {prevention}",
                    cause=change.cause,
                    solution=change.solution,
                    prevention=change.prevention,
                )
            case domain.PassedOn(why=why):
                return self.because(why)
            case domain.Assigned() | domain.Prioritised() | domain.Answered() | domain.Merged():
                return ""
            case _:
                return change.text
