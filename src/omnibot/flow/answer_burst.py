"""Answers the pieces of a burst as one question, in one transaction: their places, one answer, an outcome for each."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import Limits
from omnibot.domain.message import Message
from omnibot.flow.carry_out import Plan, carry_out
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn, Unowned
from omnibot.flow.join import JOINED, Piece
from omnibot.flow.place import place
from omnibot.store import conversations, inbox
from omnibot.store.inbox import Waiting


def answer_burst(
    tx: Connection,
    desk: Desk,
    first: Waiting,
    plan: Plan,
    rest: Iterable[Piece],
    limits: Limits | None,
    now: datetime,
) -> list[Message]:
    """What was placed and said; `first` is the event that the others follow. Raises MovedOn or Unowned, and then leaves nothing:
    each piece is received by itself."""
    if conversations.lock(tx, plan.conversation.id) is None:
        raise MovedOn
    said: list[Message] = []
    for piece in rest:
        if piece.parsed is not None and limits is not None:
            placed = place(tx, desk, piece.head, piece.parsed, [], None, (), limits, now)
            if placed is None or placed.conversation.id != plan.conversation.id or placed.message.chosen:
                raise MovedOn
            said.append(placed.message)
        elif piece.head.conversation is None or piece.head.conversation.id != plan.conversation.id:
            raise MovedOn
    said += carry_out(tx, desk, first.id, plan, now)
    if not inbox.finish_many(tx, [(piece.head.id, JOINED) for piece in rest]):
        raise Unowned
    return said
