"""Groups in which people work, and who of them is known: the roles of chats and of the people in them are data."""

from datetime import datetime
from enum import StrEnum

from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.value import dataclass


class GroupRole(StrEnum):
    """What a group is for."""

    STAFF = "staff"  # the service team sees handoffs there and works on them
    DEALER = "dealer"  # a dealer's people get their tickets there


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A chat known to omnibot, or one thread of it. Kept and marked when it is gone."""

    id: int
    address: Address  # without a thread: the whole chat
    role: GroupRole
    dealer_id: int | None  # set exactly for a dealer's
    language: Language
    registered_by: int | None  # the user who gave the code; None: the settings name it
    registered_at: datetime
    gone_at: datetime | None = None
    gone_why: str | None = None


def masked(url: str) -> str:
    """An address that is a secret, so that people tell two of them apart and nobody can use it: "feishu://…3f9a"."""
    scheme, _, rest = url.partition("://")
    secret = rest.partition("?")[0].rstrip("/")
    return f"{scheme}://…{secret[-4:] if len(secret) >= 12 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person on a platform of whom we know who it is: a user of ours or one of a dealer's people."""

    id: int
    channel: str
    sender: str  # the platform's id of the person
    chat: str | None  # the private chat in which this was proved
    name: str | None
    user_id: int | None
    dealer_id: int | None
    enrolled_at: datetime
