"""The contract, kept by the real adapters: the same cases over every way in, through the whole application."""

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from omnibot import connections
from omnibot.domain.message import Author, RawEvent
from omnibot.store import schema
from omnibot.store.transactions import Store, Unavailable
from tests.contract.entrances import ENTRANCES, Failure, Mail, Platform, Slack, Terminal, WebChat, standing
from tests.office import Office, Opener, eventually

FILTER = "How do I clean the filter?"
# What no way in may change. Mail knows no difference between line ends, so there are none; platforms trim the ends.
UNCHANGED = [
    "👩‍👩‍👧‍👦🇩🇪 e\u0301",
    "مرحبا \u202eevil\u202c",
    "'; DROP TABLE messages; --",
    "%s %d {0} {name} ${x} \\n \\u0000",
    "田中さんにあげて下さい ﷽ ᚠᛇᚻ",
]


@pytest.fixture(params=list(ENTRANCES))
async def entrance(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    async with standing(request.param) as platform:
        yield platform


class Gate:
    """The adapters' way to the store, which refuses what it is told to."""

    def __init__(self) -> None:
        self.refusing = 0
        self.committed: list[RawEvent] = []

    def connect(self, account: Any, *, receive: Any, **given: Any) -> Any:
        async def pass_on(event: RawEvent) -> None:
            if self.refusing:
                self.refusing -= 1
                raise Unavailable("the disk is full")
            await receive(event)
            self.committed.append(event)

        return connections.connect(account, receive=pass_on, **given)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def office(open_office: Opener, entrance: Platform, gate: Gate, tmp_path: Path) -> Office:
    opened = await open_office(connect=gate.connect, server={"data_dir": str(tmp_path)}, **entrance.sections())
    entrance.opened(opened)
    return opened


async def customers(store: Store) -> list[str]:
    """What customers said."""
    query = select(schema.messages.c.text).where(schema.messages.c.author == Author.CUSTOMER.value)
    return await store.read(lambda tx: [row[0] for row in tx.execute(query.order_by(schema.messages.c.seq))])


async def have_said(office: Office, *texts: str) -> None:
    async def is_there() -> bool:
        return len(await customers(office.application.store)) >= len(texts)

    await eventually(is_there, f"{len(texts)} messages are there")
    await office.settled()
    assert [text.strip() for text in await customers(office.application.store)] == list(texts)


async def test_what_the_platform_heard_acknowledged_is_in_the_database(
    office: Office, entrance: Platform, database_url: str
) -> None:
    await entrance.say(FILTER)
    if isinstance(entrance, Mail):
        mailbox = entrance.mailbox

        async def is_seen() -> bool:
            return all(mail.is_seen for mail in mailbox.mails)

        await eventually(is_seen, "the mail is marked")
    another_process = Store(database_url)
    query = select(schema.inbox.c.channel)
    assert await another_process.read(lambda tx: [row[0] for row in tx.execute(query)]) == [entrance.channel]
    await another_process.close()


async def test_what_was_not_stored_is_not_acknowledged_and_comes_again(
    office: Office, entrance: Platform, gate: Gate
) -> None:
    if isinstance(entrance, Mail | WebChat | Terminal) or (isinstance(entrance, Slack) and entrance.mode == "socket"):
        pytest.skip("waits for the platform's own time: tests/adapters shows it")
    gate.refusing = 1
    await entrance.say(FILTER)
    await have_said(office, FILTER)
    assert gate.refusing == 0


async def test_the_same_payload_again_is_one_message(office: Office, entrance: Platform) -> None:
    brought = await entrance.say(FILTER)
    await entrance.repeat(brought)
    await entrance.repeat(brought)
    await have_said(office, FILTER)


async def test_our_own_and_other_bots_words_are_dropped(office: Office, entrance: Platform) -> None:
    await entrance.echo()
    await entrance.say(FILTER)
    await have_said(office, FILTER)


async def test_awkward_text_arrives_unchanged(office: Office, entrance: Platform) -> None:
    for n, text in enumerate(UNCHANGED, 1):
        await entrance.say(text)
        await have_said(office, *UNCHANGED[:n])


async def test_wrong_credentials_stop_one_channel_and_no_other(
    open_office: Opener, entrance: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(entrance, WebChat | Terminal):
        pytest.skip("has no credentials")
    caplog.set_level(logging.INFO)
    office = await open_office(server={"data_dir": str(tmp_path)}, **entrance.sections(is_refused=True))
    visitor = await office.visitor()
    await visitor.says(FILTER)
    await visitor.hears("bot: ")

    async def is_told() -> bool:
        return any(
            entrance.channel in str(record.__dict__) and record.levelno >= logging.WARNING for record in caplog.records
        )

    await eventually(is_told, "the log says which channel is wrong")


async def heard(entrance: Platform, count: int) -> None:
    async def is_so() -> bool:
        return entrance.heard() >= count

    await eventually(is_so, f"the customer has {count} messages of ours")
    assert entrance.heard() == count


async def newest(office: Office) -> tuple[str, str | None, datetime]:
    """State, error and not-before of what was to be sent last; nothing yet is no state."""
    columns = (schema.outbox.c.state, schema.outbox.c.error, schema.outbox.c.not_before)
    query = select(*columns).order_by(schema.outbox.c.id.desc()).limit(1)
    found = await office.application.store.read(lambda tx: tx.execute(query).one_or_none())
    return (found[0], found[1], found[2]) if found else ("", None, office.clock.now())


@pytest.mark.parametrize("how", [Failure.TOO_FAST, Failure.DOWN])
async def test_what_cannot_be_taken_now_arrives_once_after_the_platforms_pause(
    office: Office, entrance: Platform, how: Failure
) -> None:
    if isinstance(entrance, WebChat | Terminal):
        pytest.skip("takes everything at once")
    pause = entrance.fail_next(how)
    await entrance.say(FILTER)

    async def is_put_off() -> bool:
        state, error, _ = await newest(office)
        return state == "pending" and error is not None

    await eventually(is_put_off, "it is put off")
    _, _, not_before = await newest(office)
    assert entrance.heard() == 0
    if pause is not None:
        assert not_before == office.clock.now() + pause
    office.clock.advance(seconds=(not_before - office.clock.now()).total_seconds())
    await heard(entrance, 1)


async def test_who_is_gone_is_not_tried_again_and_the_reason_is_kept(office: Office, entrance: Platform) -> None:
    if isinstance(entrance, WebChat):
        pytest.skip("nothing is sent to it")
    entrance.fail_next(Failure.GONE)
    await entrance.say(FILTER)

    async def has_failed() -> bool:
        return (await newest(office))[0] == "failed"

    await eventually(has_failed, "it has failed")
    assert (await newest(office))[1]
    office.clock.advance(minutes=2)  # less than a signature lives
    if not isinstance(entrance, Terminal):
        assert entrance.heard() == 0
        await entrance.say("hello")
        await heard(entrance, 1)


async def test_two_accounts_of_one_platform_keep_apart(
    open_office: Opener, request: pytest.FixtureRequest, entrance: Platform, tmp_path: Path
) -> None:
    if isinstance(entrance, WebChat | Terminal):
        pytest.skip("there is one of it")
    async with standing(request.node.callspec.params["entrance"]) as other:
        assert isinstance(other, type(entrance))
        other.name = "shop"
        [(platform, first)], [(_, second)] = entrance.sections().items(), other.sections().items()
        accounts = [first, second | {"name": "shop"}]
        office = await open_office(server={"data_dir": str(tmp_path)}, **{platform: accounts})
        entrance.opened(office)
        other.opened(office)
        await entrance.say(FILTER)
        await heard(entrance, 1)
        assert other.heard() == 0
        await other.say(FILTER)
        await heard(other, 1)
        assert entrance.heard() == 1
        query = select(schema.conversations.c.channel).order_by(schema.conversations.c.id)
        found = await office.application.store.read(lambda tx: list(tx.execute(query).scalars()))
        assert found == [platform, f"{platform}:shop"]
