"""How bodies become commits: together where that is possible, alone where one of them fails, again where the database asks."""

import asyncio
import contextlib
import sqlite3
import threading
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from omnibot.store import canned_replies, transactions
from omnibot.store.transactions import NOTHING, Store, Unavailable


def put(tx: Connection, title: str) -> str:
    canned_replies.put(tx, language="en", title=title, text="x")
    return title


async def titles(store: Store) -> list[str]:
    return [reply.title for reply in await store.read(canned_replies.listing)]


class Gate:
    """A body that keeps the writer busy until it is opened, so that what comes after waits as one group."""

    def __init__(self) -> None:
        self._entered, self._open = threading.Event(), threading.Event()

    def __call__(self, tx: Connection) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 10)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def gates(store: Store) -> list[Gate]:
    """One for each writer; all writers stand at theirs."""
    gates = [Gate() for _ in range(store.writers)]
    for gate in gates:
        store.submit(gate)
        await gate.entered()
    return gates


async def test_a_body_is_committed_when_run_returns(store: Store) -> None:
    assert await store.run(partial(put, title="a")) == "a"
    assert await titles(store) == ["a"]


async def test_a_body_that_raises_leaves_nothing_and_its_caller_hears_it(store: Store) -> None:
    def fail(tx: Connection) -> None:
        put(tx, "half done")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await store.run(fail)
    assert await titles(store) == []


async def test_the_others_of_a_group_commit_without_the_one_that_raises(store: Store, gates: list[Gate]) -> None:
    def fail(tx: Connection) -> None:
        put(tx, "bad")
        raise LookupError("no")

    bodies = [partial(put, title=f"{n:02}") for n in range(10)]
    results = [store.submit(body, lock=NOTHING) for body in (*bodies[:5], fail, *bodies[5:])]
    for gate in gates:
        gate.open()
    settled = await asyncio.gather(*results, return_exceptions=True)
    assert [type(one) for one in settled] == [str] * 5 + [LookupError] + [str] * 5
    assert await titles(store) == [f"{n:02}" for n in range(10)]


async def test_a_body_may_run_twice_and_takes_effect_once(store: Store, gates: list[Gate]) -> None:
    runs: list[str] = []

    def count(tx: Connection) -> None:
        runs.append("counted")
        put(tx, "once")

    def fail(tx: Connection) -> None:
        raise LookupError("no")

    counted, failed = store.submit(count, lock=NOTHING), store.submit(fail, lock=NOTHING)
    gates[0].open()
    await asyncio.gather(counted, failed, return_exceptions=True)
    assert runs == ["counted", "counted"]
    assert await titles(store) == ["once"]
    for gate in gates[1:]:
        gate.open()


async def test_bodies_of_one_lock_run_in_the_order_they_came(store: Store, gates: list[Gate]) -> None:
    order: list[int] = []
    waiting = [store.submit(lambda tx, n=n: order.append(n), lock=1) for n in range(100)]  # type: ignore[misc]
    gates[0].open()
    await asyncio.gather(*waiting)
    assert order == list(range(100))
    for gate in gates[1:]:
        gate.open()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_does_not_say_what_it_locks_shares_no_commit(store: Store, gates: list[Gate]) -> None:
    def commit(tx: Connection) -> int:
        return int(tx.exec_driver_sql("SELECT txid_current()").scalar_one())

    silent = [store.submit(commit) for _ in range(5)]
    known = [store.submit(commit, lock=conversation_id) for conversation_id in range(1, 6)]
    gates[0].open()
    assert len(set(await asyncio.gather(*silent))) == 5
    assert len(set(await asyncio.gather(*known))) == 1
    for gate in gates[1:]:
        gate.open()


async def test_what_waits_is_written_before_the_store_closes(database_url: str) -> None:
    store = Store(database_url)
    waiting = [store.submit(partial(put, title=f"{n:02}")) for n in range(50)]
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 50
    again = Store(database_url)
    assert len(await titles(again)) == 50
    await again.close()


async def test_a_closed_store_says_so_instead_of_waiting_for_ever(store: Store) -> None:
    await store.close()
    async with asyncio.timeout(60):
        with pytest.raises(Unavailable):
            await store.run(partial(put, title="late"))
        with pytest.raises(Unavailable):
            await store.read(canned_replies.listing)


