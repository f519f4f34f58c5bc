"""The ladder by mail: whoever stands on a rung and has an address gets a letter, where a mail account is configured."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from omnibot.demo.mailbox import PASSWORD, USER, DemoMailbox
from omnibot.demo.post import DemoPost
from omnibot.domain.access import Role
from tests.dialogs.test_dealer_groups import Opener
from tests.dialogs.test_ladder import RULES, passes
from tests.office import eventually


class House:
    """Mail servers on loopback, and what came to whom."""

    def __init__(self) -> None:
        self.mailbox = DemoMailbox()
        self.letters: dict[tuple[str, str], EmailMessage] = {}  # a second copy has the same Message-ID
        self.post = DemoPost(self._take)

    def _take(self, recipient: str, raw: bytes) -> None:
        letter = message_from_bytes(raw, policy=policy.default)
        self.letters[recipient, letter["Message-ID"]] = letter


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.mailbox.start()
    await made.post.start()
    yield made
    await made.mailbox.stop()
    await made.post.stop()


@pytest.mark.parametrize(("language", "title", "words"), [
    ("en", "a promise is broken", "Told: Lena"), ("zh-Hans", "承诺已逾期", "Lena"),
])  # fmt: skip
async def test_each_rung_gets_one_letter_with_the_way_to_take_it_up(
    house: House, open_office: Opener, tmp_path: Path, language: str, title: str, words: str
) -> None:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    account = {
        "address": "service@example.com",
        "imap_host": "127.0.0.1",
        "imap_port": house.mailbox.port,
        "imap_user": USER,
        "imap_password": PASSWORD,
        "imap_tls": "none",
        "smtp_port": house.post.port,
        "smtp_tls": "none",
    }
    office = await open_office(service={"rules": str(path)}, email=account, server={"language": language})
    roles = {"Ada": Role.AGENT, "Lena": Role.AGENT, "Sven": Role.SUPERVISOR, "Olga": Role.AGENT, "Otto": Role.AGENT}
    people = {name: await office.agent(name, role) for name, role in roles.items()}
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await office.settled()
    await passes(office, 150)

    async def all_came() -> bool:
        return len(house.letters) >= 3

    await eventually(all_came, "three letters")
    assert sorted(to for to, _ in house.letters) == ["lena@example.com", "olga@example.com", "sven@example.com"]
    [letter] = [letter for (to, _), letter in house.letters.items() if to == "lena@example.com"]
    assert title in letter["Subject"]
    assert letter["Auto-Submitted"] == "auto-generated"
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert words in text
    assert "/console/promises" in text
    assert "talk to a person" not in text  # nobody's words
    await passes(office, 5)
    assert len(house.letters) == 3
    assert len((await people["Ada"].get("/promises?state=broken"))["items"]) == 1
