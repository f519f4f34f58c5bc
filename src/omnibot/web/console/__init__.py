"""The console: where agents work. Server-rendered pages with small ES modules of our own; live through server-sent events.

Read `pages.py` for what a person sees, `session.py` for how he comes in, `live.py` for how it stays current. What
agents do goes to the API (`web/api`), as from any other client.
"""

from collections.abc import Mapping

from aiohttp import web

from omnibot.channel import Channel, Installs
from omnibot.clock import Clock
from omnibot.doorbell import CONSOLE
from omnibot.flow.desk import Desk
from omnibot.web.access import Access
from omnibot.web.console.answer_pages import AnswerPages
from omnibot.web.console.assets import Assets
from omnibot.web.console.booking_pages import BookingPages
from omnibot.web.console.dealer_pages import DealerPages
from omnibot.web.console.fragments import Fragments
from omnibot.web.console.incident_pages import IncidentPages
from omnibot.web.console.install_pages import InstallPages
from omnibot.web.console.knowledge_pages import KnowledgePages
from omnibot.web.console.ladder_pages import LadderPages
from omnibot.web.console.live import Live
from omnibot.web.console.pages import Elsewhere, Pages
from omnibot.web.console.promise_pages import PromisePages
from omnibot.web.console.rating_pages import RatingPages
from omnibot.web.console.recently import Recently
from omnibot.web.console.screens import Screens
from omnibot.web.console.session import Session
from omnibot.web.console.staff_pages import StaffPages
from omnibot.web.console.visit import Visits


class Console:
    """Everything under `/console`."""

    def __init__(
        self,
        desk: Desk,
        access: Access,
        clock: Clock,
        *,
        channels: Mapping[str, Channel],
        installers: Mapping[str, Installs],
        embed: str | None = None,
    ) -> None:
        """`channels` say what they can send; `embed` is the tag that puts the chat on a page, if there is a chat; `installers`
        are by channel."""
        assets = Assets()
        screens = Screens(assets)
        recently = Recently()
        self._forget = desk.doorbell.listen(CONSOLE, recently.note)
        visits = Visits(desk, access, clock, recently, screens)
        self._live = Live(desk, access, visits, recently)
        self._parts = (
            assets,
            Session(desk, access, clock, screens, visits, embed=embed, installers=installers),
            InstallPages(desk, access, visits, installers),
            Pages(desk, screens, visits, channels),
            StaffPages(desk, screens, visits),
            PromisePages(desk, screens, visits),
            KnowledgePages(desk, clock, screens, visits),
            DealerPages(desk, screens, visits),
            RatingPages(desk, screens, visits),
            LadderPages(desk, screens, visits),
            IncidentPages(desk, screens, visits),
            BookingPages(desk, screens, visits),
            AnswerPages(desk, clock, screens),
            Fragments(desk, screens, visits, channels),
            self._live,
            Elsewhere(visits),  # the last: it has every address that is left
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        return [route for part in self._parts for route in part.routes()]

    def close(self) -> None:
        """End the open streams, so that a stop does not wait for them."""
        self._forget()
        self._live.close()
