"""`/conversations`: the queue, one conversation with everything around it, and what agents do with it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from omnibot.channel import Channel
from omnibot.clock import Clock
from omnibot.domain import spoken
from omnibot.domain.access import Role, User
from omnibot.domain.conversation import Status
from omnibot.domain.copies import NO_COPIES, Copies, copies, wrong_address
from omnibot.domain.message import Attachment
from omnibot.doorbell import Changed, Typing
from omnibot.flow import attend, look_up
from omnibot.flow.attend import Done, Held, NotOwned, Result, Stale
from omnibot.flow.dealers import ask_hq
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.flow.split import NotPossible, split
from omnibot.problem import Problem
from omnibot.store import conversation_lists, conversations, files, users
from omnibot.store.message_details import NOTHING
from omnibot.web.api import clocks, rating_view, view
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, required
from omnibot.web.api.rating_view import RatingView
from omnibot.web.api.view import ConversationDetail, ConversationView, Cursor, HandoffView, Id, Limit, Text
from omnibot.web.typing_signal import TypingSignal

Recipients = Annotated[list[Annotated[str, Meta(max_length=254)]], Meta(max_length=100)]
ClientId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$(?!\n)")]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`status` is a comma-separated list; `assignee` a user's id, or `me`."""

    status: Annotated[str, Meta(pattern=r"^(bot|queued|open|closed)(,(bot|queued|open|closed))*$(?!\n)")] | None = None
    channel: Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9:_-]+$(?!\n)")] | None = None
    assignee: Annotated[str, Meta(pattern=r"^(me|[1-9][0-9]{0,14})$(?!\n)")] | None = None
    search: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class ConversationPage(Struct, frozen=True):
    items: list[ConversationView]
    next_cursor: str | None


