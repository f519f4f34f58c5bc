"""Links by which a dealer answers from a group that only can be told things. A link names group, ticket and offer, and is sealed
with a key that only the database has: for another offer, or another group, it is worth nothing."""

import hashlib
import hmac
import secrets

from sqlalchemy.engine import Connection

from omnibot.domain.dealers.dealer_case import DealerCase
from omnibot.domain.group import Group
from omnibot.store import channels


def path(tx: Connection, group: Group, case: DealerCase) -> str:
    """The link's path. Writes the key when there is none yet."""
    about = f"{group.id}-{case.ticket_id}-{case.n}"
    return f"/answer/{about}-{_seal(_key(tx), about)}"


def is_whole(tx: Connection, about: str, seal: str) -> bool:
    """Whether we made it."""
    key = channels.recall(tx, _OWNER, _NAME)
    return key is not None and hmac.compare_digest(seal.encode(), _seal(key, about).encode())


_OWNER, _NAME = "notify", "link_key"  # where the key is kept, among what channels remember


def _key(tx: Connection) -> str:
    key = channels.recall(tx, _OWNER, _NAME)
    return key or channels.settle(tx, _OWNER, _NAME, secrets.token_hex(32))


def _seal(key: str, about: str) -> str:
    return hmac.new(bytes.fromhex(key), about.encode(), hashlib.sha256).hexdigest()[:40]
