"""What a customer hears while a dealer has the case: who it is, and what happens by when. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from omnibot.domain.dealers.dealer_case import DealerCase, Stage
from omnibot.domain.decision import PLAN_AGREE, PLAN_OTHER, PLAN_TALK, REPORT_NO, REPORT_YES
from omnibot.domain.message import Choice
from omnibot.domain.ticket import Change, DealerMoved, PassedOn, Ticket
from omnibot.flow import word
from omnibot.texts import Words


def dealer_progress(words: Words, number: str, made: PassedOn | DealerMoved, *, now: datetime, zone: ZoneInfo) -> str:
    """One or two sentences."""
    dealer = word.plain(made.dealer_name or "")
    if isinstance(made, PassedOn):
        when = word.moment(words, made.answer_by or now, now, zone)
        if made.after is None:
            return words(
                "Case {number} goes to {dealer}, who answers {when} at the latest.",
                number=number,
                dealer=dealer,
                when=when,
            )
        return words(
            "Case {number} now goes to {dealer} instead, who answers {when} at the latest.",
            number=number,
            dealer=dealer,
            when=when,
        )
    when = word.moment(words, made.by_when or now, now, zone)
    match made.stage:
        case Stage.OFFERED:
            return words(
                "Case {number}: {dealer} has not taken it yet after all, and answers {when} at the latest.",
                number=number,
                dealer=dealer,
                when=when,
            )
        case Stage.ACCEPTED if made.text:
            return words("Case {number}: we tell {dealer} that you need another time.", number=number, dealer=dealer)
        case Stage.ACCEPTED:
            return words(
                "Case {number}: {dealer} has it and agrees a plan with you, {when} at the latest.",
                number=number,
                dealer=dealer,
                when=when,
            )
        case Stage.PROPOSED:
            return words(
                "Case {number}: {dealer} proposes: {text}\n\nDoes that suit you?",
                number=number,
                dealer=dealer,
                text=made.text,
            )
        case Stage.AGREED:
            return words(
                "Case {number}: agreed. {dealer} does it {when} at the latest.", number=number, dealer=dealer, when=when
            )
        case _:
            return words("Case {number}: {dealer} is there now.", number=number, dealer=dealer)


def plan_choices(words: Words, ticket: Ticket, made: Change) -> tuple[Choice, ...]:
    """The buttons under a plan; they name the case and the offer, so that an old one does nothing."""
    if not isinstance(made, DealerMoved) or made.stage is not Stage.PROPOSED:
        return ()
    about = f"{ticket.number}:{made.n}:{ticket.changes}"
    return (
        Choice(id=PLAN_AGREE + about, label=words("Agree")),
        Choice(id=PLAN_OTHER + about, label=words("Another time")),
        Choice(id=PLAN_TALK + about, label=words("Talk to us")),
    )


def report_choices(words: Words, ticket: Ticket, case: DealerCase | None) -> tuple[Choice, ...]:
    """The buttons under the word that it is done, where a dealer has reported so."""
    if case is None or case.stage is not Stage.REPORTED:
        return ()
    about = f"{ticket.number}:{case.n}:{ticket.changes}"
    return (
        Choice(id=REPORT_YES + about, label=words("Yes, it is done")),
        Choice(id=REPORT_NO + about, label=words("No, not yet")),
    )


def standing(
    words: Words, case: DealerCase, dealer: str, due: datetime | None, now: datetime, zone: ZoneInfo
) -> str | None:
    """Where a case stands while a dealer has it, for the customer who asks; None where it is with no dealer. `due` is when
    the next step is owed."""
    said = _standing(words, case, word.plain(dealer), word.moment(words, due, now, zone) if due else "")
    if said is not None and due is not None and due <= now:
        return f"{said}. {words('That is late, and our team has been told')}"
    return said


def _standing(words: Words, case: DealerCase, dealer: str, when: str) -> str | None:
    match case.stage:
        case Stage.OFFERED:
            return words("{dealer} has been asked and is to answer {when}", dealer=dealer, when=when)
        case Stage.ACCEPTED:
            return words("{dealer} has it and is to agree a plan with you {when}", dealer=dealer, when=when)
        case Stage.PROPOSED:
            plan = word.plain(case.details.plan.text) if case.details.plan else ""
            return words("{dealer} proposes “{plan}” and waits for your answer", dealer=dealer, plan=plan)
        case Stage.AGREED:
            plan = word.plain(case.details.plan.text) if case.details.plan else ""
            return words(
                "agreed with {dealer}: “{plan}”, to be done {when} at the latest", dealer=dealer, plan=plan, when=when
            )
        case Stage.ON_SITE:
            return words("{dealer} is at work on it, to be done {when} at the latest", dealer=dealer, when=when)
        case Stage.REPORTED:
            return words("{dealer} says that it is done; please tell us whether it is", dealer=dealer)
        case _:
            return None


def dealer_promises(words: Words, number: str, dealer: str, due_at: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """When the dealer's people said that they go on. Their words were for colleagues and are not repeated."""
    return words(
        "Case {number}: {dealer} promises the next step {when} at the latest.",
        number=number,
        dealer=word.plain(dealer),
        when=word.moment(words, due_at, now, zone),
    )
