"""The doorbell inside one process."""

import asyncio
from collections.abc import AsyncIterator, Callable

from omnibot.doorbell import CONSOLE, Changed, Listener, Update, topic_of

BATCH = 256


class Listeners:
    """Who in this process wants to know what."""

    def __init__(self) -> None:
        self._by_topic: dict[str, list[Listener]] = {}

    def add(self, topic: str, listener: Listener) -> Callable[[], None]:
        self._by_topic.setdefault(topic, []).append(listener)

        def remove() -> None:
            listeners = self._by_topic.get(topic, [])
            if listener in listeners:
                listeners.remove(listener)
            if not listeners:
                self._by_topic.pop(topic, None)

        return remove

    def tell(self, update: Update) -> None:
        for topic in (topic_of(update.conversation_id), CONSOLE):
            for listener in tuple(self._by_topic.get(topic, ())):
                listener(update)

    def refresh(self) -> None:
        """Updates may have been missed: everybody looks for himself."""
        for topic, listeners in tuple(self._by_topic.items()):
            conversation_id = int(topic.partition(":")[2] or 0)
            for listener in tuple(listeners):
                listener(Changed(conversation_id, 0))


class Ringing:
    """Lanes rung and not yet fetched, each once, oldest first."""

    def __init__(self) -> None:
        self._lanes: dict[str, None] = {}
        self._bell = asyncio.Event()
        self._closed = False

    def ring(self, lane: str) -> None:
        self._lanes[lane] = None
        self._bell.set()

    def close(self) -> None:
        self._closed = True
        self._bell.set()

    async def batches(self) -> AsyncIterator[list[str]]:
        while True:
            await self._bell.wait()
            if self._closed:
                return
            batch = list(self._lanes)[:BATCH]
            for lane in batch:
                del self._lanes[lane]
            if not self._lanes:
                self._bell.clear()
            if batch:
                yield batch


class LocalDoorbell:
    """For a single process: nothing can get lost on the way."""

    def __init__(self) -> None:
        self._listeners = Listeners()
        self._ringing = Ringing()

    @property
    def is_degraded(self) -> bool:
        return False

    async def open(self) -> None:
        return

    def hush(self) -> None:
        self._ringing.close()

    async def close(self) -> None:
        self.hush()

    def ring(self, lane: str) -> None:
        self._ringing.ring(lane)

    def publish(self, update: Update) -> None:
        self._listeners.tell(update)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._listeners.add(topic, listener)

    def rings(self) -> AsyncIterator[list[str]]:
        return self._ringing.batches()
