"""Makes promises and ends them: what is owed from now on, what happenings do to it, and what people decide about it.

Every change is written into the promise's history, with who did it and why. The order of locks is always the
conversation, then its promises.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from omnibot.domain import escalation, promise
from omnibot.domain.access import User
from omnibot.domain.calendar import Calendar
from omnibot.domain.message import Author, Message
from omnibot.domain.policy import Policy
from omnibot.domain.promise import EFFECTS, Happening, Holder, Outcome, Promise, PromiseKind
from omnibot.domain.rules import own_time
from omnibot.domain.ticket import Priority, Ticket
from omnibot.domain.value import dataclass
from omnibot.flow import word
from omnibot.flow.desk import Desk
from omnibot.flow.say import say
from omnibot.store import assignments, audit, calendars, contacts, conversations, promises, tickets

LONGEST = timedelta(days=3650)  # nobody promises more; and beyond the year 9999 there are no instants


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A promise as a person's decision left it. `said` is what the customer heard of it."""

    promise: Promise
    conversation_id: int | None
    said: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class NotPossible:
    """It does not fit the promise's state; `why` is for the person who tried."""

    why: str


def know_calendars(tx: Connection, policy: Policy, now: datetime) -> None:
    """Put those that the policy promises by on record, before anything is promised. Who adds a row makes everybody wait who would
    add the same; in the middle of a handoff, with a conversation locked, two of those would wait for each other."""
    calendars.keep_many(tx, {policy.calendar, *map(policy.calendar_for, PromiseKind)}, now)


def owe(
    tx: Connection,
    desk: Desk,
    kind: PromiseKind,
    *,
    now: datetime,
    holder: Holder = Holder.US,
    holder_id: int | None = None,
    conversation_id: int | None = None,
    ticket_id: int | None = None,
    contact_id: int | None = None,
    priority: Priority = Priority.NORMAL,
    calendar: Calendar | None = None,
    allowance: timedelta | None = None,
    started_at: datetime | None = None,
) -> Promise:
    """Promise what the policy says for that kind, from now on (or `started_at`). `contact_id` for those of a tier;
    `calendar` and `allowance` where they are not the policy's: a dealer's hours, a rule's own days. Raises NeverOpen."""
    tier = contacts.tier(tx, contact_id) if contact_id and desk.policy.tiers else None
    calendar = calendar or desk.policy.calendar_for(kind)
    made = Promise(
        kind=kind,
        holder=holder,
        holder_id=holder_id,
        conversation_id=conversation_id,
        ticket_id=ticket_id,
        started_at=started_at or now,
        allowance=allowance or desk.policy.at(now).allowance(kind, tier=tier, priority=priority),
        calendar=calendars.keep(tx, calendar, now),
        due_at=now,
    )
    return _add(tx, promise.planned(made, calendar), now)


def vow(
    tx: Connection, desk: Desk, conversation_id: int, agent: User, *, text: str | None, due_at: datetime, now: datetime
) -> Promise | NotPossible | None:
    """What an agent said becomes a promise that the agent holds; None: no such conversation."""
    conversation = conversations.lock(tx, conversation_id)
    if conversation is None:
        return None
    if not now < due_at < now + LONGEST:
        return NotPossible("Name a time that lies ahead, within ten years.")
    made = Promise(
        kind=PromiseKind.SPOKEN,
        holder=Holder.AGENT,
        holder_id=agent.id,
        conversation_id=conversation_id,
        started_at=now,
        due_at=due_at,
        calendar=calendars.keep(tx, desk.policy.calendar, now),
        text=text,
    )
    added = _add(tx, promise.planned(made, desk.policy.calendar), now, by=agent)
    show_due(tx, conversation_id)
    return added


def vow_of_dealer(
    tx: Connection, desk: Desk, ticket: Ticket, dealer_id: int, *, text: str, due_at: datetime, now: datetime
) -> Promise:
    """What a dealer's people said becomes the dealer's promise. It is the case's, not the conversation's: what we owe there
    ourselves is shown as before. The caller has locked the ticket."""
    made = Promise(
        kind=PromiseKind.SPOKEN,
        holder=Holder.DEALER,
        holder_id=dealer_id,
        ticket_id=ticket.id,
        started_at=now,
        due_at=due_at,
        calendar=calendars.keep(tx, desk.policy.calendar, now),
        text=text,
    )
    return _add(tx, promise.planned(made, desk.policy.calendar), now)


