"""Goes on with a conversation at another address of the same contact: who has it, what is owed in it, its tickets.

The transcript stays where it was said; staff find it from the new conversation. The old side is told once.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.conversation import Conversation
from omnibot.domain.message import Author, Message
from omnibot.domain.promise import Happening
from omnibot.flow.desk import Desk
from omnibot.flow.owe import happened
from omnibot.flow.say import say, tell_staff
from omnibot.store import conversations, outbox, promises, reachability, tickets


def continue_at(
    tx: Connection, desk: Desk, there: Conversation, here: Conversation, now: datetime
) -> dict[int, list[Message]]:
    """Both are locked, and one contact's. Returns what was said in each, by conversation."""
    tickets.move(tx, there.id, to=here.id)
    conversations.set_continues(tx, here.id, there.id)
    words = desk.texts.of(desk.staff_language)
    following = here
    if there.is_with_people and not here.is_with_people:
        promises.move(tx, there.id, to=here.id)
        following = here.continuing(there)
    else:
        happened(tx, Happening.LEFT_PEOPLE, conversation_id=there.id, now=now)
        if not here.is_with_people:
            following = replace(here.handed_back(), bot=there.bot, language=there.language)
    conversations.save(tx, here, following, now=now)
    outbox.cancel_bots(tx, here.id, now)
    note = words("The customer goes on here; before, this was conversation {n}.", n=there.id)
    tell_staff(tx, here.id, note, now)
    words = desk.texts.of(following.language)
    welcome = words("We go on here. What you have told us is at hand; no need to repeat it.")
    said = {here.id: [say(tx, desk, following, author=Author.SYSTEM, text=welcome, now=now)]}
    closed = there.closed()
    conversations.save(tx, there, closed, now=now)
    outbox.cancel_bots(tx, there.id, now)
    words = desk.texts.of(desk.staff_language)
    tell_staff(tx, there.id, words("The customer went on in conversation {n}.", n=here.id), now)
    if reachability.why_not(tx, there.address) is None:
        words = desk.texts.of(there.language)
        farewell = words("We go on in your other chat. This one stays open for you.")
        said[there.id] = [say(tx, desk, closed, author=Author.SYSTEM, text=farewell, now=now)]
    return said
