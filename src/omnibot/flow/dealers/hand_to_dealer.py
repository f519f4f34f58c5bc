"""A case on its way through dealers' hands: offered, answered, planned, done; the customer hears each time who has it and what
happens by when."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain import ticket as ticket_domain
from omnibot.domain.access import User
from omnibot.domain.conversation import Conversation
from omnibot.domain.dealers import dealer_case as domain
from omnibot.domain.dealers.dealer_case import DealerCase, Move, Refused, Stage
from omnibot.domain.decision import PLAN_AGREE, PLAN_OTHER, PLAN_TALK, REPORT_NO, REPORT_YES, AnswerDealer
from omnibot.domain.message import Message
from omnibot.domain.routing import Choice
from omnibot.domain.ticket import By, Change, Ticket
from omnibot.flow import book_visit, change_ticket, route_ticket
from omnibot.flow.dealers import dealer_clocks
from omnibot.flow.desk import Desk
from omnibot.store import assignments, dealer_cases, dealers, reachable_dealers, tickets

Result = tuple[DealerCase | Refused | None, list[Message]]  # None: no such ticket, or no dealer was ever asked

_ANOTHER_TIME = "another time"  # which one, the customer says next

_BY_CUSTOMER = (domain.PlanAgreed, domain.OtherTime, domain.TalkToUs, domain.Objected)


def pass_on(
    tx: Connection, desk: Desk, ticket: Ticket, choice: Choice, *, agent: User | None, now: datetime
) -> tuple[Ticket | ticket_domain.Refused, list[Message]]:
    """Give a ticket to the team or dealer chosen. A dealer that has it is taken out of it first."""
    if choice.dealer_id is not None and choice.dealer_id in reachable_dealers.without_group(tx):
        return ticket_domain.Refused("This dealer has no group in which it could be told. Register one first."), []
    before = dealer_cases.lock(tx, ticket.id)
    ended: Stage | None = before.stage if before and before.stage in domain.WITH_NOBODY else None
    current = before
    rule = route_ticket.rule_of(desk, choice)
    if before is not None and ended is None and before.stage is not Stage.CLOSED:
        current = _withdrawn(tx, before, now)
        dealer_clocks.keep(tx, desk, before, current, rule, now)
        ended = Stage.WITHDRAWN
    if choice.dealer_id is not None:
        due = dealer_clocks.reply_due(desk, rule, now)
        if current is None:
            case = domain.offered(ticket.id, choice.dealer_id, answer_due_at=due, now=now)
            dealer_cases.add(tx, case)
        else:
            offer = domain.Offered(dealer_id=choice.dealer_id, answer_due_at=due)
            made = domain.after(_reofferable(current), offer, now)
            assert isinstance(made, DealerCase)
            case = made
            if not dealer_cases.save(tx, current, case):
                return ticket_domain.Refused("Somebody else moved it meanwhile. Look again."), []
        dealer_clocks.keep(tx, desk, current, case, rule, now)
    else:
        due = None
    assignments.route(tx, ticket.id, choice, now)
    passed = ticket_domain.PassedOn(
        team=choice.team,
        dealer_id=choice.dealer_id,
        dealer_name=choice.dealer_name,
        answer_by=due,
        after=ended,
        why=choice.why,
    )
    return change_ticket.apply(tx, desk, ticket, passed, by=By.AGENT if agent else By.SYSTEM, agent=agent, now=now)


def move(
    tx: Connection, desk: Desk, number: str, made: Move, *, n: int | None = None, now: datetime, photos: int = 0
) -> Result:
    """Something happened to a case. With `n`, it is refused where the case has gone to somebody else since that offer."""
    ticket = tickets.lock(tx, number)
    case = dealer_cases.lock(tx, ticket.id) if ticket else None
    if ticket is None or case is None:
        return None, []
    if n is not None and n != case.n:
        return Refused("The case has gone to somebody else."), []
    following = domain.after(case, made, now, photos=photos, window=desk.policy.reopen_window)
    if isinstance(following, Refused) or following is case:
        return following, []
    reason = made.reason if isinstance(made, domain.Declined | domain.Withdrawn) else None
    if not dealer_cases.save(tx, case, following, reason=reason):
        return Refused("Somebody else was quicker."), []
    rule = route_ticket.rule_of(desk, assignments.get(tx, ticket.id).choice)
    by_when = dealer_clocks.keep(tx, desk, case, following, rule, now)
    said = _tell(tx, desk, ticket, following, made, by_when, now)
    if following.stage in (Stage.DECLINED, Stage.TIMED_OUT):
        said += _to_the_next(tx, desk, ticket.id, now)
    return following, said


def answered(
    tx: Connection, desk: Desk, pressed: AnswerDealer, conversation: Conversation, message: Message, *, now: datetime
) -> tuple[bool, list[Message]]:
    """The customer pressed a button under a plan or a report; False where it is not the newest of a case of that conversation."""
    ticket = tickets.lock(tx, pressed.number)
    is_about_report = pressed.answer in (REPORT_YES, REPORT_NO)
    if (
        ticket is None
        or ticket.conversation_id != conversation.id
        or pressed.change != _newest(tx, ticket, is_about_report)
    ):
        return False, []
    if pressed.answer == REPORT_NO:
        said = change_ticket.reopen(tx, desk, ticket, message, now=now)
        objected(tx, desk, ticket, message.text, now=now)
        return bool(said), said
    moves: dict[str, Move] = {
        PLAN_AGREE: domain.PlanAgreed(),
        PLAN_OTHER: domain.OtherTime(wish=_ANOTHER_TIME),
        PLAN_TALK: domain.TalkToUs(),
        REPORT_YES: domain.Confirmed(),
    }
    case, said = move(tx, desk, ticket.number, moves[pressed.answer], n=pressed.n, now=now)
    if isinstance(case, DealerCase) and pressed.answer == PLAN_AGREE and case.details.plan is not None:
        said += book_visit.agreed(tx, desk, ticket, case.details.plan, now=now)
    return isinstance(case, DealerCase), said


def _newest(tx: Connection, ticket: Ticket, is_report: bool) -> int | None:
    """The number of the newest plan, or of the word that it is done, in the time line."""

    def is_meant(change: Change) -> bool:
        if is_report:
            return isinstance(change, ticket_domain.Resolved)
        return isinstance(change, ticket_domain.DealerMoved) and change.stage is Stage.PROPOSED

    return max((entry.n for entry in tickets.history(tx, ticket.id) if is_meant(entry.change)), default=None)


def time_out(tx: Connection, desk: Desk, now: datetime, *, limit: int = 50) -> list[Message]:
    """Dealers who have not answered in time lose the case to the next one."""
    said: list[Message] = []
    for ticket_id in dealer_cases.unanswered(tx, now, limit=limit):
        said += move(tx, desk, tickets.number_of(ticket_id), domain.TimedOut(), now=now)[1]
    return said


def objected(tx: Connection, desk: Desk, ticket: Ticket, text: str, *, now: datetime) -> None:
    """The customer says that it is not done: the same dealer has it again."""
    case = dealer_cases.lock(tx, ticket.id)
    if case is None:
        return
    again = domain.after(case, domain.Objected(text=text), now, window=desk.policy.reopen_window)
    if isinstance(again, DealerCase) and dealer_cases.save(tx, case, again):
        rule = route_ticket.rule_of(desk, assignments.get(tx, ticket.id).choice)
        dealer_clocks.keep(tx, desk, case, again, rule, now)


def settle(tx: Connection, desk: Desk, ticket: Ticket, made: Change, *, now: datetime) -> None:
    """What an agent did to a ticket, for the dealer who has it: done without him, not done after all, or over."""
    match made:
        case ticket_domain.Reopened(text=text):
            objected(tx, desk, ticket, text, now=now)
        case ticket_domain.Closed() | ticket_domain.Resolved():
            case = dealer_cases.lock(tx, ticket.id)
            if case is not None and case.stage is Stage.REPORTED:
                if isinstance(made, ticket_domain.Closed):
                    confirmed(tx, ticket, now=now)
            elif case is not None and case.stage not in (Stage.CLOSED, Stage.WITHDRAWN):
                _withdrawn(tx, case, now)
        case _:
            pass


def confirmed(tx: Connection, ticket: Ticket, *, now: datetime) -> None:
    """The customer agrees that it is done, or was silent for long enough."""
    case = dealer_cases.lock(tx, ticket.id)
    done = domain.after(case, domain.Confirmed(), now) if case else None
    if case is not None and isinstance(done, DealerCase):
        dealer_cases.save(tx, case, done)


def _to_the_next(tx: Connection, desk: Desk, ticket_id: int, now: datetime) -> list[Message]:
    ticket = tickets.get(tx, ticket_id)
    assert ticket is not None
    before = assignments.get(tx, ticket_id)
    choice = route_ticket.choose(tx, desk, ticket, now)
    if choice.team is None and choice.dealer_id is None:
        choice = replace(choice, team=before.team)  # whoever kept an eye on it
    return pass_on(tx, desk, ticket, choice, agent=None, now=now)[1]


def _withdrawn(tx: Connection, case: DealerCase, now: datetime) -> DealerCase:
    taken = domain.after(case, domain.Withdrawn(reason=""), now)
    assert isinstance(taken, DealerCase)
    dealer_cases.save(tx, case, taken)
    return taken


def _reofferable(case: DealerCase) -> DealerCase:
    """A closed case that somebody else is to look at again starts like one that came back."""
    return replace(case, stage=Stage.WITHDRAWN) if case.stage is Stage.CLOSED else case


def _tell(
    tx: Connection,
    desk: Desk,
    ticket: Ticket,
    case: DealerCase,
    made: Move,
    by_when: datetime | None,
    now: datetime,
) -> list[Message]:
    """Write it into the ticket's time line; the customer hears what concerns him."""
    dealer = dealers.get(tx, case.dealer_id)
    assert dealer is not None
    by = By.CUSTOMER if isinstance(made, _BY_CUSTOMER) else By.DEALER
    happened = ticket_domain.DealerMoved(
        n=case.n,
        dealer_id=dealer.id,
        dealer_name=dealer.name,
        stage=case.stage,
        text=_text(made),
        by_when=by_when,
    )
    changed, said = change_ticket.apply(tx, desk, ticket, happened, by=by, agent=None, now=now)
    if isinstance(made, domain.Done) and isinstance(changed, Ticket):
        report = made.report
        filed = ticket_domain.Reported(cause=report.cause, solution=report.solution, prevention=report.prevention)
        changed, _ = change_ticket.apply(tx, desk, changed, filed, by=By.DEALER, agent=None, now=now)
        assert isinstance(changed, Ticket)
        resolved = ticket_domain.Resolved(text=report.solution)
        said += change_ticket.apply(tx, desk, changed, resolved, by=By.DEALER, agent=None, now=now)[1]
    if isinstance(made, domain.Confirmed) and isinstance(changed, Ticket):
        said += change_ticket.apply(tx, desk, changed, ticket_domain.Closed(), by=By.CUSTOMER, agent=None, now=now)[1]
    return said


def _text(made: Move) -> str:
    match made:
        case domain.Declined(reason=reason) | domain.Withdrawn(reason=reason):
            return reason
        case domain.PlanProposed(plan=plan):
            return plan.text
        case domain.OtherTime(wish=wish):
            return wish
        case domain.Objected(text=text):
            return text
        case _:
            return ""
