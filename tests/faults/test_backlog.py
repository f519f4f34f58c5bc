"""A server that finds a mountain of unanswered messages when it starts: who writes now does not stand behind all of them."""

import asyncio
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store import contacts, conversations, utterances
from omnibot.store.transactions import Store
from omnibot.store.utterances import Utterance
from tests.faults.fleet import embedded_url, in_thread, process
from tests.faults.ledger import Ledger, now, report
from tests.faults.visitors import ANSWERED, Crowd
from tests.servers import OmnibotProcess

ROUNDS = 10  # messages in each conversation; RELIABILITY I10 has 100
CONVERSATIONS = 1_000


async def test_who_writes_now_is_answered_before_the_backlog_is_done(tmp_path: Path) -> None:
    server = process(tmp_path / "omnibot", "all")
    rounds = int(os.environ.get("OMNIBOT_FAULT_ROUNDS") or ROUNDS)
    await pile_up(embedded_url(server), rounds)
    began = now()
    await in_thread(server.start)
    try:
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), size=0)
        async with crowd.running():
            visitor = await crowd.admit()
            await visitor.say(ANSWERED[0])
            async with asyncio.timeout(30):
                while not any(seq > 1 for seq in visitor.seen):  # noqa: ASYNC110 (the state is another process's)
                    await asyncio.sleep(0.01)
            answered, left = now() - began, waiting(server)
        report({"backlog": rounds * CONVERSATIONS, "left": left, "answered_after_start_s": answered})
        assert left > rounds * CONVERSATIONS // 2
    finally:
        server.close()


async def pile_up(url: str, rounds: int) -> None:
    """As if the server had accepted all that, and been killed a minute ago."""
    store, at = Store(url), datetime.now(UTC) - timedelta(minutes=1)
    ids = await store.run(partial(_open_all, at=at))
    for n in range(rounds):
        said = [
            Utterance(channel="webchat", conversation_id=id, client_id=f"m{n}", text=ANSWERED[0].format(n))
            for id in ids
        ]
        await store.run(partial(utterances.accept, utterances=said, now=at))
    await store.close()


def _open_all(tx: Connection, at: datetime) -> list[int]:
    ids = []
    for n in range(CONVERSATIONS):
        contact = contacts.add(tx, language=Language.EN, now=at)
        address = Address(channel="webchat", chat=f"chat{n}")
        opened = conversations.open_at(tx, address, contact_id=contact.id, language=Language.EN, page_url=None, now=at)
        ids.append(opened.id)
    return ids


def waiting(server: OmnibotProcess) -> int:
    database = sqlite3.connect(f"file:{server.data_dir / 'omnibot.sqlite3'}?mode=ro", uri=True)
    try:
        count: int = database.execute("SELECT count(*) FROM inbox WHERE state = 'new'").fetchone()[0]
        return count
    finally:
        database.close()
