"""What somebody hears for whom the platform does not vouch: of this conversation, and of nothing else."""

from functools import partial

import pytest

from omnibot.domain.ticket import Priority
from omnibot.flow import change_ticket, look_up
from tests.contract.conftest import Bench

CASE = "where is my case"


async def opens_ticket(bench: Bench, thread: str, subject: str) -> None:
    conversation = await bench.conversation(thread=thread)
    opening = partial(
        change_ticket.open_ticket,
        desk=bench.desk,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        subject=subject,
        category=None,
        priority=Priority.NORMAL,
        description="",
        agent=None,
        now=bench.clock.now(),
    )
    await bench.store.run(opening)


@pytest.fixture
async def two_cases(bench: Bench) -> None:
    """One contact with a case in each of two threads."""
    await bench.receive(bench.said("hello", thread="t1"), bench.said("hello", thread="t2"))
    await opens_ticket(bench, "t1", "Broken door")
    await opens_ticket(bench, "t2", "Lost hose")


async def test_who_is_verified_hears_of_all_cases(bench: Bench, two_cases: None) -> None:
    await bench.receive(bench.said(CASE, thread="t2", is_verified=True))
    told = (await bench.transcript(thread="t2"))[-1]
    assert "Broken door" in told
    assert "Lost hose" in told


@pytest.mark.parametrize("is_verified", [False, None])
async def test_who_is_not_hears_of_the_case_of_that_conversation(
    bench: Bench, two_cases: None, is_verified: bool | None
) -> None:
    await bench.receive(bench.said(CASE, thread="t2", is_verified=is_verified))
    told = (await bench.transcript(thread="t2"))[-1]
    assert "Lost hose" in told
    assert "Broken door" not in told


@pytest.mark.parametrize("is_verified", [False, None])
async def test_who_is_not_hears_nothing_in_a_new_conversation(
    bench: Bench, two_cases: None, is_verified: bool | None
) -> None:
    await bench.receive(bench.said(CASE, thread="t3", is_verified=is_verified))
    assert "I find no case of yours" in (await bench.transcript(thread="t3"))[-1]


async def test_a_number_opens_no_case_of_another_conversation(bench: Bench, two_cases: None) -> None:
    told = (await bench.transcript(thread="t1"))[-1]
    number = next(word.strip(".:,") for word in told.split() if word[0].isdigit())
    await bench.receive(bench.said(f"{CASE} {number}", thread="t2", is_verified=False))
    assert "Broken door" not in (await bench.transcript(thread="t2"))[-1]


async def test_staff_are_told_of_each_message(bench: Bench) -> None:
    for is_verified in (True, False, None):
        await bench.receive(bench.said("hello", is_verified=is_verified))
    id = (await bench.conversation()).id
    found = await bench.store.read(partial(look_up.overview, id=id))
    assert found is not None
    assert [found.details[seq].is_verified if seq in found.details else True for seq in (1, 3, 5)] == [
        True,
        False,
        None,
    ]
