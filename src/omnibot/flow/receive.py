"""How a message is received, top to bottom. Start reading here.

An adapter has stored the raw event and acknowledged it. `Receiver.step` takes the first waiting event of each lane,
understands it, decides, and writes everything the decision causes in one transaction, guarded by the conversation's
epoch: where somebody else has spoken in between, it is decided again. The event's state changes in that same
transaction, so each event has exactly one outcome, however often it is tried.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

import structlog
from sqlalchemy.engine import Connection

from omnibot.channel import Channel, InboundMessage, Unreadable
from omnibot.domain import calendar, triage
from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.command import persists, recognise
from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.language import detect, parse_tag
from omnibot.domain.message import Author, Message
from omnibot.domain.promise import PromiseKind
from omnibot.domain.ticket import Ticket
from omnibot.domain.triage import Decision, Understanding
from omnibot.faq.normalize import normalise
from omnibot.flow import change_ticket, word
from omnibot.flow.desk import Desk
from omnibot.flow.hand_off import hand_off
from omnibot.flow.say import announce, say
from omnibot.store import contacts, conversations, inbox, messages, promises, tickets
from omnibot.store.inbox import Waiting
from omnibot.store.transactions import ALONE, Unavailable

log = structlog.get_logger(__name__)

# An event older than this was left behind by a crash or a lost ring; from now on each try is counted before it is made,
# and whoever tries has this long before somebody else may.
FORGOTTEN_AFTER = timedelta(seconds=2)
LEASE = timedelta(seconds=2)
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))


class Unowned(Exception):
    """Another worker has given this event its outcome; our transaction must leave nothing."""


class NotOurs(Exception):
    """The event's channel is another process's; that one will receive it."""


class MovedOn(Exception):
    """The conversation changed hands while we decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event that has become a message in a conversation."""

    event_id: int
    conversation: Conversation
    message: Message


class Receiver:
    """Receives what its doorbell rings for."""

    def __init__(self, desk: Desk, channels: dict[str, Channel]) -> None:
        self._desk = desk
        self._channels = channels
        self.received = 0  # events given an outcome, for the metrics

    async def step(self, lanes: list[str], now: datetime) -> list[str]:
        """Receive the first event of each lane; returns the lanes in which more may wait."""
        heads = await self._desk.store.read(partial(inbox.waiting, lanes=lanes, now=now))
        heads = await self._claim_forgotten(heads, now)
        done = await asyncio.gather(*(self._receive(head, now) for head in heads))
        return [head.event.lane for head, more in zip(heads, done, strict=True) if more and head.has_followers]

    async def _claim_forgotten(self, heads: list[Waiting], now: datetime) -> list[Waiting]:
        """Those that are ours to try. Workers whose sweeps meet must not all count a try of the same event."""
        ours = [head for head in heads if head.message or head.event.channel in self._channels]
        old = [head for head in ours if head.attempts or now - head.received_at > FORGOTTEN_AFTER]
        forgotten = [head.id for head in old if head.attempts < len(PAUSES)]
        if not forgotten:
            return heads
        claim = partial(inbox.claim, ids=forgotten, now=now, until=now + LEASE)
        claimed = await self._desk.store.run(claim, lock=ALONE)
        return [head for head in heads if head.id in claimed or head.id not in forgotten]

    async def _receive(self, head: Waiting, now: datetime) -> bool:
        """One event, from the inbox to its outcome; False if it waits for another try."""
        try:
            if head.attempts >= len(PAUSES):
                return await self._give_up(head, "tried too often", now)
            arrival = await self._arrive(head, now)
            if arrival is not None:
                await self._act_on(arrival, now)
            self.received += 1
            return True
        except Unowned:
            return True
        except NotOurs:
            return False
        except Unreadable as error:
            return await self._give_up(head, str(error), now)
        except Unavailable:
            return False  # the sweep finds it again
        except Exception:
            # One message that breaks us must not stop the others. It is tried again, then shown to a person.
            log.exception("receive_failed", event_id=head.id, channel=head.event.channel, attempts=head.attempts)
            until = now + PAUSES[head.attempts]
            await self._desk.store.run(partial(inbox.postpone, id=head.id, until=until, attempts=head.attempts + 1))
            return False

    async def _arrive(self, head: Waiting, now: datetime) -> Arrival | None:
        """The event as a message in its conversation; None if it is not a message to us."""
        if head.conversation and head.message:
            return Arrival(event_id=head.id, conversation=head.conversation, message=head.message)
        channel = self._channels.get(head.event.channel)
        if channel is None:
            raise NotOurs
        parsed = channel.parse(head.event)
        if parsed is None:
            await self._desk.store.run(partial(inbox.finish, id=head.id, outcome="ignored"))
            return None
        return await self._desk.store.run(partial(_place, head=head, parsed=parsed, now=now))

    async def _act_on(self, arrival: Arrival, now: datetime) -> None:
        desk, conversation = self._desk, arrival.conversation
        while True:
            understanding = self._understand(arrival.message, conversation, now)
            known: tuple[Ticket, ...] = ()
            if triage.needs_tickets(conversation, understanding):
                known = await desk.store.read(partial(tickets.of_contact, contact_id=conversation.contact_id))
            decision = triage.decide(conversation, understanding, known, desk.policy, now)
            carry_out = partial(
                _carry_out,
                desk=desk,
                arrival=arrival,
                conversation=conversation,
                understanding=understanding,
                decision=decision,
                now=now,
            )
            try:
                said = await desk.store.run(carry_out, lock=conversation.id)
            except MovedOn:
                current = await desk.store.read(partial(conversations.get, id=conversation.id))
                if current is None:
                    raise Unowned from None
                conversation = current
                continue
            announce(desk, conversation.id, [arrival.message, *said])
            return

    def _understand(self, message: Message, conversation: Conversation, now: datetime) -> Understanding:
        """What the words mean, before anything is decided. The bot's own failure is a result, too."""
        try:
            return understand(self._desk, message, conversation, now)
        except Exception:
            # A customer must not wait for a bot that is broken: people take over.
            log.exception("bot_failed", conversation_id=conversation.id, seq=message.seq)
            return Understanding(failed=True)

    async def _give_up(self, head: Waiting, why: str, now: datetime) -> bool:
        """Keep the event for people, and let its lane go on."""
        log.error("event_unreadable", event_id=head.id, channel=head.event.channel)
        bury = partial(_bury, desk=self._desk, head=head, why=why, now=now)
        said = await self._desk.store.run(bury, lock=head.conversation.id if head.conversation else 0)
        if head.conversation and said:
            announce(self._desk, head.conversation.id, said)
        return True


