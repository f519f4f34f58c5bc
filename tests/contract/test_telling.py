"""What platforms tell beyond words: threads by known ids, edits, deletions, bounces, machines, and chats out of reach."""

from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.channel import Unavailable
from omnibot.domain.access import User
from omnibot.domain.conversation import Status
from omnibot.flow import attend
from omnibot.store import contacts, conversations, message_details, messages, promises, users
from tests.contract.conftest import PUSH, Bench, PushChannel
from tests.store.conftest import hire

HERE = {"address": "a"}


async def reply(bench: Bench, text: str, chat: str = "a") -> None:
    """An agent called Bo answers."""
    conversation = await bench.conversation(chat)
    bo = await bench.store.run(_bo)
    answer = partial(attend.reply, desk=bench.desk, id=conversation.id, agent=bo, text=text, now=bench.clock.now())
    assert isinstance(await bench.store.run(answer), attend.Done)


def _bo(tx: Connection) -> User:
    return users.by_email(tx, "bo@example.com") or hire(tx, "bo")


async def count(bench: Bench, table: str) -> int:
    found: int = await bench.store.read(lambda tx: tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
    return found


async def test_an_answer_to_our_message_joins_its_conversation(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.said("hello", thread="t1", message_id="m1"))
    await bench.deliver()
    await bench.receive(bench.said("thanks", thread="t2", message_id="m2", references=["a-1"]))
    assert await count(bench, "conversations") == 1
    assert len(await bench.transcript(thread="t1")) == 4
    await bench.deliver()
    assert channel.taken[1].references == ("m2", "a-1", "m1")
    assert channel.taken[1].address.thread == "t1"


async def test_knowing_an_id_lets_nobody_into_another_chat(bench: Bench) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    await bench.receive(bench.said("me, too", chat="b", message_id="m2", references=["m1", "m2"]))
    assert await count(bench, "conversations") == 2
    assert (await bench.transcript("b"))[0] == "customer: me, too"


async def test_a_new_thread_of_the_same_person_is_a_new_conversation_of_the_same_contact(bench: Bench) -> None:
    await bench.receive(bench.said("hello", thread="t1"), bench.said("hello again", thread="t2"))
    assert (await count(bench, "conversations"), await count(bench, "contacts")) == (2, 1)


async def test_in_a_group_each_thread_belongs_to_who_opened_it(bench: Bench) -> None:
    await bench.receive(
        bench.said("hello", thread="t1", sender="U1", name="Ana"),
        bench.said("me, too", thread="t1", sender="U2", name="Bea"),
        bench.said("hello", thread="t2", sender="U2", name="Bea"),
        bench.said("hello", thread="t3", sender="U1", name="Ana"),
    )
    first, second, third = [await bench.conversation(thread=thread) for thread in ("t1", "t2", "t3")]
    assert first.contact_id == third.contact_id != second.contact_id
    said = await bench.store.read(partial(messages.after, conversation_id=first.id, seq=0))
    assert [line.author_name for line in said if line.author == "customer"] == ["Ana", "Bea"]
    bea = await bench.store.read(partial(contacts.get, id=second.contact_id))
    assert bea is not None
    assert bea.name == "Bea"


async def test_what_nobody_asked_us_is_only_kept_where_we_are_talking(bench: Bench) -> None:
    await bench.receive(bench.said("lunch?", is_addressed=False))
    assert await count(bench, "conversations") == 0
    await bench.receive(bench.said("hello"), bench.said("it blinks", is_addressed=False))
    assert "customer: it blinks" in await bench.transcript()
    assert (await bench.outcomes())[0][1] == "ignored: nobody called us"


async def test_the_subject_of_a_conversation_is_its_first_and_comes_with_each_reply(
    bench: Bench, channel: PushChannel
) -> None:
    await bench.receive(bench.said("hello", subject="My oven"), bench.said("hello?", subject="Re: My oven"))
    await bench.deliver()
    assert {message.subject for message in channel.taken} == {"My oven"}


async def test_what_was_quoted_is_kept_beside_the_words(bench: Bench) -> None:
    await bench.receive(bench.said("hello", quoted="On Monday you wrote", html="<p>hello</p>"))
    conversation = await bench.conversation()
    [details] = (
        await bench.store.read(partial(message_details.of_conversation, conversation_id=conversation.id))
    ).values()
    assert (details.quoted, details.html, details.is_automatic) == ("On Monday you wrote", "<p>hello</p>", False)


async def test_each_try_is_numbered(bench: Bench, channel: PushChannel) -> None:
    channel.plan("a", Unavailable("busy"), Unavailable("busy"))
    await bench.receive(bench.said("hello"))
    for _ in range(3):
        await bench.deliver()
        bench.clock.advance(minutes=1)
    assert [message.attempt for message in channel.tried] == [1, 2, 3]


async def test_an_edit_is_a_new_version_and_is_not_answered(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    before = await bench.transcript()
    edit = bench.told("edited", **HERE, message_id="m1", text="hello there")
    await bench.receive(edit, bench.told("edited", **HERE, message_id="m1", text="hello there"))
    assert await bench.transcript() == ["customer: hello there", *before[1:]]
    conversation = await bench.conversation()
    versions = await bench.store.read(partial(message_details.versions, conversation_id=conversation.id))
    assert [version.text for version in versions[1]] == ["hello"]
    message = await bench.store.read(partial(messages.get, conversation_id=conversation.id, seq=1))
    assert message is not None
    assert message.edited_at == bench.clock.now()
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["greet", "edited", "edited"]


async def test_who_edits_before_we_read_it_is_answered_on_the_newest_words(bench: Bench) -> None:
    await bench.receive(
        bench.said("xyzzy plugh", message_id="m1"),
        bench.told("edited", **HERE, message_id="m1", text="hello"),
    )
    lines = await bench.transcript()
    assert (lines[0], len(lines)) == ("customer: hello", 2)
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["greet", "edited"]
    conversation = await bench.conversation()
    versions = await bench.store.read(partial(message_details.versions, conversation_id=conversation.id))
    assert [version.text for version in versions[1]] == ["xyzzy plugh"]


async def test_what_was_taken_back_before_we_read_it_is_not_answered(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.said("hello", message_id="m1"), bench.told("deleted", **HERE, message_id="m1"))
    assert await bench.transcript() == ["customer: hello"]
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["deleted", "deleted"]


async def test_a_deletion_is_a_mark(bench: Bench) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    await bench.receive(bench.told("deleted", **HERE, message_id="m1"))
    conversation = await bench.conversation()
    message = await bench.store.read(partial(messages.get, conversation_id=conversation.id, seq=1))
    assert message is not None
    assert (message.text, message.deleted_at) == ("hello", bench.clock.now())


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("edited", {"message_id": "unknown", "text": "x", **HERE}),
        ("edited", {"message_id": "a-1", "text": "x", **HERE}),  # ours
        ("deleted", {"message_id": "unknown", **HERE}),
        ("bounced", {"message_id": "unknown", "why": "gone", "is_permanent": True}),
        ("bounced", {"message_id": "m1", "why": "gone", "is_permanent": True}),  # theirs
    ],
)
async def test_what_is_about_something_unknown_is_ignored_for_a_reason(
    bench: Bench, what: str, fields: dict[str, object]
) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    await bench.deliver()
    before = await bench.transcript()
    await bench.receive(bench.told(what, **fields))
    assert await bench.transcript() == before
    assert (await bench.outcomes())[-1][1].startswith("ignored: ")  # type: ignore[union-attr]


