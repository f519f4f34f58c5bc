"""A fetched mail on its way to the inbox: kept, read in the limited process, handed over as an event."""

import asyncio
from datetime import datetime

import msgspec

from omnibot.adapters.email import address, headers
from omnibot.adapters.email.originals import Originals
from omnibot.adapters.email.parse import Stored
from omnibot.adapters.email.reader import Broken, Reader
from omnibot.adapters.email.reading import Mail, Sender, key_of
from omnibot.channel import Receive
from omnibot.clock import Clock
from omnibot.domain.message import RawEvent
from omnibot.log import Log

log = Log(__name__)

_HEAD = 128_000  # bytes of a mail that broke the reader in which its sender is looked for


class Intake:
    """Takes the mails of one channel."""

    def __init__(
        self,
        channel: str,
        *,
        receive: Receive,
        originals: Originals,
        reader: Reader,
        clock: Clock,
        own: frozenset[str],
        authserv_id: str,
    ) -> None:
        self._channel = channel
        self._receive = receive
        self._originals = originals
        self._reader = reader
        self._clock = clock
        self._own = own
        self._authserv_id = authserv_id
        self.last_in: datetime | None = None

    async def take(self, raw: bytes, is_cut: bool) -> None:
        """Returns when the mail is committed. A mail that cannot be read is an event all the same."""
        name = await asyncio.to_thread(self._originals.keep, raw)
        try:
            mail = await self._reader.read(
                self._originals.path(name), own=self._own, authserv_id=self._authserv_id, is_cut=is_cut
            )
            event = await asyncio.to_thread(self._event, name, mail)
        except Broken as error:
            log.error("mail_unreadable", channel=self._channel, original=name)
            event = await asyncio.to_thread(self._unreadable, name, raw, str(error))
        await self._receive(event)
        self.last_in = self._clock.now()

    def _event(self, name: str, mail: Mail) -> RawEvent:
        person = mail.answer_to or mail.author
        return self._as_event(Stored(raw=name, mail=mail), mail.key, person.address if person else "")

    def _unreadable(self, name: str, raw: bytes, problem: str) -> RawEvent:
        head, _ = headers.split(raw[:_HEAD])
        box = address.answer_to(head)
        sender = Sender(box.address, box.name) if box else None
        stored = Stored(raw=name, problem=problem, sender=sender)
        return self._as_event(stored, key_of(raw, head), sender.address if sender else "")

    def _as_event(self, stored: Stored, key: str, sender: str) -> RawEvent:
        return RawEvent(
            channel=self._channel,
            external_id=key,
            lane=f"{self._channel}:{sender.lower()}",
            payload=msgspec.json.encode(stored).decode(),
            original=self._originals.below_data(stored.raw),
        )
