"""What agents do with a conversation: take, reply, note, hand back, release, close. One owner at a time."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.conversation import Conversation, HandoffReason, Status
from omnibot.domain.copies import NO_COPIES, Copies
from omnibot.domain.message import Attachment, Author, Message, Note
from omnibot.domain.promise import Happening, PromiseKind
from omnibot.domain.value import dataclass
from omnibot.flow.desk import Desk
from omnibot.flow.owe import first_due, happened, owe
from omnibot.flow.rating.ask import want_of_conversation
from omnibot.flow.say import say
from omnibot.store import audit, conversations, messages, outbox, users
from omnibot.texts import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It happened. `said` is what the customer sees of it."""

    conversation: Conversation
    said: tuple[Message, ...] = ()
    note: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Somebody else owns the conversation."""

    agent_id: int
    agent_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The customer or a colleague has spoken since the reply was begun; it was not sent."""

    newest_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOwned:
    """There is nothing to give away: the conversation is not with people."""


Result = Done | Held | Stale | NotOwned | None  # None: no such conversation


def take(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime, force: bool = False) -> Result:
    """Make the conversation the agent's own. Taking it again changes nothing; `force` takes it from a colleague."""
    current = conversations.lock(tx, id)
    if current is None:
        return None
    if current.agent_id == agent.id:
        return Done(conversation=current)
    if (held := _held_by_other(tx, current, agent)) and not (force and agent.may_act_as(Role.SUPERVISOR)):
        return held
    taken, told = _take(tx, desk, current, agent, now)
    return Done(conversation=taken, said=(told,))


def reply(
    tx: Connection,
    desk: Desk,
    id: int,
    agent: User,
    text: str,
    *,
    now: datetime,
    client_id: str | None = None,
    seen_seq: int | None = None,
    files: tuple[Attachment, ...] = (),
    copies: Copies = NO_COPIES,
) -> Result:
    """Say something to the customer; that takes a conversation nobody holds. With `seen_seq` the reply is held back
    if the agent has not seen everything. The same `client_id` again says nothing twice."""
    current = conversations.lock(tx, id)
    if current is None:
        return None
    external_id = f"agent:{agent.id}:{client_id}" if client_id else None
    if external_id and (known := messages.said(tx, id, external_id)):
        return Done(conversation=current, said=(known,))
    if held := _held_by_other(tx, current, agent):
        return held
    if seen_seq is not None and (newest := messages.newest_of_others(tx, id, agent.id)) > seen_seq:
        return Stale(newest_seq=newest)
    said: list[Message] = []
    if current.agent_id != agent.id:
        current, told = _take(tx, desk, current, agent, now)
        said.append(told)
    said.append(
        say(
            tx,
            desk,
            current,
            author=Author.AGENT,
            agent=agent,
            text=text,
            files=files,
            copies=copies,
            external_id=external_id,
            now=now,
        )
    )
    happened(tx, Happening.REPLIED, conversation_id=id, by=agent, now=now)
    answered = replace(current, waiting_since=None, due_at=first_due(tx, id))
    conversations.save(tx, current, answered, now=now)
    return Done(conversation=answered, said=tuple(said))


def note(tx: Connection, id: int, agent: User, text: str, *, now: datetime) -> Result:
    """A remark for colleagues; anybody may write one, whoever owns the conversation."""
    current = conversations.lock(tx, id)
    if current is None:
        return None
    seq = conversations.next_seq_quietly(tx, id, now=now)
    written = Note(conversation_id=id, seq=seq, agent_id=agent.id, author_name=agent.name, text=text, at=now)
    messages.add_note(tx, written)
    return Done(conversation=current, note=written)


def hand_back(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime) -> Result:
    """The bot answers again."""
    sentence = mark("Our assistant is back with you. Ask for a person at any time.")
    return _give_away(tx, desk, id, agent, Status.BOT, sentence, now)