async def test_a_bounced_reply_of_an_agent_brings_the_conversation_back_to_people(
    bench: Bench, channel: PushChannel
) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    await reply(bench, "we call you")
    conversation = await bench.conversation()
    await bench.deliver()
    [sent] = [n for n, message in enumerate(channel.taken, start=1) if message.text == "we call you"]
    await bench.store.run(lambda tx: conversations.save(tx, conversation, conversation.closed(), now=bench.clock.now()))
    bounced = {"message_id": f"a-{sent}", "why": "no such mailbox", "is_permanent": True}
    await bench.receive(bench.told("bounced", **bounced), bench.told("bounced", **bounced))
    assert ("failed", "no such mailbox") in await bench.deliveries()
    assert (await bench.conversation()).status is Status.QUEUED
    assert await bench.notes() == ["A message did not arrive: no such mailbox"]
    owed = await bench.store.read(partial(promises.open_of_conversation, conversation_id=conversation.id))
    assert len(owed) == 1
    taken = len(channel.taken)
    await bench.deliver()
    assert len(channel.taken) == taken  # the customer is told nothing more


async def test_a_delay_is_told_to_staff_and_nothing_else(bench: Bench) -> None:
    await bench.receive(bench.said("hello"))
    await bench.deliver()
    await bench.receive(bench.told("bounced", message_id="a-1", why="greylisted", is_permanent=False))
    assert await bench.deliveries() == [("sent", None)]
    assert await bench.notes() == ["A message has not arrived yet: greylisted"]


