"""What a worker does by the clock, beside receiving and delivering. One line of `begin` for each duty."""

from functools import partial

from omnibot.clock import Clock
from omnibot.customer_lookup import CustomerLookup
from omnibot.domain.retention import Retention
from omnibot.flow import book_visit, find_owner, keep_promises, learn_facts
from omnibot.flow.dealers import show_cases, tell_digest
from omnibot.flow.desk import Desk
from omnibot.flow.erase import forget_old
from omnibot.flow.knowledge import remind_editors
from omnibot.flow.rating import ask as ask_rating
from omnibot.flow.staff import show_cards
from omnibot.flow.surge import find_incidents, tell_incident
from omnibot.flow.surge.find_incidents import IncidentFinder
from omnibot.flow.tidy_files import tidy_files
from omnibot.store import paces
from omnibot.supervise import Supervisor


class Duties:
    """The duties of one process. Each step may run in several processes at once: what it does is claimed in the store."""

    def __init__(self, desk: Desk, clock: Clock, *, retention: Retention, lookup: CustomerLookup | None) -> None:
        self._desk = desk
        self._clock = clock
        self._retention = retention
        self._lookup = lookup
        self._incident_finder = IncidentFinder()

    def begin(self, supervisor: Supervisor) -> None:
        """The seconds between two looks are how late something may be noticed."""
        supervisor.every("promises", 1.0, self._keep_promises)
        supervisor.every("incidents", 2.0, self._attend_incidents)
        supervisor.every("digest", 30.0, self._tell_digests)
        supervisor.every("editors", 600.0, self._remind_editors)
        supervisor.every("close", 600.0, self._close_silent_tickets)
        supervisor.every("tidy", 3600.0, self._tidy)
        if self._lookup is not None:
            supervisor.every("lookup", 1.0, partial(self._look_up, self._lookup))

    def begin_cards(self, supervisor: Supervisor) -> None:
        """What only those have who work in groups."""
        supervisor.every("cards", 0.5, self._show_cards)

    async def _keep_promises(self) -> None:
        desk = self._desk
        await keep_promises.step(desk, self._clock.now())
        await book_visit.step(desk, self._clock.now())
        await find_owner.time_out_dealers(desk, self._clock.now())
        await find_owner.drain_queue(desk, self._clock.now())
        await find_owner.tell_of_unowned(desk, self._clock.now())
        await ask_rating.step(desk, self._clock.now())

    async def _attend_incidents(self) -> None:
        await find_incidents.refresh(self._desk, self._clock.now())
        await self._incident_finder.step(self._desk, self._clock.now())
        await tell_incident.step(self._desk, self._clock.now())

    async def _tell_digests(self) -> None:
        await tell_digest.step(self._desk, self._clock.now())

    async def _remind_editors(self) -> None:
        await remind_editors.step(self._desk, self._clock.now())

    async def _close_silent_tickets(self) -> None:
        await keep_promises.close_silent_tickets(self._desk, self._clock.now())

    async def _tidy(self) -> None:
        desk = self._desk
        await tidy_files(desk, self._clock.now())
        await desk.store.run(partial(paces.forget, now=self._clock.now()))
        await forget_old(desk.store, desk.files, self._retention, self._clock.now())

    async def _look_up(self, lookup: CustomerLookup) -> None:
        await learn_facts.step(self._desk, lookup, self._clock.now())

    async def _show_cards(self) -> None:
        await show_cards.step(self._desk, self._clock.now())
        await show_cases.step(self._desk, self._clock.now())
