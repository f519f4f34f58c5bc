"""Conversations: opening them, counting what is said in them, and changing their owner under the epoch."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from omnibot.domain.conversation import BotState, Conversation, HandoffReason, Status
from omnibot.domain.language import Language
from omnibot.domain.message import Address, Message
from omnibot.store.prepared import Prepared, PreparedMany, among, several
from omnibot.store.schema import Instant, conversations, micros, of_micros

PREVIEW_LENGTH = 120
FIRST_EPOCH = 1

# Most bots remember what others do, too: their last answer, or nothing. It takes longer to read than all the rest of a row.
_bot_of = lru_cache(maxsize=4096)(msgspec.json.Decoder(BotState).decode)
_encode = msgspec.json.encode
# To look a value up among an enum's members takes three times as long.
_STATUSES = {one.value: one for one in Status}
_LANGUAGES = {one.value: one for one in Language}

_COLUMNS = (
    conversations.c.id,
    conversations.c.contact_id,
    conversations.c.channel,
    conversations.c.chat,
    conversations.c.thread,
    conversations.c.status,
    conversations.c.epoch,
    conversations.c.last_seq,
    conversations.c.language,
    conversations.c.created_at,
    conversations.c.agent_id,
    conversations.c.waiting_since,
    conversations.c.due_at,
    conversations.c.reason,
    conversations.c.bot,
)


def of_row(row: Any, offset: int = 0) -> Conversation:
    """A row of `columns()` as a Conversation."""
    return _of_values(row[offset : offset + len(_COLUMNS)])


def _of_values(values: Any) -> Conversation:
    return Conversation(
        id=values[0],
        contact_id=values[1],
        address=Address(channel=values[2], chat=values[3], thread=values[4]),
        status=_STATUSES[values[5]],
        epoch=values[6],
        last_seq=values[7],
        language=_LANGUAGES[values[8]],
        created_at=values[9],
        agent_id=values[10],
        waiting_since=values[11],
        due_at=values[12],
        reason=HandoffReason(values[13]) if values[13] else None,
        bot=_bot_of(values[14]),
    )


_LATER_INSTANTS = tuple(
    place for place, each in enumerate(_COLUMNS) if isinstance(each.type, Instant) and each.nullable
)
_CREATED_AT = _COLUMNS.index(conversations.c.created_at)


def of_stored(row: Any, offset: int = 0) -> Conversation:
    """As `of_row`, of a row as the driver gives it."""
    values = list(row[offset : offset + len(_COLUMNS)])
    values[_CREATED_AT] = of_micros(values[_CREATED_AT])
    for place in _LATER_INSTANTS:
        if values[place] is not None:
            values[place] = of_micros(values[place])
    return _of_values(values)


def columns() -> tuple[sa.Column[object], ...]:
    """What `of_row` reads, for queries that join."""
    return _COLUMNS


_GET = select(*_COLUMNS).where(conversations.c.id == bindparam("id"))
_LOCK = _GET.with_for_update(of=conversations, key_share=True)
_AT = select(*_COLUMNS).where(
    conversations.c.channel == bindparam("channel"),
    conversations.c.chat == bindparam("chat"),
    conversations.c.thread == bindparam("thread"),
)


def get(tx: Connection, id: int) -> Conversation | None:
    row = tx.execute(_GET, {"id": id}).one_or_none()
    return of_row(row) if row else None


def lock(tx: Connection, id: int) -> Conversation | None:
    """The conversation as it is now; nobody else changes it before this transaction ends."""
    row = tx.execute(_LOCK, {"id": id}).one_or_none()
    return of_row(row) if row else None


def at(tx: Connection, address: Address) -> Conversation | None:
    row = tx.execute(_AT, {"channel": address.channel, "chat": address.chat, "thread": address.thread}).one_or_none()
    return of_row(row) if row else None


_WITH_NEXT = Prepared(
    lambda dialect: (
        select(*((each + 1).label(each.name) if each is conversations.c.last_seq else each for each in _COLUMNS))
        .where(among(dialect, conversations.c.id, "ids"))
        .order_by(conversations.c.id)
        .with_for_update(of=conversations, key_share=True)
    ),
    "ids",
)


def lock_with_next(tx: Connection, ids: list[int]) -> dict[int, Conversation]:
    """Those that exist, by id, as they stand with one more message, which is still to be counted (`advance`, `set_seqs`). Nobody
    else changes them before this transaction ends."""
    return {row[0]: of_stored(row) for row in _WITH_NEXT.one(tx, several(tx, ids))}


_HOLD = Prepared(
    lambda dialect: (
        select(conversations.c.id)
        .where(among(dialect, conversations.c.id, "ids"))
        .order_by(conversations.c.id)
        .with_for_update(key_share=True)
    ),
    "ids",
)
_COUNT_NEXT = Prepared(
    lambda dialect: (
        sa.update(conversations)
        .where(among(dialect, conversations.c.id, "ids"))
        .values(last_seq=conversations.c.last_seq + 1)
        .returning(conversations.c.id, conversations.c.last_seq)
    ),
    "ids",
)


def hold(tx: Connection, ids: list[int]) -> None:
    """Nobody else changes these before this transaction ends. In the order of their ids, as every transaction takes several;
    an update would take them as they lie on disk. And not in one statement with it, which would look for what others
    have changed while it waited."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer at a time
        _HOLD.one(tx, ids)


