"""An admin installs the Slack app from the console, and what can go wrong on the way."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.engine import Connection

from omnibot import connections
from omnibot.demo.slack import TEAM, FakeSlack
from omnibot.demo.slack_installs import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, TOKEN_SECONDS
from omnibot.demo.slack_wire import SIGNING_SECRET, Refuse, Status
from omnibot.demo.telegram import TOKEN, FakeTelegram
from omnibot.domain.access import Role
from omnibot.store import channels, users
from tests.dialogs.staff_chat import TelegramChat
from tests.office import ManualClock, Office, eventually

PUBLIC = "https://support.example.com"
INSTALL, OAUTH = "/console/channels/slack/install", "/console/channels/slack/oauth"
FILTER = "How do I clean the filter?"
GROUP = TelegramChat.GROUP


class Browser:
    """Somebody signed in to the console, who follows no link by himself."""

    def __init__(self, office: Office, cookie: str) -> None:
        self.office = office
        self.cookie = cookie

    async def gets(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and where it leads, or the page."""
        cookie = {"Cookie": f"__Host-omnibot={self.cookie}"} if self.cookie else {}
        async with self.office.http.get(path, headers=cookie | headers, allow_redirects=False) as response:
            return response.status, response.headers.get("Location") or await response.text()

    async def goes_to_slack(self) -> str:
        """Presses Install, and what is on Slack's page; returns where Slack sends him back."""
        status, there = await self.gets(INSTALL)
        assert status == 303
        async with self.office.http.get(there, allow_redirects=False) as response:
            return response.headers["Location"]

    async def comes_back(self, back: str) -> str:
        """Returns what the settings are asked to say."""
        assert back.startswith(PUBLIC + OAUTH)
        status, there = await self.gets(back.removeprefix(PUBLIC))
        assert status == 303
        found = parse_qs(urlsplit(there).query)
        return " ".join([*found["installed"], *found.get("reason", [])])

    async def installs(self) -> str:
        return await self.comes_back(await self.goes_to_slack())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker looks for news often, so that nobody waits."""
    monkeypatch.setattr(connections, "RENEW_SECONDS", 0.02)


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], slack: FakeSlack, telegram: FakeTelegram) -> Office:
    """Customers write on Slack, people work on Telegram."""
    del slack.tokens[BOT_TOKEN]  # nobody has installed anything
    slack.add_user("U1", "Mia")
    office = await open_office(
        server={"public_url": PUBLIC},
        slack={
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "signing_secret": SIGNING_SECRET,
            "api_base": slack.api_base,
        },
        telegram={"token": TOKEN, "api_base": telegram.url, "staff_chat_id": str(GROUP)},
    )
    slack.events_url = f"{office.url}/channels/slack/default"
    return office


async def sign_in(office: Office, role: Role) -> Browser:
    def hire(tx: Connection) -> int:
        user = users.add(
            tx,
            email=f"{role.value}@example.com",
            name=role.value.title(),
            role=role,
            password_hash=None,
            now=office.clock.now(),
        )
        known = user or users.by_email(tx, f"{role.value}@example.com")
        assert known is not None
        return known.id

    id = await office.application.store.run(hire)
    return Browser(office, await office.application.access.open_session(id, "sign_in"))


@pytest.fixture
async def admin(office: Office) -> Browser:
    return await sign_in(office, Role.ADMIN)


async def line(office: Office) -> channels.ChannelLine:
    [found] = await office.application.store.read(partial(channels.listing, names=["slack"]))
    return found


async def works(office: Office, *, is_working: bool = True, why: str = "") -> None:
    async def is_so() -> bool:
        found = await line(office)
        return found.is_working is is_working and why in (found.detail or "")

    await eventually(is_so, f"Slack works: {is_working}; {await line(office)}")


async def said(slack: FakeSlack) -> list[str]:
    return slack.chat("D1").said()


async def asks(slack: FakeSlack, text: str) -> None:
    before = len(slack.chat("D1").said())
    await slack.send(slack.message("U1", text, chat="D1"))

    async def is_answered() -> bool:
        return len(slack.chat("D1").said()) > before

    await eventually(is_answered, text)


async def audited(office: Office) -> list[tuple[str, str | None]]:
    query = (
        "SELECT action, detail FROM audit WHERE action IN ('channel_installed', 'channel_not_installed') ORDER BY id"
    )
    rows = await office.application.store.read(lambda tx: tx.exec_driver_sql(query).all())
    return [(row[0], row[1]) for row in rows]


async def test_an_admin_installs_the_app_and_customers_are_answered(
    office: Office, slack: FakeSlack, admin: Browser
) -> None:
    await works(office, is_working=False, why=f"not installed yet: an admin does that at {PUBLIC}/console/settings")
    _, page = await admin.gets("/console/settings")
    assert f'href="{INSTALL}"' in page
    back = await admin.goes_to_slack()
    [asked] = slack.asked
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, PUBLIC + OAUTH)
    assert "chat:write" in asked["scope"]
    assert len(asked["state"]) > 40
    assert await admin.comes_back(back) == "done"
    _, page = await admin.gets("/console/settings?installed=done")
    assert "Installed." in page
    await works(office)
    await asks(slack, FILTER)
    assert await audited(office) == [("channel_installed", None)]


async def test_a_state_counts_once_in_one_browser_and_for_ten_minutes(
    office: Office, admin: Browser, clock: ManualClock
) -> None:
    first = await admin.goes_to_slack()
    second = await admin.goes_to_slack()
    assert await admin.comes_back(first) == "stale"  # who begins later ends the earlier
    stranger = await sign_in(office, Role.ADMIN)
    assert await stranger.comes_back(second) == "stale"
    forged = second.replace("state=", "state=x")
    assert await admin.comes_back(forged) == "stale"
    assert await admin.comes_back(f"{PUBLIC}{OAUTH}?code=code-1") == "stale"
    assert await admin.comes_back(second) == "done"
    assert await admin.comes_back(second) == "stale"
    late = await admin.goes_to_slack()
    clock.advance(minutes=10)
    assert await admin.comes_back(late) == "stale"
    assert [action for action, _ in await audited(office)].count("channel_installed") == 1


async def test_who_does_not_agree_may_begin_again(slack: FakeSlack, admin: Browser) -> None:
    slack.agrees = False
    assert await admin.installs() == "denied"
    slack.agrees = True
    assert await admin.installs() == "done"


async def test_a_code_that_slack_refuses_installs_nothing(office: Office, slack: FakeSlack, admin: Browser) -> None:
    back = await admin.goes_to_slack()
    assert await admin.comes_back(back.replace("code=", "code=x")) == "refused invalid_code"
    slack.plan("oauth.v2.access", Refuse("bad_client_secret"))
    assert await admin.installs() == "refused bad_client_secret"
    _, page = await admin.gets("/console/settings?installed=refused&reason=bad_client_secret")
    assert "<code>bad_client_secret</code>" in page
    _, page = await admin.gets("/console/settings?installed=refused&reason=Call+555-1234")
    assert "555-1234" not in page  # nobody else writes on our page
    await works(office, is_working=False, why="not installed yet")


async def test_a_slack_that_is_away_says_so(slack: FakeSlack, admin: Browser) -> None:
    slack.plan("oauth.v2.access", Status(503))
    assert await admin.installs() == "unavailable"
    assert await admin.installs() == "done"


async def test_a_second_workspace_is_refused_and_its_token_given_back(
    office: Office, slack: FakeSlack, admin: Browser
) -> None:
    assert await admin.installs() == "done"
    await works(office)
    [kept] = slack.tokens
    slack.team = "T0OTHER"
    assert await admin.installs() == "elsewhere"
    assert [*slack.tokens] == [kept]
    slack.plan("auth.test", Status(503))
    assert await admin.installs() == "unavailable"
    assert [*slack.tokens] == [kept]
    await works(office)
    await asks(slack, FILTER)


async def test_a_whole_organisation_is_refused(slack: FakeSlack, admin: Browser) -> None:
    slack.is_whole_organisation = True
    assert await admin.installs() == "refused org_install"
    assert not slack.tokens


async def test_an_app_that_was_removed_is_installed_again_and_nothing_is_lost(
    office: Office, slack: FakeSlack, telegram: FakeTelegram, admin: Browser, clock: ManualClock
) -> None:
    assert await admin.installs() == "done"
    await works(office)
    await asks(slack, FILTER)
    slack.remove_app()
    for event in ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}, {"type": "app_uninstalled"}):
        await slack.send(slack.event(event))
    await works(office, is_working=False)
    await telegram.until(lambda: any("channel slack has stopped" in text for text in telegram.heard(GROUP)))
    before = await said(slack)
    await slack.send(slack.message("U1", "thanks", chat="D1"))  # written before, delivered late
    await office.settled()
    assert await said(slack) == before
    assert await admin.installs() == "done"
    await works(office)
    await telegram.until(lambda: any("channel slack is back" in text for text in telegram.heard(GROUP)))

    async def is_sent() -> bool:
        clock.advance(seconds=5)
        return len(await said(slack)) > len(before)

    await eventually(is_sent, "what waited is sent")


async def test_who_was_removed_from_one_workspace_may_go_to_another(
    office: Office, slack: FakeSlack, admin: Browser
) -> None:
    assert await admin.installs() == "done"
    slack.remove_app()
    slack.team = "T0OTHER"
    assert await admin.installs() == "done"
    assert {team for team, _ in slack.tokens.values()} == {"T0OTHER"}
    assert TEAM != "T0OTHER"
    await works(office)


async def test_a_renewal_that_is_refused_is_told_before_customers_notice(
    office: Office, slack: FakeSlack, admin: Browser, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0.02)
    slack.rotates = True
    assert await admin.installs() == "done"
    await works(office)
    clock.advance(seconds=TOKEN_SECONDS - 7000)

    async def is_renewed() -> bool:
        return slack.count("oauth.v2.access") == 2

    await eventually(is_renewed, "a worker renews it by itself")
    await works(office)
    slack._refresh_tokens.clear()
    clock.advance(seconds=TOKEN_SECONDS - 7000)
    await works(
        office, is_working=False, why="the token cannot be renewed any more (invalid_refresh_token): an admin does"
    )
    await asks(slack, FILTER)  # it is good still


async def test_only_a_signed_in_admin_of_this_site_installs(office: Office, slack: FakeSlack, admin: Browser) -> None:
    back = await admin.goes_to_slack()
    for role in (Role.AGENT, Role.SUPERVISOR):
        colleague = await sign_in(office, role)
        assert await colleague.gets(INSTALL) == (302, "/console")
        assert await colleague.gets(back.removeprefix(PUBLIC)) == (302, "/console")
        _, page = await colleague.gets("/console/settings?installed=done")
        assert INSTALL not in page
        assert "Installed." not in page
    nobody = Browser(office, "")
    for path in (INSTALL, back.removeprefix(PUBLIC)):
        status, there = await nobody.gets(path)
        assert (status, there.partition("?")[0]) == (302, "/console/sign-in")
    by_token = await office.agent("Root", Role.ADMIN)
    assert (await nobody.gets(INSTALL, **by_token.headers))[0] == 404
    assert (await admin.gets("/console/channels/telegram/install"))[0] == 404
    assert await admin.gets(INSTALL, **{"Sec-Fetch-Site": "cross-site"}) == (303, "/console/settings#channels")
    assert len(slack.asked) == 1
