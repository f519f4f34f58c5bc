"""Who gets a case, and why nobody else; and what is wrong in a set of rules."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from omnibot.domain.dealers.dealer import Dealer, Profile
from omnibot.domain.language import Language
from omnibot.domain.routing import Choice, choose
from omnibot.domain.rule_check import check
from omnibot.domain.rules import Matter, Rule, Rules, Team, When, categorise, covers, lane
from omnibot.settings.rules import BrokenRules, load
from tests.office import MONDAY

FILE = """
version = "2026-06"
starving_minutes = 30

[[categories]]
name = "repair"
keywords = ["broken", "leak", "漏水", "坏了"]
entries = ["washer-leak"]
forms = ["repair"]

[[categories]]
name = "billing"
keywords = ["invoice", "发票"]

[[forms]]
name = "repair"
title = { en = "Book a repair" }
fields = [{ key = "problem", kind = "text", question = { en = "What is wrong?" } }]

[[tiers]]
name = "vip"
lane = 1

[[teams]]
name = "repairs"
members = ["ada@example.com", "bo@example.com"]
overflow = "office"
timezone = "Europe/Berlin"
hours = { mon = ["09:00-17:00"] }

[[teams]]
name = "office"
members = ["cy@example.com"]

[[agents]]
email = "ada@example.com"
skills = ["repair"]
languages = ["zh-Hans", "en"]
capacity = 2

[[rules]]
name = "VIP"
when = { tier = ["vip"] }
team = "repairs"
priority = "urgent"

[[rules]]
name = "repairs in Berlin"
when = { category = ["repair"], region = ["DE-BE"] }
dealers = true
team = "repairs"

[[rules]]
name = "the rest"
team = "office"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return read(tmp_path, FILE)


def read(folder: Path, text: str) -> Rules:
    path = folder / "service.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def dealer(id: int, name: str, **profile: object) -> Dealer:
    return Dealer(id=id, name=name, profile=Profile(**profile), created_at=MONDAY)  # type: ignore[arg-type]


NORD = dealer(1, "Nord", regions=("DE-BE",), products=("WM-*",))
MITTE = dealer(2, "Mitte", postcodes=("101",), capacity=2)
SUED = dealer(3, "Süd", regions=("DE-BY",))
LEAK = Matter(category="repair", region="DE-BE", postcode="10115", product="WM-100")


def reasons(choice: Choice) -> dict[str, str]:
    return {one.candidate: one.reason for one in choice.why_not}


def test_the_first_rule_that_matches_wins_and_says_why(rules: Rules) -> None:
    choice = choose(replace(LEAK, tier="vip"), rules, [NORD], {}, MONDAY)
    assert (choice.team, choice.dealer_id, choice.rule, choice.version) == ("repairs", None, "VIP", "2026-06")
    choice = choose(Matter(category="billing"), rules, [NORD], {}, MONDAY)
    assert choice.team == "office"
    assert reasons(choice) == {
        "rule VIP": "its tier is not known",
        "rule repairs in Berlin": "its category is billing, not repair",
    }


def test_the_nearest_dealer_gets_it_and_the_others_are_told_of(rules: Rules) -> None:
    choice = choose(LEAK, rules, [NORD, MITTE, SUED], {}, MONDAY)
    assert (choice.dealer_name, choice.team) == ("Mitte", "repairs")
    assert "its territory matches 10115" in choice.why
    assert reasons(choice)["Nord"].startswith("Mitte fits better")
    assert reasons(choice)["Süd"] == "10115 is not its territory"


def test_capacity_products_retirement_refusals_and_missing_groups_keep_a_dealer_out(rules: Rules) -> None:
    def why(**given: object) -> str:
        choice = choose(LEAK, rules, [given.pop("dealer", MITTE)], given.pop("loads", {}), MONDAY, **given)  # type: ignore[arg-type,list-item]
        assert choice.dealer_id is None
        assert choice.team == "repairs"
        assert choice.why == "rule repairs in Berlin, and no dealer can take it"
        return choice.why_not[-1].reason

    assert why(loads={2: 2}) == "has 2 open cases of 2"
    assert why(tried=frozenset({2})) == "has said no, or did not answer in time"
    assert why(without_group=frozenset({2})) == "has no group to be told in"
    assert why(dealer=replace(MITTE, retired_at=MONDAY)) == "gets no more cases"
    assert why(dealer=dealer(4, "X", products=("DW-1",))) == "WM-100 is none of its products"
    assert why(dealer=dealer(4, "X", skills=("billing",))) == "repair is none of its skills"


