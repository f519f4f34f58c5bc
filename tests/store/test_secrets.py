"""What is handed out to prove who somebody is cannot be read back from the database."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.store import users
from omnibot.store.transactions import Store
from omnibot.web.access import hashed
from tests.office import MONDAY, Office


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_tokens_links_and_passwords_are_nowhere_in_the_file(
    open_office: Callable[..., Awaitable[Office]], tmp_path: Path
) -> None:
    office = await open_office()
    admin = await office.agent("Root", Role.ADMIN)
    api_token = admin.headers["Authorization"].removeprefix("Bearer ")
    visitor = await office.visitor()
    await visitor.says("hello")
    await visitor.hears("bot: Hello!")
    added = await admin.post("/users", {"email": "new@example.com", "name": "New", "role": "agent"}, status=201)
    password = "correct horse battery staple"
    session = await office.application.access.accept_link(
        added["link_code"], name="New", email="new@example.com", password=password
    )
    unused = await office.application.access.make_link()
    assert session is not None
    kept = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.glob("*.sqlite*")))
    assert b"new@example.com" in kept
    for secret in (api_token, visitor.token, added["link_code"], password, session, unused):
        assert secret.encode() not in kept


async def test_a_token_ends_with_its_account(store: Store) -> None:
    def hire(tx: Connection) -> User:
        user = users.add(tx, email="A@Example.com", name="a", role=Role.AGENT, password_hash=None, now=MONDAY)
        assert user is not None
        users.add_token(tx, hashed("t"), user_id=user.id, name="t", now=MONDAY, expires_at=MONDAY.replace(year=2027))
        return user

    user = await store.run(hire)
    whose = partial(users.of_token, token_hash=hashed("t"))
    assert await store.read(partial(whose, now=MONDAY)) == user
    assert await store.read(partial(whose, now=MONDAY.replace(year=2027))) is None
    await store.run(partial(users.disable, id=user.id, now=MONDAY))
    assert await store.read(partial(whose, now=MONDAY)) is None
    assert await store.read(partial(users.get, id=user.id)) is None


async def test_one_address_has_one_account_however_it_is_written(store: Store) -> None:
    add = partial(users.add, name="a", role=Role.AGENT, password_hash=None, now=MONDAY)
    assert await store.run(partial(add, email="ada@example.com")) is not None
    assert await store.run(partial(add, email="ADA@example.COM")) is None


async def test_a_link_is_used_once(store: Store) -> None:
    await store.run(partial(users.add_link, code_hash="c", user_id=None, expires_at=MONDAY.replace(year=2027)))
    assert [await store.run(partial(users.use_link, code_hash="c")) for _ in range(2)] == [True, False]
