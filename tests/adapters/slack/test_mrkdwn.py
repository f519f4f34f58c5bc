"""Slack's markup, read."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.adapters.slack.mrkdwn import escape, from_blocks, from_mrkdwn, unescape
from omnibot.adapters.slack.payloads import Block, Person


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt;", "&lt;"),  # somebody writes about escaping
        ("<https://x.example>", "https://x.example"),
        ("<https://x.example|the page>", "[the page](https://x.example)"),
        ("<https://x.example|x.example>", "https://x.example"),
        ("<https://x.example/_a_/*b*>", "https://x.example/_a_/*b*"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("<tel:+4930|+4930>", "+4930"),
        ("<@U2> and <@U3|bo>", "@Ana and @bo"),
        ("<@U4>", "@U4"),
        ("<#C1|help> <#C2> <#C3|>", "#help #C2 #C3"),
        ("<!subteam^S1|@team> <!here> <!channel|channel>", "@team @here channel"),
        ("<!date^1780304400^{date}|1 June>", "1 June"),
        ("*hot* and _cold_", "**hot** and *cold*"),
        ("2*3*4 a_b_c **x** snake_case_", "2*3*4 a_b_c **x** snake_case_"),
        ("`*not bold*` ```_nor_ <https://x.example|this>```", "`*not bold*` ```_nor_ this```"),
        ("<not a link", "<not a link"),
    ],
)
def test_markup_is_read(written: str, read: str) -> None:
    assert from_mrkdwn(written, people={"U2": Person(name="Ana")}) == read


def test_mentions_of_us_are_left_out() -> None:
    assert from_mrkdwn("<@U0> hi <@U0|omnibot>", us={"U0"}).strip() == "hi"


@given(st.text())
def test_what_is_escaped_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text


@given(st.text(alphabet="<>|@#!&*_`~ax\n;", max_size=60))
def test_any_markup_is_read_somehow(text: str) -> None:
    assert isinstance(from_mrkdwn(text), str)


def blocks(*elements: object) -> list[Block]:
    return [Block(type="rich_text", elements=msgspec.Raw(msgspec.json.encode(elements)))]


def leaf(text: str, **fields: object) -> dict[str, object]:
    return {"type": "text", "text": text, **fields}


def test_rich_text_becomes_markdown() -> None:
    items = [
        {"type": "rich_text_section", "elements": [leaf("door")]},
        {"type": "rich_text_section", "elements": [leaf("drum")]},
    ]
    read = from_blocks(
        blocks(
            {
                "type": "rich_text_section",
                "elements": [
                    leaf("See "),
                    {"type": "link", "url": "https://x.example", "text": "this"},
                    leaf(" "),
                    {"type": "user", "user_id": "U0"},
                    {"type": "user", "user_id": "U2"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "emoji", "name": "shipit"},
                    {"type": "date", "timestamp": 1, "format": "x", "fallback": "1 June"},
                    {"type": "color", "value": "#fff"},
                    leaf("\n"),
                ],
            },
            {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items},
            {"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 2, "elements": items},
            {"type": "rich_text_quote", "elements": [leaf("one\ntwo")]},
            {"type": "rich_text_preformatted", "elements": [leaf("x = 1")]},
        ),
        us={"U0"},
        people={"U2": Person(name="Ana")},
    )
    assert read == (
        "See [this](https://x.example) @Ana#C1@S1@here:shipit:1 June#fff\n"
        "- door\n- drum\n  3. door\n  4. drum\n> one\n> two\n```\nx = 1\n```"
    )


@pytest.mark.parametrize(
    ("style", "read"),
    [
        ({"bold": True}, "a **b** c"),
        ({"italic": True}, "a *b* c"),
        ({"bold": True, "italic": True}, "a ***b*** c"),
        ({"code": True}, "a `b` c"),
        ({"strike": True}, "a b c"),
    ],
)
def test_white_space_stays_outside_of_the_marks(style: dict[str, bool], read: str) -> None:
    section = {"type": "rich_text_section", "elements": [leaf("a"), leaf(" b ", style=style), leaf("c")]}
    assert from_blocks(blocks(section)) == read


def test_a_message_without_rich_text_has_none() -> None:
    assert from_blocks(None) is None
    assert from_blocks([Block(type="divider")]) is None