def understand(desk: Desk, message: Message, conversation: Conversation, now: datetime) -> Understanding:
    """Command, button or question, and what the FAQ has for it. No I/O."""
    if message.chosen:
        return _press(desk, message.chosen, conversation, now)
    normalised = normalise(message.text)
    command = recognise(normalised)
    if command is not None or conversation.is_with_people:
        return Understanding(command=command, persists=persists(normalised))
    language = detect(message.text, hint=conversation.language)
    match = desk.matcher.match(message.text, language=language, today=now.date())
    return Understanding(match=match, persists=persists(normalised))


def _press(desk: Desk, choice: str, conversation: Conversation, now: datetime) -> Understanding:
    if not choice.startswith(triage.ENTRY):
        return Understanding(choice=choice)
    entry = desk.matcher.entry(choice.removeprefix(triage.ENTRY), language=conversation.language)
    if entry is None or not entry.is_valid_on(now.date()):
        # Withdrawn since the button was shown: people know more.
        return Understanding(choice=choice, failed=True)
    pressed = Candidate(
        entry_id=entry.id,
        question=entry.question,
        answer=entry.answer,
        score=1.0,
        features=("pressed",),
        language=entry.language,
    )
    return Understanding(
        choice=choice, pressed=pressed, match=Match(version=desk.matcher.version, candidates=(pressed,))
    )


