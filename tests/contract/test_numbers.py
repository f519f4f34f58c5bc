"""Where a platform has no buttons, a bare number presses what was offered last."""

from dataclasses import replace
from functools import partial

from omnibot.channel import Limits
from omnibot.domain.calibration import StandingPolicy
from omnibot.domain.decision import DID_NOT_HELP
from omnibot.domain.language import Language
from omnibot.domain.rating import RatingPolicy
from omnibot.flow import look_up
from omnibot.flow.rating import ask
from omnibot.flow.staff import card
from omnibot.store import ratings
from tests.contract.conftest import Bench, PushChannel

FILTER = "How do I clean the filter?"
SORRY = "bot: Sorry that this did not help"


def without_buttons(channel: PushChannel) -> None:
    channel.limits = Limits(text_length=8_000, choices=0)


async def test_a_number_presses_the_choice_offered_last(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER))
    await bench.receive(bench.spoken("２"))
    said = await bench.transcript()
    assert said[-2] == "customer: ２"
    assert said[-1].startswith(SORRY)


async def test_people_see_what_a_number_chose(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    for words_said in (FILTER, "2", "talk to a person"):
        await bench.receive(bench.spoken(words_said))
    words = bench.desk.texts.of(Language.EN)
    found = await bench.store.read(partial(look_up.overview, id=(await bench.conversation()).id))
    assert found is not None
    assert "👤 **Customer**: 2 · No\n" in card.before(words, found, found.conversation.last_seq)
    assert "customer: 2" in await bench.transcript()


async def test_a_press_whose_words_did_not_come_is_kept_with_them(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.spoken(FILTER), bench.said(DID_NOT_HELP, choice=DID_NOT_HELP))
    assert (await bench.transcript())[-2] == "customer: No"


async def test_with_buttons_a_number_is_only_a_number(bench: Bench, channel: PushChannel) -> None:
    await bench.receive(bench.spoken(FILTER))
    await bench.receive(bench.spoken("2"))
    assert not (await bench.transcript())[-1].startswith(SORRY)


async def test_a_number_after_later_words_of_ours_presses_nothing(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER), bench.spoken("thanks"), bench.spoken("2"))
    assert not (await bench.transcript())[-1].startswith(SORRY)


async def test_a_number_under_an_older_offer_presses_nothing(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER))
    await bench.deliver()
    await bench.receive(bench.spoken("How long do I have warranty?"))
    await bench.deliver()
    await bench.receive(bench.said("2", references=["a-1"]))
    assert not (await bench.transcript())[-1].startswith(SORRY)
    assert "hand_off" in str((await bench.outcomes())[-1])


async def test_a_number_under_the_newest_offer_presses(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER))
    await bench.deliver()
    await bench.receive(bench.said("第二个", references=["a-1"]))
    assert (await bench.transcript())[-1].startswith(SORRY)


async def test_a_machines_number_presses_nothing(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER), bench.said("2", is_automatic=True))
    assert (await bench.transcript())[-1] == "customer: 2"


async def test_a_number_rates(bench: Bench, channel: PushChannel) -> None:
    without_buttons(channel)
    await bench.receive(bench.spoken(FILTER), bench.spoken("thanks"))
    conversation, now = await bench.conversation(), bench.clock.now()
    nobody = {"ticket_id": None, "agent_id": None, "dealer_id": None, "team": None, "entry_id": None}
    await bench.store.run(
        partial(ratings.want, conversation_id=conversation.id, **nobody, ask_at=now, now=now)  # type: ignore[arg-type]
    )
    policy = replace(bench.desk.policy, rating=RatingPolicy())
    await ask.step(replace(bench.desk, standing=StandingPolicy(policy)), now)
    await bench.receive(bench.spoken("４"))
    assert (await bench.transcript())[-1].startswith("system: Thank you for your rating!")
    [rated] = await bench.store.read(partial(ratings.of_conversation, id=conversation.id))
    assert rated.score == 4