async def test_what_a_machine_wrote_is_kept_and_never_answered(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.said("hello"))
    await bench.take()
    before = await bench.conversation()
    await bench.receive(bench.said("I am out of office", is_automatic=True))
    after = await bench.conversation()
    assert (await bench.transcript())[-1] == "customer: I am out of office"
    assert (after.status, after.waiting_since) == (before.status, before.waiting_since)
    assert (await bench.outcomes())[-1] == ("done", "automatic", 0)
    assert await count(bench, "promises") == 0


async def test_nothing_is_sent_to_who_has_blocked_us_and_staff_know(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.said("hello"))
    await bench.deliver()
    gone = bench.told("reachability", **HERE, is_reachable=False, why="blocked by the user")
    await bench.receive(gone, bench.told("reachability", **HERE, is_reachable=False, why="blocked by the user"))
    await reply(bench, "are you there?")
    await bench.deliver()
    assert len(channel.tried) == 1
    assert (await bench.deliveries())[-1] == ("failed", "blocked by the user")
    await bench.receive(bench.told("reachability", **HERE, is_reachable=True, why=""))
    await reply(bench, "welcome back")
    await bench.deliver()
    assert channel.heard("a")[-1] == "welcome back"
    assert await bench.notes() == [
        "The customer cannot be reached here any more: blocked by the user",
        "The customer can be reached here again.",
    ]


async def test_who_writes_to_us_can_be_reached(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.told("reachability", **HERE, is_reachable=False, why="blocked"), bench.said("hello"))
    await bench.deliver()
    assert len(channel.heard("a")) == 1


async def test_a_chat_that_moves_takes_its_conversation_and_what_waits_along(
    bench: Bench, channel: PushChannel
) -> None:
    await bench.receive(bench.said("hello", message_id="m1"))
    await bench.receive(bench.told("moved", address="a", to="b"))
    await bench.deliver()
    assert (channel.heard("a"), len(channel.heard("b"))) == ([], 1)
    await bench.receive(bench.said("hello again", chat="b", message_id="m2", references=["m1"]))
    assert len(await bench.transcript("b")) == 4
    assert await count(bench, "conversations") == 1


async def test_a_chat_that_moves_where_somebody_is_already_still_gets_what_waits(
    bench: Bench, channel: PushChannel
) -> None:
    await bench.receive(bench.said("hello"), bench.said("hello", chat="b"))
    await bench.receive(bench.told("moved", address="a", to="b"))
    await bench.deliver()
    assert len(channel.heard("b")) == 2
    assert (await bench.conversation("a")).address.channel == PUSH
