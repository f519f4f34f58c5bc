"""What things are called on the screens of the console, in both languages."""

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from omnibot.domain.dealers.dealer import Dealer, Profile
from omnibot.domain.decision import NAMES
from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS
from omnibot.domain.routing import Choice, choose
from omnibot.domain.rules import Matter, Rule, Rules, When
from omnibot.texts import Texts
from omnibot.web.console.knowledge_labels import KnowledgeLabels
from omnibot.web.console.labels import Labels
from omnibot.web.console.times import Times
from tests.office import MONDAY

TEXTS = Texts("console")
ENGLISH, CHINESE = TEXTS.of(Language.EN), TEXTS.of(Language.ZH_HANS)
LETTERS = re.compile(r"[a-z]{3,}", re.IGNORECASE)

HANS = Dealer(id=1, name="甲", profile=Profile(regions=("上海",), language=Language.ZH_HANS), created_at=MONDAY)
ANY = replace(HANS, id=2, name="乙", profile=Profile(capacity=2))
CLOSED = replace(ANY, id=3, name="丙", profile=Profile(hours={"sun": ("09:00-10:00",)}, postcodes=("2000",)))
MATTER = Matter(category="维修", region="上海", postcode="200001", product="WM7", tier="贵宾", language="zh-Hans")
BLANK = Matter(category=None, region=None, postcode=None, product=None, tier=None, language=None)


def made(
    rule: Rule, matter: Matter = MATTER, *dealers: Dealer, loads: dict[int, int] | None = None, **other: object
) -> Choice:
    return choose(matter, Rules(rules=(rule,)), dealers, loads or {}, MONDAY, **other)  # type: ignore[arg-type]


def every_choice() -> list[Choice]:
    """One for each sentence of `domain/routing.py` and `domain/rules.py`."""
    best = Rule(name="维修单", dealers=True)
    conditions = [When(category=("退货", "发票")), When(region=("北京",)), When(product=("DW*",)), When(tier=("普通",))]
    conditions.append(When(language=("en", "zh-Hant")))
    refused = [made(Rule(name="一", when=when), matter) for when in conditions for matter in (MATTER, BLANK)]
    day = timedelta(days=1)
    return [
        *refused,
        made(Rule(name="一", since=MONDAY.date() + day)),
        made(Rule(name="一", until=MONDAY.date() - day)),
        made(Rule(name="一", team="客服")),
        made(Rule(name="一", dealer="丁"), MATTER, HANS),
        made(best, MATTER, replace(HANS, retired_at=MONDAY)),
        made(best, MATTER, HANS, tried=frozenset({1})),
        made(best, MATTER, HANS, without_group=frozenset({1})),
        made(best, replace(MATTER, region="北京"), HANS),
        made(best, BLANK, HANS),
        made(best, MATTER, replace(ANY, profile=Profile(products=("DW*",)))),
        made(best, BLANK, replace(ANY, profile=Profile(products=("DW*",)))),
        made(best, MATTER, replace(ANY, profile=Profile(skills=("退货",)))),
        made(best, MATTER, ANY, loads={2: 2}),
        made(best, MATTER, ANY, CLOSED, HANS),
        made(best, MATTER, ANY),
        made(best, MATTER, replace(CLOSED, profile=Profile(hours={"sun": ("09:00-10:00",)}))),
    ]


def sentences() -> set[str]:
    choices = every_choice()
    found = {choice.why for choice in choices} | {"given by 安娜"}
    return found | {part for one in choices for why in one.why_not for part in (why.candidate, why.reason)}


@pytest.mark.parametrize("sentence", sorted(sentences()))
def test_why_a_case_went_somewhere_is_said_in_chinese(sentence: str) -> None:
    said = Labels(CHINESE).because(sentence)
    known = re.sub("WM7|DW", "", said)
    assert not LETTERS.search(known), said


def test_the_choices_above_come_to_every_sentence() -> None:
    from omnibot.web.console import dispatch_labels

    patterns = {one: dispatch_labels._pattern(one) for one in dispatch_labels._SENTENCES}
    read = {
        next(one for one, pattern in patterns.items() if pattern.fullmatch(text))
        for text in sentences() - {"甲", "乙", "丙"}
    }
    assert read == set(patterns)


def test_a_reason_in_english_names_the_language() -> None:
    said = Labels(ENGLISH).because(made(Rule(name="repairs", dealers=True), MATTER, HANS).why)
    assert said == "rule repairs; its territory matches 上海, speaks Simplified Chinese, open now, 0 open cases of 20"


def test_what_an_older_version_wrote_is_shown_as_it_is() -> None:
    assert Labels(CHINESE).because("it was the cheapest") == "it was the cheapest"


def test_every_decision_of_the_bot_has_a_name_for_people() -> None:
    for name in NAMES.values():
        assert Labels(ENGLISH).decision(name) != name
        assert not LETTERS.search(Labels(CHINESE).decision(name).replace("FAQ", "")), name


def test_every_preset_has_a_name_for_people() -> None:
    assert [KnowledgeLabels(CHINESE).preset(name) for name in PRESETS] == ["预设：均衡", "预设：严格"]


def test_opening_hours_are_written_out() -> None:
    office, late = ("09:00-12:00", "13:00-17:00"), ("10:00-14:00",)
    week = {**dict.fromkeys(("mon", "tue", "thu"), office), "sat": late, "sun": late}
    english, chinese = (Times(words, ZoneInfo("UTC"), MONDAY) for words in (ENGLISH, CHINESE))
    assert english.week(week) == (
        "Monday to Tuesday 09:00-12:00 13:00-17:00; Thursday 09:00-12:00 13:00-17:00; Saturday to Sunday 10:00-14:00"
    )
    assert chinese.week({"mon": late}) == "星期一 10:00-14:00"
    assert english.week({}) == ""
