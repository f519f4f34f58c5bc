"""How a message is received, top to bottom. Start reading here.

An adapter has stored the raw event and acknowledged it. `Receiver.step` takes the first waiting event of each lane,
understands it, decides, and writes everything the decision causes in one transaction, guarded by the conversation's
epoch: where somebody else has spoken in between, it is decided again. The event's state changes in that same
transaction, so each event has exactly one outcome, however often it is tried.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.channel import Channel, HomeOpened, Ignored, InboundMessage, ShutOut, Unreadable
from omnibot.channel import Unavailable as Away
from omnibot.domain import triage
from omnibot.domain.code import said_code
from omnibot.domain.conversation import Conversation
from omnibot.domain.decision import FillForm
from omnibot.domain.message import Message
from omnibot.domain.ticket import Ticket
from omnibot.domain.triage import Understanding
from omnibot.faq.model import Undecided
from omnibot.flow import join, link, show_form, show_home, tell_of_channel
from omnibot.flow.amend import amend
from omnibot.flow.answer_burst import answer_burst
from omnibot.flow.answer_plain import Answered, accept_and_answer, answer_together, is_plain, unrestrained
from omnibot.flow.arrive import Growing, Overtaking, Spoken, arrive, gather, let_pass
from omnibot.flow.carry_out import Plan, carry_out, make_plan
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import fetch_all
from omnibot.flow.fill_form import next_step
from omnibot.flow.give_up import give_up
from omnibot.flow.guards import MovedOn, Unowned
from omnibot.flow.know import known_facts
from omnibot.flow.look_up import known_tickets
from omnibot.flow.place import Arrival
from omnibot.flow.place_together import Said, is_words, place_together
from omnibot.flow.say import announce
from omnibot.flow.staff import attend_group
from omnibot.flow.understand import understand
from omnibot.flow.visit.hear import hear
from omnibot.log import Log
from omnibot.store import conversations, inbox
from omnibot.store.inbox import Waiting
from omnibot.store.transactions import ALONE, Unavailable
from omnibot.store.utterances import Utterance
from omnibot.tasks import cancel

log = Log(__name__)

# An event older than this was left behind by a crash or a lost ring; from now on each try is counted before it is made,
# and whoever tries has this long before somebody else may.
FORGOTTEN_AFTER = timedelta(seconds=2)
LEASE = timedelta(seconds=2)
# A database that did not answer in time is asked again this many seconds later, sooner than by the sweep.
AGAIN_SECONDS = 0.5
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))


# Files are fetched before their message is placed, in less time (`fetch.LIMIT`) than others leave the event alone; on the
# last try the message goes on without those that do not come.
FETCH_LEASE, FETCH_TRIES = timedelta(seconds=120), 3


class Fetching(Exception):
    """The event has files, and a task of its own."""


class NotOurs(Exception):
    """The event's channel is another process's; that one will receive it."""


class Receiver:
    """Receives what its doorbell rings for."""

    def __init__(self, desk: Desk, channels: dict[str, Channel]) -> None:
        self._desk = desk
        self._channels = channels
        self._fetching: dict[int, asyncio.Task[None]] = {}  # by event: files may take long, and other chats do not wait
        self._showing: set[asyncio.Task[None]] = set()  # pages that come up: no other chat waits for a platform
        self._expected: dict[str, Waiting] = {}  # by lane: heads that were read as they were accepted
        # Where a sentence encoder is asked: one thread, for it takes one text at a time, and begun when it is first needed.
        self._thinking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thinking")
        self.received = 0  # events given an outcome, for the metrics

    async def step(self, lanes: list[str], now: datetime) -> list[str]:
        """Receive the first event of each lane; returns the lanes in which more may wait. Those that the database does not
        answer for are rung again a little later."""
        try:
            return await self._step(lanes, now)
        except Unavailable:
            self._ring_later(lanes)
            return []

    async def _step(self, lanes: list[str], now: datetime) -> list[str]:
        heads = [self._expected.pop(lane) for lane in lanes if lane in self._expected]
        if len(heads) < len(lanes):
            known = {head.event.lane for head in heads}
            others = [lane for lane in lanes if lane not in known]
            heads += await self._desk.store.read(partial(inbox.waiting, lanes=others, now=now))
        heads = await self._claim_forgotten(heads, now)
        rest = await self._answer_plain(heads, now)
        done = await asyncio.gather(*(self._try(head, now) for head in rest))
        for lane in lanes:
            self._expected.pop(lane, None)  # accepted meanwhile; its head may be one that has its outcome by now
        put_off = {head.id for head, is_done in zip(rest, done, strict=True) if not is_done}
        return [head.event.lane for head in heads if head.has_followers and head.id not in put_off]

    def accept(
        self, tx: Connection, utterances: list[Utterance], now: datetime
    ) -> tuple[list[int | None], Callable[[], None]]:
        """Accept, and answer what is plain in the same transaction, so that a question and its answer are one commit.

        Whatever is not plain has its turn in `step`. Returns the seqs, and what is to be done after the commit. Called in the
        store's thread, and perhaps twice: it changes nothing but `tx`.
        """
        accepted = accept_and_answer(tx, self._desk, utterances, partial(self._plan_plain, now=now), now)
        return accepted.seqs, partial(self._go_on, accepted.answered, accepted.rest)

    def answer_accepted(
        self, tx: Connection, heads: list[Waiting], now: datetime
    ) -> tuple[list[tuple[Conversation, Message]], Callable[[], None]]:
        """Answer what is plain of events that this transaction accepts. Returns the answers and where they were given, for
        whoever sends them, and what is to be done after the commit; the rest is as with `accept`."""
        words = [(head, parsed) for head in heads if (parsed := self._words(head)) is not None]
        answered, placed = self._answer_together(tx, {}, words, now)
        there = {head.id: head for head in placed}
        rest = [there.get(head.id, head) for head in heads if head.id not in answered]
        said = [(plan.conversation, answer) for plan, answer in answered.values()]
        return said, partial(self._go_on, list(answered.values()), rest)

    def _go_on(self, answered: list[Answered], rest: list[Waiting]) -> None:
        """These are answered; the rest has been read just now, and nobody has to read it again."""
        self._announce_plain(answered)
        for head in rest:
            self._expected[head.event.lane] = head
            self._desk.doorbell.ring(head.event.lane)

    def look_again(self, lanes: list[str]) -> None:
        """More waits in these lanes than was read of them: somebody came behind a head that nobody has turned to yet."""
        for lane in lanes:
            self._expected.pop(lane, None)
            self._desk.doorbell.ring(lane)

    async def finish(self) -> None:
        """Wait for the files that are being fetched, and receive their messages."""
        while self._fetching:
            await asyncio.wait(list(self._fetching.values()))

    async def close(self) -> None:
        """Leave what is being fetched to whoever finds it after its lease."""
        await cancel([*self._fetching.values(), *self._showing])
        self._thinking.shutdown(wait=False, cancel_futures=True)

    async def _claim_forgotten(self, heads: list[Waiting], now: datetime) -> list[Waiting]:
        """Those that are ours to try. Workers whose sweeps meet must not all count a try of the same event."""
        ours = [head for head in heads if head.message or head.event.channel in self._channels]
        old = [head for head in ours if head.attempts or now - head.received_at > FORGOTTEN_AFTER]
        forgotten = [head.id for head in old if head.attempts < len(PAUSES)]
        if not forgotten:
            return heads
        claim = partial(inbox.claim, ids=forgotten, now=now, until=now + LEASE)
        claimed = await self._desk.store.run(claim)
        return [head for head in heads if head.id in claimed or head.id not in forgotten]

    async def _answer_plain(self, heads: list[Waiting], now: datetime) -> list[Waiting]:
        """Most messages only need an answer of the bot's: those are written together, and so are their places where their
        channel leaves that to us. Returns the others."""
        words = [(head, parsed) for head in heads if (parsed := self._words(head)) is not None]
        plans = self._plans(heads, now)
        if not plans and not words:
            return heads
        try:
            answered, placed = await self._desk.store.run(
                partial(self._answer_together, plans=plans, words=words, now=now)
            )
        except Exception as error:
            # Somebody spoke in between, another worker was quicker, or one message breaks the rest: each for itself.
            if not isinstance(error, MovedOn | Unowned | Unavailable):
                log.exception("group_failed", messages=len(plans) + len(words))
            return heads
        self._announce_plain(list(answered.values()))
        there = {head.id: head for head in placed}
        return [there.get(head.id, head) for head in heads if head.id not in answered]

    def _plans(self, heads: list[Waiting], now: datetime) -> dict[int, Plan]:
        """The plans for those events on their first try that are plain."""
        found: dict[int, Plan] = {}
        for head in heads:
            if head.conversation is None or head.message is None or head.attempts or head.has_followers:
                continue
            if plan := self._plan_plain(head.message, head.conversation, now):
                found[head.id] = plan
        return found

    def _answer_together(
        self, tx: Connection, plans: dict[int, Plan], words: list[Said], now: datetime
    ) -> tuple[dict[int, Answered], list[Waiting]]:
        """What was said, by event, and what was placed on the way. Called in the store's thread."""
        placed = place_together(tx, words, now)
        plans = unrestrained(tx, self._desk, plans | self._plans(placed, now), now)
        return answer_together(tx, self._desk, plans, now), placed

    def _words(self, head: Waiting) -> InboundMessage | None:
        """What an event on its first try says, if it is plain words that have no place yet."""
        channel = self._channels.get(head.event.channel)
        if channel is None or head.message is not None or head.attempts or head.has_followers:
            return None
        try:
            parsed = channel.parse(head.event)
        except Exception:
            return None  # it has its own turn, in which that is told
        return parsed if isinstance(parsed, InboundMessage) and is_words(parsed, channel.limits) else None

    def _announce_plain(self, answered: list[Answered]) -> None:
        for plan, answer in answered:
            announce(self._desk, plan.conversation.id, [plan.message, answer])
        self.received += len(answered)

    def _plan_plain(self, message: Message, conversation: Conversation, now: datetime) -> Plan | None:
        """The plan for a message, if it is a plain one."""
        if said_code(message.text):
            return None
        try:
            understanding = self._understand(message, conversation, now, wait=False)
        except Undecided:
            return None  # `step` asks in a thread
        if triage.needs_tickets(conversation, understanding) or triage.needs_facts(understanding, self._desk.policy):
            return None
        if triage.needs_form(conversation, understanding) or triage.needs_visit(conversation, understanding):
            return None
        decision = triage.decide(conversation, understanding, (), self._desk.policy, now)
        plan = make_plan(message, conversation, understanding, decision, self._desk.policy)
        return plan if is_plain(plan) else None

    async def _try(self, head: Waiting, now: datetime) -> bool:
        """`_receive`, and again a little later where the database does not answer."""
        try:
            return await self._receive(head, now)
        except Unavailable:
            self._ring_later([head.event.lane])
            return False

    def _ring_later(self, lanes: list[str]) -> None:
        loop, ring = asyncio.get_running_loop(), self._desk.doorbell.ring
        for lane in lanes:
            loop.call_later(AGAIN_SECONDS, ring, lane)

    async def _receive(self, head: Waiting, now: datetime) -> bool:
        """One event, from the inbox to its outcome; False if it waits for another try. Raises Unavailable."""
        try:
            if head.attempts >= len(PAUSES):
                return await self._give_up(head, "tried too often", now)
            if head.id in self._fetching:
                return False
            arrival = await self._arrive(head, now)
            if arrival is not None and not (head.has_followers and await self._answer_burst(head, arrival, now)):
                plan = await self._act_on(arrival, now)
                self._show_form(head, plan)
            self.received += 1
            return True
        except Unowned:
            return True
        except (NotOurs, Fetching, Growing, Overtaking):
            return False
        except Unreadable as error:
            return await self._give_up(head, str(error), now)
        except Unavailable:
            raise
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
        match parsed:
            case InboundMessage(is_overheard=True) if not await self._is_listened_to(parsed):
                why = "ignored: said in a group, not to us"
                await self._desk.store.run(partial(inbox.finish, id=head.id, outcome=why))
            case InboundMessage():
                await let_pass(self._desk, head, parsed, now)
                spoken = Spoken(channel=channel, head=head, parsed=parsed)
                if not parsed.files:
                    return await arrive(self._desk, spoken, [], now)
                if parsed.album:
                    spoken = replace(spoken, album=await gather(self._desk, spoken, now))
                await self._begin_to_fetch(spoken, now)
                raise Fetching
            case Ignored(why=why):
                await self._desk.store.run(partial(inbox.finish, id=head.id, outcome=f"ignored: {why}"))
            case ShutOut():
                taking = partial(tell_of_channel.take, desk=self._desk, head=head, told=parsed, now=now)
                await self._desk.store.run(taking)
            case HomeOpened():
                await show_home.show(self._desk, channel, head, parsed, now)
            case _:
                amending = partial(amend, desk=self._desk, head=head, told=parsed, now=now)
                for conversation_id in await self._desk.store.run(amending):
                    announce(self._desk, conversation_id, [])
        return None

    async def _is_listened_to(self, parsed: InboundMessage) -> bool:
        return await self._desk.store.read(partial(attend_group.listens, parsed=parsed))

    async def _begin_to_fetch(self, spoken: Spoken, now: datetime) -> None:
        """Go on with this event in a task of its own; nobody else tries it for as long as that may take."""
        id = spoken.head.id
        # On a further try it is ours already, for a moment.
        claim = partial(inbox.claim, ids=[id], now=now + LEASE, until=now + FETCH_LEASE)
        if id in await self._desk.store.run(claim):
            self._fetching[id] = asyncio.create_task(self._fetch(spoken, now))

    async def _fetch(self, spoken: Spoken, now: datetime) -> None:
        channel, head, album = spoken.channel, spoken.head, spoken.album
        try:
            is_last = head.attempts + 1 >= FETCH_TRIES
            files = album.whole.files if album else spoken.parsed.files
            fetched = await fetch_all(channel, files, self._desk.files, is_last=is_last)
            arrival = await arrive(self._desk, spoken, fetched, now)
            if arrival is not None:
                await self._act_on(arrival, now)
            self.received += 1 + (len(album.rest) if album else 0)
        except Unowned:
            pass  # another worker was quicker
        except Exception as error:
            if not isinstance(error, Away | Unavailable):
                log.exception("receive_failed", event_id=head.id, channel=channel.name, attempts=head.attempts)
            until = now + PAUSES[min(head.attempts, len(PAUSES) - 1)]
            with contextlib.suppress(Unavailable):
                await self._desk.store.run(partial(inbox.postpone, id=head.id, until=until, attempts=head.attempts + 1))
        finally:
            del self._fetching[head.id]
        self._desk.doorbell.ring(head.event.lane)

    def _show_form(self, head: Waiting, plan: Plan | None) -> None:
        if plan is not None and isinstance(plan.decision, FillForm) and plan.decision.step.is_opened:
            channel = self._channels.get(head.event.channel)
            shown = show_form.show(self._desk, channel, head.event, plan.decision.step, plan.language)
            task = asyncio.create_task(shown)
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def _act_on(self, arrival: Arrival, now: datetime) -> Plan | None:
        """What was decided and carried out; None if the words were a code."""
        desk, conversation = self._desk, arrival.conversation
        if (code := said_code(arrival.message.text)) and await self._link(arrival, code, now):
            return None
        while True:
            understanding = await self._think(arrival.message, conversation, now)
            known: tuple[Ticket, ...] = ()
            if triage.needs_tickets(conversation, understanding):
                known = await desk.store.read(partial(known_tickets, message=arrival.message, of=conversation))
            if triage.needs_form(conversation, understanding):
                reading = partial(
                    next_step,
                    desk=desk,
                    message=arrival.message,
                    conversation=conversation,
                    understanding=understanding,
                    now=now,
                )
                understanding = replace(understanding, form=await desk.store.read(reading))
            if triage.needs_visit(conversation, understanding):
                hearing = partial(hear, desk=desk, message=arrival.message, conversation=conversation, now=now)
                understanding = replace(understanding, visit=await desk.store.read(hearing))
            if triage.needs_facts(understanding, desk.policy):
                understanding = replace(
                    understanding, facts=await self._facts(arrival.message, conversation, understanding)
                )
            decision = triage.decide(conversation, understanding, known, desk.policy, now)
            plan = make_plan(arrival.message, conversation, understanding, decision, desk.policy)
            carrying_out = partial(carry_out, desk=desk, event_id=arrival.event_id, plan=plan, now=now)
            try:
                said = await desk.store.run(carrying_out, lock=conversation.id)
            except MovedOn:
                current = await desk.store.read(partial(conversations.get, id=conversation.id))
                if current is None:
                    raise Unowned from None
                conversation = current
                continue
            announce(desk, conversation.id, [arrival.message, *said])
            return plan

    async def _link(self, arrival: Arrival, code: str, now: datetime) -> bool:
        """Whether the words were a code that takes two chats together."""
        desk = self._desk
        redeem = partial(link.redeem, desk=desk, event_id=arrival.event_id, message=arrival.message, code=code, now=now)
        linked = await desk.store.run(redeem)
        if linked is None:
            return False
        for conversation_id, said in linked.said.items():
            announce(desk, conversation_id, said)
        announce(desk, arrival.conversation.id, [])
        return True

    async def _answer_burst(self, head: Waiting, arrival: Arrival, now: datetime) -> bool:
        """Answer what waits together as one question; False, and nothing is done, if it is not one or somebody was quicker."""
        desk, conversation = self._desk, arrival.conversation
        if conversation.is_with_people or conversation.bot.is_in_mid_talk:
            return False
        channel = self._channels.get(head.event.channel)
        joining = partial(
            join.burst,
            head,
            arrival.message,
            await desk.store.read(partial(inbox.line, lane=head.event.lane, after=head.id)),
            channel.parse if channel else None,
            policy=desk.policy,
        )
        understanding = partial(self._understand, conversation=conversation, now=now)
        try:
            burst = joining(understand=partial(understanding, wait=False))
        except Undecided:
            loop = asyncio.get_running_loop()
            burst = await loop.run_in_executor(self._thinking, partial(joining, understand=understanding))
        if burst is None or burst.understanding.failed or triage.needs_tickets(conversation, burst.understanding):
            return False
        if triage.needs_form(conversation, burst.understanding) or burst.understanding.nobody_came:
            return False
        decision = triage.decide(conversation, burst.understanding, (), desk.policy, now)
        plan = make_plan(burst.question, conversation, burst.understanding, decision, desk.policy)
        plan = replace(plan, explanation=replace(plan.explanation, pieces=1 + len(burst.rest)))
        limits = channel.limits if channel else None
        answering = partial(answer_burst, desk=desk, first=head, plan=plan, rest=burst.rest, limits=limits, now=now)
        try:
            said = await desk.store.run(answering, lock=conversation.id)
        except (MovedOn, Unowned):
            return False
        announce(desk, conversation.id, [arrival.message, *said])
        self.received += len(burst.rest)
        return True

    async def _facts(
        self, message: Message, conversation: Conversation, understanding: Understanding
    ) -> Mapping[str, str]:
        of, language = conversation, understanding.language
        asking = partial(known_facts, desk=self._desk, message=message, conversation=of, language=language)
        return await self._desk.store.read(asking)

    async def _think(self, message: Message, conversation: Conversation, now: datetime) -> Understanding:
        """What the words mean; in a thread where that takes a sentence encoder, so that nothing else waits."""
        try:
            return self._understand(message, conversation, now, wait=False)
        except Undecided:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thinking, self._understand, message, conversation, now)

    def _understand(
        self, message: Message, conversation: Conversation, now: datetime, *, wait: bool = True
    ) -> Understanding:
        """What the words mean, before anything is decided. The bot's own failure is a result, too. Raises Undecided without
        `wait`."""
        try:
            return understand(self._desk, message, conversation, now, wait=wait)
        except Undecided:
            raise
        except Exception:
            # A customer must not wait for a bot that is broken: people take over.
            log.exception("bot_failed", conversation_id=conversation.id, seq=message.seq)
            return Understanding(language=conversation.language, failed=True)

    async def _give_up(self, head: Waiting, why: str, now: datetime) -> bool:
        """Keep the event for people, and let its lane go on."""
        log.error("event_unreadable", event_id=head.id, channel=head.event.channel)
        bury = partial(give_up, desk=self._desk, head=head, why=why, now=now)
        said = await self._desk.store.run(bury, lock=head.conversation.id if head.conversation else ALONE)
        if head.conversation and said:
            announce(self._desk, head.conversation.id, said)
        return True