def count_next(tx: Connection, ids: list[int]) -> dict[int, int]:
    """Raise the `last_seq` of many and return it by id, for those that exist. Holds them, see `next_seq`."""
    hold(tx, ids)
    counted: Any = _COUNT_NEXT.one(tx, several(tx, ids))
    return dict(map(tuple, counted))


_AT_CHATS = (
    select(*_COLUMNS)
    .where(
        conversations.c.channel.in_(bindparam("channels", expanding=True)),
        conversations.c.chat.in_(bindparam("chats", expanding=True)),
    )
    .order_by(conversations.c.id)
    .with_for_update(of=conversations, key_share=True)
)


def lock_at(tx: Connection, addresses: list[Address]) -> dict[Address, Conversation]:
    """Those at these addresses as they are now; nobody else changes them before this transaction ends."""
    sought = {"channels": list({one.channel for one in addresses}), "chats": list({one.chat for one in addresses})}
    found = map(of_row, tx.execute(_AT_CHATS, sought))
    return {conversation.address: conversation for conversation in found}


_NEWEST_AT_CHAT = (
    select(*_COLUMNS)
    .where(conversations.c.channel == bindparam("channel"), conversations.c.chat == bindparam("chat"))
    .order_by(conversations.c.id.desc())
    .limit(1)
)


def newest_at_chat(tx: Connection, address: Address) -> Conversation | None:
    """The newest conversation of a chat, in whichever thread."""
    row = tx.execute(_NEWEST_AT_CHAT, {"channel": address.channel, "chat": address.chat}).one_or_none()
    return of_row(row) if row else None


def of_chat(tx: Connection, channel: str, chat: str) -> list[Conversation]:
    """All of a chat, in whichever thread."""
    query = select(*_COLUMNS).where(conversations.c.channel == channel, conversations.c.chat == chat)
    return [of_row(row) for row in tx.execute(query.order_by(conversations.c.id))]


