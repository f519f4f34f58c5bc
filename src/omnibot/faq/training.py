"""Learning, in a process of its own that keeps numpy and scipy out of the server, and what was learned, in a folder.

A model is kept beside the entries that it was made of, so that a server that starts with other ones can go on with it.
"""

import asyncio
import contextlib
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from omnibot.faq import calibrate, trained
from omnibot.faq.calibrate import Asked
from omnibot.faq.entry import BrokenEntries, KnowledgeBase, load, to_json_lines
from omnibot.faq.index import Ranker
from omnibot.faq.model import Model

if TYPE_CHECKING:
    from omnibot.faq.encoder import Encoder

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# Models of other versions that stay: of drafts that were replayed and may go live, and of what they may be taken back to.
KEPT = 4
# What the phrasings of a version were answered by models without them: by words, and with a sentence encoder.
REHEARSED, REHEARSED_TWICE = ".rehearsed", ".rehearsed2"
MOST_REHEARSED = 20_000  # phrasings


class Encoding:
    """The sentence encoders of the extra `semantic`, loaded when they are first needed, in whatever thread that is."""

    def __init__(self, vocabulary: Path | None) -> None:
        """`vocabulary` as in `Encoder`."""
        self.vocabulary = vocabulary

    @cached_property
    def encoder(self) -> "Encoder":
        from omnibot.faq.encoder import Encoder  # 0.3 s and 100 MB

        return Encoder(self.vocabulary)


class Training:
    """One for each process. Only one knowledge base is learned at a time: it takes a processor, and up to 300 MB."""

    def __init__(self, folder: Path, encoding: Encoding | None = None) -> None:
        """`encoding`: a sentence encoder is asked, too."""
        self._folder = folder
        self._encoding = encoding
        self._turn = asyncio.Lock()

    def kept(self, base: KnowledgeBase) -> Ranker | None:
        """What was learned of exactly these entries; None if nothing was yet, or not with the encoder that is asked."""
        file = trained.file_for(base, self._folder)
        first = trained.load(file)
        if first is None or self._encoding is None:
            return first
        return trained.load_second(first, trained.second_of(file), self._encoding.encoder)

    def words(self, base: KnowledgeBase) -> Model | None:
        """What words alone taught of exactly these entries."""
        return trained.load(trained.file_for(base, self._folder))

    def newest(self) -> tuple[KnowledgeBase, Model] | None:
        """The last entries of which something was learned, with that."""
        for file in _newest_first(self._folder):
            model = trained.load(file)
            if model is None:
                continue
            with contextlib.suppress(BrokenEntries):
                base = load(_entries_of(file))
                if trained.file_for(base, self._folder) == file:
                    return base, model
        return None

    async def learn(self, base: KnowledgeBase) -> Ranker | None:
        """What is kept or, after some seconds, learned; None where there is too much or too little to learn from."""
        async with self._turn:
            model = await asyncio.to_thread(self.kept, base)
            if model is None:
                await self._train(base, trained.file_for(base, self._folder))
                model = await asyncio.to_thread(self.kept, base)
            return model or await asyncio.to_thread(self.words, base)

    async def rehearse(self, base: KnowledgeBase) -> list[Asked] | None:
        """Every phrasing, asked of models that were made without it, which takes some ten seconds once per version; None where
        there are too many, or it failed."""
        if sum(1 + len(entry.phrasings) for entry in base.entries) > MOST_REHEARSED:
            return None
        file = trained.file_for(base, self._folder).with_suffix(
            REHEARSED if self._encoding is None else REHEARSED_TWICE
        )
        async with self._turn:
            if not file.exists():
                for old in self._folder.glob(f"faq-*{file.suffix}"):
                    old.unlink(missing_ok=True)
                entries = file.with_suffix(f"{file.suffix}.jsonl")
                try:
                    await self._run("omnibot.faq.calibrate", base, entries, file)
                finally:
                    entries.unlink(missing_ok=True)
        with contextlib.suppress(OSError, ValueError):
            return await asyncio.to_thread(calibrate.read, file)
        return None

    def tidy(self, keep: KnowledgeBase) -> None:
        """Remove what was learned of old versions. A process that still uses it has it in memory."""
        current = trained.file_for(keep, self._folder)
        others = [file for file in _newest_first(self._folder) if file != current]
        for file in others[KEPT:]:
            for one in (file, trained.second_of(file), _entries_of(file)):
                one.unlink(missing_ok=True)

    async def _train(self, base: KnowledgeBase, file: Path) -> None:
        try:
            await self._run("omnibot.faq.trained", base, _entries_of(file), file)
        finally:
            await asyncio.to_thread(_forget_unlearned, file)

    async def _run(self, module: str, base: KnowledgeBase, entries: Path, file: Path) -> None:
        """What a module makes of the entries, in a process of its own."""
        given = ["-m", module, str(entries), str(file)]
        if self._encoding is not None:
            given += [trained.SEMANTIC, *map(str, [self._encoding.vocabulary] if self._encoding.vocabulary else [])]
        await asyncio.to_thread(_write, entries, base)
        process = await asyncio.create_subprocess_exec(sys.executable, *given, env=os.environ | ONE_THREAD)
        try:
            await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def _entries_of(model: Path) -> Path:
    return model.with_suffix(".jsonl")


def _forget_unlearned(model: Path) -> None:
    if not model.exists():
        _entries_of(model).unlink(missing_ok=True)


def _newest_first(folder: Path) -> list[Path]:
    """The models; those of another format are old."""
    found = []
    for file in folder.glob("faq-*.model"):
        with contextlib.suppress(OSError):
            found.append((file.name.endswith(f"-{trained.FORMAT}.model"), file.stat().st_mtime_ns, file))
    return [file for _, _, file in sorted(found, reverse=True)]


def _write(file: Path, base: KnowledgeBase) -> None:
    """Whole or not at all: another process may be at the same version."""
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(f".{os.getpid()}")
    written.write_text(to_json_lines(base.entries), encoding="utf-8")
    written.replace(file)
