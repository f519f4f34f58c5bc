"""Who wants to be forgotten is forgotten: what stood everywhere stands nowhere afterwards, and no backup brings it back."""

import asyncio
import json
import shutil
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from omnibot.__main__ import main
from omnibot.domain.access import Role
from omnibot.domain.contact import Proof
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.retention import Retention
from omnibot.flow.erase import REMEMBERED, erase_contact, forget_old
from omnibot.flow.staff import show_cards
from omnibot.store import contacts, conversations, erasure, export, groups, links, ratings, schema
from omnibot.store.database import empty_log
from tests.office import ManualClock, Office, Visitor, open_office

CANARY = "kanarienvogel"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
# What each table has to do with a person. A new table that nobody thought about fails the test below.
EMPTIED = {
    "messages", "message_details", "message_versions", "external_ids", "notes", "files", "outbox", "visitors",
    "ticket_changes", "unreachable", "originals", "promise_events", "links", "strangers", "cards",
    "facts", "purchases", "dealer_forms", "bookings", "notices", "notice_ids", "paces", "promise_offers", "read_marks",
}  # fmt: skip
SHELLS = {
    "contacts", "conversations", "tickets", "inbox", "promises", "faq_gap_questions", "faq_marks", "assignments",
    "dealer_cases", "dealer_offers", "case_photos", "fillings", "ratings", "incident_members", "overflows",
}  # fmt: skip
NOBODYS = {
    "users", "sessions", "sign_in_links", "api_tokens", "canned_replies", "audit", "channels", "channel_state", "marks",
    "groups", "members", "calendars", "faq_entries", "faq_versions", "faq_revision", "faq_gaps", "products", "dealers",
    "absences", "dealer_digests", "departures", "incidents", "incident_news", "faq_reminders", "ladder_seats",
    "faq_calibrations",
}  # fmt: skip
EXPIRING = {"caps", "codes", "shown_identities"}


def test_every_table_is_thought_about() -> None:
    assert set(schema.metadata.tables) == EMPTIED | SHELLS | NOBODYS | EXPIRING


async def fill(office: Office) -> tuple[Visitor, int]:
    """A visitor whose every trace carries the canary; returns the contact's id, too."""
    agent = await office.agent("Ada", Role.ADMIN)
    group = Address(channel="telegram", chat="-1001")
    register = partial(groups.register, role=GroupRole.STAFF, language=Language.EN, by=None, now=office.clock.now())
    await office.application.store.run(lambda tx: register(tx, group))
    visitor = await office.visitor(page_url=f"https://shop.example/{CANARY}")
    await visitor.says(f"{CANARY} talk to a person")
    await office.settled()
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename=f"{CANARY}.png")
    async with office.http.post("/webchat/v1/files", data=form, headers=visitor.headers) as response:
        file_id = (await response.json())["file_id"]
    body = {"client_id": CANARY, "text": f"look {CANARY}", "files": [file_id]}
    await office.call("POST", "/webchat/v1/messages", headers=visitor.headers, json=body, status=202)
    await agent.takes(visitor)
    await agent.notes(visitor, f"note {CANARY}")
    await agent.replies(visitor, f"reply {CANARY}")
    tomorrow = office.clock.now() + timedelta(days=1)
    vow = {"due_at": tomorrow.isoformat(), "text": f"promised {CANARY}"}
    vowed = await agent.post(f"/conversations/{visitor.conversation_id}/promises", vow, status=201)
    later = {"due_at": (tomorrow + timedelta(hours=1)).isoformat(), "reason": f"because {CANARY}"}
    await agent.post(f"/promises/{vowed['id']}/move", later)
    number = await agent.opens_ticket(visitor, f"subject {CANARY}", description=f"what {CANARY}")
    await agent.post(f"/tickets/{number}/events", {"kind": "comment", "text": f"said {CANARY}", "visible": True})
    await agent.resolves(number, f"done {CANARY}")
    await office.application.store.run(partial(rate, conversation_id=visitor.conversation_id, now=office.clock.now()))
    await office.settled()
    await show_cards.step(office.application.desk, office.clock.now())
    overview = await agent.sees(visitor)
    contact_id: int = overview["contact"]["id"]
    await agent.post(f"/contacts/{contact_id}/facts", {"key": "address", "value": CANARY})
    await agent.post("/products", {"sku": "WM-1", "name": "Washer"})
    bought = {"sku": "WM-1", "bought_on": "2026-01-02", "serial": CANARY}
    await agent.post(f"/contacts/{contact_id}/purchases", bought, status=201)
    named = sa.update(schema.contacts).where(schema.contacts.c.id == contact_id)
    await office.application.store.run(
        lambda tx: tx.execute(named.values(name=CANARY, email=f"{CANARY}@example.com", external_ref=CANARY))
    )
    return visitor, contact_id


