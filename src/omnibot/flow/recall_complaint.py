"""The words that led somebody to a form: what was said in this talk before its button was pressed."""

from datetime import timedelta
from itertools import groupby

from sqlalchemy.engine import Connection

from omnibot.domain import form_answer
from omnibot.domain.command import recognise
from omnibot.domain.complaint import complaint
from omnibot.domain.form import Form
from omnibot.domain.message import Author, Message
from omnibot.faq.normalize import normalise
from omnibot.store import messages

FAR_BACK = 60  # messages
LONG_AGO = timedelta(days=1)


def recall_complaint(tx: Connection, message: Message, opened: Form) -> str | None:
    """What is wrong, as the customer said it before the form was begun for the last time; None where nobody did.

    Words count whose reply offered the form, or led to it by a press alone ("did you mean"). What a person or a case has
    dealt with since is over.
    """
    begin = form_answer.button(opened.name, "begin")
    said = messages.newest(tx, message.conversation_id, before=message.seq + 1, limit=FAR_BACK)
    pressed = next((place for place, one in reversed(list(enumerate(said))) if one.chosen == begin), None)
    if pressed is None:
        return None
    since = said[pressed].at - LONG_AGO
    offered = False
    for is_customers, turn in groupby(reversed(said[:pressed]), key=lambda one: one.author is Author.CUSTOMER):
        spoken = [one for one in turn if one.at >= since]
        if not is_customers:
            if any(one.author is not Author.BOT for one in spoken):
                return None
            offered = offered or any(choice.id == begin for one in spoken for choice in one.choices)
            continue
        own = [one.text for one in reversed(spoken) if _is_own_words(one)]
        if not own:
            continue  # a press: what led to it is what counts
        if offered and (found := complaint("\n".join(own))) is not None:
            return found
        offered = False
    return None


def _is_own_words(said: Message) -> bool:
    """Neither a button, nor a command, nor a word to a form."""
    if said.chosen is not None or said.deleted_at is not None:
        return False
    words = normalise(said.text)
    return recognise(words) is None and form_answer.typed(words) is None
