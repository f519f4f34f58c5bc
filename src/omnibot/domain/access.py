"""Who may do what. Deny by default: a route names the least role it takes."""

from enum import StrEnum

from omnibot.domain.value import dataclass


class Role(StrEnum):
    """Each role may do what the ones before it may."""

    AGENT = "agent"  # conversations and tickets
    SUPERVISOR = "supervisor"  # and other people's work
    ADMIN = "admin"  # and users, tokens, knowledge, settings


_RANK = {Role.AGENT: 1, Role.SUPERVISOR: 2, Role.ADMIN: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A member of staff who signs in or calls the API."""

    id: int
    name: str
    email: str
    role: Role
    language: str | None = None

    def may_act_as(self, role: Role) -> bool:
        return _RANK[self.role] >= _RANK[role]