def rate(tx: sa.Connection, conversation_id: int, now: datetime) -> None:
    """The customer rates it, with a word."""
    nobody = {"ticket_id": None, "agent_id": None, "dealer_id": None, "team": None, "entry_id": None}
    ratings.want(tx, conversation_id=conversation_id, **nobody, ask_at=now, now=now)
    [(id, _)] = ratings.due(tx, now)
    ratings.asked(tx, id, now)
    ratings.rate(tx, id, score=4, now=now)
    ratings.comment(tx, id, f"rated {CANARY}")


async def everything(office: Office) -> str:
    """All rows of all tables."""

    def body(tx: sa.Connection) -> str:
        tables = schema.metadata.sorted_tables
        return "\n".join(repr(tuple(row)) for table in tables for row in tx.execute(sa.select(table)))

    return await office.application.store.read(body)


async def tables_hold(office: Office, *names: str) -> None:
    """The canary stands in each of them."""

    def body(tx: sa.Connection) -> list[str]:
        tables = (schema.metadata.tables[name] for name in names)
        return [table.name for table in tables if CANARY not in repr(tx.execute(sa.select(table)).all())]

    assert await office.application.store.read(body) == []


def bytes_of(folder: Path) -> bytes:
    """The database with its log."""
    return b"".join(path.read_bytes() for path in folder.glob("*.sqlite*"))


async def test_erasing_a_contact_leaves_no_word_of_theirs(office: Office, clock: ManualClock) -> None:
    visitor, id = await fill(office)
    await tables_hold(office, "cards", "notices", "promise_events", "audit", "messages", "ticket_changes", "ratings")
    files = office.application.desk.files
    erased = await erase_contact(office.application.store, files, id=id, now=clock.now())
    assert erased is not None
    assert (erased.conversations, erased.tickets, len(erased.files)) == (1, 1, 1)
    rest = (await everything(office)).replace(
        f"{visitor.conversation_id}:{CANARY}", ""
    )  # the client's own id of its message
    assert CANARY not in rest
    assert not any(files.path(key).exists() for key in erased.files)
    assert await erase_contact(office.application.store, files, id=id + 1_000, now=clock.now()) is None