def agree(
    tx: Connection,
    desk: Desk,
    kind: PromiseKind,
    conversation_id: int,
    *,
    text: str,
    begin: datetime,
    end: datetime,
    now: datetime,
) -> Promise:
    """The customer picked a window in which we come back: that is owed from now on, in place of an earlier one, and what was
    owed at once stands still. The caller has locked the conversation, which goes on showing what it showed as due: its place."""
    earlier = None
    for one in promises.lock_open(tx, conversation_id=conversation_id, kinds=_AGREED):
        if one.holder is Holder.US:
            promises.save(tx, promise.ended(one, Outcome.MOVED, now, reason="another time"))
            promises.note(tx, one.id, "moved", now=now, due_before=one.due_at, due_at=end)
            earlier = one.id
    happened(tx, Happening.PUT_OFF, conversation_id=conversation_id, now=now, why="call_back")
    made = Promise(
        kind=kind,
        holder=Holder.US,
        conversation_id=conversation_id,
        started_at=begin,
        due_at=end,
        calendar=calendars.keep(tx, desk.policy.calendar, now),
        text=text,
        follows_id=earlier,
    )
    return _add(tx, promise.planned(made, desk.policy.calendar), now)


_AGREED = (PromiseKind.SPOKEN, PromiseKind.WRITE_BACK)


def happened(
    tx: Connection,
    happening: Happening,
    *,
    now: datetime,
    conversation_id: int | None = None,
    ticket_id: int | None = None,
    by: User | None = None,
    why: str = "",
) -> list[Promise]:
    """Tell what happened to the promises that listen to it; returns those it changed. The caller has locked the
    conversation or ticket."""
    owed = promises.lock_open(tx, conversation_id=conversation_id, ticket_id=ticket_id, kinds=EFFECTS[happening])
    changed = []
    for before in owed:
        after = promise.after(before, happening, calendars.get(tx, before.calendar), now, why)
        if after != before:
            promises.save(tx, after)
            promises.note(tx, after.id, _verb(before, after), now=now, by=by, why=why or happening.value)
            changed.append(after)
    return changed


def show_due(tx: Connection, conversation_id: int) -> datetime | None:
    """Let the conversation show what is due first in it; returns that."""
    due_at = first_due(tx, conversation_id)
    conversations.set_due(tx, conversation_id, due_at)
    return due_at


def first_due(tx: Connection, conversation_id: int) -> datetime | None:
    return min((one.due_at for one in promises.open_of_conversation(tx, conversation_id)), default=None)


def reprioritise(tx: Connection, desk: Desk, ticket: Ticket, *, by: User | None, now: datetime) -> None:
    """The ticket has another priority: its clock gets the new allowance, and what has passed counts."""
    allowance = desk.policy.at(now).allowance(
        PromiseKind.RESOLUTION, tier=contacts.tier(tx, ticket.contact_id), priority=ticket.priority
    )
    for before in promises.lock_open(tx, ticket_id=ticket.id, kinds=[PromiseKind.RESOLUTION]):
        after = promise.reprioritised(before, allowance, calendars.get(tx, before.calendar), now)
        if after != before:
            _replanned(tx, before, after, why=ticket.priority.value, by=by, now=now)


def replan(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime) -> Decided | NotPossible | None:
    """Let a running clock follow the policy as it is now; until somebody asks for this it keeps the one it began with."""
    found = _locked(tx, id)
    if found is None:
        return None
    before, conversation_id = found
    after = _by_policy(tx, desk, before, now)
    if isinstance(after, NotPossible):
        return after
    after = replace(after, calendar=calendars.keep(tx, desk.policy.calendar_for(before.kind), now))
    _replanned(tx, before, after, why="policy", by=agent, now=now)
    _show_due_of(tx, after)
    return Decided(promise=after, conversation_id=conversation_id)


