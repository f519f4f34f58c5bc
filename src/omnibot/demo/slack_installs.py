"""How the simulated Slack installs an app: the page where somebody agrees, codes, tokens, and tokens that end.

As https://docs.slack.dev/authentication/installing-with-oauth and /using-token-rotation say: a code works once, a refresh token
works once, and a token that was renewed ends when it would have ended.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from aiohttp import web

from omnibot.demo.slack_chats import APP, BOT_USER, TEAM
from omnibot.demo.slack_wire import Json, refuse

BOT_TOKEN = "xoxb-fake-bot"  # noqa: S105 - of no real app
CLIENT_ID, CLIENT_SECRET = "1.2", "fake-client-secret"
TOKEN_SECONDS = 43_200  # https://docs.slack.dev/authentication/using-token-rotation


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code was given for."""

    team: str
    redirect_uri: str


class Installs:
    """Who has installed the app, and the tokens that work."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        self._clock = now
        self.team = TEAM  # where whoever sees the page installs it
        self.agrees = True  # whoever sees the page
        self.is_whole_organisation = False
        self.rotates = False
        self.tokens: dict[str, tuple[str, int | None]] = {BOT_TOKEN: (TEAM, None)}  # the workspace and the end of each
        self.asked: list[Json] = []  # what the page was opened with
        self._refresh_tokens: dict[str, str] = {}  # the workspace of each that was not used yet
        self._codes: dict[str, Grant] = {}
        self._serial = count(1)

    def remove_app(self) -> None:
        """Somebody removes it from every workspace; the events are the test's to send."""
        self.tokens.clear()
        self._refresh_tokens.clear()

    def team_of(self, token: str) -> str:
        """The workspace of a token. Refuses one that does not work."""
        team, ends = self.tokens.get(token) or refuse("invalid_auth" if token.startswith("xox") else "not_authed")
        return team if ends is None or ends > self._clock() else refuse("token_expired")

    async def _show_consent(self, request: web.Request) -> web.Response:
        """The page, and whoever sees it at once."""
        asked = dict(request.query)
        self.asked.append(asked)
        if asked.get("client_id") != CLIENT_ID or not asked.get("scope"):
            return web.Response(status=400, text="invalid_client_id")
        answer = {"state": asked["state"]}
        if self.agrees:
            code = f"code-{next(self._serial)}"
            self._codes[code] = Grant(self.team, asked["redirect_uri"])
            answer["code"] = code
        else:
            answer["error"] = "access_denied"
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})

    def _exchange(self, given: Json, authorization: str) -> Json:
        """`oauth.v2.access`, for a code or for a refresh token."""
        kind, _, encoded = authorization.partition(" ")
        known = base64.b64decode(encoded).decode() if kind == "Basic" else ""
        if known.partition(":")[0] != CLIENT_ID:
            refuse("invalid_client_id")
        if known.partition(":")[2] != CLIENT_SECRET:
            refuse("bad_client_secret")
        if given.get("grant_type") == "refresh_token":
            team = self._refresh_tokens.pop(given["refresh_token"], None) or refuse("invalid_refresh_token")
            return self._give(team)
        grant = self._codes.pop(given.get("code", ""), None) or refuse("invalid_code")
        if given.get("redirect_uri") != grant.redirect_uri:
            refuse("bad_redirect_uri")
        return self._give(grant.team)

    def _give(self, team: str) -> Json:
        number = next(self._serial)
        answer: Json = {
            "token_type": "bot",
            "scope": "chat:write",
            "bot_user_id": BOT_USER,
            "app_id": APP,
            "team": None if self.is_whole_organisation else {"id": team, "name": f"Workspace {team}"},
            "enterprise": None,
            "authed_user": {"id": "U1"},
            "is_enterprise_install": self.is_whole_organisation,
        }
        if not self.rotates:
            token = f"xoxb-fake-{number}"
            self.tokens[token] = (team, None)
            return answer | {"access_token": token}
        token, refresh = f"xoxe.xoxb-1-fake-{number}", f"xoxe-1-fake-{number}"
        self.tokens[token] = (team, self._clock() + TOKEN_SECONDS)
        self._refresh_tokens[refresh] = team
        return answer | {"access_token": token, "refresh_token": refresh, "expires_in": TOKEN_SECONDS}
