"""Tells each dealer's groups of all its open cases: in the morning, and again while they are many."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.domain.dealers.dealer import Dealer, wants_digest
from omnibot.domain.dealers.dealer_case import DealerCase
from omnibot.flow import word
from omnibot.flow.dealers import case_card, dealer_clocks
from omnibot.flow.desk import Desk
from omnibot.store import (
    case_cards,
    dealer_cases,
    dealer_digests,
    dealers,
    groups,
    notices,
    promises,
    reachable_dealers,
    tickets,
)
from omnibot.texts import Words

LINES = 20  # the rest is a number: a message has its limits


async def step(desk: Desk, now: datetime) -> int:
    """Returns how many dealers were told."""
    if not await desk.store.read(partial(_due, now=now)):
        return 0

    def tell(tx: Connection) -> int:
        told = dealer_digests.told_at(tx)
        ours = [one for one in _due(tx, now) if dealer_digests.claim(tx, one.id, now, told_at=told.get(one.id))]
        for dealer in ours:
            _tell(tx, desk, dealer, now)
        return len(ours)

    return await desk.store.run(tell)


def _due(tx: Connection, now: datetime) -> list[Dealer]:
    reachable, loads, told = reachable_dealers.with_group(tx), dealers.loads(tx), dealer_digests.told_at(tx)
    oldest = dealer_cases.oldest_offers(tx)
    if not reachable:
        return []
    return [
        dealer
        for dealer in dealers.listing(tx, limit=None)
        if dealer.id in reachable
        and wants_digest(dealer.profile, told.get(dealer.id), loads.get(dealer.id, 0), oldest.get(dealer.id), now)
    ]


def _tell(tx: Connection, desk: Desk, dealer: Dealer, now: datetime) -> None:
    cases = dealer_cases.of_dealer(tx, dealer.id, case_cards.FOLLOWED, limit=1000)
    owed = {case.ticket_id: _next_due(tx, case) for case in cases}
    cases.sort(key=lambda case: (owed[case.ticket_id] is None, owed[case.ticket_id] or now))
    zone = ZoneInfo(dealer.profile.timezone)
    for group in groups.of_dealer(tx, dealer.id):
        words = desk.texts.of(group.language)
        lines = [words("☀️ **Your open cases: {n}**", n=len(cases))]
        lines += [_line(words, case, owed[case.ticket_id], now, zone) for case in cases[:LINES]]
        if len(cases) > LINES:
            lines.append(words("and {n} more", n=len(cases) - LINES))
        notices.add(tx, group.address, "\n\n".join(lines), now=now)


def _line(words: Words, case: DealerCase, due: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    number = word.spoken_number(tickets.number_of(case.ticket_id))
    parts = [number, words(case_card.STANDINGS[case.stage])]
    if due is not None:
        when = word.moment(words, due, now, zone)
        parts.append(words("overdue since {when}", when=when) if due <= now else words("due {when}", when=when))
    return " · ".join(parts)


def _next_due(tx: Connection, case: DealerCase) -> datetime | None:
    open_ones = (
        one.due_at for one in promises.of_ticket(tx, case.ticket_id) if one.kind in dealer_clocks.KINDS and one.is_open
    )
    return min(open_ones, default=None)