def test_language_opening_and_load_decide_between_equals(rules: Rules) -> None:
    plain = dealer(1, "A")
    speaks = dealer(2, "B", language=Language.ZH_HANS)
    closed = dealer(3, "C", hours={"tue": ("09:00-17:00",)})
    assert choose(replace(LEAK, language="zh-Hans"), rules, [plain, speaks], {}, MONDAY).dealer_name == "B"
    assert choose(LEAK, rules, [closed, plain], {}, MONDAY).dealer_name == "A"
    assert choose(LEAK, rules, [plain, dealer(5, "D")], {1: 3}, MONDAY).dealer_name == "D"
    assert choose(LEAK, rules, [plain, dealer(5, "D")], {}, MONDAY).dealer_name == "A"


def test_without_rules_nobody_is_named() -> None:
    assert choose(LEAK, Rules(), [NORD], {}, MONDAY).why == "no rule matches"


@pytest.mark.parametrize(
    ("given", "category", "sign"),
    [
        ({"text": "The washer has a leak and is broken"}, "repair", "words: broken, leak"),
        ({"text": "洗衣机漏水"}, "repair", "words: 漏水"),
        ({"text": "请开发票"}, "billing", "words: 发票"),
        ({"text": "invoice", "entry": "washer-leak"}, "repair", "FAQ entry washer-leak"),
        ({"text": "invoice", "form": "repair"}, "repair", "form repair"),
        ({"text": "hello"}, None, "nothing tells its category"),
    ],
)
def test_the_surest_sign_tells_the_category(
    rules: Rules, given: dict[str, str], category: str | None, sign: str
) -> None:
    assert categorise(rules, **given) == (category, sign)  # type: ignore[arg-type]


def test_nobody_starves_behind_a_better_lane(rules: Rules) -> None:
    assert lane(rules, "vip", MONDAY, MONDAY) == 1
    assert lane(rules, None, MONDAY, MONDAY) == 2
    assert lane(rules, None, MONDAY - timedelta(minutes=60), MONDAY) < lane(rules, "vip", MONDAY, MONDAY)


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        (When(), When(tier=("vip",)), True),
        (When(tier=("vip",)), When(), False),
        (When(product=("WM-*",)), When(product=("WM-100", "wm-2*")), True),
        (When(product=("WM-1*",)), When(product=("WM-*",)), False),
        (When(region=("a", "b")), When(region=("B",)), True),
    ],
)
def test_one_condition_may_cover_another(wide: When, narrow: When, does: bool) -> None:
    assert covers(wide, narrow) is does


def test_a_sound_file_has_no_findings(rules: Rules) -> None:
    accounts = ["ada@example.com", "BO@example.com", "cy@example.com"]
    assert check(rules, MONDAY, accounts=accounts, dealers=[NORD], with_group={1}) == []


WRONG_SENSE = """
[[categories]]
name = "repair"
[[teams]]
name = "a"
members = ["x@example.com"]
overflow = "b"
[[teams]]
name = "b"
overflow = "a"
hours = { mon = [] }
[[agents]]
email = "lone@example.com"
[[rules]]
name = "one"
when = { category = ["repair"] }
team = "a"
[[rules]]
name = "two"
when = { category = ["repair"] }
team = "b"
[[rules]]
name = "three"
when = { category = ["repair"], region = ["x"] }
team = "a"
[[rules]]
name = "four"
when = { category = ["reapir"], tier = ["vip"], language = ["de"] }
dealer = "Nobody"
dealers = true
[[rules]]
name = "five"
when = { region = ["y"] }
"""