def close(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime) -> Result:
    """Done. The customer's next message starts with the bot."""
    sentence = mark("This conversation is closed. Just write if you need us again.")
    return _give_away(tx, desk, id, agent, Status.CLOSED, sentence, now)


def release(tx: Connection, desk: Desk, id: int, agent: User, *, now: datetime) -> Result:
    """Put it back into the queue, with its clocks as they are or a new one."""
    current = conversations.lock(tx, id)
    if current is None:
        return None
    if current.status is not Status.OPEN:
        return NotOwned()
    if (held := _held_by_other(tx, current, agent)) and not agent.may_act_as(Role.SUPERVISOR):
        return held
    if current.waiting_since is None:
        owe(tx, desk, PromiseKind.NEXT_REPLY, now=now, conversation_id=id, contact_id=current.contact_id)
    queued = replace(current.handed_off(HandoffReason.RELEASED, now), due_at=first_due(tx, id))
    conversations.save(tx, current, queued, now=now)
    words = desk.texts.of(queued.language)
    told = say(
        tx,
        desk,
        queued,
        author=Author.SYSTEM,
        text=words("A colleague takes over; you do not need to repeat anything."),
        now=now,
    )
    audit.write(tx, user_id=agent.id, action="release", subject=f"conversation:{id}", now=now)
    return Done(conversation=queued, said=(told,))


def assign(tx: Connection, desk: Desk, id: int, to: User, agent: User, *, now: datetime) -> Result:
    """Give it to a colleague. From somebody else's hands only a supervisor takes it."""
    current = conversations.lock(tx, id)
    if current is None:
        return None
    if current.agent_id == to.id:
        return Done(conversation=current)
    if (held := _held_by_other(tx, current, agent)) and not agent.may_act_as(Role.SUPERVISOR):
        return held
    taken, told = _take(tx, desk, current, to, now)
    return Done(conversation=taken, said=(told,))


def _give_away(
    tx: Connection, desk: Desk, id: int, agent: User, status: Status, sentence: str, now: datetime
) -> Result:
    current = conversations.lock(tx, id)
    if current is None:
        return None
    if (held := _held_by_other(tx, current, agent)) and not agent.may_act_as(Role.SUPERVISOR):
        return held
    if current.status is status:
        return Done(conversation=current)
    following = current.closed() if status is Status.CLOSED else current.handed_back()
    happened(tx, Happening.LEFT_PEOPLE, conversation_id=id, by=agent, now=now)
    following = replace(following, due_at=first_due(tx, id))  # what somebody said is owed all the same
    conversations.save(tx, current, following, now=now)
    outbox.cancel_bots(tx, id, now)
    told = say(tx, desk, following, author=Author.SYSTEM, text=desk.texts.of(current.language)(sentence), now=now)
    if status is Status.CLOSED:
        want_of_conversation(tx, desk, current, now=now)
    audit.write(tx, user_id=agent.id, action=f"give_to_{status.value}", subject=f"conversation:{id}", now=now)
    return Done(conversation=following, said=(told,))


def _take(
    tx: Connection, desk: Desk, current: Conversation, agent: User, now: datetime
) -> tuple[Conversation, Message]:
    taken = current.taken(agent.id)
    conversations.save(tx, current, taken, now=now)
    outbox.cancel_bots(tx, current.id, now)
    words = desk.texts.of(taken.language)
    told = say(
        tx,
        desk,
        taken,
        author=Author.SYSTEM,
        text=words("{name} from {team} joins.", name=agent.name, team=words(desk.policy.team)),
        now=now,
    )
    audit.write(tx, user_id=agent.id, action="take", subject=f"conversation:{current.id}", now=now)
    return taken, told


def _held_by_other(tx: Connection, conversation: Conversation, agent: User) -> Held | None:
    if conversation.status is not Status.OPEN or conversation.agent_id in (None, agent.id):
        return None
    assert conversation.agent_id is not None
    owner = users.get(tx, conversation.agent_id)
    return Held(agent_id=conversation.agent_id, agent_name=owner.name if owner else "")
