"""The page that a platform shows of us to one person: a customer's cases, or what waits for somebody who works here.

It says how things stood when it was opened; looking at it again brings it up to date.
"""

from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.channel import Channel, HomeOpened, ShowsHome
from omnibot.domain.conversation import Status
from omnibot.domain.language import Language
from omnibot.domain.message import Choice
from omnibot.flow import tell_where, word, word_form
from omnibot.flow.desk import Desk
from omnibot.flow.word import plain
from omnibot.store import conversation_lists, conversations, inbox, members, tickets, users
from omnibot.store.conversation_lists import Line
from omnibot.store.inbox import Waiting
from omnibot.texts import Words

SHOWN = 10  # conversations of a kind


async def show(desk: Desk, channel: Channel, head: Waiting, opened: HomeOpened, now: datetime) -> None:
    """Show the page as it is now. A courtesy: where that fails, it shows at the next look."""
    if isinstance(channel, ShowsHome):
        text, choices = await desk.store.read(partial(page, desk=desk, opened=opened, now=now))
        await channel.show_home(opened.sender, text, choices)
    await desk.store.run(partial(inbox.finish, id=head.id, outcome="shown: their page"))


def page(tx: Connection, desk: Desk, opened: HomeOpened, now: datetime) -> tuple[str, tuple[Choice, ...]]:
    """What stands on it, in our Markdown, and for a customer the forms that can be opened there."""
    agent = members.user_of(tx, opened.address.channel, opened.sender)
    if agent is not None:
        return _of_staff(tx, desk, agent.id, now), ()
    return _of_customer(tx, desk, opened, now)


def _of_staff(tx: Connection, desk: Desk, agent_id: int, now: datetime) -> str:
    words = desk.texts.of(desk.staff_language)
    own = conversation_lists.lines(tx, statuses=[Status.OPEN], agent_id=agent_id, limit=SHOWN)
    queue = conversation_lists.lines(tx, statuses=[Status.QUEUED], limit=SHOWN)
    waiting = conversation_lists.counts(tx).get(Status.QUEUED, 0)
    agent = users.get(tx, agent_id)
    greeting = words("You work here as {name}.", name=plain(agent.name if agent else "?"))
    parts = [
        greeting,
        words("**You have**"),
        _lines(words, desk, own, now) or words("Nothing."),
        words("**Waiting: {n}**", n=waiting),
        _lines(words, desk, queue, now) or words("Nobody."),
    ]
    return "\n\n".join(parts)


def _lines(words: Words, desk: Desk, lines: list[Line], now: datetime) -> str:
    return "\n".join(f"- {_line(words, desk, line, now)}" for line in lines)


def _line(words: Words, desk: Desk, line: Line, now: datetime) -> str:
    conversation, zone = line.conversation, desk.policy.calendar.zone
    name = line.contact_name or line.contact_email or words("Visitor {n}", n=conversation.contact_id)
    shown = f"#{conversation.id} {plain(name)}: {plain(line.preview[:80])}"
    if conversation.due_at is None:
        return shown
    when = word.moment(words, conversation.due_at, now, zone)
    return f"{shown} · " + (
        words("overdue since {when}", when=when) if conversation.due_at <= now else words("due {when}", when=when)
    )


def _of_customer(tx: Connection, desk: Desk, opened: HomeOpened, now: datetime) -> tuple[str, tuple[Choice, ...]]:
    conversation = conversations.newest_at_chat(tx, opened.address)
    language = conversation.language if conversation else opened.language or Language.EN
    offers = tuple(word_form.offer(one, language) for one in desk.rules.forms[:SHOWN])
    if conversation is None:
        words = desk.texts.of(language)
        return words("You have no case with us yet. Write to us, and it stands here."), offers
    words = desk.texts.of(conversation.language)
    found = tickets.of_contact(tx, conversation.contact_id)
    return words("**Your cases**") + "\n\n" + tell_where.cases(tx, desk, words, found, conversation, now), offers
