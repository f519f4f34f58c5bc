"""What staff decide about an incident: confirm it with an answer, tell how it goes on, close it, dismiss it, attach, detach."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.surge.incident import Incident, Membership, State
from omnibot.store import audit, conversations, incidents


class NotPossible(Exception):
    """It does not fit the incident's state; the words are for the person who tried."""


def confirm(
    tx: Connection,
    id: int,
    agent: User,
    *,
    title: str,
    texts: Mapping[str, str],
    also: Iterable[int] = (),
    now: datetime,
) -> Incident | None:
    """It is one, with that answer. `also`: proposals that are the same matter, in another language perhaps. None: no such
    incident. Raises NotPossible."""
    found = {one: incidents.lock(tx, one) for one in sorted({id, *also})}
    if any(one is None for one in found.values()):
        return None
    for one in found.values():
        assert one is not None
        _require(one, State.PROPOSED)
        if one.id != id:
            incidents.move_members(tx, one.id, to=id)
            incidents.save(tx, _decided(one, State.DISMISSED, agent, now))
    opened = found[id]
    assert opened is not None
    return _spread(tx, replace(_decided(opened, State.OPEN, agent, now), title=title), agent, texts, now)


def join(tx: Connection, id: int, agent: User, *, other: int, now: datetime) -> Incident | None:
    """The proposal `other` has the same cause: who is in it belongs to this one from now on, and hears what is told in it. None:
    no such incident. Raises NotPossible."""
    found = {one: incidents.lock(tx, one) for one in sorted({id, other})}
    to, joining = found[id], found[other]
    if to is None or joining is None:
        return None
    _require(to, State.PROPOSED, State.OPEN)
    _require(joining, State.PROPOSED)
    if id == other:
        raise NotPossible("It is the same incident.")
    incidents.move_members(tx, other, to=id)
    incidents.save(tx, _decided(joining, State.DISMISSED, agent, now))
    audit.write(tx, user_id=agent.id, action="join_incidents", subject=f"incident:{id}", detail=str(other), now=now)
    return to


def tell(tx: Connection, id: int, agent: User, *, texts: Mapping[str, str], now: datetime) -> Incident | None:
    """How it goes on, for everybody attached. Raises NotPossible."""
    found = incidents.lock(tx, id)
    if found is None:
        return None
    _require(found, State.OPEN)
    return _spread(tx, found, agent, texts, now)


def close(tx: Connection, id: int, agent: User, *, texts: Mapping[str, str], now: datetime) -> Incident | None:
    """It is over: everybody attached is told, and asked whether all is well. Raises NotPossible."""
    found = incidents.lock(tx, id)
    if found is None:
        return None
    _require(found, State.OPEN)
    return _spread(tx, replace(found, state=State.CLOSED, closed_at=now), agent, texts, now)


def dismiss(tx: Connection, id: int, agent: User, *, now: datetime) -> Incident | None:
    """These questions have no common cause. Raises NotPossible."""
    found = incidents.lock(tx, id)
    if found is None:
        return None
    _require(found, State.PROPOSED)
    dismissed = _decided(found, State.DISMISSED, agent, now)
    incidents.save(tx, dismissed)
    audit.write(tx, user_id=agent.id, action="dismiss_incident", subject=f"incident:{id}", now=now)
    return dismissed


def attach(tx: Connection, id: int, conversation_id: int, *, now: datetime) -> Incident | None:
    """This customer, too: what was missed is told. None where one of the two is not there. Raises NotPossible."""
    found, conversation = incidents.lock(tx, id), conversations.get(tx, conversation_id)
    if found is None or conversation is None:
        return None
    _require(found, State.PROPOSED, State.OPEN)
    if not incidents.attach(tx, id, conversation_id, seq=conversation.last_seq, now=now):
        incidents.set_membership(tx, id, conversation_id, Membership.ATTACHED)
    return found


def detach(tx: Connection, id: int, conversation_id: int) -> Incident | None:
    """Another matter: this customer hears nothing more of it."""
    found = incidents.lock(tx, id)
    if found is None or not incidents.set_membership(tx, id, conversation_id, Membership.DETACHED):
        return None
    return found


def _spread(tx: Connection, to: Incident, agent: User, texts: Mapping[str, str], now: datetime) -> Incident:
    """One text more; `tell_incident.step` tells it."""
    following = replace(to, news=to.news + 1)
    incidents.save(tx, following)
    incidents.add_news(tx, to.id, following.news, texts, by_id=agent.id, now=now)
    audit.write(
        tx, user_id=agent.id, action=f"tell_incident_{following.state.value}", subject=f"incident:{to.id}", now=now
    )
    return following


def _decided(one: Incident, state: State, agent: User, now: datetime) -> Incident:
    return replace(one, state=state, decided_by=agent.id, decided_at=now)


def _require(one: Incident, *states: State) -> None:
    if one.state not in states:
        raise NotPossible(f"The incident is {one.state.value}.")
