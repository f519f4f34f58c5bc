"""`/tickets/{number}/facts`: everything that is known of a case before anybody asks."""

from functools import partial

from msgspec import Struct
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.flow import route_ticket
from omnibot.flow.desk import Desk
from omnibot.problem import Problem
from omnibot.store import files, tickets
from omnibot.web.api.contacts import FactView
from omnibot.web.api.endpoint import Call, Endpoint, Nothing
from omnibot.web.api.view import FileView


class CaseFacts(Struct, frozen=True, kw_only=True):
    """`items`: of the case before those of its contact. `photos`: the pictures that came with it."""

    items: list[FactView]
    photos: list[FileView]


class Cases:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path="/tickets/{number}/facts",
                summary="What is known of a case and its customer, with source and time",
                role=Role.AGENT,
                handler=self.facts,
                result=CaseFacts,
            )
        ]

    async def facts(self, call: Call[Nothing, Nothing]) -> CaseFacts:
        return await self._desk.store.read(partial(self._facts, number=call.path["number"]))

    def _facts(self, tx: Connection, number: str) -> CaseFacts:
        ticket = tickets.by_number(tx, number)
        if ticket is None:
            raise Problem(404, "there is no such ticket")
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
