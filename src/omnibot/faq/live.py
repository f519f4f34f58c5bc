"""Keeps a matcher at what the FAQ files say while the server runs: reads them when they change, learns when entries have.

Files that cannot be used change nothing: the last good version stays live, and `Matcher.problems` says what is to mend.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from omnibot.faq import index as indexes
from omnibot.faq.entry import BrokenEntries, KnowledgeBase, load
from omnibot.faq.index import Ranker
from omnibot.faq.matcher import Matcher
from omnibot.faq.training import Training
from omnibot.log import Log

log = Log(__name__)

LEARN_AFTER_SECONDS = 5.0  # an editor makes more than one change
# Changed entries that nothing was learned of, from which on the index is made anew all the same.
MANY_CHANGES = 200

Stamp = tuple[tuple[str, int, int], ...]


class LiveKnowledge:
    """The files of one process's matcher, and what it learns."""

    def __init__(
        self,
        matcher: Matcher,
        path: Path,
        *,
        training: Training,
        take: Callable[[KnowledgeBase], None],
    ) -> None:
        """`take` gets what the files hold whenever they have changed; the matcher knows already what they hold now."""
        self._matcher = matcher
        self._path = path
        self._training = training
        self._take = take
        self._seen = self._read = _stamp(path)

    async def reload(self) -> None:
        """Take over what has changed in the files, once nobody has written to them for the time between two calls."""
        stamp = await asyncio.to_thread(_stamp, self._path)
        is_quiet, self._seen = stamp == self._seen, stamp
        if not is_quiet or stamp == self._read:
            return
        self._read = stamp
        try:
            loaded = await asyncio.to_thread(load, self._path)
        except BrokenEntries as error:
            self._matcher.problems = error.problems
            log.error("faq_broken", problems=[str(problem) for problem in error.problems], live=self._matcher.version)
            return
        self._matcher.problems = ()
        self._take(loaded)

    async def recall(self) -> None:
        """Go on with what was learned before this process started: of these entries or, until they are learned, of the last
        ones, with what has changed since. For before the first customer."""
        base = self._matcher.knowledge_base
        model = await asyncio.to_thread(lambda: self._training.kept(base) or self._training.words(base))
        if model is not None:
            await self._use(base, model)
        elif (before := await asyncio.to_thread(self._training.newest)) is not None:
            old, model = before
            index = await asyncio.to_thread(indexes.make, old)
            self._matcher.resume(replace(index, learned=model))
            log.info("faq_recalled", version=old.version, changes=self._matcher.changes)

    async def learn(self) -> None:
        """Learn what the matcher knows, and again whenever it has changed and been quiet for a while."""
        learned = None
        while True:
            version = self._matcher.version
            if version != learned:
                await self._learn()
                learned = version
            await asyncio.sleep(LEARN_AFTER_SECONDS)

    async def _learn(self) -> None:
        base = self._matcher.knowledge_base
        model = await self._training.learn(base)
        await self._use(base, model)
        if model is not None:
            await asyncio.to_thread(self._training.tidy, base)
        log.info("faq_learned" if model else "faq_not_learned", version=base.version)

    async def _use(self, base: KnowledgeBase, model: Ranker | None) -> None:
        if self._matcher.changes and (model is not None or self._matcher.changes >= MANY_CHANGES):
            index = await asyncio.to_thread(indexes.make, base)
            self._matcher.adopt(replace(index, learned=model))
        elif model is not None:
            self._matcher.learn(model)


def _stamp(path: Path) -> Stamp:
    """What changes with every change of the files."""
    files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
    found = []
    for file in files:
        with contextlib.suppress(OSError):
            state = file.stat()
            found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)
