"""Which changes fit which state of a ticket, and which of them the customer hears."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from omnibot.domain import ticket as domain
from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.ticket import Change, Priority, Refused, Ticket, TicketStatus, after, is_visible
from omnibot.domain.ticket_number import format_number, parse_number

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
NEW, OPEN, PENDING, RESOLVED, CLOSED = TicketStatus

CHANGES: dict[str, Change] = {
    "opened": domain.Opened(),
    "commented": domain.Commented(text="x", visible=False),
    "started": domain.Started(),
    "put on hold": domain.PutOnHold(text="photo?"),
    "assigned": domain.Assigned(agent_id=7, agent_name="Ada"),
    "prioritised": domain.Prioritised(priority=Priority.URGENT),
    "resolved": domain.Resolved(),
    "reopened": domain.Reopened(),
    "closed": domain.Closed(),
    "answered": domain.Answered(),
    "merged": domain.Merged(into="100022"),
    "reported": domain.Reported(cause="a", solution="b", prevention="c"),
    "passed on": domain.PassedOn(dealer_id=1, dealer_name="Nord"),
    "dealer moved": domain.DealerMoved(n=1, dealer_id=1, dealer_name="Nord", stage=Stage.ACCEPTED),
}
REFUSED = None
#                 new       open      pending   resolved  closed
TABLE = {
    "opened":      (NEW,      OPEN,     PENDING,  RESOLVED, REFUSED),
    "commented":   (NEW,      OPEN,     PENDING,  RESOLVED, CLOSED),
    "started":     (OPEN,     OPEN,     OPEN,     REFUSED,  REFUSED),
    "put on hold": (PENDING,  PENDING,  PENDING,  REFUSED,  REFUSED),
    "assigned":    (OPEN,     OPEN,     PENDING,  RESOLVED, REFUSED),
    "prioritised": (NEW,      OPEN,     PENDING,  RESOLVED, REFUSED),
    "resolved":    (RESOLVED, RESOLVED, RESOLVED, REFUSED,  REFUSED),
    "reopened":    (REFUSED,  REFUSED,  REFUSED,  OPEN,     REFUSED),
    "closed":      (CLOSED,   CLOSED,   CLOSED,   CLOSED,   REFUSED),
    "answered":    (REFUSED,  REFUSED,  OPEN,     REFUSED,  REFUSED),
    "merged":      (CLOSED,   CLOSED,   CLOSED,   CLOSED,   REFUSED),
    "reported":    (NEW,      OPEN,     PENDING,  RESOLVED, CLOSED),
    "passed on":   (OPEN,     OPEN,     OPEN,     REFUSED,  REFUSED),
    "dealer moved": (NEW,     OPEN,     PENDING,  RESOLVED, CLOSED),
}  # fmt: skip


def ticket(status: TicketStatus) -> Ticket:
    return Ticket(
        id=1,
        number="100014",
        contact_id=1,
        conversation_id=1,
        subject="Leak",
        category=None,
        priority=Priority.NORMAL,
        status=status,
        opened_at=NOW,
        resolved_at=NOW if status in (RESOLVED, CLOSED) else None,
        changes=3,
    )


def test_the_table_has_every_change() -> None:
    assert {type(change) for change in CHANGES.values()} == set(get_args(Change))
    assert CHANGES.keys() == TABLE.keys()


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("status", TicketStatus)
def test_a_change_leads_to_its_state_or_is_refused_in_words(name: str, status: TicketStatus) -> None:
    following = after(ticket(status), CHANGES[name], NOW)
    expected = TABLE[name][list(TicketStatus).index(status)]
    if expected is REFUSED:
        assert isinstance(following, Refused)
        assert following.why
    else:
        assert isinstance(following, Ticket)
        assert (following.status, following.changes) == (expected, 4)


def test_what_a_change_says_is_kept() -> None:
    assigned = after(ticket(NEW), CHANGES["assigned"], NOW)
    assert isinstance(assigned, Ticket)
    assert assigned.agent_id == 7
    urgent = after(ticket(NEW), CHANGES["prioritised"], NOW)
    assert isinstance(urgent, Ticket)
    assert urgent.priority is Priority.URGENT
    resolved = after(ticket(OPEN), CHANGES["resolved"], NOW)
    assert isinstance(resolved, Ticket)
    assert resolved.resolved_at == NOW
    reopened = after(resolved, CHANGES["reopened"], NOW)
    assert isinstance(reopened, Ticket)
    assert reopened.resolved_at is None
    closed = after(resolved, CHANGES["closed"], NOW)
    assert isinstance(closed, Ticket)
    assert closed.closed_at == NOW


def test_the_customer_hears_what_concerns_them_and_nothing_internal() -> None:
    heard = {name for name, change in CHANGES.items() if is_visible(change)}
    to_dealers = {"passed on", "dealer moved"}
    assert heard == {"opened", "started", "put on hold", "resolved", "reopened", "closed", "merged"} | to_dealers
    assert not is_visible(domain.PassedOn(team="repairs"))
    assert is_visible(domain.Commented(text="x", visible=True))


def test_every_single_wrong_digit_and_every_swap_is_noticed() -> None:
    for n in (10_001, 10_012, 99_999, 123_456):
        right = format_number(n).replace("-", "")
        assert parse_number(right) == right
        for at, digit in enumerate(right):
            for other in set("0123456789") - {digit}:
                assert parse_number(right[:at] + other + right[at + 1 :]) is None
            if at and right[at - 1] != digit:
                assert parse_number(right[: at - 1] + digit + right[at - 1] + right[at + 1 :]) is None