async def test_chats_that_were_taken_together_are_forgotten_together(office: Office, clock: ManualClock) -> None:
    """The other contact has no chat of its own any more; a backup from before may still bring it back."""
    visitor, id = await fill(office)
    store, files = office.application.store, office.application.desk.files
    address = Address(channel="telegram", chat=CANARY)

    def give(tx: sa.Connection) -> int:
        other = contacts.add(tx, language=Language.EN, now=clock.now())
        contacts.update(tx, other.id, name=CANARY, email=None)
        opened = partial(conversations.open_at, contact_id=other.id, language=Language.EN, page_url=None)
        opened(tx, address, now=clock.now())
        links.merge(tx, id, other.id, proof=Proof.STAFF, by_id=None, now=clock.now())
        return other.id

    other = await store.run(give)
    given_out = await store.read(partial(export.of_contact, id=id))
    assert given_out is not None
    assert [link["chat"] for link in given_out["links"]] == [CANARY]
    assert [contact["id"] for contact in given_out["taken_together"]] == [other]
    erased = await erase_contact(store, files, id=id, now=clock.now())
    assert erased is not None
    assert erased.conversations == 2
    assert CANARY not in (await everything(office)).replace(f"{visitor.conversation_id}:{CANARY}", "")
    remembered = (files.data_dir / REMEMBERED).read_text().splitlines()
    assert [int(line.split()[0]) for line in remembered] == [id, other]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_is_left_in_the_files_of_the_database(office: Office, clock: ManualClock, tmp_path: Path) -> None:
    visitor, id = await fill(office)
    assert CANARY.encode() in await asyncio.to_thread(bytes_of, tmp_path)
    await erase_contact(office.application.store, office.application.desk.files, id=id, now=clock.now())
    await asyncio.to_thread(empty_log, office.application.settings.database_url)
    after = await asyncio.to_thread(bytes_of, tmp_path)
    assert CANARY.encode() not in after.replace(f"{visitor.conversation_id}:{CANARY}".encode(), b"")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_restored_backup_does_not_bring_anybody_back(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    server = {"data_dir": str(tmp_path / "data")}
    office = await open_office(database_url, clock, server=server)
    _, id = await fill(office)
    url = office.application.settings.database_url
    await asyncio.to_thread(empty_log, url)
    database = Path(url.removeprefix("sqlite:///"))
    await asyncio.to_thread(shutil.copyfile, database, tmp_path / "backup")
    await erase_contact(office.application.store, office.application.desk.files, id=id, now=clock.now())
    await office.close()
    for log in database.parent.glob(f"{database.name}-*"):
        log.unlink()
    await asyncio.to_thread(shutil.copyfile, tmp_path / "backup", database)
    restored = await open_office(database_url, clock, server=server)
    assert f"note {CANARY}" not in await everything(restored)
    assert await restored.application.store.read(partial(erasure.conversations_of, contact_id=id)) == []
    await restored.close()


async def test_a_visitor_deletes_the_chat_and_begins_anew(office: Office) -> None:
    visitor = await office.visitor(page_url=f"https://shop.example/{CANARY}")
    await visitor.says("How do I book a repair?")
    await office.settled()
    assert CANARY in await everything(office)
    await office.call("DELETE", "/webchat/v1/session", headers=visitor.headers, status=204)
    assert "book a repair" not in await everything(office)
    assert CANARY not in await everything(office)
    await office.call("GET", "/webchat/v1/messages?after=0", headers=visitor.headers, status=401)
    await office.call("DELETE", "/webchat/v1/session", headers=visitor.headers, status=401)
    assert (await office.visitor(token=visitor.token)).conversation_id != visitor.conversation_id


async def test_what_people_work_on_is_not_deleted_under_their_hands(office: Office) -> None:
    visitor, _ = await fill(office)
    await office.call("DELETE", "/webchat/v1/session", headers=visitor.headers, status=409)
    assert f"note {CANARY}" in await everything(office)


async def test_silent_conversations_end_and_raw_events_before_them(office: Office, clock: ManualClock) -> None:
    old = await office.visitor()
    await old.says("How do I get an invoice?")
    await office.settled()
    clock.advance(days=20)
    young = await office.visitor()
    await young.says("What does error E4 mean?")
    await office.settled()
    ten = timedelta(days=10)
    kept = Retention(conversations=ten, raw=ten, originals=ten, dead=ten)
    await forget_old(office.application.store, office.application.desk.files, kept, clock.now())
    left = await everything(office)
    assert "get an invoice" not in left
    assert "error E4" in left


async def test_for_ever_is_for_ever(office: Office, clock: ManualClock) -> None:
    visitor = await office.visitor()
    await visitor.says(f"hello {CANARY}")
    await office.settled()
    clock.advance(days=3_000)
    for_ever = Retention(conversations=None, raw=None, originals=None, dead=None)
    await forget_old(office.application.store, office.application.desk.files, for_ever, clock.now())
    assert f"hello {CANARY}" in await everything(office)


async def test_an_export_has_what_was_said_and_not_who_of_staff_said_it(office: Office) -> None:
    _, id = await fill(office)
    found = await office.application.store.read(partial(export.of_contact, id=id))
    written = json.dumps(found, default=str)
    for words in ("reply", "subject", "what", "said", "done", "look", "note", "promised", "because", "rated"):
        assert f"{words} {CANARY}" in written
    assert found is not None
    assert found["files"][0]["name"] == f"{CANARY}.png"
    assert await office.application.store.read(partial(export.of_contact, id=id + 1_000)) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_commands_work_beside_a_running_server(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, id = await fill(office)
    monkeypatch.setenv("OMNIBOT_DATABASE__URL", office.application.settings.database_url)
    monkeypatch.setenv("OMNIBOT_SERVER__DATA_DIR", str(office.application.settings.data_dir))
    run = partial(asyncio.to_thread, main)
    assert await run(["export-contact", str(id), "--files", str(tmp_path / "given")]) == 0
    assert CANARY in capsys.readouterr().out
    assert [path.read_bytes() for path in (tmp_path / "given").iterdir()] == [PNG]
    assert await run(["erase-contact", str(id), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith(f"would erase contact {id}: 1 conversations")
    assert f"note {CANARY}" in await everything(office)
    assert await run(["erase-contact", str(id)]) == 0
    assert f"note {CANARY}" not in await everything(office)
    assert await run(["erase-contact", "999"]) == 1
    assert "there is no contact 999" in capsys.readouterr().err
