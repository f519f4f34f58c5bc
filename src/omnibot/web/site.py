"""What aiohttp serves: the API, the console, uploads, webhooks, the demo page. Imported when somebody first asks for one
of them; a process that only chats saves the time and 25 MB."""

from collections.abc import Iterable, Mapping

from aiohttp import web

from omnibot.adapters.webchat.file_routes import FileRoutes
from omnibot.adapters.webchat.routes import WebChat
from omnibot.channel import Channel, Installs, OpenChannel
from omnibot.clock import Clock
from omnibot.exchange import Route
from omnibot.flow.desk import Desk
from omnibot.front.fallback import behind_aiohttp
from omnibot.web import server
from omnibot.web.access import Access
from omnibot.web.console import Console
from omnibot.web.middleware import guard

BODY_LIMIT = 1024 * 1024  # bytes


def furnish(
    hot: list[Route],
    *,
    is_edge: bool,
    desk: Desk,
    access: Access,
    clock: Clock,
    channels: Mapping[str, Channel],
    chat: WebChat | None,
    webhooks: Iterable[web.AbstractRouteDef],
    installers: Mapping[str, Installs],
    open_one_way: OpenChannel,
) -> web.Application:
    """The application. It has the hot paths, too, for requests that the front door does not read itself."""
    application = web.Application(middlewares=[guard], client_max_size=BODY_LIMIT)
    application.add_routes(map(behind_aiohttp, hot))
    if not is_edge:
        return application
    if chat is not None:
        application.add_routes(FileRoutes(chat).routes())
    application.add_routes(webhooks)
    application.add_routes(server.api_routes(desk, access, clock, channels, open_one_way))
    application.add_routes(server.demo_routes())
    embed = chat.widget.tag(desk.public_url) if chat is not None else None
    console = Console(desk, access, clock, channels=channels, embed=embed, installers=installers)
    application.add_routes(console.routes())

    async def close(_: web.Application) -> None:
        console.close()

    application.on_shutdown.append(close)
    return application
