"""`/me/away`: whether the caller takes new work."""

from functools import partial

from msgspec import Struct

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.store import staffing
from omnibot.store.transactions import Store
from omnibot.web.api.endpoint import Call, Endpoint, Nothing


class Away(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """While away, nothing new is given to you; what you have stays yours."""

    away: bool


class Duty:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [Endpoint("POST", "/me/away", Role.AGENT, self.change, "Take nothing new, or take it again")]

    async def change(self, call: Call[Away, Nothing]) -> Away:
        user_id = call.user.id
        if call.body.away:
            await self._store.run(partial(staffing.leave, user_id=user_id, now=self._clock.now()))
        else:
            await self._store.run(partial(staffing.come_back, user_id=user_id))
        return call.body
