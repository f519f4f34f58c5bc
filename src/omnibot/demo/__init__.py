"""`omnibot demo`: the whole application with sample data and, if asked, simulators of the platforms and a page to drive them.

`telegram` and `slack` speak those platforms' wire (the adapters' tests run on them, too), `mailbox` and `post` IMAP and SMTP;
`cast` names the people who use them, `stage` lets them act, `scene` sets everything up, `page` shows it. The application
knows nothing of all this: it is given accounts whose addresses are on this machine.
"""

import asyncio
import secrets
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import web

from omnibot import app
from omnibot.app import Application
from omnibot.demo import scene
from omnibot.demo.identity import sign
from omnibot.demo.page import OWN_NAMES, Page, Service
from omnibot.demo.stage import Stage
from omnibot.demo.time_machine import TimeMachine
from omnibot.settings import EmailAccount, Settings, SlackAccount, TelegramAccount
from omnibot.settings.sections import Server as ServerSettings
from omnibot.settings.sections import Service as ServiceSettings
from omnibot.settings.sections import Webchat
from omnibot.store import users
from omnibot.tasks import cancel


async def run(*, port: int, data_dir: Path, language: str, all_channels: bool) -> None:
    """Serve on `port`, the page with all channels on the next, until SIGTERM or SIGINT."""
    if not all_channels:
        await app.run(Application(Settings(server=_server(port, data_dir, language))))
        return
    clock = TimeMachine()
    stage = Stage(clock)
    await stage.start()
    try:
        await _run_with(stage, clock, _server(port, data_dir, language))
    finally:
        await stage.stop()


async def _run_with(stage: Stage, clock: TimeMachine, server: ServerSettings) -> None:
    telegram, slack, email = stage.accounts()
    secret = secrets.token_hex(32)
    origins = [f"http://{name}:{server.port + 1}" for name in OWN_NAMES]
    webchat = Webchat(allowed_origins=origins, identity_secret=secret)
    settings = _settings(server, telegram, slack, email, webchat)
    application = Application(settings, clock=clock)
    tasks = await scene.set_up(application)

    async def enter(email: str, response: web.Response) -> None:
        user = await application.store.read(partial(users.by_email, email=email))
        if user is not None:  # else the sign-in page says the rest
            application.access.set_cookie(response, await application.access.open_session(user.id, "demo_sign_in"))

    def forward(step: timedelta) -> None:
        clock.forward(step)
        application.supervisor.hurry()

    service = Service(
        url=settings.public_url,
        enter=enter,
        identify=lambda number: sign(number, secret, clock.now()),
        forward=forward,
        ahead=lambda: clock.ahead,
    )
    page = Page(stage, service)
    await page.start(server.port + 1)
    enrolling = asyncio.create_task(scene.enrol(stage, tasks))
    try:
        await app.run(application, greeting=f"All channels on one page  {origins[0]}/{_asked(server)}")
    finally:
        await cancel([enrolling])
        await page.stop()


def _server(port: int, data_dir: Path, language: str) -> ServerSettings:
    return ServerSettings(port=port, data_dir=str(data_dir), language=language, timezone="Europe/Berlin")


def _asked(server: ServerSettings) -> str:
    return f"?lang={server.language}" if server.language != ServerSettings().language else ""


def _settings(
    server: ServerSettings, telegram: TelegramAccount, slack: SlackAccount, email: EmailAccount, webchat: Webchat
) -> Settings:
    """Neither a file nor the environment counts: a demo never touches what is in use."""
    return Settings(
        server=server,
        telegram=telegram,
        slack=slack,
        email=email,
        webchat=webchat,
        service=ServiceSettings(rules=str(scene.RULES)),
    )
