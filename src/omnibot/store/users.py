"""Staff: accounts, sessions, one-time links and API tokens. Secrets are kept as hashes only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.value import dataclass
from omnibot.store.schema import api_tokens, sessions, sign_in_links, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser."""

    user: User
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A one-time sign-in link; without a user it makes the first admin."""

    user_id: int | None
    expires_at: datetime


def add(tx: Connection, *, email: str, name: str, role: Role, password_hash: str | None, now: datetime) -> User | None:
    """A new account; None if the address has one already."""
    if by_email(tx, email) is not None:
        return None
    id = tx.execute(
        users.insert().returning(users.c.id),
        {
            "email": email.lower(),
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "created_at": now,
        },
    ).scalar_one()
    return get(tx, id)


def get(tx: Connection, id: int) -> User | None:
    row = tx.execute(select(users).where(users.c.id == id, users.c.disabled_at.is_(None))).mappings().one_or_none()
    return _of_row(row) if row else None


def by_email(tx: Connection, email: str) -> User | None:
    row = tx.execute(select(users).where(users.c.email == email.lower())).mappings().one_or_none()
    return _of_row(row) if row else None


def listing(tx: Connection) -> list[User]:
    query = select(users).where(users.c.disabled_at.is_(None)).order_by(users.c.name)
    return [_of_row(row) for row in tx.execute(query).mappings()]


def exist(tx: Connection) -> bool:
    """Whether anybody could sign in with a password."""
    return tx.execute(select(users.c.id).where(users.c.password_hash.is_not(None)).limit(1)).first() is not None


def password_hash(tx: Connection, email: str) -> tuple[int, str] | None:
    """Id and hash of who signs in with this address."""
    row = tx.execute(
        select(users.c.id, users.c.password_hash).where(
            users.c.email == email.lower(), users.c.disabled_at.is_(None), users.c.password_hash.is_not(None)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def set_password(tx: Connection, id: int, password_hash: str) -> None:
    """Also ends every session of the account."""
    tx.execute(sa.update(users).where(users.c.id == id).values(password_hash=password_hash))
    tx.execute(sa.delete(sessions).where(sessions.c.user_id == id))


def set_language(tx: Connection, id: int, language: str) -> None:
    tx.execute(sa.update(users).where(users.c.id == id).values(language=language))


def disable(tx: Connection, id: int, now: datetime) -> None:
    """Nobody signs in or calls the API with this account any more."""
    tx.execute(sa.update(users).where(users.c.id == id).values(disabled_at=now))
    tx.execute(sa.delete(sessions).where(sessions.c.user_id == id))
    tx.execute(sa.update(api_tokens).where(api_tokens.c.user_id == id).values(revoked_at=now))


def open_session(tx: Connection, token_hash: str, user_id: int, now: datetime) -> None:
    tx.execute(sessions.insert(), {"token_hash": token_hash, "user_id": user_id, "created_at": now, "seen_at": now})


def session(tx: Connection, token_hash: str) -> Session | None:
    row = (
        tx.execute(
            select(users, sessions.c.created_at.label("session_created"), sessions.c.seen_at)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.token_hash == token_hash, users.c.disabled_at.is_(None))
        )
        .mappings()
        .one_or_none()
    )
    return Session(user=_of_row(row), created_at=row["session_created"], seen_at=row["seen_at"]) if row else None


def touch_session(tx: Connection, token_hash: str, now: datetime) -> None:
    tx.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def close_session(tx: Connection, token_hash: str) -> None:
    tx.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))


def add_link(tx: Connection, code_hash: str, *, user_id: int | None, expires_at: datetime) -> None:
    tx.execute(sign_in_links.insert(), {"code_hash": code_hash, "user_id": user_id, "expires_at": expires_at})


def link(tx: Connection, code_hash: str, now: datetime) -> Link | None:
    """The link behind a code, if it may still be used."""
    row = tx.execute(
        select(sign_in_links.c.user_id, sign_in_links.c.expires_at).where(
            sign_in_links.c.code_hash == code_hash, sign_in_links.c.expires_at > now
        )
    ).one_or_none()
    return Link(user_id=row[0], expires_at=row[1]) if row else None


def use_link(tx: Connection, code_hash: str) -> bool:
    """Use it up; False for the second who tries."""
    return tx.execute(sa.delete(sign_in_links).where(sign_in_links.c.code_hash == code_hash)).rowcount == 1


def forget_first_links(tx: Connection) -> None:
    """Only the newest first-admin link is valid."""
    tx.execute(sa.delete(sign_in_links).where(sign_in_links.c.user_id.is_(None)))


def add_token(tx: Connection, token_hash: str, *, user_id: int, name: str, now: datetime, expires_at: datetime) -> int:
    id: int = tx.execute(
        api_tokens.insert().returning(api_tokens.c.id),
        {"token_hash": token_hash, "user_id": user_id, "name": name, "created_at": now, "expires_at": expires_at},
    ).scalar_one()
    return id


def of_token(tx: Connection, token_hash: str, now: datetime) -> User | None:
    """Who calls with this token."""
    row = (
        tx.execute(
            select(users)
            .join(api_tokens, api_tokens.c.user_id == users.c.id)
            .where(
                api_tokens.c.token_hash == token_hash,
                api_tokens.c.revoked_at.is_(None),
                api_tokens.c.expires_at > now,
                users.c.disabled_at.is_(None),
            )
        )
        .mappings()
        .one_or_none()
    )
    return _of_row(row) if row else None


def tokens(tx: Connection) -> list[sa.RowMapping]:
    """Id, name, user and dates of the tokens in force; never the token."""
    query = (
        select(api_tokens.c.id, api_tokens.c.name, users.c.role, api_tokens.c.created_at, api_tokens.c.expires_at)
        .join(users, users.c.id == api_tokens.c.user_id)
        .where(api_tokens.c.revoked_at.is_(None))
        .order_by(api_tokens.c.id)
    )
    return list(tx.execute(query).mappings())


def revoke_token(tx: Connection, id: int, now: datetime) -> bool:
    return (
        tx.execute(
            sa.update(api_tokens).where(api_tokens.c.id == id, api_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
        ).rowcount
        == 1
    )


def _of_row(row: sa.RowMapping) -> User:
    return User(id=row["id"], name=row["name"], email=row["email"], role=Role(row["role"]), language=row["language"])
