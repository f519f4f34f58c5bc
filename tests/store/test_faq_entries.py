"""FAQ entries with their versions: one after the other, and every process hears of what went live."""

from functools import partial

from sqlalchemy.engine import Connection

from omnibot.domain.access import User
from omnibot.domain.knowledge import Chosen, Content, EntryState, EntryVersion, Shown, Wording
from omnibot.domain.language import Language
from omnibot.store import faq_entries
from omnibot.store.transactions import Store
from tests.office import MONDAY


def version(n: int, answer: str, by: User) -> EntryVersion:
    content = Content(wordings={Language.EN: Wording(question="Do you 100% engrave?", answer=answer)})
    return EntryVersion(n=n, content=content, author_id=by.id, author_name=by.name, at=MONDAY)


def add(tx: Connection, id: str, by: User) -> bool:
    return faq_entries.add(tx, id, version(1, "Yes", by), file_version=None, gap_id=None)


async def test_an_id_is_taken_once(store: Store, ada: User) -> None:
    assert await store.run(partial(add, id="engraving", by=ada))
    assert not await store.run(partial(add, id="engraving", by=ada))
    entry = await store.read(partial(faq_entries.get, id="engraving"))
    assert entry is not None
    assert (entry.state, entry.shown, entry.newest, entry.owner_name) == (EntryState.DRAFT, Shown.FILE, 1, "ada")


async def test_what_goes_live_counts_the_revision_up(store: Store, ada: User) -> None:
    await store.run(partial(add, id="a", by=ada))
    await store.run(partial(add, id="b", by=ada))
    assert (await store.read(lambda tx: faq_entries.changes_since(tx, 0))).revision == 0
    await store.run(lambda tx: faq_entries.show(tx, "a", Shown.VERSION, 1, by="Ada", now=MONDAY))
    await store.run(lambda tx: faq_entries.show(tx, "b", Shown.NOTHING, None, by="Ada", now=MONDAY))
    change = await store.read(lambda tx: faq_entries.changes_since(tx, 1))
    assert (change.revision, dict(change.contents)) == (2, {"b": None})
    change = await store.read(lambda tx: faq_entries.changes_since(tx, 0))
    assert change.contents["a"] == version(1, "Yes", ada).content
    assert change.live_at == {"a": MONDAY}
    await store.run(lambda tx: faq_entries.show(tx, "a", Shown.FILE, None, by="Ada", now=MONDAY))
    assert (await store.read(lambda tx: faq_entries.changes_since(tx, 2))).given_back == {"a"}


async def test_lists_are_sorted_by_code_points_and_searched_literally(store: Store, ada: User) -> None:
    for id in ("b", "B", "a-1", "问"):
        await store.run(partial(add, id=id, by=ada))
    found = await store.read(lambda tx: faq_entries.listing(tx, Chosen(), limit=3))
    assert [entry.id for entry in found] == ["B", "a-1", "b"]
    found = await store.read(lambda tx: faq_entries.listing(tx, Chosen(text="100%"), after="b", limit=3))
    assert [entry.id for entry in found] == ["问"]
    assert await store.read(lambda tx: faq_entries.listing(tx, Chosen(text="1%0"), limit=3)) == []
    assert await store.read(lambda tx: faq_entries.listing(tx, Chosen(language=Language.ZH_HANS), limit=3)) == []


async def test_versions_come_the_newest_first(store: Store, ada: User) -> None:
    await store.run(partial(add, id="a", by=ada))
    await store.run(lambda tx: faq_entries.add_version(tx, "a", version(2, "No", ada), EntryState.DRAFT))
    found = await store.read(lambda tx: faq_entries.versions(tx, "a", limit=10))
    assert [(one.n, one.content.wordings[Language.EN].answer) for one in found] == [(2, "No"), (1, "Yes")]
