"""How a channel is, written down, and told where people work: through all other channels, once when it is dead and once when
it is back. The console and the metrics show every change at once."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.channel import Health, ShutOut
from omnibot.domain.group import GroupRole
from omnibot.flow.desk import Desk
from omnibot.flow.guards import Unowned
from omnibot.flow.place import storable
from omnibot.flow.word import plain
from omnibot.store import audit, channels, groups, inbox, notices
from omnibot.store.inbox import Waiting

# A network that is away for a moment wakes nobody. Credentials that were taken back do at once.
PATIENCE = timedelta(minutes=10)
_ALARM = "alarm"  # the key under which the channel remembers that people were told


def note(tx: Connection, desk: Desk, name: str, health: Health, *, is_final: bool, now: datetime) -> None:
    """Write down how the channel is. `is_final`: waiting mends nothing."""
    why = storable(health.detail)
    if channels.note_health(tx, name, is_working=health.is_working, detail=why, now=now):
        action = "channel_works" if health.is_working else "channel_stopped"
        audit.write(tx, user_id=None, action=action, subject=f"channel:{name}", detail=why, now=now)
    is_told = bool(channels.recall(tx, name, _ALARM))
    if health.is_working:
        if is_told:
            _tell(tx, desk, name, None, now)
        return
    since = channels.listing(tx, [name])[0].since or now
    if not is_told and (is_final or now - since >= PATIENCE):
        _tell(tx, desk, name, why, now)


def take(tx: Connection, desk: Desk, head: Waiting, told: ShutOut, now: datetime) -> None:
    """The platform itself has said that it is over."""
    note(tx, desk, head.event.channel, Health(is_working=False, detail=told.why), is_final=True, now=now)
    if not inbox.finish(tx, head.id, f"shut out: {told.why}"):
        raise Unowned


def _tell(tx: Connection, desk: Desk, name: str, why: str | None, now: datetime) -> None:
    """`why` it is dead; None: it is back."""
    channels.remember(tx, name, _ALARM, now.isoformat() if why is not None else "")
    for group in groups.in_force(tx, GroupRole.STAFF):
        if group.address.channel == name:
            continue
        words = desk.texts.of(group.language)
        text = (
            words("The channel {name} is back.", name=plain(name))
            if why is None
            else words(
                "The channel {name} has stopped: {why}. Nobody is reached there.", name=plain(name), why=plain(why)
            )
        )
        notices.add(tx, group.address, text, now=now)
