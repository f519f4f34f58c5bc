"""What has to be sent: in order per chat, by one worker at a time, and never by the bot once people have taken over."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, HandoffReason
from omnibot.domain.message import Author, Message
from omnibot.store import conversations, deliveries, messages, outbox
from omnibot.store.outbox import Claimed
from omnibot.store.transactions import Store
from tests.office import MONDAY
from tests.store.conftest import open_conversation

LEASE = timedelta(seconds=60)


def queue(tx: Connection, conversation: Conversation, text: str, author: Author = Author.SYSTEM) -> int:
    seq = conversations.next_seq(tx, conversation.id, preview=text, now=MONDAY)
    message = Message(conversation_id=conversation.id, seq=seq, author=author, text=text, at=MONDAY)
    messages.add(tx, message)
    outbox.add(tx, conversation, message, MONDAY)
    return seq


async def say(store: Store, conversation: Conversation, *texts: str, author: Author = Author.SYSTEM) -> None:
    for text in texts:
        await store.run(partial(queue, conversation=conversation, text=text, author=author))


async def claim(store: Store, token: str, *, now: datetime = MONDAY, limit: int = 50) -> list[Claimed]:
    return await store.run(partial(deliveries.claim, channels=["push"], token=token, now=now, lease=LEASE, limit=limit))


async def states(store: Store, conversation: Conversation) -> list[str]:
    found = await store.read(partial(outbox.states, conversation_id=conversation.id))
    return [state for _, (state, _) in sorted(found.items())]


async def test_one_message_of_each_chat_is_claimed_the_oldest_first(store: Store, conversation: Conversation) -> None:
    other = await store.run(partial(open_conversation, chat="b"))
    await say(store, conversation, "one", "two")
    await say(store, other, "three")
    assert [row.message.text for row in await claim(store, "t")] == ["one", "three"]
    assert await claim(store, "t2") == []


async def test_the_next_of_a_chat_follows_when_the_first_has_ended(store: Store, conversation: Conversation) -> None:
    await say(store, conversation, "one", "two", "three")
    [first] = await claim(store, "t")
    assert await store.run(partial(outbox.settle_sent, id=first.id, token="t", external_id="x", now=MONDAY))
    [second] = await claim(store, "t")
    assert await store.run(partial(outbox.settle_failed, id=second.id, token="t", why="blocked", now=MONDAY))
    [third] = await claim(store, "t")
    assert [row.message.text for row in (first, second, third)] == ["one", "two", "three"]
    assert await states(store, conversation) == ["sent", "failed", "sending"]


async def test_what_is_put_off_stays_first_in_its_chat(store: Store, conversation: Conversation) -> None:
    await say(store, conversation, "one", "two")
    [first] = await claim(store, "t")
    later = MONDAY + timedelta(seconds=30)
    assert await store.run(partial(outbox.settle_later, id=first.id, token="t", why="busy", not_before=later))
    assert await claim(store, "t", now=later - timedelta(microseconds=1)) == []
    [again] = await claim(store, "t", now=later)
    assert (again.message.text, again.attempts, again.doubtful) == ("one", 2, False)


async def test_a_lease_that_ends_gives_the_message_to_another_as_doubtful(
    store: Store, conversation: Conversation
) -> None:
    await say(store, conversation, "one")
    [mine] = await claim(store, "mine")
    assert await claim(store, "theirs", now=MONDAY + LEASE - timedelta(microseconds=1)) == []
    [theirs] = await claim(store, "theirs", now=MONDAY + LEASE)
    assert (theirs.id, theirs.attempts, theirs.doubtful) == (mine.id, 2, True)
    # Whoever lost the lease settles nothing any more.
    assert not await store.run(partial(outbox.settle_sent, id=mine.id, token="mine", external_id="x", now=MONDAY))
    assert not await store.run(partial(outbox.settle_failed, id=mine.id, token="mine", why="x", now=MONDAY))
    assert not await store.run(partial(outbox.settle_later, id=mine.id, token="mine", why="x", not_before=MONDAY))
    assert await states(store, conversation) == ["sending"]


async def test_a_takeover_cancels_what_the_bot_has_not_sent(store: Store, conversation: Conversation) -> None:
    await say(store, conversation, "bot one", "bot two", author=Author.BOT)
    await say(store, conversation, "agent", author=Author.AGENT)
    await store.run(partial(outbox.cancel_bots, conversation_id=conversation.id, now=MONDAY))
    assert await states(store, conversation) == ["cancelled", "cancelled", "pending"]
    assert [row.message.text for row in await claim(store, "t")] == ["agent"]


async def test_the_bots_words_of_an_older_epoch_are_cancelled_by_the_claim(
    store: Store, conversation: Conversation
) -> None:
    await say(store, conversation, "bot", author=Author.BOT)
    await say(store, conversation, "system")
    handed = conversation.handed_off(HandoffReason.ASKED, MONDAY)
    assert await store.run(partial(conversations.save, before=conversation, after=handed, now=MONDAY))
    assert await claim(store, "t") == []
    assert await states(store, conversation) == ["cancelled", "pending"]
    assert [row.message.text for row in await claim(store, "t")] == ["system"]


async def test_what_the_bot_is_sending_already_is_not_cancelled(store: Store, conversation: Conversation) -> None:
    await say(store, conversation, "bot", author=Author.BOT)
    [sending] = await claim(store, "t")
    await store.run(partial(outbox.cancel_bots, conversation_id=conversation.id, now=MONDAY))
    assert await store.run(partial(outbox.settle_sent, id=sending.id, token="t", external_id="x", now=MONDAY))
    assert await states(store, conversation) == ["sent"]


async def test_claimers_at_the_same_time_never_share_a_message(store: Store) -> None:
    talks = [await store.run(partial(open_conversation, chat=str(n))) for n in range(20)]
    for talk in talks:
        await say(store, talk, "one", "two")
    claimed = await asyncio.gather(*(claim(store, f"token {n}", limit=7) for n in range(12)))
    ids = [row.id for rows in claimed for row in rows]
    assert len(ids) == len(set(ids))
    rest = await claim(store, "rest")
    texts = [row.message.text for rows in (*claimed, rest) for row in rows]
    assert texts == ["one"] * 20


async def test_only_the_channels_of_this_process_are_claimed(store: Store, conversation: Conversation) -> None:
    other = await store.run(partial(open_conversation, chat="b", channel="elsewhere"))
    await say(store, other, "not ours")
    await say(store, conversation, "ours")
    assert [row.message.text for row in await claim(store, "t")] == ["ours"]


async def test_the_backlog_counts_what_has_not_ended(store: Store, conversation: Conversation) -> None:
    assert await store.read(outbox.backlog) == (0, None)
    await say(store, conversation, "one", "two")
    await claim(store, "t")
    assert await store.read(outbox.backlog) == (2, MONDAY)


async def test_a_claim_reads_what_waits_and_nothing_that_was_sent(store: Store) -> None:
    if not store.is_embedded:
        return  # PostgreSQL plans by how many rows there are

    def plans(tx: Connection) -> list[str]:
        ran: list[tuple[str, Any]] = []
        event.listen(
            tx, "before_cursor_execute", lambda _c, _cursor, statement, values, *_: ran.append((statement, values))
        )
        deliveries.claim(tx, channels=["push"], token="t", now=MONDAY, lease=LEASE, limit=50)
        [(statement, values)] = ran
        return [row[-1] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    plan = await store.run(plans)
    assert not [line for line in plan if line.startswith("SCAN")]
    assert len([line for line in plan if "ix_outbox_waiting" in line]) == 2
