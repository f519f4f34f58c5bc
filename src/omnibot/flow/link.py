"""Takes several chats of one person together, by proof, and parts them again. What happened is told and audited.

The proof is a one-time code that was handed out in one chat and said in the other, the site's signed identity, or an
agent's word. Two contacts for both of whom the site vouches are two people.
"""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain.code import CodePurpose, spelled
from omnibot.domain.contact import Proof
from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Author, Message
from omnibot.domain.value import dataclass
from omnibot.flow.continue_at import continue_at
from omnibot.flow.desk import Desk
from omnibot.flow.guards import Unowned
from omnibot.flow.say import say, tell_staff
from omnibot.store import codes, contacts, conversations, inbox, links, message_details

VALID = timedelta(minutes=15)
LINK, CONTINUE = "link", "continue"  # what the bearer of a code wants; stored before the conversation's id
LINKED = "link"  # the outcome of a message that says a code


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What was said in each conversation; the code's own conversation is among them."""

    said: dict[int, list[Message]]


def offer(tx: Connection, desk: Desk, conversation: Conversation, now: datetime) -> str:
    """The words that hand out a code for another chat."""
    code = codes.new_code()
    keep_code(tx, code, conversation.id, wish=LINK, now=now)
    words = desk.texts.of(conversation.language)
    return words(
        "To take another chat with us together with this one, say this there within {minutes} minutes: {code}\n\n"
        "Tell it nobody else.",
        minutes=VALID // timedelta(minutes=1),
        code=f"`{spelled(code)}`",
    )


def keep_code(tx: Connection, code: str, conversation_id: int, *, wish: str, now: datetime) -> None:
    """Whoever says the code elsewhere is the contact of that conversation."""
    subject = f"{wish}:{conversation_id}"
    codes.add(tx, code, CodePurpose.LINK_CONTACT, subject, made_by=None, now=now, until=now + VALID)


def redeem(tx: Connection, desk: Desk, event_id: int, message: Message, code: str, now: datetime) -> Linked | None:
    """Link the conversation in which a code was said; None, and nothing is done, if the words are no code of ours or do not
    come from one person's own chat."""
    details = message_details.get(tx, message.conversation_id, message.seq)
    if details.sender is not None or details.is_verified is not True or details.is_automatic:
        return None
    found = codes.redeem(tx, code, (CodePurpose.LINK_CONTACT,), now)
    if found is None:
        return None
    wish, _, id = found.subject.partition(":")
    locked = {id: conversations.lock(tx, id) for id in sorted({int(id), message.conversation_id})}
    there, here = locked[int(id)], locked[message.conversation_id]
    if there is None or here is None:
        return None
    if not inbox.finish(tx, event_id, LINKED):
        raise Unowned
    words = desk.texts.of(here.language)
    if there.id == here.id:
        keep_code(tx, code, here.id, wish=wish, now=now)
        text = words("This is the chat that the code comes from. Say it in the other one.")
        return Linked(said={here.id: [_say(tx, desk, here, text, now)]})
    try:
        is_new = _take_together(tx, there, here, now)
    except links.TwoPeople:
        text = words("These two chats belong to two different customer accounts, so they stay apart.")
        return Linked(said={here.id: [_say(tx, desk, here, text, now)]})
    here, there = _again(tx, here), _again(tx, there)
    if wish == CONTINUE:
        return Linked(said=continue_at(tx, desk, there, here, now))
    if not is_new:
        return Linked(said={here.id: [_say(tx, desk, here, words("Both chats are together already."), now)]})
    return Linked(said={one.id: [_say(tx, desk, one, _now_together(desk, one), now)] for one in (here, there)})


def _take_together(tx: Connection, there: Conversation, here: Conversation, now: datetime) -> bool:
    """False if they are. The contact whom the site knows stays; else the one who asked for the code."""
    if there.contact_id == here.contact_id:
        return False
    one, other = contacts.get(tx, there.contact_id), contacts.get(tx, here.contact_id)
    assert one is not None
    assert other is not None
    kept, given = (other, one) if other.is_verified and not one.is_verified else (one, other)
    links.merge(tx, kept.id, given.id, proof=Proof.CODE, by_id=None, now=now)
    return True


def part(
    tx: Connection, desk: Desk, contact_id: int, channel: str, chat: str, *, by_id: int | None, now: datetime
) -> int | None:
    """The address is its own contact's again, who is returned; None if it was never given to this one."""
    given_back = links.give_back(tx, channel, chat, owner=contact_id, by_id=by_id, now=now)
    if given_back is None:
        return None
    own, back = given_back
    words = desk.texts.of(desk.staff_language)
    for place in back:
        for conversation in conversations.of_chat(tx, *place):
            tell_staff(tx, conversation.id, words("This chat stands for itself again."), now)
    return own


def part_own(tx: Connection, desk: Desk, conversation: Conversation, now: datetime) -> str:
    """What the customer hears who wants his chat to stand for itself. Where others were given to his contact, they are
    parted from it: either way this chat is alone afterwards."""
    words, address = desk.texts.of(conversation.language), conversation.address
    is_parted = part(tx, desk, conversation.contact_id, address.channel, address.chat, by_id=None, now=now) is not None
    if not is_parted:
        for other in links.addresses(tx, conversation.contact_id):
            given = part(tx, desk, conversation.contact_id, other.channel, other.chat, by_id=None, now=now)
            is_parted = is_parted or given is not None
    if is_parted:
        return words("Done: this chat stands for itself again.")
    return words("This chat is not taken together with any other.")


def _now_together(desk: Desk, conversation: Conversation) -> str:
    words = desk.texts.of(conversation.language)
    return words(
        "This chat and your other one are taken together now: you hear of your cases in both. "
        "If that was not you, write “unlink”."
    )


def _say(tx: Connection, desk: Desk, conversation: Conversation, text: str, now: datetime) -> Message:
    return say(tx, desk, conversation, author=Author.SYSTEM, text=text, now=now)


def _again(tx: Connection, conversation: Conversation) -> Conversation:
    found = conversations.get(tx, conversation.id)
    assert found is not None
    return found
