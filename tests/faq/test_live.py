"""FAQ files that change under a running server."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from omnibot.domain.calibration import StandingPolicy
from omnibot.domain.knowledge import Content, EntryVersion, Shown, Wording
from omnibot.domain.language import Language
from omnibot.faq import trained
from omnibot.faq.entry import KnowledgeBase, load
from omnibot.faq.live import LiveKnowledge
from omnibot.faq.matcher import Matcher
from omnibot.faq.training import KEPT, Training
from omnibot.flow.knowledge.keep_knowledge import Knowledge
from omnibot.settings import Settings, policy
from omnibot.store import faq_entries
from omnibot.store.transactions import Store
from tests.office import MONDAY
from tests.store.conftest import hire

TODAY = date(2026, 6, 1)
HOURS = "- {id: hours, language: en, question: When are you open?, answer: Nine to five.}\n"
RETURNS = "- {id: return, language: en, question: How do I return an order?, answer: By post.}\n"


class Live:
    """A folder of files, and the matcher that follows it and the database."""

    def __init__(self, folder: Path, data_dir: Path, store: Store) -> None:
        self.folder = folder
        self.data_dir = data_dir
        self._time = 0
        self.write("a.yaml", HOURS)
        loaded = load(folder)
        self.matcher = Matcher(loaded)
        self.store = store
        self.together = Knowledge(loaded, self.matcher, store, StandingPolicy(policy(Settings())))
        self.training = Training(data_dir)
        self.knowledge = LiveKnowledge(self.matcher, folder, training=self.training, take=self.together.take_files)

    def write(self, name: str, text: str) -> None:
        """Each time at another time, however fast the test is."""
        (self.folder / name).write_text(text, encoding="utf-8")
        self._time += 1
        os.utime(self.folder / name, (self._time, self._time))

    async def settle(self) -> None:
        await self.knowledge.reload()
        await self.knowledge.reload()

    async def publish(self, id: str, question: str, answer: str) -> None:
        """What somebody puts live in the console."""
        content = Content(wordings={Language.EN: Wording(question=question, answer=answer)})

        def body(tx: Connection) -> None:
            ada = hire(tx, f"author of {id}")
            version = EntryVersion(n=1, content=content, author_id=ada.id, author_name=ada.name, at=MONDAY)
            faq_entries.add(tx, id, version, file_version=None, gap_id=None)
            faq_entries.show(tx, id, Shown.VERSION, 1, by=ada.name, now=MONDAY)

        await self.store.run(body)
        assert await self.together.refresh()

    def answer(self, text: str) -> str | None:
        found = self.matcher.match(text, language=Language.EN, today=TODAY).candidates
        return found[0].answer if found else None

    def score(self, text: str) -> float:
        return self.matcher.match(text, language=Language.EN, today=TODAY).candidates[0].score


@pytest.fixture
def files(tmp_path: Path, store: Store) -> Live:
    folder = tmp_path / "faq"
    folder.mkdir()
    return Live(folder, tmp_path / "var", store)


async def test_what_changes_in_the_files_is_known_without_a_restart(files: Live) -> None:
    files.write("b.yaml", RETURNS)
    files.write("a.yaml", HOURS.replace("Nine to five", "Ten to six"))
    await files.settle()
    assert files.answer("How do I return an order?") == "By post."
    assert files.answer("When are you open?") == "Ten to six."
    assert files.matcher.version == load(files.folder).version
    (files.folder / "b.yaml").unlink()
    await files.settle()
    assert files.answer("How do I return an order?") is None


async def test_a_file_that_is_being_written_is_left_alone(files: Live) -> None:
    files.write("a.yaml", "")
    await files.knowledge.reload()
    files.write("a.yaml", HOURS)
    await files.knowledge.reload()
    assert files.answer("When are you open?") == "Nine to five."


async def test_broken_files_are_all_named_and_the_last_good_version_stays(
    files: Live, caplog: pytest.LogCaptureFixture
) -> None:
    version = files.matcher.version
    files.write("a.yaml", "- {id: hours, language: en, question: Open?}\n- {id: x, lang: de}\n")
    files.write("b.yaml", "- id: 'half\n")
    await files.settle()
    assert [str(problem) for problem in files.matcher.problems][:1] == [
        'a.yaml:1: entry "hours": "answer" is missing; add it'
    ]
    named = {(problem.file, problem.line) for problem in files.matcher.problems}
    assert {("a.yaml", 1), ("a.yaml", 2)} < named
    assert "b.yaml" in {file for file, _ in named}
    assert files.answer("When are you open?") == "Nine to five."
    assert files.matcher.version == version
    [line] = [record for record in caplog.records if record.message == "faq_broken"]
    assert len(line.fields["problems"]) == len(files.matcher.problems)  # type: ignore[attr-defined]

    files.write("a.yaml", HOURS.replace("Nine", "Eight"))
    (files.folder / "b.yaml").unlink()
    await files.settle()
    assert files.matcher.problems == ()
    assert files.answer("When are you open?") == "Eight to five."


async def test_a_folder_that_is_emptied_takes_no_answer_away(files: Live) -> None:
    (files.folder / "a.yaml").unlink()
    await files.settle()
    assert files.matcher.problems
    assert files.answer("When are you open?") == "Nine to five."


async def test_what_went_live_in_the_console_outlives_a_change_of_the_files(files: Live) -> None:
    await files.publish("bulky", "Do you ship bulky furniture?", "By truck.")
    await files.publish("hours", "When are you open?", "Always.")
    files.write("a.yaml", HOURS.replace("Nine to five", "Ten to six"))
    files.write("b.yaml", RETURNS)
    await files.settle()
    assert files.answer("How do I return an order?") == "By post."
    assert files.answer("Do you ship bulky furniture?") == "By truck."
    assert files.answer("When are you open?") == "Always."


async def test_changes_are_learned_and_old_models_removed(files: Live) -> None:
    files.data_dir.mkdir()
    for number in range(KEPT + 2):
        (files.data_dir / f"faq-{number}-1.model").write_bytes(b"old")
    files.write("b.yaml", RETURNS)
    await files.settle()
    assert files.matcher.changes == 1
    await files.knowledge._learn()
    assert files.matcher.changes == 0
    assert files.answer("when do you open") == "Nine to five."
    current = trained.file_for(KnowledgeBase(files.matcher.knowledge_base.entries), files.data_dir)
    assert current.exists()
    assert load(current.with_suffix(".jsonl")).version == files.matcher.version
    assert len(list(files.data_dir.glob("*.model"))) == KEPT + 1


async def test_a_restart_has_at_once_what_was_learned(files: Live, restarted: Callable[[], LiveKnowledge]) -> None:
    files.write("b.yaml", RETURNS)
    await files.settle()
    await files.knowledge._learn()
    learned = files.score("how do I send an order back")
    again = restarted()
    assert files.score("how do I send an order back") != learned
    await again.recall()
    assert files.score("how do I send an order back") == learned


async def test_what_changed_while_nothing_ran_is_told_beside_what_was_learned_before(
    files: Live, restarted: Callable[[], LiveKnowledge]
) -> None:
    files.write("b.yaml", RETURNS)
    await files.settle()
    await files.knowledge._learn()
    learned = files.score("how do I send an order back")
    files.write("a.yaml", HOURS.replace("Nine to five", "Ten to six"))
    files.write("c.yaml", "- {id: gift, language: en, question: Do you wrap gifts?, answer: In paper.}\n")
    again = restarted()
    await again.recall()
    assert files.score("how do I send an order back") == pytest.approx(learned, abs=0.02)
    assert files.answer("When are you open?") == "Ten to six."
    assert files.answer("Do you wrap gifts?") == "In paper."
    assert files.matcher.version == load(files.folder).version
    (files.folder / "b.yaml").unlink()
    await restarted().recall()
    assert files.answer("how do I send an order back") != "By post."


async def test_without_anything_learned_a_start_goes_on_with_the_files(
    files: Live, restarted: Callable[[], LiveKnowledge]
) -> None:
    files.data_dir.mkdir()
    (files.data_dir / f"faq-cut-{trained.FORMAT}.model").write_bytes(b"cut off")
    await restarted().recall()
    assert files.answer("When are you open?") == "Nine to five."


@pytest.fixture
def restarted(files: Live) -> Callable[[], LiveKnowledge]:
    """What a process has that starts now, over the same folders."""

    def restart() -> LiveKnowledge:
        files.matcher = Matcher(load(files.folder))
        training = Training(files.data_dir)
        return LiveKnowledge(files.matcher, files.folder, training=training, take=files.together.take_files)

    return restart
