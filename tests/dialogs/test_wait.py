"""Whoever waits for a person is told the place and an honest wait: measured where enough is known, else what was promised."""

from tests.office import Agent, Office, Visitor


async def queues(office: Office, language: str = "en") -> Visitor:
    visitor = await office.visitor(language)
    await visitor.says("转人工" if language != "en" else "I want to talk to a person")
    await office.settled()
    return visitor


async def serve(office: Office, agent: Agent, *, customers: int = 5, minutes: float = 10) -> None:
    """One after the other waits that long and is answered."""
    for _ in range(customers):
        visitor = await queues(office)
        office.clock.advance(minutes=minutes)
        await agent.replies(visitor, "Hello!")
    office.clock.advance(minutes=1)


async def standing(office: Office, visitor: Visitor) -> tuple[int, str]:
    tab = await visitor.tab()
    _, told = await tab.next("status")
    tab.close()
    return told["position"], told["expected"]


async def test_while_too_little_is_known_the_promise_is_told(office: Office) -> None:
    first, second = await queues(office), await queues(office)
    await first.hears("system: within about 10 minutes")
    await second.hears("system: within about 10 minutes")
    await second.says("How long?")
    [told] = await second.hears("system: You are number 2 in line.")
    assert "we cannot say; we have promised you an answer by today at 09:10" in told["text"]
    office.clock.advance(minutes=30)
    await second.says("how much longer??")
    await second.hears("system: We have not kept the time we promised")


async def test_the_wait_is_measured_and_told_wherever_it_is_asked_for(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    first, second = await queues(office), await queues(office)
    await first.hears("system: you are number 1 in line, and someone answers right here in about 10 minutes")
    await second.hears("system: you are number 2 in line, and someone answers right here in about 20 minutes")
    assert await standing(office, second) == (2, "It takes about 20 minutes at present.")
    await agent.replies(first, "Hello!")
    office.clock.advance(minutes=1)
    await second.says("how long?")
    await second.hears("system: You are number 1 in line. It takes about 10 minutes")


async def test_nobody_on_duty_is_no_figure(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    await agent.post("/me/away", {"away": True})
    office.clock.advance(minutes=1)
    visitor = await queues(office)
    await visitor.hears("system: within about 10 minutes")


async def test_it_is_told_in_chinese(office: Office, agent: Agent) -> None:
    await serve(office, agent)
    visitor = await queues(office, "zh-Hans")
    await visitor.hears("system: 您排在第 1 位，约 10 分钟后会有人在这里答复")
    await visitor.says("还要多久")
    await visitor.hears("system: 您排在第 1 位。 目前需要等待约 10 分钟")


async def test_how_long_is_a_question_for_the_faq_while_nobody_waits(office: Office, visitor: Visitor) -> None:
    await visitor.says("How long?")
    [said] = await visitor.hears("bot: ")
    assert "in line" not in said["text"]


async def test_asking_moves_nobody(office: Office, agent: Agent) -> None:
    first, second = await queues(office), await queues(office)
    before = (await agent.sees(first))["conversation"]
    office.clock.advance(minutes=2)
    await first.says("how long?")
    await office.settled()
    after = (await agent.sees(first))["conversation"]
    assert (before["due_at"], before["waiting_since"]) == (after["due_at"], after["waiting_since"])
    queue = (await agent.get("/conversations?status=queued"))["items"]
    assert [one["id"] for one in queue] == [first.conversation_id, second.conversation_id]
