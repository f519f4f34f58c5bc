"""What the desk shows: the rail's counts, a page of a list, and one conversation. Views of the store; nothing is decided here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import Role, User
from omnibot.domain.command import recognise
from omnibot.domain.conversation import Conversation, Status
from omnibot.faq.normalize import normalise
from omnibot.flow import look_up
from omnibot.flow.look_up import Overview
from omnibot.store import (
    channels,
    conversation_lists,
    faq_entries,
    incidents,
    messages,
    promises,
    tickets,
)
from omnibot.store.conversation_lists import Line
from omnibot.web.console.times import Left, Times, mark

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One of the lists in the rail."""

    name: str
    title: str
    empty: str  # what is so when nothing is here
    hint: str  # what will appear here
    statuses: tuple[Status, ...]


QUEUE = View(
    name="queue",
    title=mark("Queue"),
    empty=mark("Nobody is waiting"),
    hint=mark("What the bot hands over appears here by itself, what is due first at the top."),
    statuses=(Status.QUEUED,),
)
VIEWS = {
    view.name: view
    for view in (
        QUEUE,
        View(
            name="mine",
            title=mark("Mine"),
            empty=mark("You hold no conversation"),
            hint=mark("Open one from the queue and take it with T."),
            statuses=(Status.OPEN,),
        ),
        View(
            name="team",
            title=mark("Team"),
            empty=mark("Your colleagues hold no conversation"),
            hint=mark("What a colleague takes appears here, so that you can look and leave a note."),
            statuses=(Status.OPEN,),
        ),
        View(
            name="bot",
            title=mark("Bot"),
            empty=mark("The bot is talking to nobody"),
            hint=mark("Every conversation that the bot leads appears here. You can read along and step in."),
            statuses=(Status.BOT,),
        ),
        View(
            name="closed",
            title=mark("Closed"),
            empty=mark("Nothing is closed yet"),
            hint=mark("What you close with E rests here until the customer writes again."),
            statuses=(Status.CLOSED,),
        ),
    )
}
FOUND = View(
    name="found",
    title=mark("Search"),
    empty=mark("Nothing found"),
    hint=mark("Names, addresses and everything that was said are searched, in all lists."),
    statuses=(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the rail shows."""

    by_view: Mapping[str, int]
    late: int
    tickets: int
    stopped: int  # channels that do not work
    broken: int  # promises, still owed
    knowledge: int  # entries that wait for review, or whose review is due
    incidents: int  # proposed, and nobody has decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a list."""

    view: View  # what is shown
    home: str  # the list to which a search goes back
    search: str
    offset: int
    lines: list[Line]
    gists: Mapping[int, str]  # what the customers want, by conversation
    has_more: bool

    @property
    def address(self) -> str:
        return f"view={self.home}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The list that a request names."""

    view: View
    search: str = ""
    offset: int = 0


def wanted(query: Mapping[str, str]) -> Wanted:
    """The list in a query string; what makes no sense is the queue."""
    offset = query.get("offset", "")
    return Wanted(
        view=VIEWS.get(query.get("view", ""), QUEUE),
        search=query.get("search", "").replace("\0", "").strip()[:200],
        offset=min(int(offset), 1_000_000) if offset.isascii() and offset.isdigit() and len(offset) < 8 else 0,
    )


def count(tx: Connection, user: User, now: datetime) -> Counts:
    by_status = conversation_lists.counts(tx)
    own, late = conversation_lists.counts_of(tx, user.id, now)
    return Counts(
        by_view={
            "queue": by_status[Status.QUEUED],
            "mine": own,
            "team": by_status[Status.OPEN] - own,
            "bot": by_status[Status.BOT],
            "closed": by_status[Status.CLOSED],
        },
        late=late,
        tickets=tickets.count_open(tx),
        stopped=channels.stopped(tx),
        broken=promises.count_broken(tx),
        knowledge=faq_entries.count_waiting(tx, now.date()),
        incidents=incidents.count_proposed(tx),
    )


def browse(tx: Connection, wanted: Wanted, user: User) -> Listing:
    view = FOUND if wanted.search else wanted.view
    found = conversation_lists.lines(
        tx,
        statuses=view.statuses,
        agent_id=user.id if view.name == "mine" else None,
        not_agent_id=user.id if view.name == "team" else None,
        search=wanted.search or None,
        limit=PAGE + 1,
        offset=wanted.offset,
    )
    said = messages.newest_of_customers(tx, [line.conversation.id for line in found], limit=3)
    return Listing(
        view=view,
        home=wanted.view.name,
        search=wanted.search,
        offset=wanted.offset,
        lines=found[:PAGE],
        gists={id: gist(texts) for id, texts in said.items()},
        has_more=len(found) > PAGE,
    )


def gist(texts: list[str]) -> str:
    """Of a customer's words, the newest first, those that tell most: "give me a person" says nothing about the problem."""
    telling = (text for text in texts if recognise(normalise(text)) is None)
    return next(telling, texts[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """Everything on the screen at one moment."""

    counts: Counts
    listing: Listing
    open: Overview | None


def look(tx: Connection, wanted: Wanted, user: User, now: datetime, id: int | None) -> DeskView:
    return DeskView(
        counts=count(tx, user, now),
        listing=browse(tx, wanted, user),
        open=look_up.overview(tx, id) if id is not None else None,
    )


def stance(conversation: Conversation, user: User) -> str:
    """How the person stands to a conversation: free, own, held, bot or closed."""
    match conversation.status:
        case Status.QUEUED:
            return "free"
        case Status.OPEN:
            return "own" if conversation.agent_id == user.id else "held"
        case Status.BOT | Status.CLOSED:
            return conversation.status.value


def mark_of(line: Line, times: Times) -> Left | None:
    """The clock of a line, if something is owed."""
    return times.left(line.conversation.due_at) if line.conversation.due_at else None


def may_take_over(user: User) -> bool:
    return user.may_act_as(Role.SUPERVISOR)
