"""Which language a customer wrote in."""

import pytest

from omnibot.domain.language import Language, detect, parse_tag

EN, HANS, HANT = Language.EN, Language.ZH_HANS, Language.ZH_HANT


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my washer leaks", EN),
        ("洗衣机漏水", HANS),
        ("洗衣機漏水", HANT),
        ("請問怎麼退貨", HANT),
        ("你好", HANS),
        ("我的washing machine坏了", HANS),
        ("请问 how do I reset my washing machine", EN),
        ("E4", EN),
        ("😀 12", EN),
        ("", EN),
    ],
)
def test_the_script_tells_the_language(text: str, language: Language) -> None:
    assert detect(text, hint=None) is language


@pytest.mark.parametrize("text", ["E4", "12345", "👍", "ok", "WM7000", "https://example.com/returns", "", "こんにちは"])
def test_the_hint_decides_where_the_text_does_not(text: str) -> None:
    assert detect(text, hint=HANT) is HANT


def test_characters_of_both_scripts_follow_a_chinese_hint_only() -> None:
    assert detect("你好", hint=HANT) is HANT
    assert detect("你好", hint=EN) is HANS


def test_what_was_written_wins_over_the_hint() -> None:
    assert detect("洗衣机坏了", hint=HANT) is HANS
    assert detect("my washer leaks", hint=HANS) is EN


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-GB", EN),
        ("zh", HANS),
        ("zh_CN", HANS),
        ("zh-Hans-HK", HANS),
        ("zh-TW", HANT),
        ("zh-hk", HANT),
        ("ZH-HANT", HANT),
        ("de", EN),
        ("", EN),
    ],
)
def test_language_tags_are_read_as_platforms_send_them(tag: str, language: Language) -> None:
    assert parse_tag(tag) is language
