"""What to do with a customer's message: the bot's whole judgement, as one pure function."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import assert_never

from omnibot.domain.blank import blanks, fill, missing
from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.command import Command, Greeting, No, TalkToPerson, Thanks, WhereIsMyCase, Yes
from omnibot.domain.conversation import BotState, Conversation, HandoffReason
from omnibot.domain.decision import (
    DID_NOT_HELP,
    HELPED,
    PERSON,
    PLAN_AGREE,
    PLAN_OTHER,
    PLAN_TALK,
    REPORT_NO,
    REPORT_YES,
    SLOT,
    Acknowledge,
    Answer,
    AnswerDealer,
    AskAgain,
    AskForFact,
    Decision,
    FallSilent,
    FillForm,
    FollowTicket,
    FormStep,
    Greet,
    HandOff,
    LatePress,
    OfferCode,
    OfferForm,
    PartChat,
    PassOn,
    PickSlot,
    ReopenTicket,
    ShowCases,
    Suggest,
    name,
    needs_bot,
)
from omnibot.domain.form import FORM, NOT_OF_WORDS, Ask, Complete, Confirm, Left, Stale
from omnibot.domain.language import Language
from omnibot.domain.linking import LinkChats, UnlinkChat
from omnibot.domain.message import Choice
from omnibot.domain.policy import Policy
from omnibot.domain.rating import Rate, Said
from omnibot.domain.surge import aside
from omnibot.domain.surge.call_back import CallBack
from omnibot.domain.surge.incident import TellIncident
from omnibot.domain.surge.wait import HowLong, TellWait
from omnibot.domain.ticket import Ticket, TicketStatus
from omnibot.domain.value import changed, dataclass, hot


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What was made of the words before any state was looked at."""

    language: Language  # in which to answer
    command: Command | HowLong | None = None
    match: Match | None = None  # None where no FAQ was asked: a command, a button, a failure
    pressed: Candidate | None = None  # the entry behind a "did you mean" button
    choice: str | None = None
    persists: bool = False  # the words say that a problem is still there
    told: str | None = None  # the fact that was asked for, as the contact says it
    offer: Choice | None = None  # the button that opens the form for what it is about
    form: FormStep | None = (
        None  # where the words take a form; None unless `needs_form`, or where there is no such form
    )
    facts: Mapping[str, str] = field(
        default_factory=dict
    )  # what answers may be filled with; empty unless `needs_facts`
    visit: PickSlot | None = None  # the time for a visit that the words pick; None unless `needs_visit`
    failed: bool = False  # the bot broke while it tried
    rating: Said | None = None  # an answer to "how did we do?", where that was asked
    nobody_came: bool = False  # the words say that a visit did not take place
    incident: int | None = None  # the open incident that the words are about


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why the bot did what it did; stored with what it said."""

    decision: str  # answer, suggest, hand_off, ...
    faq_version: str | None = None
    answer_threshold: float
    suggest_threshold: float
    answer_margin: float = 0.0
    calibration: int | None = None  # whose thresholds these are; None: the settings'
    candidates: tuple[tuple[str, str, float], ...] = ()  # entry id, question, score; best first
    features: tuple[str, ...] = ()  # what spoke for the best one
    pieces: int = 1  # how many messages of the customer it answers as one


# Tuples: to ask a union costs five times as much.
_NOT_FOR_FORMS = (TalkToPerson, WhereIsMyCase, LinkChats, UnlinkChat)
_FINE = (Thanks, Yes)


def needs_tickets(conversation: Conversation, understanding: Understanding) -> bool:
    """Whether `decide` has to know the contact's tickets; most messages are spared the look-up."""
    return isinstance(understanding.command, WhereIsMyCase) or conversation.bot.resolved_ticket is not None


def needs_facts(understanding: Understanding, policy: Policy) -> bool:
    """Whether `decide` has to know facts; few answers have blanks."""
    best = understanding.pressed
    if best is None and understanding.match and is_sure(understanding.match.candidates, policy):
        best = understanding.match.candidates[0]
    return best is not None and bool(blanks(best.answer))


def needs_form(conversation: Conversation, understanding: Understanding) -> bool:
    """Whether the words are for a form; then `understanding` wants a `form`."""
    if conversation.is_with_people or isinstance(understanding.command, _NOT_FOR_FORMS):
        return False
    if understanding.choice is not None:
        return understanding.choice.startswith(FORM)
    return conversation.bot.form is not None


def needs_visit(conversation: Conversation, understanding: Understanding) -> bool:
    """Whether the words may pick a time for a visit; then `understanding` wants a `visit`."""
    return (
        (conversation.bot.visit is not None or understanding.nobody_came)
        and conversation.bot.form is None
        and understanding.choice is None
        and not isinstance(understanding.command, _NOT_FOR_FORMS)
    )


