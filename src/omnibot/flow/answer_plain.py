"""Answers what is plain, many messages at once and with one statement of a kind: the bot just says something, in a conversation
that it has. All else is for `carry_out`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.engine import Connection

from omnibot.domain import decision as decisions
from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.message import Author, Message
from omnibot.domain.triage import Explanation
from omnibot.flow import word
from omnibot.flow.carry_out import Plan
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn, Unowned
from omnibot.store import conversations, inbox, messages, outbox
from omnibot.store import utterances as stored
from omnibot.store.conversations import Advance
from omnibot.store.inbox import Waiting
from omnibot.store.utterances import Utterance

BotSpeech = (
    decisions.Answer
    | decisions.AskForFact
    | decisions.Suggest
    | decisions.AskAgain
    | decisions.Acknowledge
    | decisions.Greet
    | decisions.OfferForm
)
PlanPlain = Callable[[Message, Conversation], Plan | None]


class Answered(NamedTuple):
    """A plan that was carried out, and what was said."""

    plan: Plan
    answer: Message


class Accepted(NamedTuple):
    """What became of utterances."""

    seqs: list[int | None]  # of each; None: its conversation is gone
    answered: list[Answered]
    rest: list[Waiting]  # the first that waits in each of the other lanes


def is_plain(plan: Plan) -> bool:
    """Whether it can be carried out here."""
    return plan.conversation.status is Status.BOT and isinstance(plan.decision, BotSpeech)


def accept_and_answer(
    tx: Connection, desk: Desk, utterances: list[Utterance], plan_plain: PlanPlain, now: datetime
) -> Accepted:
    """As `utterances.accept`, and answer what `plan_plain` has a plan for, so that a question and its answer are one commit.
    Nothing overtakes what waits in its lane. `utterances` are of different conversations."""
    placed = stored.place(tx, utterances, now)
    busy = inbox.lanes_waiting(tx, [said.lane for said in utterances])
    plans = [None if one.said.lane in busy else plan_plain(one.message, one.conversation) for one in placed]
    kept = [
        (one.said, one.message.seq, plan.explanation.decision if plan else None)
        for one, plan in zip(placed, plans, strict=True)
    ]
    first = stored.keep(tx, kept, now)
    fresh = [
        (one, plan)
        for one, plan in zip(placed, plans, strict=True)
        if not first or one.said.external_id not in first  # mostly nothing was said before
    ]
    answered = [Answered(plan, _answer(desk, plan, now)) for _, plan in fresh if plan is not None]
    _advance(tx, desk, answered, now, uncounted=1)
    conversations.set_seqs(tx, [one.message for one, plan in fresh if plan is None])
    stored.write(tx, [one.message for one, _ in fresh], _explained(answered))
    seqs = {one.message.conversation_id: one.message.seq for one in placed}
    if first:
        again = [one.said for one in placed if one.said.external_id in first]
        seqs |= {said.conversation_id: first[said.external_id] for said in again}
    return Accepted(
        seqs=[seqs.get(said.conversation_id) for said in utterances],
        answered=answered,
        rest=_rest(tx, utterances, answered, now),
    )


def answer_together(tx: Connection, desk: Desk, plans: dict[int, Plan], now: datetime) -> dict[int, Answered]:
    """Carry out the plans for many events, of different conversations. Raises MovedOn or Unowned if any does not fit."""
    answered = {id: Answered(plan, _answer(desk, plan, now)) for id, plan in plans.items()}
    if answered:
        _advance(tx, desk, list(answered.values()), now)
        messages.add_many(tx, _explained(answered.values()))
        if not inbox.finish_many(tx, [(id, plan.explanation.decision) for id, plan in plans.items()]):
            raise Unowned
    return answered


def unrestrained(tx: Connection, desk: Desk, plans: dict[int, Plan], now: datetime) -> dict[int, Plan]:
    """Those of the plans whose people have not heard too much already; the others are for `carry_out`."""
    conversed = [plan.conversation for plan in plans.values()]
    there = [conversation for conversation in conversed if conversation.address.channel not in desk.reading_channels]
    said = outbox.said_automatically_to(tx, there, since=now - timedelta(hours=1))
    heard = {key for key, count in said.items() if count >= desk.policy.automatic_per_hour}
    return {
        id: plan
        for id, plan in plans.items()
        if (plan.conversation.contact_id, plan.conversation.address.channel) not in heard
    }


def _answer(desk: Desk, plan: Plan, now: datetime) -> Message:
    text, choices = word.decision(desk.texts.of(plan.language), plan.decision, plan.language)
    return Message(
        conversation_id=plan.conversation.id,
        seq=plan.conversation.last_seq + 1,
        author=Author.BOT,
        text=text,
        choices=choices,
        at=now,
    )


def _advance(tx: Connection, desk: Desk, answered: list[Answered], now: datetime, *, uncounted: int = 0) -> None:
    """The conversations as they stand with the answers, which are sent where they have to be. `uncounted`: so many of each one's
    messages the database has not counted yet."""
    if not answered:
        return
    advances = [
        Advance(plan.conversation, plan.language, plan.bot, answer, plan.conversation.last_seq - uncounted)
        for plan, answer in answered
    ]
    if not conversations.advance(tx, advances, now=now):
        raise MovedOn
    said = [(plan.conversation, answer) for plan, answer in answered]
    outbox.add_many(tx, [each for each in said if each[0].address.channel not in desk.reading_channels], now)


def _explained(answered: Iterable[Answered]) -> list[tuple[Message, Explanation]]:
    return [(answer, plan.explanation) for plan, answer in answered]


def _rest(tx: Connection, utterances: list[Utterance], answered: list[Answered], now: datetime) -> list[Waiting]:
    done = {answer.conversation_id for _, answer in answered}
    lanes = [said.lane for said in utterances if said.conversation_id not in done]
    return inbox.waiting(tx, lanes, now) if lanes else []
