"""What the demo sets up before anybody speaks."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from omnibot.app import Application
from omnibot.demo import scene
from omnibot.demo.cast import CASTS, Side
from omnibot.demo.time_machine import TimeMachine
from omnibot.domain.code import CodePurpose
from omnibot.store import contacts, dealers, users
from tests.office import settings

ROOT = Path(__file__).resolve().parents[2]


async def test_a_second_demo_on_the_same_data_changes_only_the_codes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.sqlite3'}"
    application = Application(settings(url, service={"rules": str(scene.RULES)}), connect=None)
    try:
        first = await scene.set_up(application)
        before = await _counted(application)
        second = await scene.set_up(application)
        assert await _counted(application) == before == (8, 4, 6)
        assert {task.code for task in first}.isdisjoint({task.code for task in second})
        said = [task for task in second if task.purpose is CodePurpose.DEALER_GROUP]
        assert len(said) == 4
        assert len({task.subject for task in said}) == 4
    finally:
        await application.store.close()


async def _counted(application: Application) -> tuple[int, int, int]:
    read = application.store.read
    return len(await read(users.listing)), len(await read(dealers.listing)), len(await read(contacts.listing))


def test_who_is_named_in_the_rules_is_who_plays_on_the_page() -> None:
    rules = tomllib.loads(scene.RULES.read_text(encoding="utf-8"))
    played = {person.email for cast in CASTS.values() for pane in cast.of(Side.TEAM) for person in pane.people}
    named = {duty["email"] for duty in rules["on_call"]}
    for team in rules["teams"]:
        named |= {*team["members"], team["lead"], *team["supervisors"]}
    assert named == played
    assert {team["overflow"] for team in rules["teams"]} == {team["name"] for team in rules["teams"]}


def test_the_time_machine_goes_forward_only() -> None:
    clock = TimeMachine()
    before = clock.now()
    clock.forward(timedelta(hours=12))
    assert timedelta(hours=12) <= clock.now() - before < timedelta(hours=12, minutes=1)
    with pytest.raises(ValueError, match="-1 day"):
        clock.forward(timedelta(hours=-1))


def test_the_demo_has_the_form_of_the_example() -> None:
    example = tomllib.loads((ROOT / "service.example.toml").read_text(encoding="utf-8"))
    rules = tomllib.loads(scene.RULES.read_text(encoding="utf-8"))
    assert rules["forms"] == example["forms"]
    assert rules["categories"][0]["forms"] == ["repair"]
