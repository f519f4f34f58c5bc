"""What came in: each event once, in order per lane, with exactly one outcome."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import RawEvent
from omnibot.store import inbox, messages
from omnibot.store import utterances as said
from omnibot.store.inbox import Waiting
from omnibot.store.transactions import ALONE, Store
from omnibot.store.utterances import Utterance
from tests.office import MONDAY
from tests.store.conftest import open_conversation


def event(n: int, *, lane: str = "push:a", channel: str = "push") -> RawEvent:
    return RawEvent(channel=channel, external_id=f"e{n}", lane=lane, payload=f"payload {n}")


def utterance(conversation: Conversation, client_id: str, text: str = "hello") -> Utterance:
    return Utterance(channel="webchat", conversation_id=conversation.id, client_id=client_id, text=text)


async def accept(store: Store, *events: RawEvent) -> list[bool]:
    return [await store.run(partial(inbox.accept, event=one, now=MONDAY)) for one in events]


async def speak(store: Store, *utterances: Utterance) -> list[int | None]:
    return await store.run(partial(said.accept, utterances=list(utterances), now=MONDAY))


async def waiting(store: Store, *lanes: str, after: timedelta = timedelta(0)) -> list[Waiting]:
    return await store.read(partial(inbox.waiting, lanes=list(lanes), now=MONDAY + after))


async def test_an_event_seen_before_is_not_kept_again(store: Store) -> None:
    assert await accept(store, event(1), event(1), event(2)) == [True, False, True]
    assert await store.read(inbox.backlog) == (2, MONDAY)


async def test_fifty_copies_at_once_are_kept_once(store: Store) -> None:
    kept = await asyncio.gather(*(store.run(partial(inbox.accept, event=event(1), now=MONDAY)) for _ in range(50)))
    assert Counter(kept) == {True: 1, False: 49}


async def test_the_same_id_on_another_channel_is_another_event(store: Store) -> None:
    assert await accept(store, event(1), event(1, channel="push:second")) == [True, True]


async def test_utterances_get_a_place_in_their_transcript(store: Store) -> None:
    talks = [await store.run(partial(open_conversation, chat=chat)) for chat in "abc"]
    assert await speak(store, *(utterance(talk, "1", f"from {talk.id}") for talk in talks)) == [1, 1, 1]
    for talk in talks:
        found = await store.read(partial(messages.after, conversation_id=talk.id, seq=0))
        assert [(line.seq, line.text) for line in found] == [(1, f"from {talk.id}")]


async def test_a_repeated_utterance_keeps_its_first_seq_also_among_new_ones(store: Store) -> None:
    one, two = [await store.run(partial(open_conversation, chat=chat)) for chat in "ab"]
    assert await speak(store, utterance(one, "x", "first")) == [1]
    assert await speak(store, utterance(one, "y")) == [2]
    assert await speak(store, utterance(one, "x", "changed"), utterance(two, "x")) == [1, 1]
    found = await store.read(partial(messages.after, conversation_id=one.id, seq=0))
    assert [(line.seq, line.text) for line in found] == [(1, "first"), (2, "hello")]


async def test_fifty_copies_of_an_utterance_at_once_are_one_message(store: Store, conversation: Conversation) -> None:
    seqs = await asyncio.gather(*(speak(store, utterance(conversation, "same")) for _ in range(50)))
    assert len({seq for [seq] in seqs}) == 1
    assert len(await store.read(partial(messages.after, conversation_id=conversation.id, seq=0))) == 1


async def test_an_utterance_in_a_conversation_that_is_gone_has_no_place(
    store: Store, conversation: Conversation
) -> None:
    gone = Utterance(channel="webchat", conversation_id=4711, client_id="1", text="hello")
    assert await speak(store, gone) == [None]
    assert await speak(store, gone, utterance(conversation, "1")) == [None, 1]


async def test_an_event_has_exactly_one_outcome(store: Store) -> None:
    await accept(store, event(1))
    [head] = await waiting(store, "push:a")
    finished = await asyncio.gather(
        *(store.run(partial(inbox.finish, id=head.id, outcome=f"outcome {n}")) for n in range(10))
    )
    assert Counter(finished) == {True: 1, False: 9}
    assert not await store.run(partial(inbox.bury, id=head.id, why="late"))
    assert not await store.run(partial(inbox.claim, ids=[head.id], now=MONDAY, until=MONDAY))
    assert await waiting(store, "push:a") == []


async def test_only_the_first_event_of_each_lane_is_received(store: Store) -> None:
    await accept(store, event(1), event(2), event(3, lane="push:b"))
    heads = await waiting(store, "push:a", "push:b", "push:empty")
    assert [(head.event.external_id, head.has_followers) for head in heads] == [("e1", True), ("e3", False)]
    await store.run(partial(inbox.finish, id=heads[0].id, outcome="done"))
    heads = await waiting(store, "push:a")
    assert [(head.event.external_id, head.has_followers) for head in heads] == [("e2", False)]


async def test_a_long_line_in_one_lane_does_not_hide_the_others(store: Store) -> None:
    await accept(store, *(event(n) for n in range(600)), event(1000, lane="push:b"))
    heads = await waiting(store, "push:a", "push:b")
    assert [(head.event.external_id, head.has_followers) for head in heads] == [("e0", True), ("e1000", False)]


async def test_one_of_many_sweeps_gets_to_try_a_forgotten_event(store: Store) -> None:
    await accept(store, event(1))
    [head] = await waiting(store, "push:a")
    claim = partial(inbox.claim, ids=[head.id], now=MONDAY, until=MONDAY + timedelta(seconds=2))
    claimed = await asyncio.gather(*(store.run(claim, lock=ALONE) for _ in range(10)))
    assert sorted(map(len, claimed)) == [0] * 9 + [1]
    assert await waiting(store, "push:a") == []
    [head] = await waiting(store, "push:a", after=timedelta(seconds=2))
    assert head.attempts == 1


async def test_the_lane_waits_while_its_first_event_does(store: Store) -> None:
    await accept(store, event(1), event(2))
    [head] = await waiting(store, "push:a")
    await store.run(partial(inbox.postpone, id=head.id, until=MONDAY + timedelta(seconds=5), attempts=1))
    assert await waiting(store, "push:a") == []
    assert [one.id for one in await waiting(store, "push:a", after=timedelta(seconds=5))] == [head.id]


async def test_what_was_placed_comes_with_its_conversation_and_message(
    store: Store, conversation: Conversation
) -> None:
    await speak(store, utterance(conversation, "1", "hello"))
    [head] = await waiting(store, f"webchat:{conversation.id}")
    assert head.conversation is not None
    assert head.message is not None
    assert (head.conversation.id, head.conversation.last_seq) == (conversation.id, 1)
    assert (head.message.text, head.message.seq) == ("hello", 1)


async def test_an_event_gets_a_place_only_once(store: Store, conversation: Conversation) -> None:
    await accept(store, event(1))
    [head] = await waiting(store, "push:a")
    place = partial(inbox.set_place, id=head.id, conversation_id=conversation.id, seq=1)
    assert [await store.run(place), await store.run(place)] == [True, False]


async def test_forgotten_lanes_are_those_that_are_old_ripe_and_ours(store: Store, conversation: Conversation) -> None:
    await accept(store, event(1, lane="push:ours"), event(2, lane="other:theirs", channel="other"))
    await speak(store, utterance(conversation, "1"))

    async def forgotten(seconds: float) -> set[str]:
        body = partial(
            inbox.forgotten_lanes, channels=["push"], now=MONDAY + timedelta(seconds=seconds), age=timedelta(seconds=2)
        )
        return set(await store.read(body))

    placed = f"webchat:{conversation.id}"
    assert await forgotten(1.9) == set()
    assert await forgotten(2) == {"push:ours", placed}
    [head] = await waiting(store, "push:ours")
    await store.run(partial(inbox.postpone, id=head.id, until=MONDAY + timedelta(seconds=30), attempts=1))
    assert await forgotten(29) == {placed}
    assert await forgotten(30) == {"push:ours", placed}
    await store.run(partial(inbox.bury, id=head.id, why="broken"))
    assert await forgotten(30) == {placed}


async def test_what_has_no_outcome_leaves_no_trace_of_a_rolled_back_one(store: Store) -> None:
    await accept(store, event(1))
    [head] = await waiting(store, "push:a")

    def finish_and_fail(tx: Connection) -> None:
        assert inbox.finish(tx, head.id, "answer")
        raise LookupError

    await asyncio.gather(store.run(finish_and_fail), return_exceptions=True)
    assert [one.id for one in await waiting(store, "push:a")] == [head.id]
