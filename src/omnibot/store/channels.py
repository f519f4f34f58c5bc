"""The channels as processes share them: what a connection remembers, which worker fetches, and how each channel is."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.value import dataclass
from omnibot.store.schema import channel_state, channels
from omnibot.store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """A channel as lists show it. `is_working` is None until somebody looked."""

    name: str
    is_working: bool | None
    detail: str | None
    since: datetime | None
    last_in: datetime | None
    last_out: datetime | None


def recall(tx: Connection, channel: str, key: str) -> str | None:
    """What the connection set last under `key`."""
    query = select(channel_state.c.value).where(channel_state.c.channel == channel, channel_state.c.key == key)
    return tx.execute(query).scalar_one_or_none()


def remember(tx: Connection, channel: str, key: str, value: str) -> None:
    kept = insert(tx.dialect.name, channel_state).values(channel=channel, key=key, value=value)
    tx.execute(kept.on_conflict_do_update(index_elements=["channel", "key"], set_={"value": value}))


def settle(tx: Connection, channel: str, key: str, value: str) -> str:
    """What stands under `key` from now on: `value`, or what somebody else has set before. Of two at once, both get the same."""
    offered = insert(tx.dialect.name, channel_state).values(channel=channel, key=key, value=value)
    tx.execute(offered.on_conflict_do_nothing())
    kept = recall(tx, channel, key)
    assert kept is not None
    return kept


def swap(tx: Connection, channel: str, key: str, old: str | None, new: str) -> bool:
    """Put `new` in the place of `old` (None: of nothing); False where something else stands there."""
    if old is None:
        offered = insert(tx.dialect.name, channel_state).values(channel=channel, key=key, value=new)
        return tx.execute(offered.on_conflict_do_nothing().returning(channel_state.c.key)).first() is not None
    here = (channel_state.c.channel == channel) & (channel_state.c.key == key) & (channel_state.c.value == old)
    return tx.execute(sa.update(channel_state).where(here).values(value=new)).rowcount == 1


def forget(tx: Connection, channel: str, key: str) -> None:
    tx.execute(sa.delete(channel_state).where(channel_state.c.channel == channel, channel_state.c.key == key))


def claim(tx: Connection, name: str, *, token: str, now: datetime, lease: timedelta, by_force: bool = False) -> bool:
    """Make the channel ours until `now + lease`; False while somebody else has it."""
    tx.execute(insert(tx.dialect.name, channels).values(name=name).on_conflict_do_nothing())
    is_free = channels.c.lease_owner.is_(None) | (channels.c.lease_until <= now)
    statement = sa.update(channels).where(channels.c.name == name, sa.true() if by_force else is_free)
    return tx.execute(statement.values(lease_owner=token, lease_until=now + lease)).rowcount == 1


def renew(tx: Connection, name: str, *, token: str, now: datetime, lease: timedelta) -> bool:
    """Keep what we hold until `now + lease`; False if it is not ours any more."""
    held = sa.update(channels).where(channels.c.name == name, channels.c.lease_owner == token)
    return tx.execute(held.values(lease_until=now + lease)).rowcount == 1


def release(tx: Connection, name: str, *, token: str) -> None:
    """Let another worker have it at once."""
    tx.execute(
        sa.update(channels)
        .where(channels.c.name == name, channels.c.lease_owner == token)
        .values(lease_owner=None, lease_until=None)
    )


def note_health(tx: Connection, name: str, *, is_working: bool, detail: str, now: datetime) -> bool:
    """Keep how the channel is; returns whether that is news: it works again, or it does not any more."""
    tx.execute(insert(tx.dialect.name, channels).values(name=name).on_conflict_do_nothing())
    tx.execute(sa.update(channels).where(channels.c.name == name).values(detail=detail))
    changed = tx.execute(
        sa.update(channels)
        .where(channels.c.name == name, channels.c.is_working.is_distinct_from(is_working))
        .values(is_working=is_working, since=now)
    )
    return changed.rowcount == 1


def note_traffic(tx: Connection, name: str, *, last_in: datetime | None, last_out: datetime | None) -> None:
    """When something last came in and went out, unless a later moment is known; None leaves it."""
    tx.execute(insert(tx.dialect.name, channels).values(name=name).on_conflict_do_nothing())
    for column, at in ((channels.c.last_in, last_in), (channels.c.last_out, last_out)):
        if at is not None:
            is_older = column.is_(None) | (column < at)
            tx.execute(sa.update(channels).where(channels.c.name == name, is_older).values({column: at}))


def listing(tx: Connection, names: list[str]) -> list[ChannelLine]:
    """These channels, in this order; one that nobody has looked at yet is there, too."""
    columns = [channels.c[field] for field in ChannelLine.__dataclass_fields__]
    query = select(*columns).where(channels.c.name.in_(names))
    known = {row["name"]: ChannelLine(**row) for row in tx.execute(query).mappings()}
    unknown = dict.fromkeys(("is_working", "detail", "since", "last_in", "last_out"))
    return [known.get(name) or ChannelLine(name=name, **unknown) for name in names]


def all_known(tx: Connection) -> list[ChannelLine]:
    """Every channel that is configured, by name."""
    query = select(*(channels.c[field] for field in ChannelLine.__dataclass_fields__)).order_by(channels.c.name)
    return [ChannelLine(**row) for row in tx.execute(query).mappings()]


def stopped(tx: Connection) -> int:
    """How many channels do not work."""
    return int(tx.execute(select(sa.func.count()).where(channels.c.is_working.is_(False))).scalar_one())


def know_only(tx: Connection, names: list[str]) -> None:
    """These channels are configured; others are not any more, and nobody needs to hear of them."""
    tx.execute(sa.delete(channels).where(channels.c.name.not_in(names)))
    for name in names:
        tx.execute(insert(tx.dialect.name, channels).values(name=name).on_conflict_do_nothing())