def preview(tx: Connection, desk: Desk, id: int, *, now: datetime) -> tuple[Promise, Promise] | NotPossible | None:
    """The promise as it is, and as `replan` would make it. Nothing changes."""
    before = promises.get(tx, id)
    if before is None:
        return None
    after = _by_policy(tx, desk, before, now)
    return after if isinstance(after, NotPossible) else (before, after)


def _by_policy(tx: Connection, desk: Desk, before: Promise, now: datetime) -> Promise | NotPossible:
    """With the time that the policy, or the rule of its case, has for it now; the calendar's key is still the old one."""
    if not before.is_open or before.broken_at:
        return NotPossible("It is over or broken already.")
    if before.allowance is None:
        return NotPossible("It names its own time; move it instead.")
    calendar = desk.policy.calendar_for(before.kind)
    ticket = tickets.get(tx, before.ticket_id) if before.ticket_id else None
    contact_id = ticket.contact_id if ticket else _contact_of(tx, before.conversation_id)
    allowance = desk.policy.at(now).allowance(
        before.kind,
        tier=contacts.tier(tx, contact_id) if contact_id else None,
        priority=ticket.priority if ticket else Priority.NORMAL,
    )
    if before.holder is Holder.DEALER and before.ticket_id is not None:
        allowance = _rule_time(tx, desk, before.ticket_id, before.kind) or allowance
    return promise.replanned(before, allowance=allowance, calendar=calendar, key=before.calendar, now=now)


def _rule_time(tx: Connection, desk: Desk, ticket_id: int, kind: PromiseKind) -> timedelta | None:
    """What the rule has for it under which the case went to its dealer."""
    choice = assignments.get(tx, ticket_id).choice
    rule = desk.rules.rule(choice.rule) if choice else None
    return own_time(rule, kind) if rule else None


def keep(tx: Connection, desk: Desk, id: int, agent: User | None, *, now: datetime) -> Decided | NotPossible | None:
    """It was done: what nobody but people can know. No agent: a dealer says so."""
    return _end(tx, id, Outcome.KEPT, agent, now, None)


def waive(
    tx: Connection, desk: Desk, id: int, agent: User, *, reason: str, now: datetime
) -> Decided | NotPossible | None:
    """It is no longer owed, for a reason."""
    return _end(tx, id, Outcome.WAIVED, agent, now, reason)


def move(
    tx: Connection, desk: Desk, id: int, agent: User, *, due_at: datetime, reason: str, now: datetime
) -> Decided | NotPossible | None:
    """Another time takes its place, and the customer is told so."""
    found = _locked(tx, id)
    if found is None:
        return None
    before, conversation_id = found
    if not before.is_open:
        return NotPossible("It is over already.")
    if not now < due_at < now + LONGEST:
        return NotPossible("Name a time that lies ahead, within ten years.")
    over = promise.ended(before, Outcome.MOVED, now, reason=reason)
    promises.save(tx, over)
    promises.note(tx, id, "moved", now=now, by=agent, reason=reason, due_before=before.due_at, due_at=due_at)
    following = Promise(
        kind=before.kind,
        holder=before.holder,
        holder_id=before.holder_id,
        conversation_id=before.conversation_id,
        ticket_id=before.ticket_id,
        started_at=now,
        due_at=due_at,
        calendar=before.calendar,
        text=before.text,
        follows_id=id,
    )
    calendar = calendars.get(tx, before.calendar)
    added = _add(tx, promise.planned(following, calendar), now, by=agent)
    _show_due_of(tx, added)
    conversation = conversations.get(tx, conversation_id) if conversation_id else None
    said: tuple[Message, ...] = ()
    if conversation is not None:
        words, zone = desk.texts.of(conversation.language), desk.policy.calendar.zone
        text = word.moved(words, before, due_at, now, zone)
        said = (say(tx, desk, conversation, author=Author.SYSTEM, text=text, now=now),)
    audit.write(tx, user_id=agent.id, action="move_promise", subject=f"promise:{id}", now=now, detail=reason)
    return Decided(promise=added, conversation_id=conversation_id, said=said)


