"""Notes that somebody has read what was said, and tells the other side; only where the operator wants it, and only in
channels that say so."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.doorbell import Changed
from omnibot.flow.desk import Desk
from omnibot.store import conversations, read_marks


async def note_reading(desk: Desk, conversation_id: int, seq: int, *, by_customer: bool, now: datetime) -> None:
    """Up to `seq`, which may be any number. What is known already costs a look and nothing else."""

    def look(tx: Connection) -> int | None:
        """How far the mark is to be moved."""
        conversation = conversations.get(tx, conversation_id)
        if conversation is None or conversation.address.channel not in desk.reading_channels:
            return None
        if not by_customer and not conversation.is_with_people:
            return None  # who only looks on while the bot has it takes no part
        known = read_marks.of(tx, conversation_id)
        reached = min(seq, conversation.last_seq)
        return reached if reached > (known.customer if by_customer else known.staff) else None

    if not desk.tells_reading or (reached := await desk.store.read(look)) is None:
        return

    def move(tx: Connection) -> bool:
        if conversations.get(tx, conversation_id) is None:
            return False
        return read_marks.move(tx, conversation_id, reached, by_customer=by_customer, now=now)

    if await desk.store.run(move, lock=conversation_id):
        desk.doorbell.publish(Changed(conversation_id, 0))