def _carry_out(
    tx: Connection,
    desk: Desk,
    arrival: Arrival,
    conversation: Conversation,
    understanding: Understanding,
    decision: Decision,
    now: datetime,
) -> list[Message]:
    """Everything one decision causes. Raises MovedOn or Unowned, and then leaves nothing."""
    message = arrival.message
    language = conversation.language if message.chosen else detect(message.text, hint=conversation.language)
    following = replace(conversation, language=language, bot=triage.after(decision, conversation.bot))
    explanation = triage.explain(decision, understanding, desk.policy)
    said: list[Message] = []
    match decision:
        case triage.PassOn():
            _wait_for_people(tx, desk, conversation, now)
        case triage.ShowCases():
            text, _ = word.decision(desk.texts.of(language), decision)
            if conversation.is_with_people:
                _wait_for_people(tx, desk, conversation, now)
            said.append(say(tx, desk, following, author=Author.SYSTEM, text=text, explanation=explanation, now=now))
        case triage.HandOff(reason=reason):
            said.append(
                _required(hand_off(tx, desk, conversation, following, reason=reason, explanation=explanation, now=now))
            )
        case triage.ReopenTicket(ticket=ticket) | triage.FollowTicket(ticket=ticket):
            told = hand_off(
                tx, desk, conversation, following, reason=HandoffReason.REOPENED, explanation=explanation, now=now
            )
            said.append(_required(told))
            if isinstance(decision, triage.ReopenTicket):
                said += change_ticket.reopen(tx, desk, ticket, message, now=now)
            else:
                said += change_ticket.follow_up(tx, desk, ticket, message, now=now)
        case triage.Answer() | triage.Suggest() | triage.AskAgain() | triage.Acknowledge() | triage.Greet():
            text, choices = word.decision(desk.texts.of(language), decision)
            seq = _speak(tx, conversation, following, text, now)
            said.append(
                say(
                    tx,
                    desk,
                    following,
                    author=Author.BOT,
                    text=text,
                    choices=choices,
                    explanation=explanation,
                    seq=seq,
                    now=now,
                )
            )
        case _:
            assert_never(decision)
    # Last, so that locks are taken in the order of `accept_utterances`: the conversation first, then the event.
    if not inbox.finish(tx, arrival.event_id, explanation.decision):
        raise Unowned
    return said


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


def _wait_for_people(tx: Connection, desk: Desk, conversation: Conversation, now: datetime) -> None:
    """The customer said something to people: from now on a reply is owed, unless one is owed already."""
    current = conversations.lock(tx, conversation.id)
    if current is None or current.epoch != conversation.epoch:
        raise MovedOn
    if current.waiting_since is not None:
        return
    due_at = calendar.due(now, desk.policy.next_reply, desk.policy.calendar)
    promises.make(tx, PromiseKind.NEXT_REPLY, now=now, due_at=due_at, conversation_id=current.id)
    conversations.save(tx, current, replace(current, waiting_since=now, due_at=due_at), now=now)


def _place(tx: Connection, head: Waiting, parsed: InboundMessage, now: datetime) -> Arrival:
    """Find or open the conversation at the message's address and put the message into its transcript."""
    text = _storable(parsed.text)
    conversation = conversations.at(tx, parsed.address)
    if conversation is None:
        language = detect(text, hint=parse_tag(parsed.language_hint) if parsed.language_hint else None)
        contact = contacts.add(tx, language=language, name=_storable(parsed.sender_name or "") or None, now=now)
        conversation = conversations.open_at(
            tx, parsed.address, contact_id=contact.id, language=language, page_url=None, now=now
        )
    message = Message(
        conversation_id=conversation.id,
        seq=conversations.next_seq(tx, conversation.id, preview=text, now=now),
        author=Author.CUSTOMER,
        text=text,
        at=now,
        chosen=parsed.choice,
        external_id=head.event.external_id,
    )
    if not inbox.set_place(tx, head.id, conversation_id=conversation.id, seq=message.seq):
        raise Unowned
    messages.add(tx, message)
    return Arrival(event_id=head.id, conversation=conversation, message=message)


def _storable(text: str) -> str:
    """Words with a mark in place of what no database keeps: NUL, and half of a surrogate pair. Whole pairs are joined."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _bury(tx: Connection, desk: Desk, head: Waiting, why: str, now: datetime) -> list[Message]:
    """The event is dead; where it belongs to a conversation, people get that conversation."""
    conversation = conversations.lock(tx, head.conversation.id) if head.conversation else None
    if not inbox.bury(tx, head.id, why) or conversation is None or conversation.is_with_people:
        return []
    told = hand_off(tx, desk, conversation, conversation, reason=HandoffReason.UNREADABLE, explanation=None, now=now)
    return [told] if told else []
