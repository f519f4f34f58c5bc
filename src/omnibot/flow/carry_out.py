"""Writes what a decision causes, in one transaction for each message.

Everything is guarded twice. The conversation's epoch is that under which the decision was made, or MovedOn is raised and it is
decided again. The event has no outcome yet, or Unowned is raised. Plain answers are written in bulk (`answer_plain`).
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import assert_never

from sqlalchemy.engine import Connection

from omnibot.domain import decision as decisions
from omnibot.domain import triage
from omnibot.domain.conversation import BotState, Conversation, HandoffReason, Status
from omnibot.domain.decision import Decision
from omnibot.domain.form import Complete
from omnibot.domain.language import Language
from omnibot.domain.message import Author, Message
from omnibot.domain.policy import Policy
from omnibot.domain.promise import PromiseKind
from omnibot.domain.rating import Rate
from omnibot.domain.surge.call_back import CallBack
from omnibot.domain.surge.incident import TellIncident
from omnibot.domain.surge.wait import TellWait
from omnibot.domain.triage import Explanation, Understanding
from omnibot.domain.value import dataclass, hot
from omnibot.flow import book_visit, change_ticket, fill_form, find_owner, link, tell_where, word
from omnibot.flow.dealers import hand_to_dealer
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn, Unowned
from omnibot.flow.hand_off import hand_off, queue
from omnibot.flow.owe import first_due, owe
from omnibot.flow.rating.take import take
from omnibot.flow.say import said_automatically, say, tell_staff
from omnibot.flow.surge import call_back, tell_incident, tell_wait
from omnibot.store import conversations, inbox


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A decision, the state it was made under and what the conversation remembers of it."""

    message: Message
    conversation: Conversation
    language: Language
    bot: BotState
    decision: Decision
    explanation: Explanation

    @property
    def following(self) -> Conversation:
        """The conversation with what was learnt from the message."""
        return replace(self.conversation, language=self.language, bot=self.bot)


def make_plan(
    message: Message,
    conversation: Conversation,
    understanding: Understanding,
    decision: Decision,
    policy: Policy,
) -> Plan:
    return Plan(
        message=message,
        conversation=conversation,
        language=understanding.language,
        bot=triage.after(decision, conversation.bot),
        decision=decision,
        explanation=triage.explain(decision, understanding, policy),
    )


def carry_out(tx: Connection, desk: Desk, event_id: int, plan: Plan, now: datetime) -> list[Message]:
    """Everything one decision causes, and the outcome of the event that it is about; returns what was said. Raises MovedOn or
    Unowned, and then leaves nothing."""
    plan = _restrained(tx, desk, plan, now)
    conversation, following, explanation = plan.conversation, plan.following, plan.explanation
    message, decision = plan.message, plan.decision
    words = desk.texts.of(following.language)
    tell = partial(say, tx, desk, following, author=Author.SYSTEM, explanation=explanation, now=now)
    said: list[Message] = []
    match decision:
        case decisions.PassOn():
            _wait_for_people(tx, desk, conversation, message, now)
            change_ticket.answered(tx, desk, conversation.id, now=now)
        case decisions.LatePress():
            _wait_for_people(tx, desk, conversation, message, now)
            text = word.late_press(words, conversation)
            said.append(say(tx, desk, following, author=Author.SYSTEM, text=text, explanation=explanation, now=now))
        case decisions.ShowCases():
            text = tell_where.cases(tx, desk, words, decision.tickets, conversation, now)
            if conversation.is_with_people:
                _wait_for_people(tx, desk, conversation, message, now)
            said.append(tell(text=text))
        case TellWait():
            _wait_for_people(tx, desk, conversation, message, now)
            waits = tell_wait.look(tx, desk.stopwatch, desk.policy, desk.rules, conversation, now)
            text = word.waiting(words, waits, conversation.due_at, now, desk.policy.calendar.zone)
            offers = call_back.offers(words, desk.policy, waits)
            said.append(tell(text=text, choices=offers))
        case CallBack():
            said += call_back.press(tx, desk, decision, following, now=now)
        case decisions.OfferCode() | decisions.PartChat():
            if conversations.lock(tx, conversation.id) is None:
                raise MovedOn
            act = link.offer if isinstance(decision, decisions.OfferCode) else link.part_own
            text = act(tx, desk, following, now)
            said.append(tell(text=text))
        case decisions.HandOff(reason=reason):
            said.append(
                _required(hand_off(tx, desk, conversation, following, reason=reason, explanation=explanation, now=now))
            )
            change_ticket.answered(tx, desk, conversation.id, now=now)
        case decisions.FallSilent():
            if queue(tx, desk, conversation, following, reason=HandoffReason.TOO_MANY, now=now) is None:
                raise MovedOn
            tell_staff(tx, conversation.id, word.too_many(desk.texts.of(desk.staff_language), desk.policy), now)
        case decisions.ReopenTicket(ticket=ticket) | decisions.FollowTicket(ticket=ticket):
            if conversation.is_with_people:
                _wait_for_people(tx, desk, conversation, message, now)
                conversations.keep_bot_state(tx, conversation.id, following.bot)
            else:
                told = hand_off(
                    tx, desk, conversation, following, reason=HandoffReason.REOPENED, explanation=explanation, now=now
                )
                said.append(_required(told))
            if isinstance(decision, decisions.ReopenTicket):
                said += change_ticket.reopen(tx, desk, ticket, message, now=now)
                hand_to_dealer.objected(tx, desk, ticket, message.text, now=now)
            else:
                opened, told_number = change_ticket.follow_up(tx, desk, ticket, message, now=now)
                said += told_number + find_owner.route(tx, desk, opened, text=message.text, now=now)
        case decisions.AnswerDealer():
            said += _answer_dealer(tx, desk, plan, decision, now)
        case decisions.PickSlot():
            if conversations.lock(tx, conversation.id) is None:
                raise MovedOn
            if conversation.is_with_people and decision.what == decisions.SLOT_NO_SHOW:
                _wait_for_people(tx, desk, conversation, message, now)
            said += book_visit.press(tx, desk, decision, following, now=now)
        case Rate():
            said += take(tx, desk, decision, following, now=now)
        case TellIncident(id=id):
            text, choices = tell_incident.answer(tx, desk, id, following, seq=message.seq, now=now)
            seq = _speak(tx, conversation, following, text, now)
            said.append(tell(text=text, choices=choices, seq=seq))
        case decisions.FillForm(step=step) if isinstance(step.outcome, Complete):
            said += fill_form.complete(tx, desk, step, conversation, following, now)
        case (
            decisions.Answer()
            | decisions.AskForFact()
            | decisions.Suggest()
            | decisions.AskAgain()
            | decisions.Acknowledge()
            | decisions.Greet()
            | decisions.OfferForm()
            | decisions.FillForm()
        ):
            text, choices = word.decision(words, decision, following.language)
            seq = _speak(tx, conversation, following, text, now)
            if isinstance(decision, decisions.FillForm):
                fill_form.keep(tx, decision.step, message, conversation, now)
            said.append(tell(author=Author.BOT, text=text, choices=choices, seq=seq))
        case _:
            assert_never(decision)
    # Last, so that locks are taken in the order of `utterances.accept`: the conversation first, then the event.
    if not inbox.finish(tx, event_id, explanation.decision):
        raise Unowned
    return said


