"""Mails a visitor a copy of their own conversation, to an address that they type.

Nobody has proved the address, so the way is narrow: few a day to one address, few a day for one visitor, so many an hour in
all; the words of the frame are ours, and nothing that a visitor wrote becomes a link.
"""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.message import Address
from omnibot.domain.transcript import Refused
from omnibot.domain.value import dataclass
from omnibot.flow import word_transcript
from omnibot.flow.desk import Desk
from omnibot.log import Log
from omnibot.store import caps, conversations, messages, notices

log = Log(__name__)

A_DAY = 3  # copies to one address, and for one visitor
LINES = 1_000  # of the newest messages


class _Full(Exception):
    """Whatever was counted before is not: the transaction is undone."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptMail:
    """Queues copies for the channel that sends mails."""

    desk: Desk
    clock: Clock
    name: str  # of the service, as customers know it
    an_hour: int  # for all visitors together; 0: none

    @property
    def is_offered(self) -> bool:
        return self.desk.post is not None and self.an_hour > 0

    async def send(self, conversation_id: int, address: str, zone: ZoneInfo | None) -> Refused | None:
        """None once it is queued. The address has to be one that mail can be sent to."""
        queue = partial(self._queue, conversation_id=conversation_id, address=address, zone=zone, now=self.clock.now())
        try:
            refused = await self.desk.store.run(queue)
        except _Full as full:
            refused = full.why
        if refused is None:
            log.info("transcript_mailed", conversation_id=conversation_id)
        return refused

    def _queue(
        self, tx: Connection, conversation_id: int, address: str, zone: ZoneInfo | None, now: datetime
    ) -> Refused | None:
        conversation = conversations.get(tx, conversation_id)
        said = messages.newest(tx, conversation_id, limit=LINES)
        if conversation is None or not said or self.desk.post is None:
            return Refused.NOTHING_SAID
        self._count(tx, conversation.contact_id, address, now)
        words = self.desk.texts.of(conversation.language)
        name = words(self.name)
        text = word_transcript.letter(words, said, name=name, zone=zone or self.desk.policy.calendar.zone)
        to = Address(channel=self.desk.post, chat=address)
        notices.add(tx, to, text, opens=word_transcript.title(words, name), copies=conversation_id, now=now)
        return None

    def _count(self, tx: Connection, contact_id: int, address: str, now: datetime) -> None:
        """Raises _Full. The one row that all share comes last: it is held as shortly as can be."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        tomorrow = hour.replace(hour=0) + timedelta(days=1)
        for key, most, ends_at, why in (
            (f"copies to {address.lower()} {tomorrow:%Y-%m-%d}", A_DAY, tomorrow, Refused.ADDRESS_HAS_ENOUGH),
            (f"copies for {contact_id} {tomorrow:%Y-%m-%d}", A_DAY, tomorrow, Refused.VISITOR_HAS_ENOUGH),
            (f"copies {hour.isoformat()}", self.an_hour, hour + timedelta(hours=1), Refused.BUSY),
        ):
            if not caps.take(tx, key, most=most, ends_at=ends_at, now=now):
                raise _Full(why)
