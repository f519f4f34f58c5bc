"""The console: where agents work. Server-rendered pages with small ES modules; live through server-sent events."""

from aiohttp import web

from omnibot.clock import Clock
from omnibot.flow.desk import Desk
from omnibot.web.access import Access


def routes(desk: Desk, access: Access, clock: Clock) -> list[web.AbstractRouteDef]:
    """Everything under `/console`."""
    return []
