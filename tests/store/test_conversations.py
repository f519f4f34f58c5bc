"""The epoch guard, the order of seqs, and the lists that people work from."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.conversation import BotState, Conversation, HandoffReason, Status
from omnibot.domain.language import Language
from omnibot.domain.message import Author, Message, Note
from omnibot.domain.triage import Explanation
from omnibot.store import conversation_lists, conversations, messages, read_marks
from omnibot.store.transactions import Store
from tests.office import MONDAY
from tests.store.conftest import open_conversation


async def save(store: Store, before: Conversation, after: Conversation) -> bool:
    return await store.run(partial(conversations.save, before=before, after=after, now=MONDAY))


async def get(store: Store, id: int) -> Conversation:
    found = await store.read(partial(conversations.get, id=id))
    assert found is not None
    return found


async def test_everything_that_is_saved_is_read_back(store: Store, conversation: Conversation, ada: User) -> None:
    bot = BotState(failures=1, suggested=True, last_entry="e", unhelpful=("a", "b"), resolved_ticket=7)
    following = replace(
        conversation,
        status=Status.OPEN,
        agent_id=ada.id,
        epoch=5,
        language=Language.ZH_HANT,
        bot=bot,
        reason=HandoffReason.ASKED,
        waiting_since=MONDAY,
        due_at=MONDAY + timedelta(minutes=10),
    )
    assert await save(store, conversation, following)
    assert await get(store, conversation.id) == following


async def test_the_bot_may_not_speak_after_the_epoch_has_moved(store: Store, conversation: Conversation) -> None:
    speak = partial(conversations.speak_under, conversation=conversation, text="hi", now=MONDAY)
    assert await store.run(speak) == 1
    assert await save(store, conversation, conversation.handed_off(HandoffReason.ASKED, MONDAY))
    assert await store.run(speak) is None
    assert (await get(store, conversation.id)).last_seq == 1


async def test_what_was_decided_under_an_old_epoch_is_not_saved(store: Store, conversation: Conversation) -> None:
    taken = conversation.handed_off(HandoffReason.ASKED, MONDAY)
    assert await save(store, conversation, taken)
    assert not await save(store, conversation, conversation.closed())
    assert await get(store, conversation.id) == taken


async def test_of_two_who_take_from_the_same_epoch_one_wins(store: Store, conversation: Conversation) -> None:
    following = conversation.handed_off(HandoffReason.ASKED, MONDAY)
    assert sorted(await asyncio.gather(*(save(store, conversation, following) for _ in range(8)))) == [False] * 7 + [
        True
    ]


async def test_speaking_keeps_the_bots_state_and_language(store: Store, conversation: Conversation) -> None:
    following = replace(conversation, language=Language.ZH_HANS, bot=BotState(failures=1, last_entry="e"))
    await store.run(partial(conversations.speak_under, conversation=following, text="x" * 500, now=MONDAY))
    assert await get(store, conversation.id) == replace(following, last_seq=1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_belongs_to_a_locked_conversation_can_be_written_meanwhile(
    store: Store, conversation: Conversation
) -> None:
    locked, written = threading.Event(), threading.Event()

    def lock(tx: Connection) -> bool:
        conversations.lock(tx, conversation.id)
        locked.set()
        return written.wait(10)

    def mark(tx: Connection) -> None:
        read_marks.move(tx, conversation.id, 1, by_customer=True, now=MONDAY)

    locking = store.submit(lock)
    assert await asyncio.to_thread(locked.wait, 10)
    await store.run(mark)  # its foreign key looks at the conversation
    written.set()
    assert await locking


async def test_seqs_taken_at_once_have_no_gap_and_no_double(store: Store, conversation: Conversation) -> None:
    take = partial(conversations.next_seq, id=conversation.id, preview="x", now=MONDAY)
    seqs = await asyncio.gather(*(store.run(take, lock=conversation.id) for _ in range(50)))
    assert sorted(seqs) == list(range(1, 51))


async def test_the_list_begins_with_what_is_due_first_then_the_newest(store: Store) -> None:
    def fill(tx: Connection) -> list[int]:
        made = [open_conversation(tx, chat) for chat in "abcd"]
        for n, one in enumerate(made):
            conversations.next_seq(tx, one.id, preview=f"words {n}", now=MONDAY + timedelta(minutes=n))
        conversations.set_due(tx, made[0].id, MONDAY + timedelta(hours=2))
        conversations.set_due(tx, made[1].id, MONDAY + timedelta(hours=1))
        open_conversation(tx, "silent")
        return [one.id for one in made]

    a, b, c, d = await store.run(fill)
    lines = await store.read(conversation_lists.lines)
    assert [line.conversation.id for line in lines] == [b, a, d, c]
    assert [line.preview for line in lines] == ["words 1", "words 0", "words 3", "words 2"]
    page = await store.read(partial(conversation_lists.lines, limit=2, offset=1))
    assert [line.conversation.id for line in page] == [a, d]


@pytest.mark.parametrize(("search", "found"), [("50%", 1), ("a_c", 1), ("abc", 1), ("\\", 1), ("%", 1), ("nothing", 0)])
async def test_a_search_takes_every_character_as_it_is(store: Store, search: str, found: int) -> None:
    def fill(tx: Connection) -> None:
        for text in ("costs 50% more", "a_c", "abc", "back\\slash"):
            one = open_conversation(tx, text)
            seq = conversations.next_seq(tx, one.id, preview=text, now=MONDAY)
            messages.add(tx, Message(conversation_id=one.id, seq=seq, author=Author.CUSTOMER, text=text, at=MONDAY))

    await store.run(fill)
    assert len(await store.read(partial(conversation_lists.lines, search=search))) == found


async def test_the_place_in_the_queue_counts_those_due_before(store: Store) -> None:
    def fill(tx: Connection) -> list[Conversation]:
        made = []
        for n, minutes in enumerate((20, None, 10, 10, None)):
            one = open_conversation(tx, str(n))
            due_at = None if minutes is None else MONDAY + timedelta(minutes=minutes)
            handed = replace(one.handed_off(HandoffReason.ASKED, MONDAY), due_at=due_at)
            assert conversations.save(tx, one, handed, now=MONDAY)
            made.append(handed)
        return made

    queue = await store.run(fill)
    places = [await store.read(partial(conversation_lists.place_in_queue, conversation=one)) for one in queue]
    assert places == [3, 4, 1, 2, 5]


async def test_notes_are_nowhere_among_the_messages(store: Store, conversation: Conversation, ada: User) -> None:
    def write(tx: Connection) -> None:
        seq = conversations.next_seq_quietly(tx, conversation.id, now=MONDAY)
        messages.add_note(
            tx,
            Note(
                conversation_id=conversation.id, seq=seq, agent_id=ada.id, author_name="ada", text="SECRET", at=MONDAY
            ),
        )

    await store.run(write)
    assert await store.read(partial(messages.after, conversation_id=conversation.id, seq=0)) == []
    assert await store.read(partial(messages.newest, conversation_id=conversation.id)) == []
    notes = await store.read(partial(messages.notes_of, conversation_id=conversation.id))
    assert [note.text for note in notes] == ["SECRET"]
    [line] = await store.read(conversation_lists.lines)
    assert line.preview == ""


async def test_an_explanation_is_read_back_as_it_was_stored(store: Store, conversation: Conversation) -> None:
    why = Explanation(
        decision="answer",
        faq_version="v",
        answer_threshold=0.6,
        suggest_threshold=0.3,
        candidates=(("id", "Question?", 0.9),),
        features=("clean", "filter"),
    )
    said = Message(conversation_id=conversation.id, seq=1, author=Author.BOT, text="x", at=MONDAY)
    await store.run(partial(messages.add, message=said, explanation=why))
    assert await store.read(partial(messages.explanations, conversation_id=conversation.id)) == {1: why}


async def test_the_newest_words_of_others_leave_out_ones_own_and_the_systems(
    store: Store, conversation: Conversation, ada: User
) -> None:
    def fill(tx: Connection) -> None:
        for seq, (author, agent_id) in enumerate(
            [(Author.CUSTOMER, None), (Author.BOT, None), (Author.AGENT, ada.id), (Author.SYSTEM, None)], start=1
        ):
            said = Message(
                conversation_id=conversation.id, seq=seq, author=author, text="x", at=MONDAY, agent_id=agent_id
            )
            messages.add(tx, said)

    await store.run(fill)
    newest = partial(messages.newest_of_others, conversation_id=conversation.id)
    assert await store.read(partial(newest, agent_id=ada.id)) == 2
    assert await store.read(partial(newest, agent_id=ada.id + 1)) == 3
