"""Keeps a matcher at what the FAQ files say while the server runs: reads them when they change, learns when entries have.

Files that cannot be used change nothing: the last good version stays live, and `Matcher.problems` says what is to mend.
Training is a process of its own, which keeps numpy and scipy out of the server.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from omnibot.faq import index as indexes
from omnibot.faq import trained
from omnibot.faq.entry import BrokenEntries, KnowledgeBase, load, to_json_lines
from omnibot.faq.matcher import Matcher
from omnibot.log import Log

log = Log(__name__)

LEARN_AFTER_SECONDS = 5.0  # the first visitors need the processor more, and an editor makes more than one change
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
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
        data_dir: Path,
        take: Callable[[KnowledgeBase], None],
    ) -> None:
        """`take` gets what the files hold whenever they have changed; the matcher knows already what they hold now."""
        self._matcher = matcher
        self._path = path
        self._folder = data_dir
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
        file = trained.file_for(base, self._folder)
        model = trained.load(file)
        if model is None:
            await asyncio.sleep(LEARN_AFTER_SECONDS)
            await self._train(base, file)
            model = trained.load(file)
        if self._matcher.changes and (model is not None or self._matcher.changes >= MANY_CHANGES):
            index = await asyncio.to_thread(indexes.make, base)
            self._matcher.adopt(replace(index, learned=model))
        elif model is not None:
            self._matcher.learn(model)
        if model is not None:
            await asyncio.to_thread(trained.tidy, self._folder, keep=file)
        log.info("faq_learned" if model else "faq_not_learned", version=base.version)

    async def _train(self, base: KnowledgeBase, file: Path) -> None:
        entries = file.with_suffix(f".{os.getpid()}.jsonl")
        await asyncio.to_thread(_write, entries, base)
        given = ["-m", "omnibot.faq.trained", str(entries), str(file)]
        process = await asyncio.create_subprocess_exec(sys.executable, *given, env=os.environ | ONE_THREAD)
        try:
            await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            entries.unlink(missing_ok=True)


def _stamp(path: Path) -> Stamp:
    """What changes with every change of the files."""
    files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
    found = []
    for file in files:
        with contextlib.suppress(OSError):
            state = file.stat()
            found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)


def _write(file: Path, base: KnowledgeBase) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_json_lines(base.entries), encoding="utf-8")
