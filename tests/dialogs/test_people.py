"""What agents do with a conversation, and what the customer hears of it."""

import asyncio

import pytest

from tests.office import Agent, Office, Visitor


@pytest.fixture
async def queued(visitor: Visitor) -> Visitor:
    """A customer who waits for a person."""
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    return visitor


async def test_the_customer_hears_who_joins_and_what_they_write(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    await agent.replies(queued, "How can I help?")
    lines = await queued.hears("system: Ada", "agent: How can I help?")
    assert lines[1]["author_name"] == "Ada"


async def test_taking_what_a_colleague_has_is_refused_and_names_the_owner(
    queued: Visitor, agent: Agent, colleague: Agent
) -> None:
    await agent.takes(queued)
    problem = await colleague.takes(queued, status=409)
    assert (problem["agent_id"], problem["agent_name"]) == (agent.id, "Ada")
    await queued.hears("system: Ada")


async def test_taking_twice_says_nothing_twice(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    await agent.takes(queued)
    await queued.hears("system: Ada")


async def test_of_many_who_take_at_once_one_wins(queued: Visitor, office: Office) -> None:
    agents = [await office.agent(f"Agent{n}") for n in range(12)]

    async def take(agent: Agent) -> int:
        path = f"/api/v1/conversations/{queued.conversation_id}/take"
        async with office.http.post(path, headers=agent.headers) as response:
            return response.status

    statuses = await asyncio.gather(*map(take, agents))
    assert sorted(statuses) == [200] + [409] * 11
    await queued.hears("system: joins")


async def test_a_reply_takes_a_conversation_that_nobody_has(queued: Visitor, agent: Agent, colleague: Agent) -> None:
    await agent.replies(queued, "I am here.")
    await queued.hears("system: Ada", "agent: I am here.")
    await colleague.replies(queued, "Me too.", status=409)
    await queued.hears_nothing()


async def test_a_reply_takes_a_conversation_from_the_bot(visitor: Visitor, agent: Agent) -> None:
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    await agent.replies(visitor, "Let me add something.")
    await visitor.hears("system: Ada", "agent: Let me add something.")
    await visitor.says("How do I clean the filter?")
    await visitor.hears_nothing()


async def test_a_reply_begun_before_the_customer_spoke_again_is_held_back(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    [joined] = await queued.hears("system: Ada")
    newer = await queued.says("I found it, never mind")
    await queued.hears_nothing()
    problem = await agent.replies(queued, "Try this", seen_seq=joined["seq"], status=409)
    assert problem["newest_seq"] == newer["seq"]
    await queued.hears_nothing()
    await agent.replies(queued, "Great!", seen_seq=newer["seq"])
    await queued.hears("agent: Great!")


async def test_ones_own_words_do_not_hold_back_the_next_reply(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    [joined] = await queued.hears("system: Ada")
    await agent.replies(queued, "First", seen_seq=joined["seq"])
    await agent.replies(queued, "Second", seen_seq=joined["seq"])
    await queued.hears("agent: First", "agent: Second")


async def test_the_same_reply_sent_twice_is_said_once(queued: Visitor, agent: Agent) -> None:
    first = await agent.replies(queued, "Hello", client_id="draft-1")
    again = await agent.replies(queued, "Hello", client_id="draft-1")
    assert again["messages"][-1]["id"] == first["messages"][-1]["id"]
    await queued.hears("system: Ada", "agent: Hello")


async def test_the_same_reply_sent_many_times_at_once_is_said_once(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    answers = await asyncio.gather(*(agent.replies(queued, "Hello", client_id="d") for _ in range(20)))
    assert len({answer["messages"][-1]["id"] for answer in answers}) == 1
    await queued.hears("system: Ada", "agent: Hello")


async def test_two_agents_may_use_the_same_client_id(queued: Visitor, agent: Agent, colleague: Agent) -> None:
    await agent.replies(queued, "From Ada", client_id="1")
    await agent.releases(queued)
    await colleague.replies(queued, "From Grace", client_id="1")
    lines = await queued.hears("system: Ada", "agent: From Ada", "system: ", "system: Grace", "agent: From Grace")
    assert len({line["id"] for line in lines}) == 5


async def test_internal_notes_reach_colleagues_and_never_the_customer(
    queued: Visitor, agent: Agent, colleague: Agent
) -> None:
    tab = await queued.tab()
    await agent.takes(queued)
    await agent.notes(queued, "SECRET: he called last week")
    await colleague.notes(queued, "SECRET: me too")
    await agent.replies(queued, "Hello")
    await tab.hears("system: Ada", "agent: Hello")
    await queued.hears("system: Ada", "agent: Hello")
    assert "SECRET" not in str(await queued.transcript())
    notes = [line for line in (await agent.sees(queued))["transcript"] if line["internal"]]
    assert [note["author_name"] for note in notes] == ["Ada", "Grace"]
    tab.close()


async def test_handed_back_the_bot_answers_again(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    await agent.hands_back(queued)
    await queued.hears("system: Ada", "system: Our assistant is back")
    await queued.says("How do I clean the filter?")
    await queued.hears("bot: Did that help?")


async def test_closed_the_next_message_starts_with_the_bot(queued: Visitor, agent: Agent) -> None:
    await agent.takes(queued)
    await agent.closes(queued)
    await queued.hears("system: Ada", "system: closed")
    assert (await agent.sees(queued))["conversation"]["status"] == "closed"
    await queued.says("How do I clean the filter?")
    await queued.hears("bot: Did that help?")
    assert (await agent.sees(queued))["conversation"]["status"] == "bot"


async def test_closed_the_next_message_may_also_ask_for_a_person(queued: Visitor, agent: Agent) -> None:
    await agent.closes(queued)
    await queued.hears("system: closed")
    await queued.says("talk to a person")
    await queued.hears("system: Of course")
    assert (await agent.sees(queued))["conversation"]["status"] == "queued"


async def test_released_it_waits_for_another_agent(queued: Visitor, agent: Agent, colleague: Agent) -> None:
    await agent.takes(queued)
    await agent.releases(queued)
    detail = await colleague.sees(queued)
    assert (detail["conversation"]["status"], detail["conversation"]["assignee_id"]) == ("queued", None)
    await colleague.takes(queued)
    await queued.hears("system: Ada", "system: A colleague takes over", "system: Grace")


async def test_what_nobody_holds_cannot_be_released(queued: Visitor, agent: Agent) -> None:
    await agent.releases(queued, status=409)
    await queued.hears_nothing()


async def test_assigned_it_belongs_to_the_colleague(queued: Visitor, agent: Agent, colleague: Agent) -> None:
    await agent.assigns(queued, colleague)
    await queued.hears("system: Grace")
    await agent.takes(queued, status=409)
    await colleague.replies(queued, "Hello")
    await queued.hears("agent: Hello")


async def test_only_a_supervisor_moves_what_somebody_has(
    queued: Visitor, agent: Agent, colleague: Agent, supervisor: Agent
) -> None:
    await agent.takes(queued)
    for refused in (
        colleague.assigns(queued, colleague, status=409),
        colleague.hands_back(queued, status=409),
        colleague.closes(queued, status=409),
        colleague.releases(queued, status=409),
    ):
        await refused
    await supervisor.assigns(queued, colleague)
    await queued.hears("system: Ada", "system: Grace")


async def test_nobody_can_be_given_a_conversation_who_does_not_exist(queued: Visitor, agent: Agent) -> None:
    await agent.post(f"/conversations/{queued.conversation_id}/assign", {"agent_id": 4711}, status=422)


async def test_the_customer_sees_that_the_agent_types(queued: Visitor, agent: Agent) -> None:
    tab = await queued.tab()
    await tab.next("status")
    await agent.post(f"/conversations/{queued.conversation_id}/typing", status=204)
    _, event = await tab.next("typing")
    assert event == {"author_name": "Ada"}
    tab.close()


async def test_what_is_due_first_stands_at_the_top_of_the_queue(office: Office, agent: Agent) -> None:
    for _ in range(3):
        waiting = await office.visitor()
        await waiting.says("talk to a person")
        await waiting.hears("system: Of course")
        office.clock.advance(minutes=1)
    lines = (await agent.get("/conversations?status=queued"))["items"]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert [line["due_at"] for line in lines] == sorted(line["due_at"] for line in lines)
