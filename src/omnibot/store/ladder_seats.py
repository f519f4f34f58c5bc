"""Who stands on the ladder as admins have set it in the console: where there is a seat, it counts in place of the file of rules."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.escalation import Audience
from omnibot.domain.value import dataclass
from omnibot.store.schema import ladder_seats

ON_CALL = ""  # in place of a team: nobody is on call for one team alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`hours` as people type them, "mon-fri 18:00-24:00; sat 00:00-24:00"; empty: always. Days are included, both."""

    user_id: int
    timezone: str = "UTC"
    hours: str = ""
    since: date | None = None
    until: date | None = None


def of(tx: Connection, rung: Audience, team: str = ON_CALL) -> list[Seat]:
    """In the order in which they were set; empty: the file counts."""
    here = (ladder_seats.c.rung == rung.value) & (ladder_seats.c.team == team)
    rows = tx.execute(select(ladder_seats).where(here).order_by(ladder_seats.c.id)).mappings()
    return [
        Seat(
            user_id=row["user_id"],
            timezone=row["timezone"],
            hours=row["hours"],
            since=date.fromisoformat(row["since"]) if row["since"] else None,
            until=date.fromisoformat(row["until"]) if row["until"] else None,
        )
        for row in rows
    ]


def set_(tx: Connection, rung: Audience, team: str, seats: Iterable[Seat]) -> None:
    """These and nobody else; without any, the file counts again."""
    here = (ladder_seats.c.rung == rung.value) & (ladder_seats.c.team == team)
    tx.execute(sa.delete(ladder_seats).where(here))
    for seat in seats:
        values = {
            "rung": rung.value,
            "team": team,
            "user_id": seat.user_id,
            "timezone": seat.timezone,
            "hours": seat.hours,
            "since": seat.since.isoformat() if seat.since else None,
            "until": seat.until.isoformat() if seat.until else None,
        }
        tx.execute(ladder_seats.insert(), values)
