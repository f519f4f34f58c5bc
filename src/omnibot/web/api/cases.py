"""`/tickets/{number}/facts`, `/slots` and `/booking`, `/bookings`: what is known of a case, and its visit."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain import booking
from omnibot.domain.access import Role
from omnibot.domain.booking import Slot
from omnibot.flow import book_visit, route_ticket
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.flow.word import spoken_number
from omnibot.problem import Problem
from omnibot.store import bookings, files, tickets
from omnibot.web.api.contacts import FactView
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, act, required
from omnibot.web.api.view import FileView, Limit


class CaseFacts(Struct, frozen=True, kw_only=True):
    """`items`: of the case before those of its contact. `photos`: the pictures that came with it."""

    items: list[FactView]
    photos: list[FileView]


class SlotJson(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    starts_at: Annotated[datetime, Meta(tz=True)]
    ends_at: Annotated[datetime, Meta(tz=True)]


class NewSlots(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    slots: Annotated[list[SlotJson], Meta(min_length=1, max_length=booking.MOST_SLOTS)]


class VisitOutcome(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    outcome: Literal["cancelled", "visited", "missed"]


class BookingView(Struct, frozen=True, kw_only=True):
    """`slot`: what was picked. `missed`: how often nobody was there. `no_shows`: how often nobody of ours came.
    `wanted_at`: since when the customer waits for other times."""

    stage: str
    slots: list[SlotJson]
    slot: SlotJson | None
    missed: int
    no_shows: int
    wanted_at: datetime | None


class BookingLine(Struct, frozen=True, kw_only=True):
    """A visit with its case."""

    ticket: str
    subject: str
    dealer: str | None
    booking: BookingView


class BookingList(Struct, frozen=True, kw_only=True):
    items: list[BookingLine]


class BookingQuery(
    Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}, kw_only=True
):
    """`from` and `to` bound when visits begin: [from, to)."""

    stage: booking.Stage | None = None
    wanted: bool | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    limit: Limit = 50


class Cases:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                "GET",
                "/tickets/{number}/facts",
                Role.AGENT,
                self.facts,
                "What is known of a case and its customer, with source and time",
            ),
            Endpoint(
                "GET", "/bookings", Role.AGENT, self.browse, "Visits: offered, booked, missed; the earliest first"
            ),
            act(
                "/tickets/{number}/slots",
                Role.AGENT,
                self.offer,
                "Offer the customer times for a visit; of a booked visit, other ones",
            ),
            act(
                "/tickets/{number}/booking",
                Role.AGENT,
                self.settle,
                "The visit is cancelled (the customer is told), took place, or nobody was there",
            ),
        ]

    async def browse(self, call: Call[Nothing, BookingQuery]) -> BookingList:
        query = call.query
        found = await self._desk.store.read(
            partial(
                bookings.listing,
                stages=[query.stage] if query.stage else [],
                is_wanted=query.wanted,
                since=query.since,
                until=query.until,
                limit=query.limit,
            )
        )
        return BookingList(
            items=[
                BookingLine(
                    ticket=spoken_number(one.number), subject=one.subject, dealer=one.dealer, booking=_view(one.booking)
                )
                for one in found
            ]
        )

    async def offer(self, call: Call[NewSlots, Nothing]) -> BookingView:
        slots = tuple(Slot(starts_at=one.starts_at, ends_at=one.ends_at) for one in call.body.slots)
        return await self._book(call.path["number"], booking.Offered(slots))

    async def settle(self, call: Call[VisitOutcome, Nothing]) -> BookingView:
        moves: dict[str, booking.Move] = {
            "cancelled": booking.Cancelled(),
            "visited": booking.Visited(),
            "missed": booking.Missed(),
        }
        return await self._book(call.path["number"], moves[call.body.outcome])

    async def _book(self, number: str, move: booking.Move) -> BookingView:
        changing = partial(book_visit.change, desk=self._desk, number=number, move=move, now=self._clock.now())
        made, said = await self._desk.store.run(changing)
        if made is None:
            raise Problem(404, "there is no such ticket")
        if isinstance(made, booking.Refused):
            raise Problem(409, made.why)
        if said:
            announce(self._desk, said[0].conversation_id, said)
        return _view(made)

    async def facts(self, call: Call[Nothing, Nothing]) -> CaseFacts:
        return await self._desk.store.read(partial(self._facts, number=call.path["number"]))

    def _facts(self, tx: Connection, number: str) -> CaseFacts:
        ticket = required(tickets.by_number(tx, number), "ticket")
        known = route_ticket.known_facts(tx, ticket, self._clock.now())
        return CaseFacts(
            items=[
                FactView(key=key, value=found.value, source=found.source.value, at=found.at)
                for key, found in known.items()
            ],
            photos=[
                FileView(id=file.id, name=file.name, media_type=file.media_type, size=file.size, problem=file.problem)
                for file in files.of_ticket(tx, ticket.id)
            ],
        )


def _view(made: booking.Booking) -> BookingView:
    return BookingView(
        stage=made.stage.value,
        slots=[SlotJson(starts_at=one.starts_at, ends_at=one.ends_at) for one in made.slots],
        slot=SlotJson(starts_at=made.slot.starts_at, ends_at=made.slot.ends_at) if made.slot else None,
        missed=made.missed,
        no_shows=len(made.no_shows),
        wanted_at=made.wanted_at,
    )
