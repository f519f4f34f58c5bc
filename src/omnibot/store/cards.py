"""Cards: what a group is shown of one subject. One message each, edited in place; edits that still wait become one."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Status
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.message import Address, Attachment, Choice
from omnibot.domain.value import dataclass
from omnibot.store import notices
from omnibot.store.schema import cards, conversations, groups, outbox
from omnibot.store.schema import notices as notices_table
from omnibot.store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A row; the columns say what they mean (`schema.groups`)."""

    id: int
    group_id: int
    subject: str
    conversation_id: int | None
    ticket_id: int | None
    text: str
    choices: str | None
    external_id: str | None
    place: str
    thread: str
    seen_seq: int
    seen_epoch: int
    is_live: bool
    is_late: bool
    snoozed_until: datetime | None
    snoozed_by: str | None
    created_at: datetime


_COLUMNS = tuple(cards.c[name] for name in Card.__dataclass_fields__)


def open_for(
    tx: Connection,
    group: Group,
    subject: str,
    *,
    conversation_id: int | None = None,
    ticket_id: int | None = None,
    now: datetime,
) -> Card:
    """The group's card of a subject, with nothing on it yet where it is new. Nobody else changes it before the commit."""
    values = {
        "group_id": group.id,
        "subject": subject,
        "conversation_id": conversation_id,
        "ticket_id": ticket_id,
        "text": "",
        "place": "",
        "thread": "",
        "seen_seq": 0,
        "seen_epoch": 0,
        "is_live": False,
        "is_late": False,
        "created_at": now,
    }
    tx.execute(insert(tx.dialect.name, cards).values(**values).on_conflict_do_nothing())
    card = _one(tx, (cards.c.group_id == group.id) & (cards.c.subject == subject), lock=True)
    assert card is not None
    return card


def get(tx: Connection, id: int) -> Card | None:
    return _one(tx, cards.c.id == id)


def of_subject(tx: Connection, group: Group, subject: str) -> Card | None:
    return _one(tx, (cards.c.group_id == group.id) & (cards.c.subject == subject))


def of_place(tx: Connection, group: Group, address: Address, answered: tuple[str, ...]) -> Card | None:
    """The card that something said in a group is about: it stands in the card's thread, or answers it or a line of it."""
    if address.thread and address.thread != group.address.thread:
        found = _one(tx, (cards.c.group_id == group.id) & (cards.c.thread == address.thread))
        if found:
            return found
    id = notices.card_of(tx, address.channel, answered)
    card = get(tx, id) if id is not None else None
    return card if card and card.group_id == group.id else None


def show(
    tx: Connection,
    group: Group,
    card: Card,
    *,
    text: str,
    choices: tuple[Choice, ...],
    opens: str | None = None,
    now: datetime,
) -> bool:
    """Bring a card up to date; False where it says this already. What waits to be sent says the newest instead."""
    encoded = notices.encode_choices(choices)
    if (card.text, card.choices) == (text, encoded):
        return False
    tx.execute(sa.update(cards).where(cards.c.id == card.id).values(text=text, choices=encoded))
    waiting = _waiting(tx, card.id)
    if waiting is None:
        add = notices.add
        add(tx, group.address, text, choices=choices, card_id=card.id, is_card=True, opens=opens, now=now)
        return True
    values = {"text": text, "choices": encoded, "opens": opens}
    tx.execute(sa.update(notices_table).where(notices_table.c.id == waiting).values(**values))
    return True


def add_line(
    tx: Connection,
    group: Group,
    card: Card,
    text: str,
    *,
    now: datetime,
    choices: tuple[Choice, ...] = (),
    files: tuple[Attachment, ...] = (),
    answers: str | None = None,
    seq: int | None = None,
) -> None:
    """Say something under a card: in its thread or, where there are none, as an answer to it."""
    notices.add(
        tx, group.address, text, card_id=card.id, choices=choices, files=files, answers=answers, seq=seq, now=now
    )


