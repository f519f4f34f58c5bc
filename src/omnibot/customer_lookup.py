"""Asks the operator's own system what it knows of a customer, over HTTP.

`GET URL?customer=ID` with `Authorization: Bearer TOKEN` is to answer `{"facts": {"tier": "vip", …}}`, or 404 for a stranger.
Nobody waits for the answer: it is asked in the background, kept for a while, and not asked while the system is down.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from omnibot.domain.breaker import Breaker
from omnibot.domain.fact import LONGEST_VALUE, is_key
from omnibot.domain.value import dataclass
from omnibot.log import Log

if TYPE_CHECKING:
    import aiohttp

log = Log(__name__)

FRESH = timedelta(minutes=15)  # a customer is asked about once in this time
RETRY = timedelta(minutes=1)  # after a failure
AT_ONCE = 8  # questions
REMEMBERED = 10_000  # customers
LARGEST_ANSWER = 64_000  # bytes
MOST_FACTS = 50


class _Answer(msgspec.Struct):
    facts: dict[str, str | int | float | bool | None] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Where to ask, and how long to wait."""

    url: str
    token: str
    timeout: float  # seconds, for everything together


class CustomerLookup:
    """One operator's system."""

    def __init__(self, wanted: LookUp) -> None:
        self._wanted = wanted
        self._breaker = Breaker()
        self._asked: OrderedDict[str, datetime] = OrderedDict()
        self._session: aiohttp.ClientSession | None = None

    def wants(self, external_ref: str, now: datetime) -> bool:
        """Whether it is time to ask about this customer."""
        asked = self._asked.get(external_ref)
        return self._breaker.may_ask(now) and (asked is None or now - asked >= FRESH)

    @property
    def at_once(self) -> int:
        """How many questions it may be asked together: one, while it is to show that it is back."""
        return AT_ONCE if self._breaker.rests_until is None else 1

    async def ask(self, external_ref: str, now: datetime) -> dict[str, str]:
        """What is known; nothing for a stranger, or where there was no answer to be had. Never raises, never takes longer
        than the timeout."""
        if not self.wants(external_ref, now):
            return {}
        self._remember(external_ref, now)
        try:
            async with asyncio.timeout(self._wanted.timeout):
                known = await self._fetch(external_ref)
        except (OSError, TimeoutError, ValueError, _client_error()) as error:
            self._remember(external_ref, now - FRESH + RETRY)
            self._fail(now, type(error).__name__)
            return {}
        if self._breaker.failures:
            log.info("lookup_back")
        self._breaker = self._breaker.after_answer()
        return known

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _fetch(self, external_ref: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._wanted.token}"} if self._wanted.token else {}
        # A redirect could carry the token elsewhere: the operator names the address itself.
        async with self._opened().get(
            self._wanted.url, params={"customer": external_ref}, headers=headers, allow_redirects=False
        ) as response:
            if response.status == 404:
                return {}
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            raw = await response.content.read(LARGEST_ANSWER + 1)
            while len(raw) <= LARGEST_ANSWER and (more := await response.content.read(LARGEST_ANSWER + 1)):
                raw += more
        if len(raw) > LARGEST_ANSWER:
            raise ValueError("the answer is too large")
        answer = msgspec.json.decode(raw, type=_Answer)  # its errors are ValueErrors
        return _usable(answer.facts)

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def _remember(self, external_ref: str, now: datetime) -> None:
        self._asked[external_ref] = now
        self._asked.move_to_end(external_ref)
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    def _fail(self, now: datetime, why: str) -> None:
        before, self._breaker = self._breaker, self._breaker.after_failure(now)
        if before.rests_until is None and self._breaker.rests_until is not None:
            log.warning("lookup_down", reason=why)


def _usable(facts: dict[str, str | int | float | bool | None]) -> dict[str, str]:
    """What can be kept; the rest of an answer is left out."""
    texts = {key: _text(value) for key, value in facts.items() if value is not None and is_key(key)}
    kept = {key: text for key, text in texts.items() if text and len(text) <= LONGEST_VALUE and "\0" not in text}
    return dict(list(kept.items())[:MOST_FACTS])


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _client_error() -> type[Exception]:
    import aiohttp

    return aiohttp.ClientError
