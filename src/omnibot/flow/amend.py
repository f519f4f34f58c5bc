"""What platforms tell of messages and chats that are there already: edited, deleted, bounced, out of reach, moved.

None of it is answered. What is about something we do not know is ignored, for a reason that stays with the event.
"""

from datetime import datetime
from typing import assert_never

from sqlalchemy.engine import Connection

from omnibot.channel import Bounced, Deleted, Edited, Membership, Moved, Reachability
from omnibot.domain.conversation import Conversation, HandoffReason
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.message import Author, Message
from omnibot.flow.dealers import ask_hq
from omnibot.flow.desk import Desk
from omnibot.flow.guards import Unowned
from omnibot.flow.hand_off import queue
from omnibot.flow.place import apply, storable
from omnibot.flow.say import tell_staff
from omnibot.flow.staff import show_cards
from omnibot.flow.word import listed, spoken_number
from omnibot.store import (
    audit,
    case_cards,
    conversations,
    dealers,
    departures,
    external_ids,
    groups,
    inbox,
    links,
    members,
    message_details,
    messages,
    notices,
    outbox,
    reachability,
    tickets,
)
from omnibot.store.inbox import Waiting

Amendment = Edited | Deleted | Bounced | Reachability | Moved | Membership


def amend(tx: Connection, desk: Desk, head: Waiting, told: Amendment, now: datetime) -> list[int]:
    """Write what was told, and the event's outcome; returns the conversations that look different now."""
    channel = head.event.channel
    match told:
        case Edited() | Deleted():
            changed, outcome = _change(tx, desk, channel, told, now)
        case Bounced():
            changed, outcome = _bounce(tx, desk, channel, told, now)
        case Reachability():
            changed, outcome = _reach(tx, desk, told, now)
        case Moved():
            changed, outcome = reachability.move(tx, told.address, told.to), "moved"
            groups.move(tx, told.address, told.to)
        case Membership():
            changed, outcome = [], _come_or_go(tx, told, now)
        case _:
            assert_never(told)
    if not inbox.finish(tx, head.id, outcome):
        raise Unowned
    return changed


def _change(tx: Connection, desk: Desk, channel: str, told: Edited | Deleted, now: datetime) -> tuple[list[int], str]:
    message = _known(tx, channel, told.message_id)
    if message is None or message.author is not Author.CUSTOMER:
        return [], "ignored: changes a message that we do not have"
    changed = apply(tx, message, told, now)
    if (changed.text, changed.deleted_at) != (message.text, message.deleted_at):
        show_cards.show_change(tx, desk, changed, now)
    return [message.conversation_id], "edited" if isinstance(told, Edited) else "deleted"


def _come_or_go(tx: Connection, told: Membership, now: datetime) -> str:
    """Whoever has left a group where people work does nothing there any more. Of other groups nothing is kept."""
    everywhere = told.address.chat == departures.EVERYWHERE
    if told.is_in:
        departures.end(tx, told.address, told.senders)
        return "in the group again"
    if not everywhere and not groups.are_in(tx, told.address):
        return "ignored: left a group where nobody works"
    departures.note(tx, told.address, told.senders, now)
    for sender in told.senders:
        if members.is_known(tx, told.address.channel, sender):
            where = f"chat:{told.address.channel}:{told.address.chat}"
            audit.write(tx, user_id=None, action="member_left", subject=where, detail=sender, now=now)
    return "left the group"


def _bounce(tx: Connection, desk: Desk, channel: str, told: Bounced, now: datetime) -> tuple[list[int], str]:
    message = _known(tx, channel, told.message_id)
    if message is None or message.author is Author.CUSTOMER:
        return [], "ignored: bounces a message that we did not send"
    words, why = desk.texts.of(desk.staff_language), storable(told.why)
    copied = message_details.copies(tx, message.conversation_id, message.seq).everybody
    if told.recipients and copied and set(told.recipients) <= set(copied):
        for address in told.recipients if told.is_permanent else ():
            text = words("A copy did not arrive at {address}: {why}", address=address, why=why)
            tell_staff(tx, message.conversation_id, text, now)
        return [message.conversation_id], "a copy bounced"
    if not told.is_permanent:
        tell_staff(tx, message.conversation_id, words("A message has not arrived yet: {why}", why=why), now)
        return [message.conversation_id], "delayed"
    if outbox.bounce(tx, message.conversation_id, message.seq, why=why, now=now):
        tell_staff(tx, message.conversation_id, words("A message did not arrive: {why}", why=why), now)
        if message.author is Author.AGENT:
            _give_to_people(tx, desk, message.conversation_id, now)
    return [message.conversation_id], "bounced"