def acknowledge(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime) -> Decided | NotPossible | None:
    """Somebody takes a broken promise up; the ladder waits for a while."""
    found = _locked(tx, id)
    if found is None:
        return None
    before, conversation_id = found
    if not before.is_open or not before.broken_at:
        return NotPossible("It is not broken.")
    calendar = calendars.get(tx, before.calendar)
    after = escalation.acknowledged(before, agent.id, calendar, desk.policy.ladder, now)
    promises.save(tx, after)
    promises.note(tx, id, "acknowledged", now=now, by=agent)
    return Decided(promise=after, conversation_id=conversation_id)


def merge(tx: Connection, ticket: Ticket, into: Ticket, *, by: User, now: datetime) -> None:
    """The promises of a merged ticket go on with the other one; the resolution counts from the earlier beginning, because
    the customer has waited since then."""
    there = {one.kind: one for one in promises.lock_open(tx, ticket_id=into.id, kinds=PromiseKind)}
    for one in promises.lock_open(tx, ticket_id=ticket.id, kinds=PromiseKind):
        other = there.get(one.kind) if one.kind is not PromiseKind.SPOKEN else None
        if other is None:
            promises.move_to_ticket(tx, one, into.id)
            promises.note(tx, one.id, "merged", now=now, by=by, into=into.number)
            continue
        over = promise.ended(one, Outcome.WAIVED, now, reason="merged")  # and so are its pauses
        promises.save(tx, over)
        promises.note(tx, one.id, "waived", now=now, by=by, why="merged", into=into.number)
        if one.started_at < other.started_at and not other.broken_at and other.allowance is not None:
            earlier = replace(other, started_at=one.started_at, pauses=(*over.pauses, *other.pauses))
            calendar = calendars.get(tx, other.calendar)
            _replanned(tx, other, promise.rewarned(earlier, calendar, now), why="merged", by=by, now=now)


def _add(tx: Connection, made: Promise, now: datetime, *, by: User | None = None) -> Promise:
    added = promises.add(tx, made)
    promises.note(tx, added.id, "made", now=now, by=by, due_at=added.due_at)
    return added


def _end(
    tx: Connection, id: int, outcome: Outcome, agent: User | None, now: datetime, reason: str | None
) -> Decided | NotPossible | None:
    found = _locked(tx, id)
    if found is None:
        return None
    before, conversation_id = found
    if not before.is_open:
        return NotPossible("It is over already.")
    after = promise.ended(before, outcome, now, reason=reason)
    promises.save(tx, after)
    promises.note(tx, id, outcome.value, now=now, by=agent, reason=reason)
    _show_due_of(tx, after)
    by = agent.id if agent else None
    audit.write(tx, user_id=by, action=f"promise_{outcome.value}", subject=f"promise:{id}", now=now, detail=reason)
    return Decided(promise=after, conversation_id=conversation_id)


def _locked(tx: Connection, id: int) -> tuple[Promise, int | None] | None:
    """A promise and the conversation it is about, both locked."""
    known = promises.get(tx, id)
    if known is None:
        return None
    ticket = tickets.get(tx, known.ticket_id) if known.ticket_id else None
    place = known.conversation_id or (ticket.conversation_id if ticket else None)
    if place is not None:
        conversations.lock(tx, place)
    locked = promises.lock(tx, id)
    assert locked is not None
    return locked, place


def _contact_of(tx: Connection, conversation_id: int | None) -> int | None:
    conversation = conversations.get(tx, conversation_id) if conversation_id else None
    return conversation.contact_id if conversation else None


def _show_due_of(tx: Connection, changed: Promise) -> None:
    if changed.conversation_id is not None:
        show_due(tx, changed.conversation_id)


def _replanned(tx: Connection, before: Promise, after: Promise, *, why: str, by: User | None, now: datetime) -> None:
    promises.save(tx, after)
    detail: dict[str, Any] = {"why": why, "due_before": before.due_at, "due_at": after.due_at}
    promises.note(tx, after.id, "replanned", now=now, by=by, **detail)


def _verb(before: Promise, after: Promise) -> str:
    """What happened to it, for its history."""
    if after.outcome is not None:
        return after.outcome.value
    return "paused" if after.is_paused else "resumed"
