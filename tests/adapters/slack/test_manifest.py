"""The manifest in the documentation asks for what the code uses."""

import re
from typing import Any

import yaml

from omnibot.adapters.slack import interactions
from omnibot.adapters.slack.scopes import NEEDED, USEFUL
from omnibot.web.console import install_pages
from tests.servers import ROOT


def manifest() -> Any:
    [block] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "slack.md").read_text(encoding="utf-8"), re.DOTALL)
    return yaml.safe_load(block)


def test_the_manifest_asks_for_the_permissions_that_are_used() -> None:
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == NEEDED | USEFUL


def test_the_manifest_names_our_shortcuts_and_addresses() -> None:
    found = manifest()
    assert {one["callback_id"] for one in found["features"]["shortcuts"]} == {
        interactions.ASK,
        interactions.MAKE_TICKET,
    }
    public = "https://support.example.com"
    assert found["oauth_config"]["redirect_urls"] == [install_pages.return_to(public, "slack")]
    path = f"{public}/channels/slack/default"
    assert found["settings"]["event_subscriptions"]["request_url"] == f"{path}/events"
    assert found["settings"]["interactivity"]["request_url"] == f"{path}/interactions"
    assert found["features"]["slash_commands"][0]["url"] == f"{path}/commands"
