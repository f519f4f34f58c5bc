"""Sets the stage for the demo as an operator would: accounts, imports, dealers, and codes that people then say in their chats."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Connection

from omnibot.app import Application
from omnibot.demo.cast import CASTS, Cast, Pane, Person, Side
from omnibot.demo.slack import BOT_USER
from omnibot.demo.stage import Stage
from omnibot.domain.code import CodePurpose, spelled
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.flow import import_sheet
from omnibot.store import codes, contacts, conversations, dealers, users

SAMPLE = Path(__file__).parent / "sample"
RULES = SAMPLE / "service.toml"
IMPORTS = ("contacts", "products", "purchases", "dealers")  # in this order: each names what stands before it
CODE_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A code, and who says it where."""

    pane: Pane
    person: Person
    purpose: CodePurpose
    subject: str
    code: str

    @property
    def words(self) -> str:
        if not self.pane.chat:
            return spelled(self.code)
        said = "/register" if self.pane.platform == "telegram" else f"<@{BOT_USER}>"
        return f"{said} {spelled(self.code)}"


async def set_up(application: Application) -> list[Task]:
    """Write what has to be there before anybody speaks; returns what people have to say then. A second time on the same
    data, only the codes are new."""
    now = application.clock.now()
    for kind in IMPORTS:
        prepared = import_sheet.prepare(kind, (SAMPLE / f"{kind}.csv").read_bytes(), encoding=None, now=now)
        await application.store.run(prepared.body)
    return await application.store.run(partial(_set_up, now=now))


async def enrol(stage: Stage, tasks: list[Task]) -> None:
    """Everybody says their code."""
    for task in tasks:
        await stage.say(task.pane, task.person, task.words)


def _set_up(tx: Connection, now: datetime) -> list[Task]:
    tasks: list[Task] = []
    for cast in CASTS.values():
        _hire(tx, cast, now)
        _remember_customers(tx, cast, now)
        for pane in cast.panes:
            tasks += _tasks(tx, pane)
    for task in tasks:
        codes.add(tx, task.code, task.purpose, task.subject, made_by=None, now=now, until=now + CODE_LIFE)
    return tasks


def _hire(tx: Connection, cast: Cast, now: datetime) -> None:
    for person in cast.of(Side.TEAM)[0].people:
        if added := users.add(tx, email=person.email, name=person.name, role=person.role, password_hash=None, now=now):
            users.set_language(tx, added.id, cast.language)


def _remember_customers(tx: Connection, cast: Cast, now: datetime) -> None:
    """Whom the imports name has written before: the chat is known to be theirs."""
    stem = cast.visitor[:-1]
    for number, pane in enumerate(cast.of(Side.CUSTOMERS)[:2], start=1):
        address = Address(channel=pane.platform, chat=pane.people[0].private_chat)
        contact = contacts.by_external_ref(tx, f"{stem}{number}")
        if contact is not None and conversations.at(tx, address) is None:
            language = Language(cast.language)
            conversations.open_at(tx, address, contact_id=contact.id, language=language, page_url=None, now=now)


def _tasks(tx: Connection, pane: Pane) -> Iterator[Task]:
    if pane.side is Side.CUSTOMERS:
        return
    if pane.chat:
        purpose, subject = CodePurpose.STAFF_GROUP, ""
        if dealer := dealers.by_name(tx, pane.dealer):
            purpose, subject = CodePurpose.DEALER_GROUP, str(dealer.id)
        yield Task(pane=pane, person=pane.people[0], purpose=purpose, subject=subject, code=codes.new_code())
        return
    for person in pane.people:
        if pane.side is Side.TEAM:
            purpose, subject = CodePurpose.LINK_STAFF, _user(tx, person)
        else:
            purpose, subject = CodePurpose.DEALER_MEMBER, _dealer(tx, person)
        yield Task(pane=pane, person=person, purpose=purpose, subject=subject, code=codes.new_code())


def _user(tx: Connection, person: Person) -> str:
    user = users.by_email(tx, person.email)
    assert user is not None
    return str(user.id)


def _dealer(tx: Connection, person: Person) -> str:
    panes = (pane for cast in CASTS.values() for pane in cast.of(Side.DEALERS))
    name = next(pane.dealer for pane in panes if pane.dealer and person in pane.people)
    dealer = dealers.by_name(tx, name)
    assert dealer is not None
    return str(dealer.id)