class Reply(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`files`: ids of files that you uploaded for this conversation. `cc`, `bcc`: addresses that get a copy, where the channel has
    copies (`copies.most` of the conversation). `seen_seq`: the newest line the agent had seen; the
    reply is held back (409) if there are newer ones."""

    text: Text
    internal: bool = False
    client_id: ClientId | None = None
    seen_seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    files: Annotated[list[Id], Meta(max_length=10)] = []
    cc: Recipients = []
    bcc: Recipients = []


class Assigning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    agent_id: Id


class Offer(Struct, frozen=True, kw_only=True):
    text: str
    due_at: datetime


class Split(Struct, frozen=True, kw_only=True):
    conversation_id: int  # the new one


class Outcome(Struct, frozen=True, kw_only=True):
    conversation: ConversationView
    messages: list[view.MessageView]
    offers: list[Offer] = []  # promises in what was just said; make them by POST /conversations/{id}/promises


Body = Callable[[Connection], Result]


class Conversations:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, typing: TypingSignal, channels: Mapping[str, Channel]) -> None:
        """`channels` say what they can send."""
        self._desk = desk
        self._channels = channels
        self._typing = typing
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        one = "/conversations/{id}"
        return [
            Endpoint(
                "GET", "/conversations", Role.AGENT, self.browse, "Conversations, the one that is due first at the top"
            ),
            Endpoint("GET", one, Role.AGENT, self.get, "A conversation with everything that is known around it"),
            act(one + "/take", Role.AGENT, self.take, "Make it yours; 409 names who has it"),
            act(one + "/messages", Role.AGENT, self.reply, "Reply to the customer, or write an internal note"),
            act(one + "/hand-back", Role.AGENT, self.hand_back, "Give it back to the bot"),
            act(one + "/release", Role.AGENT, self.release, "Put it back into the queue"),
            act(
                one + "/messages/{seq}/split",
                Role.AGENT,
                self.split,
                "Make a conversation of its own of a mail about something else",
            ),
            act(one + "/close", Role.AGENT, self.close, "Close it"),
            act(one + "/assign", Role.AGENT, self.assign, "Give it to a colleague"),
            Endpoint("POST", one + "/typing", Role.AGENT, self.type, "Show the customer that you type", status=204),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> ConversationPage:
        query = call.query
        assignee = call.user.id if query.assignee == "me" else int(query.assignee) if query.assignee else None
        offset = int(query.cursor or 0)
        found = await self._desk.store.read(
            partial(
                conversation_lists.lines,
                statuses=[Status(name) for name in query.status.split(",")] if query.status else (),
                channel=query.channel,
                agent_id=assignee,
                search=query.search or None,
                limit=query.limit + 1,
                offset=min(offset, 10**9),
            )
        )
        more = len(found) > query.limit
        return ConversationPage(
            [view.line(line) for line in found[: query.limit]], str(offset + query.limit) if more else None
        )

    async def get(self, call: Call[Nothing, Nothing]) -> ConversationDetail:
        found = required(await self._desk.store.read(partial(look_up.overview, id=call.id())), "conversation")
        rated = await self._desk.store.read(partial(rating_view.views, found=found.ratings)) if found.ratings else []
        return detail(found, rated, self._clock.now(), self._channels)

    async def take(self, call: Call[Nothing, Nothing]) -> Outcome:
        return await self._act(
            call.id(), partial(attend.take, desk=self._desk, id=call.id(), agent=call.user, now=self._clock.now())
        )

    async def reply(self, call: Call[Reply, Nothing]) -> Outcome:
        body, now = call.body, self._clock.now()
        attached = await self._desk.store.read(
            partial(files.uploaded, conversation_id=call.id(), ids=body.files, by=call.user.id)
        )
        if attached is None or (attached and body.internal):
            raise Problem(422, "files: name what you uploaded for this conversation; a note takes none")
        if attached and (why := await self._refusal(call.id(), attached)):
            raise Problem(422, f"files: {why}")
        copied = await self._copies(call.id(), body)
        if body.internal:
            return await self._act(
                call.id(), partial(_note, desk=self._desk, id=call.id(), agent=call.user, text=body.text, now=now)
            )
        outcome = await self._act(
            call.id(),
            partial(
                attend.reply,
                desk=self._desk,
                id=call.id(),
                agent=call.user,
                text=body.text,
                client_id=body.client_id,
                seen_seq=body.seen_seq,
                files=tuple(attached),
                copies=copied,
                now=now,
            ),
        )
        heard = spoken.recognise(body.text, now, self._desk.policy.calendar.zone)
        return replace(outcome, offers=[Offer(text=one.text[:200], due_at=one.due_at) for one in heard])

    async def _copies(self, id: int, body: Reply) -> Copies:
        """Who else gets the reply. Raises Problem."""
        if not body.cc and not body.bcc:
            return NO_COPIES
        conversation = await self._desk.store.read(partial(conversations.get, id=id))
        if conversation is None:
            raise Problem(404, "there is no such conversation")
        channel = self._channels.get(conversation.address.channel)
        most = channel.limits.copies if channel else 0
        if most == 0 or body.internal:
            raise Problem(422, "cc, bcc: this channel has no copies, and a note has none", kind="urn:omnibot:no-copies")
        asked = copies(body.cc, body.bcc, to=conversation.address.chat)
        if (wrong := wrong_address(asked)) is not None:
            raise Problem(422, f"cc, bcc: {wrong} is not an address", kind="urn:omnibot:not-an-address", address=wrong)
        if len(asked.everybody) > most:
            raise Problem(422, f"cc, bcc: at most {most} people", kind="urn:omnibot:too-many-copies", most=most)
        return asked

    async def _refusal(self, id: int, attached: list[Attachment]) -> str | None:
        """Why the conversation's channel cannot send these files."""
        conversation = await self._desk.store.read(partial(conversations.get, id=id))
        channel = self._channels.get(conversation.address.channel) if conversation else None
        if channel is None:  # its readers come for it
            return None
        return next((why for file in attached if (why := channel.limits.refusal(file.name, file.size))), None)

    async def hand_back(self, call: Call[Nothing, Nothing]) -> Outcome:
        return await self._act(
            call.id(), partial(attend.hand_back, desk=self._desk, id=call.id(), agent=call.user, now=self._clock.now())
        )

    async def release(self, call: Call[Nothing, Nothing]) -> Outcome:
        return await self._act(
            call.id(), partial(attend.release, desk=self._desk, id=call.id(), agent=call.user, now=self._clock.now())
        )

    async def close(self, call: Call[Nothing, Nothing]) -> Outcome:
        return await self._act(
            call.id(), partial(attend.close, desk=self._desk, id=call.id(), agent=call.user, now=self._clock.now())
        )

    async def assign(self, call: Call[Assigning, Nothing]) -> Outcome:
        colleague = await self._desk.store.read(partial(users.get, id=call.body.agent_id))
        if colleague is None:
            raise Problem(422, "there is no such agent")
        return await self._act(
            call.id(),
            partial(attend.assign, desk=self._desk, id=call.id(), to=colleague, agent=call.user, now=self._clock.now()),
        )

    async def split(self, call: Call[Nothing, Nothing]) -> Split:
        id, seq, now = call.id(), call.id("seq"), self._clock.now()
        made = await self._desk.store.run(partial(split, desk=self._desk, id=id, seq=seq, agent=call.user, now=now))
        match made:
            case None:
                raise Problem(404, "there is no such message")
            case Held(agent_id=agent_id, agent_name=name):
                raise Problem(
                    409, f"{name} has this conversation", kind="urn:omnibot:held", agent_id=agent_id, agent_name=name
                )
            case NotPossible(why=why):
                raise Problem(409, why, kind="urn:omnibot:not-possible")
            case int():
                for changed in (id, made):
                    announce(self._desk, changed, [])
                return Split(conversation_id=made)

    async def type(self, call: Call[Nothing, Nothing]) -> None:
        self._desk.doorbell.publish(Typing(call.id(), False, call.user.name, call.user.id))
        conversation = await self._desk.store.read(partial(conversations.get, id=call.id()))
        if conversation and conversation.agent_id == call.user.id:
            await self._typing.show(conversation.address)

    async def _act(self, id: int, body: Body) -> Outcome:
        result = await self._desk.store.run(body, lock=id)
        match result:
            case None:
                raise Problem(404, "there is no such conversation")
            case Held(agent_id=agent_id, agent_name=name):
                raise Problem(
                    409, f"{name} has this conversation", kind="urn:omnibot:held", agent_id=agent_id, agent_name=name
                )
            case Stale(newest_seq=newest):
                raise Problem(
                    409,
                    "something was said that you have not seen; the reply was not sent",
                    kind="urn:omnibot:stale",
                    newest_seq=newest,
                )
            case NotOwned():
                raise Problem(409, "nobody holds this conversation", kind="urn:omnibot:not-owned")
            case Done(conversation=changed, said=said, note=note):
                if said:
                    announce(self._desk, id, list(said))
                else:
                    self._desk.doorbell.publish(Changed(id, changed.last_seq))
                shown = [view.message(message) for message in said]
                return Outcome(
                    conversation=view.conversation(changed), messages=[*shown, *([view.note(note)] if note else [])]
                )


def detail(
    found: look_up.Overview, rated: list[RatingView], now: datetime, channels: Mapping[str, Channel]
) -> ConversationDetail:
    """An overview as JSON. `channels` say what they can send."""
    channel = channels.get(found.conversation.address.channel)
    most_copies = channel.limits.copies if channel else 0
    lines = [
        view.message(
            message,
            why=found.explanations.get(message.seq),
            delivery=found.deliveries.get(message.seq, (None, None))[0],
            details=found.details.get(message.seq, NOTHING),
        )
        for message in found.messages
    ]
    lines += [view.note(note) for note in found.notes]
    return ConversationDetail(
        conversation=view.conversation(found.conversation, assignee_name=found.agent_name),
        contact=view.contact(found.contact),
        transcript=sorted(lines, key=lambda line: line.seq),
        handoff=HandoffView(
            reason=found.conversation.reason.value if found.conversation.reason else None,
            waiting_since=found.conversation.waiting_since,
            language=found.conversation.language.value,
            page_url=found.page_url,
            question=found.question,
            tried=[view.explanation(why) for _, why in sorted(found.explanations.items())][-10:],
        ),
        clocks=[clocks.view(one, found.calendars[one.id], found.people, now) for one in found.owed],
        tickets=[view.ticket(ticket) for ticket in found.tickets],
        past_conversations=[view.line(line) for line in found.past],
        continues=found.continues,
        unreachable=found.unreachable,
        other_addresses=[view.address(address) for address in found.other_addresses],
        ratings=rated,
        read=view.ReadView(
            customer=found.read.customer,
            customer_at=found.read.customer_at,
            staff=found.read.staff,
            staff_at=found.read.staff_at,
        ),
        copies=view.CopiesView(most=most_copies, known=found.known_copies(most_copies)),
    )


def _note(tx: Connection, desk: Desk, id: int, agent: User, text: str, now: datetime) -> Result:
    """A note; one for a dealer goes there as well."""
    noted = attend.note(tx, id, agent, text, now=now)
    ask_hq.answer(tx, desk, id, agent, text, now)
    return noted
