"""One-time codes, kept as SHA-256: what is handed out cannot be read back."""

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.code import LENGTH, CodePurpose, of_number
from omnibot.domain.value import dataclass
from omnibot.store.schema import codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What a code stood for."""

    purpose: CodePurpose
    subject: str
    made_by: int | None  # the user who handed it out


def new_code() -> str:
    """A random code; made before the transaction, whose body may run twice."""
    return of_number(secrets.randbits(5 * LENGTH))


def add(
    tx: Connection,
    code: str,
    purpose: CodePurpose,
    subject: str,
    *,
    made_by: int | None,
    now: datetime,
    until: datetime,
) -> None:
    """Keep a code that may be redeemed once before `until`; what has expired is forgotten on the way."""
    tx.execute(sa.delete(codes).where(codes.c.expires_at <= now))
    tx.execute(
        codes.insert(),
        {
            "code_hash": _hashed(code),
            "purpose": purpose.value,
            "subject": subject,
            "made_by": made_by,
            "expires_at": until,
        },
    )


_REDEEM = (
    sa.delete(codes)
    .where(
        codes.c.code_hash == bindparam("hashed"),
        codes.c.expires_at > bindparam("now"),
        codes.c.purpose.in_(bindparam("purposes", expanding=True)),
    )
    .returning(codes.c.purpose, codes.c.subject, codes.c.made_by)
)


def redeem(tx: Connection, code: str, purposes: tuple[CodePurpose, ...], now: datetime) -> Redeemed | None:
    """Use a code up; None if it is wrong, expired, used already or for something else."""
    sought = {"hashed": _hashed(code), "now": now, "purposes": [purpose.value for purpose in purposes]}
    row = tx.execute(_REDEEM, sought).one_or_none()
    return Redeemed(purpose=CodePurpose(row[0]), subject=row[1], made_by=row[2]) if row else None


_KNOWN = select(codes.c.code_hash).where(
    codes.c.code_hash.in_(bindparam("hashed", expanding=True)), codes.c.expires_at > bindparam("now")
)


def known(tx: Connection, tried: set[str], now: datetime) -> set[str]:
    """Those of what was said that are good for anything."""
    hashed = {_hashed(code): code for code in tried}
    if not hashed:
        return set()
    return {hashed[found] for found in tx.execute(_KNOWN, {"hashed": list(hashed), "now": now}).scalars()}


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
