"""Slack: direct messages, channels and threads where the app is called, buttons, forms, a command and a shortcut.

Slack delivers events at least once, in no promised order, and repeats what is not answered within three seconds three
times (https://docs.slack.dev/apis/events-api); it takes about one message a second and chat. `parse` (with `interactions`,
`mrkdwn`, `payloads`) reads, `render` (with `split`) writes, `errors` is the table, `channel` sends, `door` lets in what
`webhooks` and `socket_mode` bring.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from omnibot.adapters.slack.connection import SlackConnection
    from omnibot.adapters.slack.parse import Policy
    from omnibot.adapters.slack.socket_mode import Timing
    from omnibot.channel import ChannelState, Receive
    from omnibot.clock import Clock
    from omnibot.settings import SlackAccount


def connect(
    account: "SlackAccount",
    *,
    receive: "Receive",
    clock: "Clock",
    state: "ChannelState",
    public_url: str,
    data_dir: "Path | None" = None,
    policy: "Policy | None" = None,
    timing: "Timing | None" = None,
) -> "SlackConnection":
    """Build the connection of one account; nothing is opened before it is used.

    Slack keeps what we did not acknowledge; remembered in `state` is only what an installation from the console gave. Where it
    calls us (`public_url`) is entered in the app's manifest.
    """
    # Slack's library is loaded only where an account is configured.
    from omnibot.adapters.slack.connection import SlackConnection
    from omnibot.adapters.slack.parse import Policy
    from omnibot.adapters.slack.socket_mode import Timing

    policy = policy or Policy(heard_chats=frozenset({account.staff_channel} - {""}), bots=frozenset(account.bots))
    return SlackConnection(
        account,
        receive=receive,
        clock=clock,
        state=state,
        public_url=public_url,
        policy=policy,
        timing=timing or Timing(),
    )
