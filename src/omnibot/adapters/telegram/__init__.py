"""Telegram, by the Bot API (https://core.telegram.org/bots/api): a bot in private chats, groups and their topics.

Telegram promises to keep an update for 24 hours and to bring it until it is confirmed, once or more. It takes no
idempotency key, so a message whose answer was lost may arrive twice. It asks for pauses (`retry_after`) at rates that it
does not publish. How this package is laid out: `wire` and `parse` read, `markdown`, `formatted` and `render` write,
`errors` is the table, `client` calls, `channel` sends, `polling` and `webhook` receive.
"""

from pathlib import Path

from omnibot.adapters.telegram.buttons import Buttons
from omnibot.adapters.telegram.channel import TelegramChannel
from omnibot.adapters.telegram.client import Client
from omnibot.adapters.telegram.connection import TelegramConnection
from omnibot.adapters.telegram.parse import Policy
from omnibot.channel import ChannelState, Receive
from omnibot.clock import Clock
from omnibot.settings import TelegramAccount


def connect(
    account: TelegramAccount,
    *,
    receive: Receive,
    clock: Clock,
    state: ChannelState,
    public_url: str,
    data_dir: Path | None = None,
) -> TelegramConnection:
    """Open an account; nothing is called yet. `public_url` is where webhooks find this server.

    Nothing has to be remembered in `state` or `data_dir`: see `polling`.
    """
    own_id = account.token.partition(":")[0]
    policy = Policy(
        own_id=int(own_id) if own_id.isascii() and own_id.isdigit() else 0,
        buttons=Buttons(account.token),
        heard_groups=frozenset({account.staff_chat_id} - {""}),
    )
    client = Client(account)
    channel = TelegramChannel(account.channel, client, policy, receive, clock, pace=account.pace)
    return TelegramConnection(account, channel, client, receive=receive, clock=clock, public_url=public_url)
