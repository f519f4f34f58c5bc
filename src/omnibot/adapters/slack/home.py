"""Our page in a person's App Home: what the core says stands on it, and a button that opens the form.

https://docs.slack.dev/surfaces/app-home
"""

import asyncio

from omnibot.adapters.slack import form
from omnibot.adapters.slack.api import Api
from omnibot.adapters.slack.people import People
from omnibot.adapters.slack.render import page
from omnibot.channel import ChannelError
from omnibot.clock import Clock
from omnibot.domain.language import Language, parse_tag
from omnibot.domain.message import Choice
from omnibot.log import Log
from omnibot.texts import Texts

log = Log(__name__)

SECONDS = 3.0  # that others wait at most while a page is shown


class Home:
    """Publishes pages."""

    def __init__(self, name: str, api: Api, clock: Clock) -> None:
        self._name = name
        self._api = api
        self._people = People(api, clock)
        self._texts = Texts("bot")

    async def show(self, user: str, text: str, choices: tuple[Choice, ...] = ()) -> None:
        """Nobody misses it where it fails: the next look shows it."""
        try:
            async with asyncio.timeout(SECONDS):
                person = await self._people.get(user)
                words = self._texts.of(parse_tag(person.locale) if person.locale else Language.EN)
                await self._api.post("views.publish", user_id=user, view=form.home(page(text), choices, words))
        except (ChannelError, TimeoutError) as error:
            log.info("courtesy_failed", channel=self._name, method="views.publish", reason=type(error).__name__)
