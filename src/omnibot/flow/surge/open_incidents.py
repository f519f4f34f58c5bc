"""The open incidents as this process knows them: read now and then, asked for every message."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.surge.incident import Membership, State
from omnibot.domain.value import dataclass
from omnibot.faq.gaps import SAME, Cause
from omnibot.flow.surge.same_cause import NO_SIGNS, Signs, common, contradict
from omnibot.store import incidents
from omnibot.store.transactions import Store

MOST_TEXTS = 50  # questions of one incident that a further one is compared with


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An open incident; `size` is how many were attached when `cause` was made."""

    id: int
    size: int
    cause: Cause
    signs: Signs
    detached: frozenset[int]  # conversations


class OpenIncidents:
    """A snapshot. While none is open, asking costs nothing."""

    def __init__(self) -> None:
        self._known: tuple[_Known, ...] = ()

    @property
    def are_any(self) -> bool:
        """Whether `find` can find one."""
        return bool(self._known)

    def find(self, text: str, conversation_id: int, signs: Signs = NO_SIGNS) -> int | None:
        """The incident that the question belongs to, by its words or its signs; None if there is none."""
        if not self._known:
            return None
        likely = [
            (known.cause.likeness(text), known.id)
            for known in self._known
            if conversation_id not in known.detached and not contradict(known.signs, signs)
        ]
        likeness, id = max(likely, default=(0.0, 0))
        if likeness >= SAME:
            return id
        alike = (one.id for one in self._known if one.signs & signs and conversation_id not in one.detached)
        return next(alike, None)

    async def refresh(self, store: Store, read_signs: Callable[[str], Signs]) -> None:
        self._known = await store.read(partial(self._read, read_signs=read_signs))

    def _read(self, tx: Connection, read_signs: Callable[[str], Signs]) -> tuple[_Known, ...]:
        before = {known.id: known for known in self._known}
        return tuple(
            _know(tx, incident.id, size, before.get(incident.id), read_signs)
            for incident, size in incidents.listing(tx, [State.OPEN])
        )


def _know(tx: Connection, id: int, size: int, before: _Known | None, read_signs: Callable[[str], Signs]) -> _Known:
    """What is known of it; its questions are read again only where there are more or fewer than before."""
    detached = incidents.detached(tx, id)
    if before is not None and before.size == size:
        return replace(before, detached=detached)
    texts = [one.text for one in incidents.members(tx, id) if one.state is Membership.ATTACHED and one.text][
        :MOST_TEXTS
    ]
    return _Known(id=id, size=size, cause=Cause(texts), signs=common(map(read_signs, texts)), detached=detached)
