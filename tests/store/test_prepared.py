"""What is written many rows at a time stands as if each had been written by itself."""

import asyncio
from functools import partial

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Attachment, Author, Choice, Message
from omnibot.store import conversations, inbox, messages
from omnibot.store.conversations import Advance
from omnibot.store.inbox import PlacedEvent
from omnibot.store.transactions import Store
from omnibot.store.utterances import Utterance, accept
from tests.office import MONDAY
from tests.store.conftest import open_conversation

# What a statement, its driver, JSON or a database may take for something else.
HARD = "100 %s % :now $1 \\ \\u0041 \"quoted\" 'single' {x} [y] \r\n\t\x01 \u2028 é 洗衣机 \U0001f9fa null"


async def test_any_text_comes_back_as_it_was(store: Store, conversation: Conversation) -> None:
    def message(seq: int, text: str, author: Author = Author.CUSTOMER) -> Message:
        return Message(conversation_id=conversation.id, seq=seq, author=author, text=text, at=MONDAY)

    file = Attachment(id=1, name=HARD, media_type="text/plain", size=2**40)
    choices = (Choice(id="1", label=HARD),)
    said = [
        message(1, HARD),
        message(2, ""),
        Message(conversation_id=conversation.id, seq=3, author=Author.BOT, text="null", choices=choices, at=MONDAY),
        Message(conversation_id=conversation.id, seq=4, author=Author.CUSTOMER, text="", files=(file,), at=MONDAY),
    ]
    await store.run(partial(messages.add_many, said=[(one, None) for one in said]))
    assert await store.read(partial(messages.after, conversation_id=conversation.id, seq=0)) == said


async def test_what_was_kept_before_is_not_counted_and_ids_follow_the_order(
    store: Store, conversation: Conversation
) -> None:
    def placed(key: str, lane: str = "push:a", outcome: str | None = None) -> PlacedEvent:
        return PlacedEvent("push", key, lane, conversation.id, 1, outcome)

    async def keep(*events: PlacedEvent) -> int:
        return await store.run(partial(inbox.accept_placed, placed=list(events), now=MONDAY))

    said = Message(conversation_id=conversation.id, seq=1, author=Author.CUSTOMER, text=HARD, at=MONDAY)
    await store.run(partial(messages.add, message=said))
    assert await keep() == 0
    assert await keep(placed("1"), placed("2", lane=HARD), placed("done", outcome="answer")) == 3
    assert await keep(placed("2"), placed("3"), placed("3"), placed("4")) == 2
    waiting = await store.read(partial(inbox.ids_waiting, lanes=["push:a", HARD, "push:other"]))
    assert sorted(waiting) == [HARD, "push:a"]
    assert waiting["push:a"] == sorted(waiting["push:a"])
    heads = await store.read(partial(inbox.waiting, lanes=["push:a", HARD, "push:other"], now=MONDAY))
    assert [(one.event.external_id, one.event.lane, one.has_followers, one.message) for one in heads] == [
        ("1", "push:a", True, said),
        ("2", HARD, False, said),
    ]
    line = await store.read(partial(inbox.line, lane="push:a", after=heads[0].id))
    assert [one.event.external_id for one in line] == ["3", "4"]


async def test_groups_that_meet_in_another_order_wait_for_nobody_in_vain(store: Store) -> None:
    repeated: list[str] = []

    def open_many(tx: Connection) -> list[Conversation]:
        return [open_conversation(tx, str(n)) for n in range(40)]

    opened = await store.run(open_many)

    def watched(tx: Connection, order: list[Conversation], turn: int) -> bool:
        try:
            return write(tx, order, turn)
        except DBAPIError as error:
            repeated.append(str(error.orig))
            raise

    def write(tx: Connection, order: list[Conversation], turn: int) -> bool:
        said = [
            Utterance(channel="push", conversation_id=one.id, client_id=f"{turn}-{one.id}", text=HARD) for one in order
        ]
        seqs = accept(tx, said, MONDAY)
        advances = [
            Advance(
                conversation=one,
                language=one.language,
                bot=one.bot,
                answer=Message(conversation_id=one.id, seq=seq + 1, author=Author.BOT, text="Yes", at=MONDAY),
                under_seq=seq,
            )
            for one, seq in zip(order, seqs, strict=True)
            if seq is not None
        ]
        messages.add_many(tx, [(one.answer, None) for one in advances])
        return conversations.advance(tx, advances, now=MONDAY)

    orders = [opened, opened[::-1], opened[20:] + opened[:20], opened[::2] + opened[1::2]]
    wrote = await asyncio.gather(
        *(store.run(partial(watched, order=order, turn=n)) for n, order in enumerate(orders * 4))
    )
    assert all(wrote)
    assert repeated == []
    for one in opened:
        transcript = await store.read(partial(messages.after, conversation_id=one.id, seq=0))
        assert [message.seq for message in transcript] == [*range(1, 33)]