def _answer_dealer(
    tx: Connection, desk: Desk, plan: Plan, decision: decisions.AnswerDealer, now: datetime
) -> list[Message]:
    """The customer's yes or no to a dealer's plan or report. Whoever does not agree gets a person, who sees why."""
    conversation, following = plan.conversation, plan.following
    counts, said = hand_to_dealer.answered(tx, desk, decision, conversation, plan.message, now=now)
    if not counts:
        words = desk.texts.of(following.language)
        is_plan = decision.answer.startswith("plan")
        text = (
            words("This plan is no longer the current one; nothing has changed.")
            if is_plan
            else words("This has changed meanwhile; nothing was done.")
        )
        return [say(tx, desk, following, author=Author.SYSTEM, text=text, now=now)]
    if decision.answer in (decisions.PLAN_AGREE, decisions.REPORT_YES):
        return said
    current = conversations.lock(tx, conversation.id)
    if current is None or current.epoch != conversation.epoch:
        raise MovedOn
    if current.is_with_people:
        _wait_for_people(tx, desk, conversation, plan.message, now)
        return said
    kept = replace(following, last_seq=current.last_seq)
    reason = HandoffReason.REOPENED if decision.answer == decisions.REPORT_NO else HandoffReason.ASKED
    told = hand_off(tx, desk, current, kept, reason=reason, explanation=plan.explanation, now=now)
    return [*said, _required(told)]


def _restrained(tx: Connection, desk: Desk, plan: Plan, now: datetime) -> Plan:
    """The plan, or silence where too much was said. Asked in the transaction that would say more."""
    said = said_automatically(tx, desk, plan.conversation, now)
    decision = triage.restrain(plan.decision, plan.conversation, said, desk.policy)
    if decision is plan.decision:
        return plan
    explanation = replace(plan.explanation, decision=decisions.name(decision))
    return replace(plan, decision=decision, explanation=explanation, bot=triage.after(decision, plan.conversation.bot))


def _speak(tx: Connection, before: Conversation, following: Conversation, text: str, now: datetime) -> int:
    """The seq for the bot's words, taken under the epoch they were decided in; a closed conversation becomes the bot's again."""
    if before.status is Status.CLOSED:
        if not conversations.save(tx, before, replace(following.handed_back(), bot=following.bot), now=now):
            raise MovedOn
        return conversations.next_seq(tx, before.id, preview=text, now=now)
    seq = conversations.speak_under(tx, following, text=text, now=now)
    if seq is None:
        raise MovedOn
    return seq


def _required(message: Message | None) -> Message:
    if message is None:
        raise MovedOn
    return message


def _wait_for_people(tx: Connection, desk: Desk, conversation: Conversation, message: Message, now: datetime) -> None:
    """The customer said something to people: from now on a reply is owed, unless one is owed already."""
    current = conversations.lock(tx, conversation.id)
    if current is None or current.epoch != conversation.epoch:
        raise MovedOn
    conversations.note_words(tx, current.id, preview=message.text, now=now)
    if current.waiting_since is not None:
        return
    owe(tx, desk, PromiseKind.NEXT_REPLY, now=now, conversation_id=current.id, contact_id=current.contact_id)
    conversations.save(tx, current, replace(current, waiting_since=now, due_at=first_due(tx, current.id)), now=now)
