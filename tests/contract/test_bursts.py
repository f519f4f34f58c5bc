"""People write in pieces: what already waits together is one question, with one answer and one outcome for each piece."""

from functools import partial

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store import contacts, conversations, messages, utterances
from omnibot.store.utterances import Utterance
from tests.contract.conftest import Bench
from tests.office import MONDAY

PIECES = ("How do I", "clean the filter?")


async def test_pieces_that_wait_together_get_one_answer(bench: Bench) -> None:
    await bench.receive(*(bench.spoken(piece) for piece in PIECES))
    *asked, answer = await bench.transcript()
    assert asked == [f"customer: {piece}" for piece in PIECES]
    assert "flap at the bottom right" in answer
    assert [outcome[:2] for outcome in await bench.outcomes()] == [("done", "answer"), ("done", "joined")]


async def test_pieces_far_apart_are_questions_of_their_own(bench: Bench) -> None:
    first, second = (bench.spoken(piece) for piece in PIECES)
    await bench.accept(first)
    bench.clock.advance(seconds=11)
    await bench.receive(second)
    assert "joined" not in str(await bench.outcomes())
    spoke = [line.partition(":")[0] for line in await bench.transcript()]
    assert spoke[0] == spoke[2] == "customer"
    assert spoke[1] != "customer"


@pytest.mark.parametrize("second", ["talk to a person", "where is my case", "thanks"])
async def test_a_command_is_no_piece(bench: Bench, second: str) -> None:
    await bench.receive(bench.spoken("How do I clean the filter?"), bench.spoken(second))
    assert "joined" not in str(await bench.outcomes())
    assert len(await bench.transcript()) == 4


async def test_a_button_is_no_piece(bench: Bench) -> None:
    await bench.receive(bench.spoken("How do I clean the filter?"), bench.spoken("No", choice="did_not_help"))
    assert "joined" not in str(await bench.outcomes())


async def test_a_machines_words_are_no_piece(bench: Bench) -> None:
    await bench.receive(bench.spoken(PIECES[0]), bench.said(PIECES[1], is_automatic=True))
    assert [outcome for _, outcome, _ in await bench.outcomes()][1] == "automatic"


async def test_with_people_nothing_is_joined(bench: Bench) -> None:
    await bench.receive(bench.spoken("talk to a person"))
    await bench.receive(*(bench.spoken(piece) for piece in PIECES))
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["hand_off", "pass_on", "pass_on"]


async def test_with_a_number_of_pieces_each_has_one_outcome(bench: Bench) -> None:
    await bench.receive(*(bench.spoken(word) for word in ["How", "do", "I", "clean", "the", "filter", "please"]))
    outcomes = [outcome for _, outcome, _ in await bench.outcomes()]
    assert outcomes[1:] == ["joined"] * 6
    assert len(await bench.transcript()) == 8


async def test_web_chat_joins_what_waits_and_keeps_each_piece(bench: Bench) -> None:
    def accept(tx: Connection) -> int:
        ana = contacts.add(tx, language=Language.EN, name="Ana", now=MONDAY)
        address = Address(channel="webchat", chat="ana")
        id = conversations.open_at(tx, address, contact_id=ana.id, language=Language.EN, page_url=None, now=MONDAY).id
        for number, piece in enumerate(PIECES):
            said = Utterance(channel="webchat", conversation_id=id, client_id=f"c{number}", text=piece)
            utterances.accept(tx, [said], MONDAY)
        return id

    id = await bench.store.run(accept)
    await bench.go_on(f"webchat:{id}")
    found = await bench.store.read(partial(messages.after, conversation_id=id, seq=0))
    assert [message.text for message in found[:2]] == list(PIECES)
    assert "flap at the bottom right" in found[2].text
    assert len(found) == 3
    assert [outcome[:2] for outcome in await bench.outcomes()] == [("done", "answer"), ("done", "joined")]


async def test_two_questions_that_the_faq_knows_are_answered_both(bench: Bench) -> None:
    await bench.receive(bench.spoken("How do I clean the filter?"), bench.spoken("How long is the warranty?"))
    assert [outcome for _, outcome, _ in await bench.outcomes()] == ["answer", "answer"]


async def test_a_greeting_in_front_does_not_hide_the_question(bench: Bench) -> None:
    await bench.receive(
        *(bench.spoken(text) for text in ("Hi there", "my machine is dirty", "How do I clean the filter?"))
    )
    said = await bench.transcript()
    assert len(said) == 4
    assert "flap at the bottom right" in said[3]


async def test_what_is_unknown_does_not_spoil_what_is_known(bench: Bench) -> None:
    await bench.receive(bench.spoken("How do I clean the filter?"), bench.spoken("xylophone zebra quantum"))
    said = await bench.transcript()
    assert len(said) == 3
    assert "flap at the bottom right" in said[2]


async def test_two_people_in_a_group_ask_two_questions(bench: Bench) -> None:
    await bench.receive(bench.said("How do I", sender="ana"), bench.said("clean the filter?", sender="tom"))
    assert "joined" not in str(await bench.outcomes())


async def test_who_tells_a_story_is_heard_by_itself(bench: Bench) -> None:
    await bench.receive(bench.spoken("How do I clean the filter?"), bench.spoken("and then " * 30))
    assert "joined" not in str(await bench.outcomes())