def _give_to_people(tx: Connection, desk: Desk, id: int, now: datetime) -> None:
    """The customer is told nothing: it would not arrive either."""
    current = conversations.lock(tx, id)
    if current and not current.is_with_people:
        queue(tx, desk, current, current, reason=HandoffReason.UNDELIVERED, now=now)


def _reach(tx: Connection, desk: Desk, told: Reachability, now: datetime) -> tuple[list[int], str]:
    outcome = "reachable" if told.is_reachable else "unreachable"
    why = storable(told.why)
    is_news = (
        reachability.regain(tx, told.address) if told.is_reachable else reachability.lose(tx, told.address, why, now)
    )
    _tell_groups(tx, desk, told, why, now)
    newest = conversations.newest_at_chat(tx, told.address)
    if newest is None or not is_news:
        return [], outcome
    words = desk.texts.of(desk.staff_language)
    if told.is_reachable:
        tell_staff(tx, newest.id, words("The customer can be reached here again."), now)
    else:
        tell_staff(tx, newest.id, unreachable(tx, desk, newest, why), now)
    return [newest.id], outcome


def _tell_groups(tx: Connection, desk: Desk, told: Reachability, why: str, now: datetime) -> None:
    """A group where people work is gone or back: the staff's other groups are told, and it stands in the audit."""
    reason = "it cannot be reached"
    if told.is_reachable:
        for group in groups.regain(tx, told.address, reason):
            audit.write(tx, user_id=None, action="group_back", subject=f"group:{group.id}", detail=why, now=now)
            case_cards.refresh(tx, group.id)
        return
    for group in groups.lose(tx, told.address, reason, now):
        audit.write(tx, user_id=None, action="group_lost", subject=f"group:{group.id}", detail=why, now=now)
        for other in groups.in_force(tx, GroupRole.STAFF):
            words = desk.texts.of(other.language)
            text = (
                words("A staff group cannot be reached any more: {why}. Nothing is shown there.", why=why)
                if group.role is GroupRole.STAFF
                else words("A dealer's group cannot be reached any more: {why}. Nothing is shown there.", why=why)
            )
            notices.add(tx, other.address, text, now=now)
        _tell_of_cases(tx, desk, group, now)


def _tell_of_cases(tx: Connection, desk: Desk, group: Group, now: datetime) -> None:
    """A dealer whose last group is gone sees nothing of its cases any more: our team has to know which they are."""
    if group.dealer_id is None or groups.of_dealer(tx, group.dealer_id):
        return
    dealer = dealers.get(tx, group.dealer_id)
    for ticket_id in case_cards.open_in(tx, group.id):
        ticket = tickets.get(tx, ticket_id)
        if ticket is not None:
            ask_hq.tell_team(
                tx,
                desk,
                ticket,
                lambda words, number=ticket.number: words(  # type: ignore[misc]  # a default binds it
                    "Case {number} is with {dealer}, whose group cannot be reached any more. "
                    "Give it to somebody else, or let the bot into the group again.",
                    number=spoken_number(number),
                    dealer=dealer.name if dealer else "?",
                ),
                now,
            )


def unreachable(tx: Connection, desk: Desk, conversation: Conversation, why: str) -> str:
    """What staff are told, with where the same contact can be met instead."""
    words = desk.texts.of(desk.staff_language)
    told = words("The customer cannot be reached here any more: {why}", why=why)
    here = (conversation.address.channel, conversation.address.chat)
    found = links.addresses(tx, conversation.contact_id)
    others = [one.channel for one in found if one.unreachable is None and (one.channel, one.chat) != here]
    if not others:
        return told
    return f"{told}\n" + words("Another address of theirs: {channels}", channels=listed(words, others))


def _known(tx: Connection, channel: str, message_id: str) -> Message | None:
    """The message that the platform means; nobody else changes its conversation before the commit."""
    found = external_ids.find(tx, channel, message_id)
    if found is None or conversations.lock(tx, found[0]) is None:
        return None
    return messages.get(tx, *found)
