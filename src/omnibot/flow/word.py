"""What the bot says: decisions put into words and buttons, in the customer's language. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never
from zoneinfo import ZoneInfo

from omnibot.domain import calendar
from omnibot.domain import decision as decisions
from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.escalation import Audience, Notice
from omnibot.domain.language import Language
from omnibot.domain.message import Choice
from omnibot.domain.policy import Policy
from omnibot.domain.promise import Holder, Promise, PromiseKind
from omnibot.domain.rating import Rate
from omnibot.domain.surge.call_back import CallBack
from omnibot.domain.surge.incident import TellIncident
from omnibot.domain.surge.wait import TellWait, Wait
from omnibot.domain.ticket import Ticket, TicketStatus
from omnibot.domain.ticket_number import format_number
from omnibot.flow import word_form
from omnibot.flow.fetch import Fetched
from omnibot.flow.surge import tell_wait
from omnibot.flow.word_zone import zone_name
from omnibot.texts import Words, mark

Said = tuple[str, tuple[Choice, ...]]


def decision(words: Words, made: decisions.Decision, language: Language) -> Said:
    """Text and buttons for what the bot itself says."""
    match made:
        case decisions.Answer(candidate=candidate, offer=offer):
            question, choices = _did_that_help(words)
            return f"{candidate.answer.strip()}\n\n{question}", (*choices, offer) if offer else choices
        case decisions.Suggest(candidates=candidates, offer=offer):
            return words("Did you mean one of these? If not, say it in other words, or ask for a person."), (
                *(
                    Choice(id=decisions.ENTRY + candidate.entry_id, label=candidate.question)
                    for candidate in candidates
                ),
                *([offer] if offer else []),
            )
        case decisions.OfferForm(offer=offer):
            return words("I can open a case for that right away, with a few questions. Or a person takes over."), (
                offer,
                Choice(id=decisions.PERSON, label=words("Talk to a person")),
            )
        case decisions.FillForm(step=step, aside=aside):
            text, choices = word_form.turn(words, step, language)
            return (f"{aside.answer.strip()}\n\n{text}" if aside else text), choices
        case decisions.AskForFact(name=name):
            what = words(_WANTED[name]) if name in _WANTED else name.rpartition(":")[2].replace("_", " ")
            return words("One thing I need for that. Please tell me: {what}", what=what), (
                Choice(id=decisions.PERSON, label=words("Talk to a person")),
            )
        case decisions.AskAgain():
            return words("Sorry that this did not help. Can you say it in other words?"), (
                Choice(id=decisions.PERSON, label=words("Talk to a person")),
            )
        case decisions.Acknowledge():
            return words("You are welcome. Write here whenever you need us."), ()
        case decisions.Greet():
            return words("Hello! What can we do for you? Ask in your own words, or ask for a person."), ()
        case decisions.ShowCases(tickets=tickets):
            return cases(words, tickets), ()
        case (
            decisions.HandOff()
            | decisions.ReopenTicket()
            | decisions.FollowTicket()
            | decisions.PassOn()
            | decisions.LatePress()
            | decisions.FallSilent()
            | decisions.OfferCode()
            | decisions.PartChat()
            | decisions.AnswerDealer()
            | decisions.PickSlot()
            | Rate()
            | TellIncident()
            | TellWait()
            | CallBack()
        ):
            raise ValueError("the bot does not word this decision")
    assert_never(made)


@lru_cache(maxsize=16)  # of each language: most of what the bot says ends with it
def _did_that_help(words: Words) -> Said:
    return words("Did that help?"), (
        Choice(id=decisions.HELPED, label=words("Yes, thanks")),
        Choice(id=decisions.DID_NOT_HELP, label=words("No")),
    )


def late_press(words: Words, conversation: Conversation) -> str:
    """What somebody hears who pressed a button of the bot's when people had the conversation already."""
    if conversation.status is Status.QUEUED:
        return words(
            "You are in line for a person, so that button does nothing any more. Write here what they should know."
        )
    return words("A person has taken over, so that button does nothing any more. Write to them right here.")


