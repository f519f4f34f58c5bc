"""Parts of pages, for a page that stays current without being loaded again."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.channel import Channel
from omnibot.flow import look_up
from omnibot.flow.desk import Desk
from omnibot.flow.look_up import Overview
from omnibot.store import messages
from omnibot.web.console import desk_view, thread
from omnibot.web.console.desk_view import VIEWS, Counts, Listing
from omnibot.web.console.pages import conversation_values
from omnibot.web.console.screens import Screens
from omnibot.web.console.visit import Visit, Visits


class Fragments:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._desk = desk
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        fragment = self._visits.fragment
        one = "/console/fragments/conversations/{id:[0-9]{1,15}}"
        return [
            web.get("/console/fragments/list", fragment(self.show_list)),
            web.get("/console/fragments/rail", fragment(self.show_rail)),
            web.get(one, fragment(self.show_conversation)),
            web.get(one + "/earlier", fragment(self.show_earlier)),
        ]

    async def show_list(self, visit: Visit) -> web.Response:
        wanted = desk_view.wanted(visit.request.query)

        def look(tx: Connection) -> tuple[Counts, Listing]:
            return desk_view.count(tx, visit.user, visit.now), desk_view.browse(tx, wanted, visit.user)

        counts, listing = await self._desk.store.read(look)
        return self._screens.show(
            visit,
            "parts/rail_and_list.html.j2",
            views=VIEWS,
            place=listing.home,
            counts=counts,
            listing=listing,
            open_id=_number(visit.request.query.get("open")),
            mark_of=desk_view.mark_of,
        )

    async def show_rail(self, visit: Visit) -> web.Response:
        counts = await self._desk.store.read(partial(desk_view.count, user=visit.user, now=visit.now))
        place = visit.request.query.get("place", "")
        return self._screens.show(visit, "parts/rail.html.j2", views=VIEWS, place=place, counts=counts)

    async def show_conversation(self, visit: Visit) -> web.Response:
        found = await self._desk.store.read(partial(look_up.overview, id=int(visit.request.match_info["id"])))
        if found is None:
            raise web.HTTPNotFound
        place = visit.request.query.get("view", "queue")
        home = place if place in VIEWS else "queue"
        drawn = conversation_values(visit, found, self._channels)
        return self._screens.show(visit, "parts/conversation.html.j2", place=home, **drawn)

    async def show_earlier(self, visit: Visit) -> web.Response:
        id = int(visit.request.match_info["id"])
        before = _number(visit.request.query.get("before")) or 0

        def look(tx: Connection) -> Overview | None:
            found = look_up.overview(tx, id)
            if found is None:
                return None
            said = messages.newest(tx, id, before=before, limit=look_up.TRANSCRIPT_LIMIT)
            first = said[0].seq if said else before
            notes = [note for note in messages.notes_of(tx, id, after=first) if note.seq < before]
            return replace(found, messages=said, notes=notes)

        found = await self._desk.store.read(look)
        if found is None:
            raise web.HTTPNotFound
        first = found.messages[0].seq if found.messages else 0
        items = thread.items(found, visit.times)
        return self._screens.show(visit, "parts/earlier.html.j2", found=found, items=items, first=first)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 15 else None