def post_again(tx: Connection, id: int) -> None:
    """The next time the card is shown it is a new message, below all others; the old one stays as it is."""
    tx.execute(sa.update(cards).where(cards.c.id == id).values(text="", external_id=None, thread=cards.c.place))


def posted(tx: Connection, id: int, *, external_id: str, replaced: str | None, opened: str, heads: str) -> None:
    """The platform has it: under this id, in the thread that was opened for it, as the head of another. `replaced` is the message
    that was edited. Where the card is to be posted again by now, an edit of the old message changes nothing about that."""
    values: dict[str, Any] = {"external_id": external_id}
    if opened:
        values |= {"place": opened, "thread": opened}
    elif heads:
        values |= {"thread": heads}
    is_current = cards.c.external_id.is_not_distinct_from(replaced)
    tx.execute(sa.update(cards).where(cards.c.id == id, is_current).values(**values))


def lost(tx: Connection, id: int) -> None:
    """It could not be posted or edited: where it stood may be gone. The next time it is a new message in a new place."""
    tx.execute(
        sa.update(cards).where(cards.c.id == id).values(text="", choices=None, external_id=None, place="", thread="")
    )


def keep_seen(tx: Connection, id: int, *, seq: int, epoch: int, is_live: bool, is_late: bool) -> None:
    """The card shows its subject as it was at this seq, in this epoch."""
    values = {"seen_seq": seq, "seen_epoch": epoch, "is_live": is_live, "is_late": is_late}
    tx.execute(sa.update(cards).where(cards.c.id == id).values(**values))


def snooze(tx: Connection, id: int, until: datetime | None, by: str | None) -> None:
    """The card comes up again then, if somebody still waits; None: it does not sleep any more."""
    tx.execute(sa.update(cards).where(cards.c.id == id).values(snoozed_until=until, snoozed_by=by))


def outdated(tx: Connection, now: datetime, *, limit: int = 200) -> list[int]:
    """Conversations that a staff group has no card of, though they are with people, or whose card is behind."""
    c = conversations.c
    with_people = c.status.in_((Status.QUEUED.value, Status.OPEN.value))
    is_behind = (c.last_seq != cards.c.seen_seq) | (c.epoch != cards.c.seen_epoch)
    is_due = (c.due_at <= now) != cards.c.is_late
    wakes = cards.c.snoozed_until <= now
    staff = (groups.c.role == GroupRole.STAFF.value) & groups.c.gone_at.is_(None)
    of_group = (cards.c.group_id == groups.c.id) & (cards.c.conversation_id == c.id)
    new = (
        select(c.id)
        .select_from(conversations)
        .join(groups, staff)
        .outerjoin(cards, of_group)
        .where(with_people, sa.func.coalesce(cards.c.is_live, sa.false()).is_(sa.false()))
    )
    changed = (
        select(c.id)
        .select_from(cards)
        .join(groups, staff & (groups.c.id == cards.c.group_id))
        .join(conversations, c.id == cards.c.conversation_id)
        .where(cards.c.is_live, is_behind | sa.func.coalesce(is_due, cards.c.is_late) | wakes)
    )
    both = sa.union(new, changed).subquery()
    return list(tx.execute(select(both.c.id).order_by(both.c.id).limit(limit)).scalars())


def _waiting(tx: Connection, card_id: int) -> int | None:
    """The notice of a card that nobody has begun to send."""
    query = (
        select(notices_table.c.id)
        .join(outbox, outbox.c.notice_id == notices_table.c.id)
        .where(notices_table.c.card_id == card_id, notices_table.c.is_card, outbox.c.state == "pending")
        .order_by(notices_table.c.id.desc())
        .limit(1)
        .with_for_update(of=outbox, key_share=True)
    )
    return tx.execute(query).scalar_one_or_none()


def _one(tx: Connection, condition: "sa.ColumnElement[bool]", *, lock: bool = False) -> Card | None:
    query = select(*_COLUMNS).where(condition)
    row = tx.execute(query.with_for_update(key_share=True) if lock else query).mappings().one_or_none()
    return Card(**row) if row else None
