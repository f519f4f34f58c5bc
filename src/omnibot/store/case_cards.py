"""Which dealers' cards are missing or behind, and where cards of a case are followed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.dealers.dealer_case import WITH_DEALER, Stage
from omnibot.domain.group import GroupRole
from omnibot.domain.promise import Holder
from omnibot.store.schema import cards, dealer_cases, groups, promises, tickets

FOLLOWED = (Stage.OFFERED, *WITH_DEALER, Stage.REPORTED)  # the dealer sees what becomes of it


def outdated(tx: Connection, now: datetime, *, limit: int = 200) -> list[int]:
    """Tickets that their dealer's group has no card of, or whose card is behind."""
    case = dealer_cases.c
    dealers_group = (groups.c.role == GroupRole.DEALER.value) & groups.c.gone_at.is_(None)
    new = (
        select(case.ticket_id)
        .join(groups, dealers_group & (groups.c.dealer_id == case.dealer_id))
        .outerjoin(cards, (cards.c.group_id == groups.c.id) & (cards.c.ticket_id == case.ticket_id))
        .where(
            case.stage.in_([stage.value for stage in FOLLOWED]),
            sa.func.coalesce(cards.c.is_live, sa.false()).is_(sa.false()),
        )
    )
    is_late = sa.exists().where(
        promises.c.ticket_id == cards.c.ticket_id,
        promises.c.holder == Holder.DEALER.value,
        promises.c.ended_at.is_(None),
        promises.c.due_at <= now,
    )
    changed = (
        select(cards.c.ticket_id)
        .join(groups, dealers_group & (groups.c.id == cards.c.group_id))
        .join(tickets, tickets.c.id == cards.c.ticket_id)
        .join(dealer_cases, case.ticket_id == cards.c.ticket_id)
        .where(
            cards.c.is_live,
            (tickets.c.changes != cards.c.seen_seq) | (case.n != cards.c.seen_epoch) | (is_late != cards.c.is_late),
        )
    )
    both = sa.union(new, changed).subquery()
    return list(tx.execute(select(both.c.ticket_id).order_by(both.c.ticket_id).limit(limit)).scalars())


def followed_in(tx: Connection, ticket_id: int) -> list[int]:
    """The groups in which a card of the case is live."""
    query = select(cards.c.group_id).where(cards.c.ticket_id == ticket_id, cards.c.is_live)
    return list(tx.execute(query).scalars())


def refresh(tx: Connection, group_id: int) -> None:
    """The group can be reached again: its cards may have missed something."""
    tx.execute(sa.update(cards).where(cards.c.group_id == group_id, cards.c.ticket_id.is_not(None)).values(seen_seq=-1))


def open_in(tx: Connection, group_id: int) -> list[int]:
    """Tickets whose card is live in a group."""
    query = select(cards.c.ticket_id).where(
        cards.c.group_id == group_id, cards.c.is_live, cards.c.ticket_id.is_not(None)
    )
    return list(tx.execute(query.order_by(cards.c.ticket_id)).scalars())
