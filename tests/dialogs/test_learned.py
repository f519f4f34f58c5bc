"""What was learned is there when customers ask: after a restart, and after something was published."""

from omnibot.domain.access import Role
from tests.office import Agent, Office, Opener

FUZZY = "when do I get reimbursed"  # a word that no phrasing has


async def score(agent: Agent) -> float:
    asked = await agent.post("/faq/ask", {"text": FUZZY})
    best = asked["candidates"][0]
    return float(best["score"]) if best["entry_id"] == "refund" else 0.0


async def test_the_first_customer_after_a_restart_gets_what_was_learned_before(open_office: Opener) -> None:
    first = await open_office()
    ada = await first.agent("Ada")
    unlearned = await score(ada)
    await first.application.live._learn()
    learned = await score(ada)
    assert learned > unlearned
    second = await open_office()
    assert await score(await second.agent("Bo")) == learned


async def test_what_the_backtest_learned_of_a_draft_is_there_when_it_goes_live(office: Office) -> None:
    supervisor = await office.agent("Sue", Role.SUPERVISOR)
    visitor = await office.visitor()
    await visitor.says("Do you engrave initials?")
    await office.settled()
    wordings = {
        "en": {"question": "Do you engrave initials?", "phrasings": ["engraving"], "answer": "Yes, on the lid."}
    }
    draft = await supervisor.post("/faq/entries", {"id": "engrave", "wordings": wordings}, status=201)
    tested = await supervisor.post(f"/faq/entries/{draft['id']}/backtest", {})
    assert tested["counts"]["gained"] == 1
    await supervisor.post(f"/faq/entries/{draft['id']}/publish", {})
    training = office.application.knowledge.training
    assert training is not None
    model = training.kept(office.application.desk.matcher.knowledge_base)
    assert model is not None
