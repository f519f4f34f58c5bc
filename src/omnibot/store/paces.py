"""How fast each account and chat has been talked to: one row each, which all workers share. The account's chat is empty."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain import pace as pacing
from omnibot.domain.pace import Pace, Rate, Rates
from omnibot.store.schema import paces
from omnibot.store.upsert import insert

ACCOUNT = ""
KEPT = timedelta(days=1)  # after the last use; a pace without a row is a fresh one

Place = tuple[str, str]  # channel, chat


def take(tx: Connection, wanted: list[Place], rates: Mapping[str, Rates], now: datetime) -> list[bool]:
    """Spend one message at each place as far as its account has room, first come first served; says which may be sent.
    Waits for another worker that spends of the same accounts."""
    accounts = {channel: rates[channel].account for channel in sorted({channel for channel, _ in wanted} & {*rates})}
    if not accounts:
        return [True] * len(wanted)
    owners = [(channel, ACCOUNT) for channel in accounts]
    _begin(tx, owners, now)
    known = _read(tx, owners, lock=True)
    room = {channel: pacing.room(known[channel, ACCOUNT], rate, now) for channel, rate in accounts.items()}
    spent: Counter[Place] = Counter()
    granted = []
    for place in wanted:
        account = (place[0], ACCOUNT)
        is_granted = place[0] not in accounts or spent[account] < room[place[0]]
        granted.append(is_granted)
        if is_granted and place[0] in accounts:
            spent.update([account, place])
    known = _read(tx, spent) | known
    used = {}
    for place, count in spent.items():
        rate = _rate_of(place, rates)
        used[place] = (pacing.after_sending(known.get(place) or pacing.begin(now), rate, count, now), rate)
    _write(tx, used)
    return granted


def spend_more(tx: Connection, place: Place, rates: Rates, count: int, now: datetime) -> None:
    """What was granted as one message became so many more: what comes next waits for them, too."""
    account = (place[0], ACCOUNT)
    _begin(tx, [account, place], now)
    known = _read(tx, [account, place], lock=True)
    of_each = {account: rates.account, place: rates.chat(place[1])}
    _write(tx, {key: (pacing.after_sending(known[key], rate, count, now), rate) for key, rate in of_each.items()})


def protest(tx: Connection, place: Place, rates: Rates, now: datetime, *, retry_after: timedelta) -> None:
    """The platform wants the chat to be left alone for that long."""
    account = (place[0], ACCOUNT)
    _begin(tx, [account, place], now)
    known = _read(tx, [account, place], lock=True)
    rate = rates.chat(place[1])
    changed = {
        account: (pacing.after_a_chats_protest(known[account], now), rates.account),
        place: (pacing.after_protest(known[place], rate, now, retry_after=retry_after), rate),
    }
    _write(tx, changed)


def forget(tx: Connection, now: datetime) -> None:
    """Drop what has not been used for a day."""
    tx.execute(sa.delete(paces).where(paces.c.spoken_for < now - KEPT, paces.c.cautious_since < now - KEPT))


def _rate_of(place: Place, rates: Mapping[str, Rates]) -> Rate:
    channel, chat = place
    return rates[channel].account if chat == ACCOUNT else rates[channel].chat(chat)


def _begin(tx: Connection, places: Iterable[Place], now: datetime) -> None:
    fresh = [
        {"channel": channel, "chat": chat, "spoken_for": now, "ready_at": now, "caution": 1.0, "cautious_since": now}
        for channel, chat in places
    ]
    tx.execute(insert(tx.dialect.name, paces).on_conflict_do_nothing(), fresh)


def _read(tx: Connection, places: Iterable[Place], *, lock: bool = False) -> dict[Place, Pace]:
    keys = sa.tuple_(paces.c.channel, paces.c.chat).in_(list(places))
    query = select(paces.c.channel, paces.c.chat, paces.c.spoken_for, paces.c.caution, paces.c.cautious_since)
    query = query.where(keys).order_by(paces.c.channel, paces.c.chat)
    return {
        (channel, chat): Pace(spoken_for=spoken_for, caution=caution, cautious_since=since)
        for channel, chat, spoken_for, caution, since in tx.execute(
            query.with_for_update(key_share=True) if lock else query
        )
    }


def _write(tx: Connection, used: Mapping[Place, tuple[Pace, Rate]]) -> None:
    rows = [
        {
            "channel": channel,
            "chat": chat,
            "spoken_for": pace.spoken_for,
            "ready_at": pacing.ready_at(pace, rate),
            "caution": pace.caution,
            "cautious_since": pace.cautious_since,
        }
        for (channel, chat), (pace, rate) in used.items()
    ]
    if not rows:
        return
    statement = insert(tx.dialect.name, paces)
    changed = {name: statement.excluded[name] for name in ("spoken_for", "ready_at", "caution", "cautious_since")}
    tx.execute(statement.on_conflict_do_update(index_elements=["channel", "chat"], set_=changed), rows)
