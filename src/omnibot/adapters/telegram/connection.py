"""One bot, opened: its channel, and the two ways in which updates reach it."""

import asyncio
from datetime import datetime, timedelta

from omnibot.adapters.telegram import webhook
from omnibot.adapters.telegram.channel import TelegramChannel
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.errors import ChatMoved, FormRefused
from omnibot.adapters.telegram.intake import take
from omnibot.adapters.telegram.parse import KINDS
from omnibot.adapters.telegram.polling import FIRST_PAUSE, LONGEST_PAUSE, Poller
from omnibot.channel import ChannelError, Health, Receive, Unavailable
from omnibot.clock import Clock
from omnibot.exchange import Route
from omnibot.log import Log
from omnibot.settings import TelegramAccount

log = Log(__name__)

KEPT = timedelta(hours=24)  # how long Telegram keeps an update for us
ALARM_AFTER = timedelta(hours=20)


class TelegramConnection:
    """Receives as one bot."""

    def __init__(
        self,
        account: TelegramAccount,
        channel: TelegramChannel,
        client: Client,
        *,
        receive: Receive,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._account = account
        self._channel = channel
        self._client = client
        self._receive = receive
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._bot = ""  # its name, known once Telegram has told it
        self._naming = asyncio.Lock()
        self._answers: set[asyncio.Task[None]] = set()
        self._trouble: str | None = None
        self._silent_since: datetime | None = None
        self._last_in: datetime | None = None

    @property
    def channel(self) -> TelegramChannel:
        return self._channel

    def routes(self) -> list[Route]:
        if self._account.mode != "webhook":
            return []
        return webhook.routes(self._account.name, self._account.webhook_secret, self._take)

    async def run(self) -> None:
        if self._account.mode == "webhook":
            await self._call_us()
            return
        await Poller(self._client, self._take, channel=self._channel.name, tell=self._note).run()

    async def check(self) -> Health:
        try:
            bot = (await self._client.get_me()).username
            info = await self._client.get_webhook_info() if self._account.mode == "webhook" else None
        except (ChannelError, FormRefused, ChatMoved) as error:
            return self._health(is_working=False, detail=str(error))
        if info is not None and not info.url:
            return self._health(is_working=False, detail=f"@{bot}: no webhook is set")
        if info is not None and info.last_error_message:
            failed = f"the last call of the webhook failed: {info.last_error_message[:200]}"
            return self._health(
                is_working=info.pending_update_count == 0,
                detail=f"@{bot}: {failed}; {info.pending_update_count} updates wait",
            )
        if self._trouble:
            return self._health(is_working=False, detail=f"@{bot}: {self._trouble}{self._alarm()}")
        return self._health(is_working=True, detail=f"@{bot} answers, by {self._account.mode}")

    async def close(self) -> None:
        if self._answers:
            await asyncio.wait(self._answers, timeout=1.0)
        for answer in self._answers:
            answer.cancel()
        await self._client.close()

    async def _take(self, update: bytes) -> int:
        """Commit one update; returns its id. Raises NotAnUpdate, ChannelError and `store.transactions.Unavailable`."""
        taken = take(update, channel=self._channel.name)
        if taken.is_in_group:
            taken = take(update, channel=self._channel.name, bot=await self._name())
        await self._receive(taken.event)
        self._last_in = self._clock.now()
        if taken.callback_id:
            # The press is safe; whether the spinner stops must not hold up the next update.
            answer = asyncio.create_task(self._channel.answer_press(taken.callback_id, is_in_group=taken.is_in_group))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)
        return taken.update_id

    async def _name(self) -> str:
        """The bot's name, asked once; without it nobody can say whether a group's message is for us."""
        async with self._naming:
            if not self._bot:
                self._bot = (await self._client.get_me()).username
            return self._bot

    async def _call_us(self) -> None:
        """Tell Telegram where to bring updates. Raises Misconfigured."""
        if not self._public_url.startswith("https://"):
            log.info("webhook_left_as_it_is", channel=self._channel.name, reason="server.public_url is not https")
            return
        wanted = {
            "url": self._public_url + webhook.path(self._account.name),
            "secret_token": self._account.webhook_secret,
            "allowed_updates": KINDS,
        }
        pause = FIRST_PAUSE
        while True:
            try:
                await self._client.call("setWebhook", wanted)
                self._note(None)
                return
            except Unavailable as error:
                self._note(str(error))
                await asyncio.sleep(error.retry_after.total_seconds() if error.retry_after else pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except (ChannelError, FormRefused, ChatMoved) as error:
                self._note(f"the webhook was refused: {error}")
                raise

    def _note(self, trouble: str | None) -> None:
        self._silent_since = (self._silent_since or self._clock.now()) if trouble else None
        self._trouble = trouble

    def _alarm(self) -> str:
        silent = self._clock.now() - self._silent_since if self._silent_since else timedelta(0)
        return f"; Telegram drops updates older than {KEPT // timedelta(hours=1)} h" if silent > ALARM_AFTER else ""

    def _health(self, *, is_working: bool, detail: str) -> Health:
        return Health(is_working=is_working, detail=detail, last_in=self._last_in, last_out=self._channel.last_out)
