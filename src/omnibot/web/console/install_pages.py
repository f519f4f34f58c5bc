"""Installing an account on its platform: an admin is sent there, agrees, and comes back to the settings with what came of it.

Only a signed-in admin begins, and only the same session of the same browser ends what it has begun: a link could be passed on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from aiohttp import web

from omnibot.channel import Installed, InstallOutcome, Installs
from omnibot.domain.access import Role
from omnibot.flow.desk import Desk
from omnibot.store import audit
from omnibot.web.access import Access
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits

_OUTCOMES = {
    InstallOutcome.DONE: mark("Installed. The state below follows within a few seconds."),
    InstallOutcome.DENIED: mark("Not installed: it was not agreed to there."),
    InstallOutcome.STALE: mark("Not installed: this attempt is over, or was begun in another browser. Begin again."),
    InstallOutcome.ELSEWHERE: mark(
        "Not installed: this account works in another workspace. Remove the app there first, or set up a further account."
    ),
    InstallOutcome.REFUSED: mark("Not installed: the platform has refused it."),
    InstallOutcome.UNAVAILABLE: mark("Not installed: the platform does not answer now. Begin again a little later."),
}
_REASON = re.compile(r"[a-z_]{1,60}")  # what is shown of an address that anybody can write
OWN_SITE = (None, "same-origin", "none")  # `Sec-Fetch-Site`; browsers of before 2023 do not say


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of it, as the address of the settings tells."""

    outcome: InstallOutcome
    reason: str  # the platform's word

    @property
    def is_done(self) -> bool:
        return self.outcome is InstallOutcome.DONE

    @property
    def sentence(self) -> str:
        """For the catalogue."""
        return _OUTCOMES[self.outcome]


def path(channel: str) -> str:
    """Where an installation begins."""
    return f"/console/channels/{quote(channel, safe=':')}/install"


def return_to(public_url: str, channel: str) -> str:
    """Where the platform sends the admin back; the platform has to know this address."""
    return f"{public_url}/console/channels/{quote(channel, safe=':')}/oauth"


def outcome(query: Mapping[str, str]) -> Shown | None:
    """What to say on the page of settings."""
    if query.get("installed") not in list(InstallOutcome):
        return None
    reason = query.get("reason", "")
    return Shown(InstallOutcome(query["installed"]), reason if _REASON.fullmatch(reason) else "")


class InstallPages:
    """The handlers."""

    def __init__(self, desk: Desk, access: Access, visits: Visits, installers: Mapping[str, Installs]) -> None:
        self._desk = desk
        self._access = access
        self._visits = visits
        self._installers = installers

    def routes(self) -> list[web.AbstractRouteDef]:
        one = "/console/channels/{name:[a-z0-9:-]{1,64}}"
        return [
            web.get(one + "/install", self._visits.page(self.begin, Role.ADMIN)),
            web.get(one + "/oauth", self._visits.page(self.finish, Role.ADMIN)),
        ]

    async def begin(self, visit: Visit) -> web.Response:
        name, installs, browser = self._asked(visit)
        if visit.request.headers.get("Sec-Fetch-Site") not in OWN_SITE:
            return _to("/console/settings#channels")  # another site must not send an admin to agree to something
        return _to(await installs.begin(browser=browser, return_to=return_to(self._desk.public_url, name)))

    async def finish(self, visit: Visit) -> web.Response:
        name, installs, browser = self._asked(visit)
        answer = {key: value[:2000] for key, value in visit.request.query.items()}
        installed = await installs.finish(
            browser=browser, return_to=return_to(self._desk.public_url, name), answer=answer
        )
        await self._note(visit, name, installed)
        told = {"installed": installed.outcome.value} | ({"reason": installed.reason} if installed.reason else {})
        return _to(f"/console/settings?{urlencode(told)}#channels")

    def _asked(self, visit: Visit) -> tuple[str, Installs, str]:
        name, browser = visit.request.match_info["name"], self._access.browser(visit.request)
        if name not in self._installers or browser is None:
            raise web.HTTPNotFound
        return name, self._installers[name], browser

    async def _note(self, visit: Visit, name: str, installed: Installed) -> None:
        done = installed.outcome is InstallOutcome.DONE
        action = "channel_installed" if done else "channel_not_installed"
        why = None if done else installed.reason or installed.outcome.value
        write = partial(audit.write, user_id=visit.user.id, action=action, subject=f"channel:{name}", detail=why)
        await self._desk.store.run(partial(write, now=visit.now))


def _to(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})
