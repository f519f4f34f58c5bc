"""A person who asks for help."""

from dataclasses import dataclass
from datetime import datetime

from omnibot.domain.language import Language


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