def decide(
    conversation: Conversation,
    understanding: Understanding,
    tickets: tuple[Ticket, ...],
    policy: Policy,
    now: datetime,
) -> Decision:
    """What to do. `tickets` are the contact's, newest first; empty unless `needs_tickets`."""
    if isinstance(understanding.command, WhereIsMyCase):
        return ShowCases(tickets=_asked_for(understanding.command, tickets))
    if (answered := _dealer_answer(understanding.choice)) is not None:
        return answered
    if understanding.choice is not None and understanding.choice.startswith(SLOT):
        number, offer, what = understanding.choice.removeprefix(SLOT).split(":")
        return PickSlot(number=number, offer=int(offer), what=what)
    bot = conversation.bot
    if beside := aside.decide(bot, understanding.choice, understanding.rating, understanding.command):
        return beside
    if understanding.visit is not None:
        return understanding.visit
    if isinstance(understanding.command, LinkChats):
        return OfferCode()
    if isinstance(understanding.command, UnlinkChat):
        return PartChat()
    resolved = _resolved_ticket(conversation, tickets)
    if conversation.is_with_people:
        if understanding.choice is not None and needs_bot(understanding.choice):
            return LatePress()
        # The agent hears whatever is said; only a clear objection reopens a ticket behind his back.
        return _object(resolved, policy, now) if resolved and _is_clear_objection(understanding) else PassOn()
    if understanding.choice == PERSON or isinstance(understanding.command, TalkToPerson):
        return HandOff(reason=HandoffReason.ASKED)
    if understanding.failed:
        return HandOff(reason=HandoffReason.BOT_ERROR)
    if understanding.form is not None:
        return _in_form(understanding.form, understanding, policy)
    if understanding.pressed:
        return _filled(understanding.pressed, understanding, conversation.bot)
    if understanding.choice == HELPED or isinstance(understanding.command, _FINE):
        return Acknowledge()
    if isinstance(understanding.command, Greeting):
        return Greet()
    if understanding.incident is not None:
        return TellIncident(id=understanding.incident)
    if resolved and _is_objection(understanding, policy):
        return _object(resolved, policy, now)
    if understanding.choice == DID_NOT_HELP or isinstance(understanding.command, No):
        return _after_failure(conversation.bot, policy)
    return _by_score(conversation.bot, understanding, policy)


def _in_form(step: FormStep, understanding: Understanding, policy: Policy) -> FillForm:
    """An answer that does not fit may be a question that the FAQ knows: it is answered, and ours stays."""
    candidates = understanding.match.candidates if understanding.match else ()
    refused = isinstance(step.outcome, Ask) and step.outcome.problem not in (None, *NOT_OF_WORDS)
    if refused and is_sure(candidates, policy) and not blanks(candidates[0].answer):
        assert isinstance(step.outcome, Ask)
        asked = replace(step, outcome=Ask(field=step.outcome.field))
        return FillForm(step=asked, aside=candidates[0])
    return FillForm(step=step)


def _dealer_answer(choice: str | None) -> AnswerDealer | None:
    if choice is None:
        return None
    for answer in (PLAN_AGREE, PLAN_OTHER, PLAN_TALK, REPORT_YES, REPORT_NO):
        if choice.startswith(answer):
            number, n, change = choice.removeprefix(answer).split(":")
            return AnswerDealer(answer=answer, number=number, n=int(n), change=int(change))
    return None


def restrain(decision: Decision, conversation: Conversation, said_automatically: int, policy: Policy) -> Decision:
    """The decision, unless it would say more than may be said automatically in an hour. Changes of tickets are no danger:
    they leave the conversation with people, whom the bot does not interrupt."""
    if said_automatically < policy.automatic_per_hour or isinstance(
        decision, ReopenTicket | FollowTicket | PassOn | FallSilent | AnswerDealer | PickSlot | Rate | CallBack
    ):
        return decision
    return PassOn() if conversation.is_with_people else FallSilent()


def _by_score(bot: BotState, understanding: Understanding, policy: Policy) -> Decision:
    candidates = understanding.match.candidates if understanding.match else ()
    if is_sure(candidates, policy):
        if candidates[0].entry_id not in bot.unhelpful:
            return _filled(candidates[0], understanding, bot)
        # The same answer again, after "that did not help", would be the loop that people hate.
        return HandOff(reason=HandoffReason.SECOND_FAILURE)
    likely = tuple(c for c in candidates if c.score >= policy.suggest_threshold and c.entry_id not in bot.unhelpful)
    if not likely:
        if understanding.offer and understanding.offer.id not in bot.offered:
            return OfferForm(form=understanding.offer.id, offer=understanding.offer)
        return HandOff(reason=HandoffReason.NO_MATCH)
    if bot.suggested or bot.failures + 1 >= policy.failures_before_handoff:
        return HandOff(reason=HandoffReason.SECOND_FAILURE)
    return Suggest(candidates=likely[: policy.suggestions], offer=understanding.offer)


def _filled(candidate: Candidate, understanding: Understanding, bot: BotState) -> Decision:
    """The answer with its blanks filled. What is missing is asked for once, and only if it is one thing."""
    if not blanks(candidate.answer):
        return Answer(candidate=candidate, offer=understanding.offer)
    facts = {**understanding.facts, **({bot.wanted: understanding.told} if bot.wanted and understanding.told else {})}
    wanted = missing(candidate.answer, facts)
    if not wanted:
        return Answer(candidate=replace(candidate, answer=fill(candidate.answer, facts)), offer=understanding.offer)
    if len(wanted) > 1 or bot.wanted_for == candidate.entry_id:
        return HandOff(reason=HandoffReason.NO_MATCH)
    return AskForFact(name=wanted[0], candidate=candidate)


