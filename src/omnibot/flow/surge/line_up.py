"""Reads the queue as those who hand it out see it: who waits, for which team, in which lane."""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.domain.assignment import Waiting
from omnibot.domain.conversation import Conversation, Status
from omnibot.domain.routing import matching_rule
from omnibot.domain.rules import Matter, Rules, categorise
from omnibot.store import contacts, conversation_lists, promises, staffing
from omnibot.store.conversation_lists import Line

QUEUE_LIMIT = 200  # conversations looked at


def line_up(tx: Connection, rules: Rules, now: datetime) -> list[Waiting]:
    """Everybody who waits, but those who have agreed on a later time."""
    return look_along(tx, rules, now)[0]


def look_along(tx: Connection, rules: Rules, now: datetime) -> tuple[list[Waiting], datetime | None]:
    """The same, and when the last one is due of those who were looked at, if there may be more behind."""
    queued = conversation_lists.lines(tx, statuses=[Status.QUEUED], limit=QUEUE_LIMIT)
    horizon = queued[-1].conversation.due_at if len(queued) == QUEUE_LIMIT else None
    later = promises.put_off(tx, [line.conversation.id for line in queued], now)
    queued = [line for line in queued if line.conversation.id not in later]
    contact_ids = [line.conversation.contact_id for line in queued]
    tiers = contacts.tiers(tx, contact_ids)
    known = staffing.last_agents(tx, contact_ids)
    waiting = []
    for line in queued:
        one = line.conversation
        tier = tiers.get(one.contact_id)
        category, team = _goes_to(rules, line, tier, now)
        waiting.append(
            Waiting(
                conversation_id=one.id,
                epoch=one.epoch,
                due_at=one.due_at,
                waiting_since=one.waiting_since or now,
                language=one.language.value,
                category=category,
                tier=tier,
                team=team,
                known_agent_id=known.get(one.contact_id),
            )
        )
    return waiting, horizon


def team_of(tx: Connection, rules: Rules, waiting: Conversation, now: datetime) -> str | None:
    """For which team somebody waits who has not been taken; None for anybody."""
    same = conversation_lists.lines(tx, statuses=[Status.QUEUED], contact_id=waiting.contact_id, limit=QUEUE_LIMIT)
    line = next((line for line in same if line.conversation.id == waiting.id), None)
    return _goes_to(rules, line, contacts.tier(tx, waiting.contact_id), now)[1] if line else None


def _goes_to(rules: Rules, line: Line, tier: str | None, now: datetime) -> tuple[str | None, str | None]:
    """What it is about, as far as its last words tell, and the team that the rules name for it."""
    category, _ = categorise(rules, text=line.preview)
    matter = Matter(category=category, tier=tier, language=line.conversation.language.value)
    rule, _ = matching_rule(rules, matter, now)
    return category, rule.team if rule else None
