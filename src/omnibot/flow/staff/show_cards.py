"""Keeps the staff groups' cards as the conversations are: what has happened since, from wherever, is shown there.

A card follows from rows that are committed, so that nothing that changes a conversation has to know of cards, and a crash
in between loses nothing: what a card has shown is noted in the transaction that queues it.
"""

from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.message import Author, Message, Note
from omnibot.flow import look_up
from omnibot.flow.desk import Desk
from omnibot.flow.look_up import Overview
from omnibot.flow.staff import card as faces
from omnibot.log import Log
from omnibot.store import cards, conversations, groups, messages
from omnibot.store.cards import Card

log = Log(__name__)


def subject_of(conversation_id: int) -> str:
    """A conversation as the subject of a card."""
    return f"conversation:{conversation_id}"


async def step(desk: Desk, now: datetime) -> int:
    """Bring the cards up to date that are not; returns how many conversations they are of."""
    behind = await desk.store.read(partial(_behind, now=now))
    for id in behind:
        await desk.store.run(partial(show, desk=desk, conversation_id=id, now=now), lock=id)
    return len(behind)


def _behind(tx: Connection, now: datetime) -> list[int]:
    return cards.outdated(tx, now) if groups.in_force(tx, GroupRole.STAFF) else []


def show(
    tx: Connection, desk: Desk, conversation_id: int, now: datetime, *, told: frozenset[int] = frozenset()
) -> None:
    """Bring the conversation's card up to date in each staff group. Lines with these seqs were said in such a thread
    themselves and are not repeated."""
    current = conversations.lock(tx, conversation_id)
    if current is None:
        return
    found: Overview | None = None
    for group in groups.in_force(tx, GroupRole.STAFF):
        if not current.is_with_people and cards.of_subject(tx, group, subject_of(current.id)) is None:
            continue
        card = cards.open_for(tx, group, subject_of(current.id), conversation_id=current.id, now=now)
        if not (card.is_live or current.is_with_people):
            continue
        found = found or look_up.overview(tx, conversation_id)
        if found is not None:
            _show(tx, desk, group, card, found, now, told)


def show_change(tx: Connection, desk: Desk, changed: Message, now: datetime) -> None:
    """The customer has changed or taken back what stands under a card already: the group sees that below."""
    subject = subject_of(changed.conversation_id)
    for group in groups.in_force(tx, GroupRole.STAFF):
        card = cards.of_subject(tx, group, subject)
        if card is None or not card.is_live or changed.seq > card.seen_seq:
            continue
        line = faces.change(desk.texts.of(group.language), changed)
        cards.add_line(tx, group, card, line, now=now)


def _show(
    tx: Connection, desk: Desk, group: Group, card: Card, found: Overview, now: datetime, told: frozenset[int]
) -> None:
    words, current = desk.texts.of(group.language), found.conversation
    is_new = not card.is_live
    card = _woken(tx, card, current, now)
    if is_new and card.text:
        cards.post_again(tx, card.id)  # it needs people again: nobody looks at an old card far above
        card = _reread(tx, card)
    snoozed = (card.snoozed_until, card.snoozed_by or "") if card.snoozed_until else None
    shown = faces.face(words, found, desk.policy, now, snoozed)
    title = faces.title(words, found)
    text, choices = shown.text, shown.choices
    cards.show(tx, group, card, text=text, choices=choices, opens=title, now=now)
    _add_lines(tx, desk, group, card, found, now, told, is_new=is_new)
    cards.keep_seen(
        tx,
        card.id,
        seq=current.last_seq,
        epoch=current.epoch,
        is_live=current.is_with_people or any(ticket.is_open for ticket in faces.own_tickets(found)),
        is_late=current.due_at is not None and current.due_at <= now,
    )


def _woken(tx: Connection, card: Card, current: Conversation, now: datetime) -> Card:
    """The card without a sleep that has ended: its time has come, or somebody has the conversation."""
    if card.snoozed_until is None or (card.snoozed_until > now and current.status is Status.QUEUED):
        return card
    cards.snooze(tx, card.id, None, None)
    if current.status is Status.QUEUED:
        cards.post_again(tx, card.id)
    return _reread(tx, card)


def _reread(tx: Connection, card: Card) -> Card:
    again = cards.get(tx, card.id)
    assert again is not None
    return again


def _add_lines(
    tx: Connection,
    desk: Desk,
    group: Group,
    card: Card,
    found: Overview,
    now: datetime,
    told: frozenset[int],
    *,
    is_new: bool,
) -> None:
    """What was said since, or, at the top of a new thread, what led here."""
    words, current = desk.texts.of(group.language), found.conversation
    if is_new:
        since = [said for said in found.messages if said.seq > card.seen_seq][-faces.BEFORE :]
        for said in since:
            if said.files:
                _add_line(tx, desk, group, card, found, said, now)
        plain = "\n\n".join(faces.line(words, found, said) for said in since if not said.files)
        if plain:
            cards.add_line(tx, group, card, plain, seq=current.last_seq, now=now)
        return
    lines: list[Message | Note] = [*messages.after(tx, current.id, card.seen_seq)]
    lines += messages.notes_of(tx, current.id, after=card.seen_seq)
    for spoken in sorted(lines, key=lambda line: line.seq):
        if spoken.seq not in told:
            _add_line(tx, desk, group, card, found, spoken, now)


def _add_line(
    tx: Connection, desk: Desk, group: Group, card: Card, found: Overview, said: Message | Note, now: datetime
) -> None:
    if isinstance(said, Message) and said.author is Author.BOT:
        return  # while people have it, it says nothing; what it says afterwards is not their work
    files = said.files if isinstance(said, Message) else ()
    line = faces.line(desk.texts.of(group.language), found, said)
    cards.add_line(tx, group, card, line, files=files, seq=said.seq, now=now)