def is_sure(candidates: tuple[Candidate, ...], policy: Policy) -> bool:
    """Whether the best candidate is near enough, and no other one nearly as near."""
    if not candidates or candidates[0].score < policy.answer_threshold:
        return False
    return len(candidates) == 1 or candidates[0].score - candidates[1].score >= policy.answer_margin


def _after_failure(bot: BotState, policy: Policy) -> Decision:
    if bot.failures + 1 >= policy.failures_before_handoff:
        return HandOff(reason=HandoffReason.SECOND_FAILURE)
    return AskAgain()


def after(decision: Decision, bot: BotState) -> BotState:
    """What the bot remembers after it acted. Whatever was said, a rating is no longer what is waited for."""
    rated = decision.id if isinstance(decision, Rate) and decision.score is not None and not decision.comment else None
    return _after(decision, bot.after_rating(rated))


def _after(decision: Decision, bot: BotState) -> BotState:
    match decision:
        case Answer(candidate=candidate):
            return changed(bot, last_entry=candidate.entry_id, wanted=None, wanted_for=None)
        case AskForFact(name=wanted, candidate=candidate):
            return replace(bot, wanted=wanted, wanted_for=candidate.entry_id)
        case Suggest():
            return replace(bot, failures=bot.failures + 1, suggested=True)
        case AskAgain():
            unhelpful = (*bot.unhelpful, bot.last_entry) if bot.last_entry else bot.unhelpful
            return replace(bot, failures=bot.failures + 1, unhelpful=unhelpful)
        case Acknowledge():
            return BotState(
                resolved_ticket=bot.resolved_ticket,
                last_entry=bot.last_entry,
                form=bot.form,
                offered=bot.offered,
                visit=bot.visit,
            )
        case OfferForm(form=form):
            return replace(bot, offered=(*bot.offered, form))
        case FillForm(step=step):
            return _after_form(step, bot)
        case ReopenTicket() | FollowTicket():
            return BotState(visit=bot.visit)
        case (
            Greet()
            | ShowCases()
            | OfferCode()
            | PartChat()
            | HandOff()
            | PassOn()
            | LatePress()
            | FallSilent()
            | AnswerDealer()
            | PickSlot()
            | Rate()
            | CallBack()
            | TellWait()
            | TellIncident()
        ):
            return bot
    assert_never(decision)


def _after_form(step: FormStep, bot: BotState) -> BotState:
    match step.outcome:
        case Ask() | Confirm():
            return replace(bot, form=step.form.name, wanted=None, wanted_for=None)
        case Complete() | Left():
            return replace(bot, form=None)
        case Stale():
            return bot
    assert_never(step.outcome)


def _asked_for(command: WhereIsMyCase, tickets: tuple[Ticket, ...]) -> tuple[Ticket, ...]:
    if command.number:
        return tuple(ticket for ticket in tickets if ticket.number == command.number)
    return tuple(ticket for ticket in tickets if ticket.is_open) or tickets[:1]


def _resolved_ticket(conversation: Conversation, tickets: tuple[Ticket, ...]) -> Ticket | None:
    """The ticket that the contact was last told is done."""
    for ticket in tickets:
        if ticket.id == conversation.bot.resolved_ticket and not ticket.is_open:
            return ticket
    return None


def _object(resolved: Ticket, policy: Policy, now: datetime) -> ReopenTicket | FollowTicket:
    within = resolved.resolved_at is not None and now - resolved.resolved_at <= policy.reopen_window
    return ReopenTicket(ticket=resolved) if within and _can_reopen(resolved) else FollowTicket(ticket=resolved)


def _can_reopen(ticket: Ticket) -> bool:
    return ticket.status is TicketStatus.RESOLVED


def _is_objection(understanding: Understanding, policy: Policy) -> bool:
    """A message after "resolved" is an answer to it, unless it is clearly a new question that the FAQ knows."""
    if _is_clear_objection(understanding):
        return True
    candidates = understanding.match.candidates if understanding.match else ()
    return understanding.choice is None and not is_sure(candidates, policy)


def _is_clear_objection(understanding: Understanding) -> bool:
    return understanding.persists or isinstance(understanding.command, No)


def explain(decision: Decision, understanding: Understanding, policy: Policy) -> Explanation:
    """The decision in a form that can be stored and shown."""
    match = understanding.match
    return Explanation(
        decision=name(decision),
        faq_version=match.version if match else None,
        answer_threshold=policy.answer_threshold,
        suggest_threshold=policy.suggest_threshold,
        answer_margin=policy.answer_margin,
        calibration=policy.calibration,
        candidates=tuple([(c.entry_id, c.question, round(c.score, 4)) for c in match.candidates]) if match else (),
        features=match.candidates[0].features if match and match.candidates else (),
    )
