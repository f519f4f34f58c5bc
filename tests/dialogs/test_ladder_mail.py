"""The ladder by mail: whoever stands on a rung and has an address gets a letter, where a mail account is configured."""

from pathlib import Path

import pytest

from omnibot.domain.access import Role
from tests.dialogs.house import House, read
from tests.dialogs.test_ladder import RULES, passes
from tests.office import Opener, eventually


@pytest.mark.parametrize(("language", "title", "words"), [
    ("en", "a promise is broken", "Told: Lena"), ("zh-Hans", "承诺已逾期", "Lena"),
])  # fmt: skip
async def test_each_rung_gets_one_letter_with_the_way_to_take_it_up(
    house: House, open_office: Opener, tmp_path: Path, language: str, title: str, words: str
) -> None:
    path = tmp_path / "service.toml"
    path.write_text(RULES, encoding="utf-8")
    office = await open_office(service={"rules": str(path)}, email=house.account, server={"language": language})
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
    [letter] = house.letters_to("lena@example.com")
    assert title in letter["Subject"]
    assert letter["Auto-Submitted"] == "auto-generated"
    text = read(letter)
    assert words in text
    assert "/console/promises" in text
    assert "talk to a person" not in text  # nobody's words
    await passes(office, 5)
    assert len(house.letters) == 3
    assert len((await people["Ada"].get("/promises?state=broken"))["items"]) == 1
