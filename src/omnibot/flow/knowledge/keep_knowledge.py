"""Keeps what the bot of this process knows current: the operator's files, and what went live in the database since, thresholds
among it.

Every process asks the database for a newer revision once a second, and at once after it has changed something itself.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from omnibot.domain.calibration import StandingPolicy
from omnibot.domain.knowledge import Content
from omnibot.faq import shelf
from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.matcher import Matcher
from omnibot.faq.training import Training
from omnibot.log import Log
from omnibot.store import faq_entries
from omnibot.store.transactions import Store

log = Log(__name__)


class Knowledge:
    """One for each process. `matcher` is the same object for good: whoever holds it hears of every change."""

    def __init__(
        self,
        files: KnowledgeBase,
        matcher: Matcher,
        store: Store,
        standing: StandingPolicy,
        training: Training | None = None,
    ) -> None:
        """`standing` gets the thresholds. Without `training` nothing is learned of drafts before they go live."""
        self.training = training
        self._standing = standing
        self.files = files
        self.base = files  # what customers get
        self.matcher = matcher
        self._store = store
        self._revision = 0
        self._live_at: dict[str, datetime] = {}
        self._edited: Mapping[str, Content | None] = {}
        self._turn = asyncio.Lock()

    @cached_property
    def in_files(self) -> dict[str, Content]:
        """The files' entries, one for each id."""
        return shelf.contents_of(self.files)

    async def refresh(self) -> bool:
        """Take over what went live since the last time; whether there was anything."""
        async with self._turn:
            change = await self._store.read(lambda tx: faq_entries.changes_since(tx, self._revision))
            if change.revision == self._revision:
                return False
            edited = {**self._edited, **change.contents}
            for id in change.given_back:
                edited.pop(id, None)
            self._live_at.update(change.live_at)
            self._edited, self._revision = edited, change.revision
            self._standing.take(change.calibration)
            self._take_over()
            return True

    def take_files(self, files: KnowledgeBase) -> None:
        """The operator has changed the files; what went live here still wins."""
        self.files = files
        vars(self).pop("in_files", None)
        self._take_over()

    def _take_over(self) -> None:
        """Bring the matcher up to what customers are to get now."""
        base = shelf.together(self.files, self._edited)
        changed, removed = shelf.difference(self.base, base)
        self.matcher.put(*changed)
        for id, language in removed:
            self.matcher.remove(id, language)
        self.base = base
        log.info("faq_changed", version=base.version, changed=len(changed), removed=len(removed))

    def with_entry(self, id: str, content: Content | None) -> KnowledgeBase:
        """What customers would get if this content were live; None: if it were retired."""
        return shelf.together(self.files, {**self._edited, id: content})

    def live_since(self, id: str) -> datetime | None:
        """When what customers get of an entry was published here; None where the files say it."""
        return self._live_at.get(id) if id in self._edited else None

    def shown(self, id: str) -> Content | None:
        """What customers get of an entry."""
        return self._edited[id] if id in self._edited else self.in_files.get(id)
