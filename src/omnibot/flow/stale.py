"""What no longer counts in a group: presses of somebody who has left it, and buttons that have stood there for too long."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage
from omnibot.domain.group import Group
from omnibot.store import cards, departures, notices
from omnibot.store.cards import Card

PRESS_LIFE = timedelta(hours=72)  # of a button, since its card was posted or edited last


def has_left(tx: Connection, group: Group, parsed: InboundMessage) -> bool:
    """Whether who did this is not in the group any more. Words can only be said by somebody who is."""
    if parsed.sender is None or not departures.has_left(tx, group.address, parsed.sender):
        return False
    if parsed.choice is None and parsed.press is None and not parsed.is_forwarded:
        departures.end(tx, group.address, [parsed.sender])
        return False
    return True


def renew(tx: Connection, card: Card, parsed: InboundMessage, pressed_at: datetime) -> bool:
    """Whether it was a press on a card that nothing has changed for days; then the next time the card is shown it is a new
    message with new buttons."""
    if parsed.choice is None:
        return False
    shown_at = notices.shown_at(tx, card.id)
    if shown_at is None or pressed_at - shown_at <= PRESS_LIFE:
        return False
    cards.post_again(tx, card.id)
    return True