def handoff(words: Words, reason: HandoffReason, policy: Policy, now: datetime, waits: Wait | None = None) -> str:
    """One honest sentence: who takes over, and when; the wait where it is known, else what is promised."""
    opening = _handoff_opening(words, reason, words(policy.team))
    if calendar.is_open(policy.calendar, now):
        if waits is not None and waits.expected is not None:
            return opening + words(
                "; you are number {place} in line, and someone answers right here in {length}.",
                place=waits.place,
                length=tell_wait.length(words, waits.expected),
            )
        minutes = int(policy.at(now).first_reply / timedelta(minutes=1))
        return opening + words("; someone answers right here within about {minutes} minutes.", minutes=minutes)
    opens = calendar.next_opening(policy.calendar, now)
    return opening + words(
        "; we are closed now and open again {when}, and you get the answer right here.",
        when=moment(words, opens, now, policy.calendar.zone),
    )


def waiting(words: Words, waits: Wait, due_at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """The answer to "how long?": measured, or that it is not known and what was promised."""
    place = words("You are number {place} in line.", place=waits.place)
    if waits.expected is not None:
        return f"{place} {words('It takes {length} at present.', length=tell_wait.length(words, waits.expected))}"
    if due_at is None:
        return place
    if due_at <= now:
        late = words("We have not kept the time we promised, and we are sorry; our people know that you wait.")
        return f"{place} {late}"
    unknown = words(
        "How long it takes just now, we cannot say; we have promised you an answer by {when}.",
        when=moment(words, due_at, now, zone),
    )
    return f"{place} {unknown}"


def _handoff_opening(words: Words, reason: HandoffReason, team: str) -> str:
    match reason:
        case HandoffReason.BOT_ERROR:
            return words("Something went wrong on our side, so {team} takes over", team=team)
        case HandoffReason.ASKED:
            return words("Of course: {team} takes over from here", team=team)
        case HandoffReason.REOPENED:
            return words("I am sorry that it is not right yet, so {team} looks at it again", team=team)
        case _:
            return words("I do not want to guess, so {team} takes over from here", team=team)


def moment(words: Words, at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """When, as one says it: "today at 14:00 (Europe/Berlin)", "on Monday at 09:00 (UTC)"."""
    local = at.astimezone(zone)
    clock, called = f"{local:%H:%M}", zone_name(words, zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        return words("today at {clock} ({zone})", clock=clock, zone=called)
    if days == 1:
        return words("tomorrow at {clock} ({zone})", clock=clock, zone=called)
    if days < 7:
        weekday = words(WEEKDAYS[local.weekday()])
        return words("on {weekday} at {clock} ({zone})", weekday=weekday, clock=clock, zone=called)
    return words("on {date} at {clock} ({zone})", date=f"{local:%Y-%m-%d}", clock=clock, zone=called)


def listed(words: Words, names: Iterable[str]) -> str:
    """ "Lena, Sven", “林峰、周航”."""
    return words(", ").join(names)


WEEKDAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
# What is asked for where it is not known; other facts by their names.
_WANTED = {
    "name": mark("your name"),
    "ticket_number": mark("the number of your case"),
    "fact:product": mark("which product you have"),
    "fact:warranty_end": mark("until when your warranty runs"),
}
_STATUS = {
    TicketStatus.NEW: mark("we have it and start on it soon"),
    TicketStatus.OPEN: mark("we are working on it"),
    TicketStatus.PENDING: mark("we are waiting for your answer"),
    TicketStatus.RESOLVED: mark("it is resolved; if not, just write here"),
    TicketStatus.CLOSED: mark("it is closed"),
}


_KINDS = {
    PromiseKind.FIRST_REPLY: mark("first reply"),
    PromiseKind.NEXT_REPLY: mark("next reply"),
    PromiseKind.RESOLUTION: mark("resolution"),
    PromiseKind.DEALER_REPLY: mark("dealer's reply"),
    PromiseKind.DEALER_PLAN: mark("plan agreed with the customer"),
    PromiseKind.DEALER_CLOSING: mark("dealer's closing"),
    PromiseKind.SPOKEN: mark("what was said"),
    PromiseKind.WRITE_BACK: mark("what was agreed"),
}
_AUDIENCES = {
    Audience.HOLDER: mark("the dealer"),
    Audience.ASSIGNEE: mark("everybody, because nobody has it"),
    Audience.TEAM_LEAD: mark("the team lead"),
    Audience.SUPERVISOR: mark("the supervisors"),
    Audience.ON_CALL: mark("who is on call"),
    Audience.CUSTOMER: mark("the customer"),
}


def audience(words: Words, to: Audience) -> str:
    """Who is told, where no person is known by name."""
    return words(_AUDIENCES[to])


def warning(words: Words, what: Notice, promise: Promise, name: str, now: datetime, zone: ZoneInfo) -> str:
    """What a member of staff is told of a promise that runs out or is broken."""
    blanks = {"name": name, "what": _what(words, promise), "when": moment(words, promise.due_at, now, zone)}
    match what:
        case Notice.RUNNING | Notice.SOON:
            return words("For {name}: {what} is due {when}. Most of the time is over.", **blanks)
        case Notice.NUDGE:
            return words(
                "For {name}: you promised {what}, due {when}. Say that it is done, or name a new time.", **blanks
            )
        case Notice.BROKEN:
            return words("Broken promise: {what} was due {when}. Told: {name}.", **blanks)
        case Notice.UNANSWERED:
            return words("Still broken, and nobody has taken it up: {what} was due {when}. Told: {name}.", **blanks)
        case Notice.SORRY:
            raise ValueError("that is for the customer")
    assert_never(what)


def sorry(words: Words, promise: Promise, new: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """What the customer hears when what was said has not come true."""
    then = moment(words, promise.due_at, now, zone)
    opening = words(
        "We promised you {what} {when} and have not kept it. We are sorry.", what=_said(words, promise), when=then
    )
    if new is not None:
        return f"{opening} {words('The new time is {when}.', when=moment(words, new, now, zone))}"
    return f"{opening} {words('We have no new time yet; the team has been alerted, and you hear from us right here.')}"


def moved(words: Words, promise: Promise, new: datetime, now: datetime, zone: ZoneInfo) -> str:
    """What the customer hears when a promise gets another time."""
    return words(
        "We promised you {what} {then}. It will be {when} instead; we are sorry.",
        what=_said(words, promise),
        then=moment(words, promise.due_at, now, zone),
        when=moment(words, new, now, zone),
    )


def kind(words: Words, of: PromiseKind) -> str:
    """What a kind of promise is about."""
    return words(_KINDS[of])


def _what(words: Words, promise: Promise) -> str:
    return f"“{plain(promise.text)}”" if promise.text else kind(words, promise.kind)


def _said(words: Words, promise: Promise) -> str:
    """What was promised, towards the customer: the words themselves, unless they were said among others, or that it was an
    answer."""
    if promise.holder is Holder.DEALER:
        return words("the next step")
    if promise.text:
        return f"“{plain(promise.text)}”"
    return words("an answer") if promise.kind in _ANSWERS else words("the next step")


_ANSWERS = (PromiseKind.FIRST_REPLY, PromiseKind.NEXT_REPLY, PromiseKind.SPOKEN)


def spoken_number(number: str) -> str:
    """A ticket number as people say it: "10012-7"."""
    return format_number(int(number[:-1]))


def status(words: Words, ticket: Ticket) -> str:
    """How a ticket stands, as the customer who asks is told."""
    return words(_STATUS[ticket.status])


def cases(words: Words, tickets: tuple[Ticket, ...], told: Mapping[int, str] = MappingProxyType({})) -> str:
    """Where the contact's cases stand; where there is more to say than their state, it is in `told`, by id."""
    if not tickets:
        return words("I find no case of yours. Tell us what happened, or ask for a person.")
    lines = [
        words(
            "Case {number} ({subject}): {status}.",
            number=spoken_number(ticket.number),
            subject=plain(ticket.subject),
            status=told.get(ticket.id) or status(words, ticket),
        )
        for ticket in tickets[:5]
    ]
    return "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0]


def missing_files(words: Words, missing: list[Fetched], total: int) -> str:
    """Which of the customer's files we do not have, and why."""
    reasons = "; ".join(f"{plain(file.name)}: {plain(file.problem or '')}" for file in missing)
    return words("{n} of {total} files could not be read: {reasons}", n=len(missing), total=total, reasons=reasons)


def too_many(words: Words, policy: Policy) -> str:
    """Why the bot does not answer somebody any more, for staff."""
    return words(
        "{n} automatic messages went to this contact within an hour. The bot is silent now; is it a machine?",
        n=policy.automatic_per_hour,
    )


def plain(text: str) -> str:
    """People's words inside our Markdown: shown as they are, never as markup."""
    return "".join(f"\\{character}" if character in "\\`*_[]" else character for character in text)
