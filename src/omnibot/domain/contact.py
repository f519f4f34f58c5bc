"""A person who asks for help."""

from datetime import datetime
from enum import StrEnum

from omnibot.domain.language import Language
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What is known of the person. `external_ref` is the site's own id of a customer, proven by a signed identity."""

    id: int
    language: Language
    created_at: datetime
    name: str | None = None
    email: str | None = None
    external_ref: str | None = None
    tier: str | None = None  # "vip"; none: standard

    @property
    def is_verified(self) -> bool:
        return self.external_ref is not None


class Proof(StrEnum):
    """Why two addresses are held to be one person's."""

    CODE = "code"  # a one-time code went from the one to the other
    IDENTITY = "identity"  # the site vouches for who writes
    STAFF = "staff"  # an agent knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAddress:
    """A chat in which the contact writes to us."""

    channel: str
    chat: str
    conversation_id: int  # the newest there
    proof: Proof | None = None  # empty: the contact came with it
    linked_at: datetime | None = None
    unreachable: str | None = None  # why nothing can be sent there
