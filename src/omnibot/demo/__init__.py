"""`omnibot demo`: the whole application with sample data and, if asked, simulators of the platforms and a page to drive them.

`telegram` and `slack` speak those platforms' wire (the adapters' tests run on them, too), `mailbox` and `post` IMAP and SMTP;
`stage` holds them with the people who use them, `page` shows it. The application knows nothing of all this: it is given
accounts whose addresses are on this machine.
"""

from pathlib import Path

from omnibot import app
from omnibot.app import Application
from omnibot.clock import SystemClock
from omnibot.demo.page import OWN_NAMES, Page
from omnibot.demo.stage import Stage
from omnibot.settings import EmailAccount, Settings, SlackAccount, TelegramAccount, Webchat
from omnibot.settings import Server as ServerSettings


async def run(*, port: int, data_dir: Path, all_channels: bool) -> None:
    """Serve on `port`, the page with all channels on the next, until SIGTERM or SIGINT."""
    if not all_channels:
        await app.run(Application(_settings(port, data_dir)))
        return
    stage = Stage(SystemClock())
    await stage.start()
    try:
        await _run_with(stage, port=port, data_dir=data_dir)
    finally:
        await stage.stop()


async def _run_with(stage: Stage, *, port: int, data_dir: Path) -> None:
    telegram, slack, email = stage.accounts()
    origins = [f"http://{name}:{port + 1}" for name in OWN_NAMES]
    settings = _settings(port, data_dir, telegram=telegram, slack=slack, email=email, origins=origins)
    application = Application(settings)
    page = Page(stage, service_url=settings.public_url, console_link=application.first_link)
    await page.start(port + 1)
    try:
        await app.run(application, greeting=f"All channels on one page  {origins[0]}/")
    finally:
        await page.stop()


def _settings(
    port: int,
    data_dir: Path,
    *,
    telegram: TelegramAccount | None = None,
    slack: SlackAccount | None = None,
    email: EmailAccount | None = None,
    origins: list[str] | None = None,
) -> Settings:
    """Neither a file nor the environment counts: a demo never touches what is in use."""
    return Settings(
        server=ServerSettings(port=port, data_dir=str(data_dir)),
        telegram=telegram or TelegramAccount(),
        slack=slack or SlackAccount(),
        email=email or EmailAccount(),
        webchat=Webchat(allowed_origins=origins or []),
    )
