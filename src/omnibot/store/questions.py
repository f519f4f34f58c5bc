"""What customers have asked the bot, for asking it again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from omnibot.domain.language import Language
from omnibot.domain.message import Author
from omnibot.store.schema import conversations, messages

MOST_QUESTIONS = 50_000


def asked(tx: Connection, *, since: datetime, limit: int = MOST_QUESTIONS) -> list[tuple[str, Language]]:
    """The newest words of customers, buttons aside, with the language of the conversation."""
    query = (
        select(messages.c.text, conversations.c.language)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.author == Author.CUSTOMER.value,
            messages.c.chosen.is_(None),
            messages.c.deleted_at.is_(None),
            messages.c.at >= since,
            messages.c.text != "",
        )
        .order_by(messages.c.at.desc())
        .limit(limit)
    )
    return [(text, Language(language)) for text, language in tx.execute(query)]