async def test_a_line_that_is_too_long_is_refused_at_once(
    store: Store, gates: list[Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "WAITING_LIMIT", 3)
    waiting = [store.submit(partial(put, title=str(n))) for n in range(3)]
    with pytest.raises(Unavailable):
        store.submit(partial(put, title="too many"))
    for gate in gates:
        gate.open()
    await asyncio.gather(*waiting)
    assert await titles(store) == ["0", "1", "2"]


async def test_who_gives_up_waiting_does_not_disturb_the_others(store: Store, gates: list[Gate]) -> None:
    impatient, patient = store.submit(partial(put, title="a")), store.submit(partial(put, title="b"))
    impatient.cancel()
    for gate in gates:
        gate.open()
    assert await patient == "b"


async def test_a_read_changes_nothing(store: Store) -> None:
    with pytest.raises((Unavailable, sa.exc.DBAPIError)):
        await store.read(partial(put, title="sneaked in"))
    assert await titles(store) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_another_process_holds_is_unavailable_and_comes_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnibot.store.database._BUSY_TIMEOUT_MS", 300)
    store = Store(database_url)
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = [store.submit(partial(put, title=str(n))) for n in range(20)]
    async with asyncio.timeout(3):  # once for all, not once for each
        results = await asyncio.gather(*refused, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 20
    assert await titles(store) == []
    other.execute("ROLLBACK")
    other.close()
    await store.run(partial(put, title="after"))
    assert await titles(store) == ["after"]
    await store.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_deadlock_is_repeated_until_both_have_run(store: Store) -> None:
    for title in ("a", "b"):
        await store.run(partial(put, title=title))
    meet = threading.Barrier(2, timeout=2)

    def touch_both(tx: Connection, first: str, second: str) -> None:
        write(tx, first)
        with contextlib.suppress(threading.BrokenBarrierError):
            meet.wait()  # both hold one row now; on a repeat nobody comes
        write(tx, second)

    def write(tx: Connection, title: str) -> None:
        tx.execute(sa.text("UPDATE canned_replies SET text = text || '!' WHERE title = :title"), {"title": title})

    async with asyncio.timeout(30):
        await asyncio.gather(
            store.run(partial(touch_both, first="a", second="b")), store.run(partial(touch_both, first="b", second="a"))
        )
    assert [reply.text for reply in await store.read(canned_replies.listing)] == ["x!!", "x!!"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_serialization_failure_is_repeated(store: Store) -> None:
    await store.run(partial(put, title="a"))
    tries: list[int] = []
    loop = asyncio.get_running_loop()

    def conflict(tx: Connection) -> None:
        tx.execute(sa.text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
        [reply] = canned_replies.listing(tx)
        tries.append(1)
        if len(tries) == 1:
            # Another writer changes what we have read, and commits first.
            asyncio.run_coroutine_threadsafe(store.run(append), loop).result(10)
        tx.execute(sa.text("UPDATE canned_replies SET text = :text"), {"text": reply.text + "?"})

    def append(tx: Connection) -> None:
        tx.execute(sa.text("UPDATE canned_replies SET text = text || '!'"))

    await store.run(conflict)
    assert len(tries) == 2
    assert [reply.text for reply in await store.read(canned_replies.listing)] == ["x!?"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_loses_a_race_for_a_unique_key_looks_again(store: Store) -> None:
    meet = threading.Barrier(2, timeout=2)

    def put_together(tx: Connection, text: str) -> None:
        canned_replies.listing(tx)
        with contextlib.suppress(threading.BrokenBarrierError):
            meet.wait()
        canned_replies.put(tx, language="en", title="a", text=text)

    async with asyncio.timeout(30):
        await asyncio.gather(*(store.run(partial(put_together, text=str(n))) for n in range(2)))
    assert len(await titles(store)) == 1


async def test_a_real_violation_of_a_rule_reaches_the_caller(store: Store) -> None:
    def twice(tx: Connection) -> None:
        for _ in range(2):
            tx.execute(sa.text("INSERT INTO canned_replies (language, title, text) VALUES ('en', 'a', 'b')"))

    with pytest.raises(sa.exc.IntegrityError):
        await store.run(twice)
    assert await titles(store) == []
