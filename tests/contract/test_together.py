"""What many people say at the same time is placed and answered together, and each hears what he would have heard alone."""

from omnibot.domain.message import Author
from tests.contract.conftest import Bench, PushChannel

CHATS = ("a", "b", "c", "d")


async def greet(bench: Bench) -> None:
    """Everybody is known."""
    await bench.receive(*(bench.said("hello", chat=chat, message_id=f"{chat}0") for chat in CHATS))
    await bench.deliver()


async def test_each_gets_one_answer_in_his_own_chat(bench: Bench, channel: PushChannel) -> None:
    await greet(bench)
    words = {"a": "hello", "b": "hello", "c": "thanks", "d": "good morning"}
    await bench.receive(*(bench.said(text, chat=chat, message_id=f"{chat}1") for chat, text in words.items()))
    await bench.deliver()
    for chat, text in words.items():
        transcript = await bench.transcript(chat)
        assert transcript[2] == f"customer: {text}"
        assert transcript[3:] == [f"{Author.BOT}: {channel.heard(chat)[1]}"]
        assert len(channel.heard(chat)) == 2


async def test_one_who_wants_a_person_does_not_hold_up_the_others(bench: Bench, channel: PushChannel) -> None:
    await greet(bench)
    await bench.receive(
        bench.said("hello", chat="a"), bench.said("talk to a person", chat="b"), bench.said("hello", chat="c")
    )
    await bench.deliver()
    assert [len(channel.heard(chat)) for chat in ("a", "b", "c")] == [2, 2, 2]
    assert (await bench.conversation("b")).is_with_people
    assert not (await bench.conversation("a")).is_with_people


async def test_the_same_event_again_is_said_and_answered_once(bench: Bench, channel: PushChannel) -> None:
    await greet(bench)
    again = bench.said("hello", chat="a", message_id="a1")
    await bench.receive(again, bench.said("hello", chat="b"))
    await bench.receive(again)
    await bench.deliver()
    assert (len(await bench.transcript("a")), len(channel.heard("a"))) == (4, 2)