def newest_of_contact(tx: Connection, contact_id: int, *, channel: str) -> Conversation | None:
    query = (
        select(*_COLUMNS)
        .where(conversations.c.contact_id == contact_id, conversations.c.channel == channel)
        .order_by(conversations.c.id.desc())
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return of_row(row) if row else None


def open_at(
    tx: Connection,
    address: Address,
    *,
    contact_id: int,
    language: Language,
    page_url: str | None,
    now: datetime,
) -> Conversation:
    """A new conversation with the bot. The address is unique; the caller has looked it up under a lock or made it up."""
    row = new_row(address, contact_id=contact_id, language=language, page_url=page_url, now=now)
    id = tx.execute(conversations.insert().returning(conversations.c.id), row).scalar_one()
    conversation = get(tx, id)
    assert conversation is not None
    return conversation


def new_row(
    address: Address, *, contact_id: int, language: Language, page_url: str | None, now: datetime
) -> dict[str, object]:
    """The row of a conversation that begins with the bot."""
    return {
        "contact_id": contact_id,
        "channel": address.channel,
        "chat": address.chat,
        "thread": address.thread,
        "status": Status.BOT.value,
        "epoch": FIRST_EPOCH,
        "last_seq": 0,
        "language": language.value,
        "bot": _encode(BotState()).decode(),
        "page_url": page_url,
        "preview": "",
        "updated_at": now,
        "created_at": now,
    }


_NEXT_SEQ = (
    sa.update(conversations)
    .where(conversations.c.id == bindparam("cid"), conversations.c.epoch == bindparam("under_epoch"))
    .values(
        last_seq=conversations.c.last_seq + 1,
        bot=bindparam("bot"),
        language=bindparam("language"),
        preview=bindparam("preview"),
        updated_at=bindparam("now"),
    )
    .returning(conversations.c.last_seq)
)


def speak_under(tx: Connection, conversation: Conversation, *, text: str, now: datetime) -> int | None:
    """The next seq, if the conversation's epoch is still the one of `conversation`; else None, and nothing is written.
    Keeps the bot's state and the language."""
    return tx.execute(
        _NEXT_SEQ,
        {
            "cid": conversation.id,
            "under_epoch": conversation.epoch,
            "bot": _encode(conversation.bot).decode(),
            "language": conversation.language.value,
            "preview": text[:PREVIEW_LENGTH],
            "now": now,
        },
    ).scalar_one_or_none()


def save(tx: Connection, before: Conversation, after: Conversation, *, now: datetime) -> bool:
    """Write everything but the address, if the epoch is still `before`'s; returns whether it was."""
    return (
        tx.execute(
            sa.update(conversations)
            .where(conversations.c.id == before.id, conversations.c.epoch == before.epoch)
            .values(
                status=after.status.value,
                agent_id=after.agent_id,
                epoch=after.epoch,
                language=after.language.value,
                bot=_encode(after.bot).decode(),
                reason=after.reason.value if after.reason else None,
                waiting_since=after.waiting_since,
                due_at=after.due_at,
                updated_at=now,
            )
        ).rowcount
        == 1
    )


_LAST_SEQS = select(conversations.c.id, conversations.c.last_seq).where(
    conversations.c.id.in_(bindparam("ids", expanding=True))
)
_RAISE = (
    sa.update(conversations)
    .where(conversations.c.id == bindparam("cid"))
    .values(last_seq=conversations.c.last_seq + 1, preview=bindparam("preview"), updated_at=bindparam("now"))
    .returning(conversations.c.last_seq)
)


def next_seq(tx: Connection, id: int, *, preview: str, now: datetime) -> int:
    """Raise `last_seq` and return it. Holds the row until the commit, so that seqs become visible in order."""
    seq: int = tx.execute(_RAISE, {"cid": id, "preview": preview[:PREVIEW_LENGTH], "now": now}).scalar_one()
    return seq


_RAISE_TO = PreparedMany(
    lambda _, row: (
        sa.update(conversations)
        .where(conversations.c.id == row["cid"])
        .values(last_seq=row["seq"], preview=row["preview"], updated_at=row["now"])
    ),
    seq=conversations.c.last_seq,
    preview=conversations.c.preview,
    now=conversations.c.updated_at,
    cid=conversations.c.id,
)


def raise_seqs(tx: Connection, said: list[Message], *, now: datetime) -> None:
    """`next_seq` for many, of different conversations that are locked: each message has the next seq already."""
    at = micros(now)
    _RAISE_TO.many(tx, [(message.seq, message.text[:PREVIEW_LENGTH], at, message.conversation_id) for message in said])


def last_seqs(tx: Connection, ids: list[int]) -> dict[int, int]:
    """The newest seq of each."""
    return dict(tx.execute(_LAST_SEQS, {"ids": ids}).tuples().all()) if ids else {}


_ADVANCE = PreparedMany(
    lambda _, row: (
        sa.update(conversations)
        .where(
            conversations.c.id == row["cid"],
            conversations.c.epoch == row["under_epoch"],
            conversations.c.last_seq == row["under_seq"],
        )
        .values(
            last_seq=row["following_seq"],
            bot=row["bot"],
            language=row["language"],
            preview=row["preview"],
            updated_at=row["now"],
        )
    ),
    cid=conversations.c.id,
    under_epoch=conversations.c.epoch,
    under_seq=conversations.c.last_seq,
    following_seq=conversations.c.last_seq,
    bot=conversations.c.bot,
    language=conversations.c.language,
    preview=conversations.c.preview,
    now=conversations.c.updated_at,
)


class Advance(NamedTuple):
    """The bot's answer in a conversation as it was when that was decided, and what to remember of it."""

    conversation: Conversation
    language: Language
    bot: BotState
    answer: Message
    under_seq: int  # the conversation's newest, as it stands in the database


def advance(tx: Connection, advances: list[Advance], *, now: datetime) -> bool:
    """`speak_under` for many: each conversation gets the seq of its answer. False, and nothing may be kept, if the epoch or
    the seq of any has moved on."""
    hold(tx, [conversation.id for conversation, *_ in advances])
    at = micros(now)
    rows = [
        (
            conversation.id,
            conversation.epoch,
            under_seq,
            answer.seq,
            _encode(bot).decode(),
            language.value,
            answer.text[:PREVIEW_LENGTH],
            at,
        )
        for conversation, language, bot, answer, under_seq in advances
    ]
    return _ADVANCE.many(tx, rows) == len(rows)


_SET_SEQ = PreparedMany(
    lambda _, row: sa.update(conversations).where(conversations.c.id == row["cid"]).values(last_seq=row["seq"]),
    seq=conversations.c.last_seq,
    cid=conversations.c.id,
)


def set_seqs(tx: Connection, said: list[Message]) -> None:
    """Count messages in, of different conversations that are locked. What lists show is left to whoever receives them."""
    _SET_SEQ.many(tx, [(message.seq, message.conversation_id) for message in said])


def keep_bot_state(tx: Connection, id: int, bot: BotState) -> None:
    """What the bot remembers, whoever owns the conversation."""
    tx.execute(sa.update(conversations).where(conversations.c.id == id).values(bot=_encode(bot).decode()))


def note_words(tx: Connection, id: int, *, preview: str, now: datetime) -> None:
    """Show in lists what was said last."""
    values = {"preview": preview[:PREVIEW_LENGTH], "updated_at": now}
    tx.execute(sa.update(conversations).where(conversations.c.id == id).values(**values))


def note_edit(tx: Connection, message: Message, text: str) -> None:
    """Show in lists what the newest message says now."""
    newest = (conversations.c.id == message.conversation_id) & (conversations.c.last_seq == message.seq)
    tx.execute(sa.update(conversations).where(newest).values(preview=text[:PREVIEW_LENGTH]))


def next_seq_quietly(tx: Connection, id: int, *, now: datetime) -> int:
    """`next_seq` for what customers do not see: lists keep the preview they have."""
    seq: int = tx.execute(
        sa.update(conversations)
        .where(conversations.c.id == id)
        .values(last_seq=conversations.c.last_seq + 1, updated_at=now)
        .returning(conversations.c.last_seq)
    ).scalar_one()
    return seq


def set_due(tx: Connection, id: int, due_at: datetime | None) -> None:
    tx.execute(sa.update(conversations).where(conversations.c.id == id).values(due_at=due_at))


def keep_subject(tx: Connection, id: int, subject: str) -> None:
    """The first subject stays."""
    tx.execute(
        sa.update(conversations)
        .where(conversations.c.id == id, conversations.c.subject.is_(None))
        .values(subject=subject)
    )


def set_continues(tx: Connection, id: int, earlier: int) -> None:
    """The contact went on from the earlier conversation."""
    tx.execute(sa.update(conversations).where(conversations.c.id == id).values(continues=earlier))


def continues(tx: Connection, id: int) -> int | None:
    return tx.execute(select(conversations.c.continues).where(conversations.c.id == id)).scalar_one_or_none()


def subject(tx: Connection, id: int) -> str | None:
    return tx.execute(select(conversations.c.subject).where(conversations.c.id == id)).scalar_one_or_none()


def page_url(tx: Connection, id: int) -> str | None:
    return tx.execute(select(conversations.c.page_url).where(conversations.c.id == id)).scalar_one_or_none()
