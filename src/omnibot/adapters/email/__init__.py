"""E-mail: a mailbox read over IMAP, answers sent over SMTP.

What the platform promises: a mail stays on the server until we have it (`imap`). What it does not: an order, an origin (anybody
can write any `From`), a form (`mime`, `charset`), or that a person wrote it (`automatic`, `bounce`).

Inbound: `imap` fetches, `intake` keeps the raw mail (`originals`) and has it read in a limited process (`reader`, `worker`,
`reading`), so that the event holds what was understood, and `parse` is pure and quick. Outbound: `render`, then `smtp`.
Errors are translated in `smtp.translated`. docs/email.md says how to connect an account.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnibot.adapters.email.connection import EmailConnection
    from omnibot.channel import ChannelState, Receive
    from omnibot.clock import Clock
    from omnibot.settings.accounts import EmailAccount


def connect(
    account: "EmailAccount",
    *,
    receive: "Receive",
    clock: "Clock",
    state: "ChannelState",
    public_url: str = "",
    data_dir: Path = Path("var"),
) -> "EmailConnection":
    """Open an account; no I/O yet. Nothing of it is reached from outside, so `public_url` is of no use here."""
    # Loaded with the first account. The limited process imports this package, too, and needs none of the clients.
    from omnibot.adapters.email.connection import open_account

    return open_account(account, receive=receive, clock=clock, state=state, data_dir=data_dir)
