"""The desk: queue, conversation and context on one page, whichever of them the address names."""

from collections.abc import Mapping
from functools import partial

from aiohttp import web

from omnibot.channel import Channel
from omnibot.domain.message import Author
from omnibot.flow.desk import Desk
from omnibot.flow.look_up import Overview
from omnibot.store import users
from omnibot.web.api.clocks import lines
from omnibot.web.console import desk_view, thread
from omnibot.web.console.desk_view import VIEWS
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import SOON
from omnibot.web.console.visit import Visit, Visits, is_colleague


class Pages:
    """The handlers."""

    def __init__(self, desk: Desk, screens: Screens, visits: Visits, channels: Mapping[str, Channel]) -> None:
        self._desk = desk
        self._channels = channels
        self._screens = screens
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/console", self._visits.page(self.show_desk)),
            web.get("/console/", self.move),
            web.get("/console/conversations/{id:[0-9]{1,15}}", self._visits.page(self.show_desk)),
        ]

    async def move(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/console")

    async def show_desk(self, visit: Visit) -> web.Response:
        id = visit.request.match_info.get("id")
        wanted = desk_view.wanted(visit.request.query)
        open_id = int(id) if id else None
        seen = await self._desk.store.read(
            partial(desk_view.look, wanted=wanted, user=visit.user, now=visit.now, id=open_id)
        )
        colleagues = [user for user in await self._desk.store.read(users.listing) if is_colleague(user)]
        return self._screens.show(
            visit,
            "desk.html.j2",
            views=VIEWS,
            place=seen.listing.home,
            counts=seen.counts,
            listing=seen.listing,
            open_id=open_id,
            colleagues=colleagues,
            mark_of=desk_view.mark_of,
            **conversation_values(visit, seen.open, self._channels),
        )


class Elsewhere:
    """What has no page."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/console/{rest:.+}", self._visits.page(self.show_nothing))]

    async def show_nothing(self, visit: Visit) -> web.Response:
        raise web.HTTPNotFound


def _question(found: Overview) -> str | None:
    """What the customer wanted when it came to people."""
    asked = [message.text for message in found.messages if message.author is Author.CUSTOMER]
    if found.question is None or found.question not in asked:
        return found.question
    before = asked[: len(asked) - asked[::-1].index(found.question)]
    return desk_view.gist(before[::-1][:5])


def conversation_values(visit: Visit, found: Overview | None, channels: Mapping[str, Channel]) -> dict[str, object]:
    """What `conversation.html.j2` draws."""
    if found is None:
        return {"found": None}
    channel = channels.get(found.conversation.address.channel)
    most_copies = channel.limits.copies if channel else 0
    return {
        "found": found,
        "items": thread.items(found, visit.times),
        "stance": desk_view.stance(found.conversation, visit.user),
        "may_take_over": desk_view.may_take_over(visit.user),
        "question": _question(found),
        "tried": thread.tries(found),
        "whys": {one.id: lines(one, found.calendars[one.id]) for one in found.promises},
        "soon": SOON,
        "has_copies": most_copies > 0,
        "known_copies": found.known_copies(most_copies),
        "newest_seq": max((message.seq for message in found.messages), default=0),
    }