def test_contradictions_loops_and_what_can_never_match_are_found(tmp_path: Path) -> None:
    broken = WRONG_SENSE.replace("hours = { mon = [] }", "")
    found = [str(one) for one in check(read(tmp_path, broken), MONDAY, accounts=[], dealers=[NORD], with_group=set())]
    assert found == [
        "rules.four: contradicts itself: dealer names one, dealers = true asks for any",
        "rules.four.dealer: 'Nobody' is not one of Nord",
        "rules.four.when.category: can never match: 'reapir' is not one of repair",
        "rules.four.when.tier: can never match: 'vip' is not one of those that the file names: there is none",
        "rules.four.when.language: can never match: 'de' is not one of en, zh-Hans, zh-Hant",
        "rules.five: names nobody; give it a team, a dealer or dealers = true",
        "rules.two: contradicts 'one': the same conditions, another target; the first one wins",
        "rules.three: can never match: 'one' above it takes all of it",
        "teams.a.overflow: runs in a circle: a -> b -> a",
        "teams.a.members: x@example.com has no account",
        "teams.b.members: nobody is in it",
        "agents.lone@example.com: is in no team and so gets nothing",
        "dealer Nord: has no group, so it cannot be told of a case",
    ]


def test_dealers_that_never_open_and_rules_that_ask_for_nobody_are_found(rules: Rules) -> None:
    shut = dealer(1, "Shut", hours={"mon": ()})
    found = [str(one) for one in check(rules, MONDAY, dealers=[shut])]
    assert found == ["dealer Shut: hours: no business hours on any weekday"]
    assert [str(one) for one in check(rules, MONDAY)] == [
        "rules.repairs in Berlin: asks for a dealer, and there is none"
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = [", ["is not valid TOML: Invalid value (at end of document)"]),
        (
            "rulez = 1",
            [
                "rulez: is not a key; there may be version, starving_minutes, categories, tiers, teams, agents, on_call, rules"
            ],
        ),
        ("[rules]\nname = 1", ["rules: is to be written as [[rules]]"]),
        (
            '[[rules]]\nname = "a"\npriority = "hgih"\n[[rules]]\nname = "b"\nwhen = { colour = ["red"] }\n'
            '[[tiers]]\nlane = 0\nname = "x"',
            [
                "tiers.x.lane: expected `int` >= 1",
                "rules.a.priority: invalid enum value 'hgih'; allowed is low, normal, high, urgent",
                "rules.b.when: object contains unknown field `colour`; there may be category, region",
            ],
        ),
        ("[[teams]]\nmembers = []", ["teams, number 1: object missing required field `name`"]),
        ('version = 3\n[[teams]]\nname = "a"\nhours = { mon = ["9-17"] }', ["version: expected `str`, got `int`"]),
        (
            '[[teams]]\nname = "a"\nhours = { mon = ["9to17"] }\n[[agents]]\nemail = "x"\ntimezone = "Mars"',
            [
                "teams.a.hours: '9to17' is not an interval such as 09:00-17:30",
                "agents.x.hours: 'Mars' is not a time zone such as Europe/Berlin",
            ],
        ),
        ('[[teams]]\nname = "a"\nhours = { mon = [] }', ["teams.a.hours: no business hours on any weekday"]),
    ],
)
def test_each_mistake_is_a_line_with_file_key_and_what_is_allowed(tmp_path: Path, text: str, lines: list[str]) -> None:
    with pytest.raises(BrokenRules) as error:
        read(tmp_path, text)
    said = str(error.value).splitlines()
    for line in lines:
        assert any(one.startswith(f"{tmp_path / 'service.toml'}: {line}") for one in said), said


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenRules, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


def test_teams_and_rules_are_what_the_file_says(rules: Rules) -> None:
    assert rules.team("repairs") == Team(
        name="repairs",
        members=("ada@example.com", "bo@example.com"),
        overflow="office",
        timezone="Europe/Berlin",
        hours={"mon": ("09:00-17:00",)},
    )
    assert rules.rules[2] == Rule(name="the rest", team="office")
    assert rules.starving_after == timedelta(minutes=30)
