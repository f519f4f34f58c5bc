"""Places what many people say at the same time: plain words in private chats, known or new, a statement of a kind for all of
them. Whatever has more to it, or may have, is placed by itself (`place`)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, Limits
from omnibot.domain.code import find_codes
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Address, Author, Message
from omnibot.flow.guards import Unowned
from omnibot.flow.place import details_of, first_language, storable
from omnibot.store import codes, conversations, external_ids, inbox, messages, openings, reachability
from omnibot.store.inbox import Waiting
from omnibot.store.message_details import NOTHING
from omnibot.store.openings import Opening

Said = tuple[Waiting, InboundMessage]
Placed = tuple[Waiting, InboundMessage, Conversation, Message]


def is_words(parsed: InboundMessage, limits: Limits) -> bool:
    """Whether somebody just says something, alone with us: no press, nothing it refers to, nothing to fetch or to keep
    beside it. Where there are no buttons, a number may press one. Pure."""
    return (
        limits.choices > 0
        and not (parsed.choice or parsed.press or parsed.references or parsed.files or parsed.album)
        and not (parsed.is_group or parsed.is_overheard or parsed.is_forwarded or parsed.passed_on)
        and details_of(parsed) == NOTHING
    )


def place_together(tx: Connection, said: list[Said], now: datetime) -> list[Waiting]:
    """Those of the events that could be placed, with their places. Left alone are those that may say a code of ours
    or come from somebody known by another thread, and a second one in a conversation. Raises Unowned if any is no longer ours."""
    if not said:
        return []
    known = codes.known(tx, {code for _, parsed in said for code in find_codes(parsed.text)}, now)
    if known:
        said = [each for each in said if known.isdisjoint(find_codes(each[1].text))]
    there = conversations.lock_at(tx, [parsed.address for _, parsed in said])
    there |= _open(tx, [parsed for _, parsed in said], there, now)
    placed: list[Placed] = []
    for head, parsed in said:
        conversation = there.pop(parsed.address, None)
        if conversation is None:
            continue
        message = Message(
            conversation_id=conversation.id,
            seq=conversation.last_seq + 1,
            author=Author.CUSTOMER,
            text=storable(parsed.text),
            at=now,
            external_id=head.event.external_id,
        )
        placed.append((head, parsed, replace(conversation, last_seq=message.seq), message))
    if placed:
        _write(tx, placed, now)
    return [replace(head, conversation=conversation, message=message) for head, _, conversation, message in placed]


def _open(
    tx: Connection, said: list[InboundMessage], there: Mapping[Address, Conversation], now: datetime
) -> dict[Address, Conversation]:
    """Conversations for those who write for the first time. Who is known from another thread of the same chat
    needs a closer look (`place`)."""
    known = {(address.channel, address.chat) for address in there}
    new: dict[Address, Opening] = {}
    for parsed in said:
        address = parsed.address
        if (address.channel, address.chat) in known or not parsed.is_addressed:
            continue
        known.add((address.channel, address.chat))
        new[address] = Opening(address, first_language(parsed), storable(parsed.sender_name or "") or None)
    return openings.open_many(tx, list(new.values()), now=now) if new else {}


def _write(tx: Connection, placed: list[Placed], now: datetime) -> None:
    """The rows that `place` writes for each."""
    conversations.raise_seqs(tx, [message for *_, message in placed], now=now)
    if not inbox.set_places(tx, [(head.id, message) for head, *_, message in placed]):
        raise Unowned
    messages.add_many(tx, ((message, None) for *_, message in placed))
    external_ids.keep_many(
        tx,
        [
            (parsed.address.channel, parsed.message_id, message.conversation_id, message.seq)
            for _, parsed, _, message in placed
            if parsed.message_id is not None
        ],
    )
    reachability.regain_many(tx, [parsed.address for _, parsed, *_ in placed])  # who writes to us can hear us
