"""What we say, as Slack is to show it."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibot.adapters.slack.mrkdwn import from_blocks, unescape
from omnibot.adapters.slack.payloads import Block
from omnibot.adapters.slack.render import POST_LEAVES, POST_LENGTH, render
from omnibot.adapters.slack.split import cut, length
from omnibot.demo.slack_wire import check_limits
from omnibot.domain.message import Author, Choice
from tests.adapters.slack.conftest import outbound
from tests.awkward import AWKWARD

Json = dict[str, Any]


def leaves(node: Any) -> list[Json]:
    """The words that somebody sees, in order."""
    if isinstance(node, list):
        return [leaf for child in node for leaf in leaves(child)]
    if node.get("type") in ("text", "link"):
        return [node]
    return leaves(node.get("elements") or [])


def shown(post: Json) -> str:
    rich = [block for block in post["blocks"] if block["type"] == "rich_text"]
    return "".join(leaf["text"] for leaf in leaves(rich))


def rich(post: Json) -> list[Json]:
    return next(block["elements"] for block in post["blocks"] if block["type"] == "rich_text")


def buttons(post: Json) -> list[Json]:
    return [element for block in post["blocks"] if block["type"] == "actions" for element in block["elements"]]


def test_plain_words_are_one_post_with_a_fallback() -> None:
    [post] = render(outbound("Ready < 5 & done"))
    assert rich(post) == [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Ready < 5 & done"}]}]
    assert post["text"] == "Ready &lt; 5 &amp; done"
    assert post["metadata"] == {"event_type": "omnibot_message", "event_payload": {"id": "7.3", "part": 0}}


def test_markdown_becomes_rich_text() -> None:
    [post] = render(
        outbound(
            "Do **this** or *that*, see [the page](https://x.example) and `E4`.\n\nNext:\n\n"
            "- door\n- drum\n  1. left\n\n> careful\n> please\n\n```\nx = 1\n```"
        )
    )
    assert rich(post) == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Do "},
                {"type": "text", "text": "this", "style": {"bold": True}},
                {"type": "text", "text": " or "},
                {"type": "text", "text": "that", "style": {"italic": True}},
                {"type": "text", "text": ", see "},
                {"type": "link", "url": "https://x.example", "text": "the page"},
                {"type": "text", "text": " and "},
                {"type": "text", "text": "E4", "style": {"code": True}},
                {"type": "text", "text": "."},
                {"type": "text", "text": "\n\n"},
                {"type": "text", "text": "Next:"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 0,
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "door"}]},
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "drum"}]},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "left"}]}],
        },
        {
            "type": "rich_text_quote",
            "elements": [
                {"type": "text", "text": "careful"},
                {"type": "text", "text": "\n"},
                {"type": "text", "text": "please"},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
    ]
    assert "• door\n• drum\n    1. left" in post["text"]


def test_nobody_can_be_mentioned_by_accident() -> None:
    [post] = render(outbound("<!channel> <@U1> <#C1>"))
    assert "<" not in post["text"]
    assert shown(post) == "<!channel> <@U1> <#C1>"


def test_a_dangerous_link_stays_text() -> None:
    [post] = render(outbound("[x](javascript:alert(1))"))
    assert all(leaf["type"] == "text" for leaf in leaves(rich(post)))


def test_an_agent_is_named_and_the_bot_is_not() -> None:
    [post] = render(outbound("Hello", author=Author.AGENT, author_name="Ada"))
    assert post["blocks"][0] == {
        "type": "context",
        "elements": [{"type": "plain_text", "text": "Ada", "emoji": False}],
    }
    assert post["text"] == "Ada: Hello"
    [post] = render(outbound("Hello", author_name="bot"))
    assert [block["type"] for block in post["blocks"]] == ["rich_text"]


def test_choices_are_buttons_under_the_last_post() -> None:
    first, last = render(
        outbound("a " * 2_000, choices=(Choice(id="helped", label="Yes"), Choice(id="no", label="No")))
    )
    assert not buttons(first)
    assert [(button["value"], button["text"]["text"], button["action_id"]) for button in buttons(last)] == [
        ("helped", "Yes", "choice:0"),
        ("no", "No", "choice:1"),
    ]


def test_choices_alone_are_a_post() -> None:
    [post] = render(outbound("", choices=(Choice(id="helped", label="Yes"), Choice(id="no", label="No"))))
    assert post["text"] == "Yes / No"
    check_limits(post)


def test_a_choice_that_no_button_holds_is_written_down() -> None:
    [post] = render(
        outbound("Which?", choices=(Choice(id="x" * 2_001, label="The oven"), Choice(id="y", label="z" * 200)))
    )
    assert "The oven" in shown(post)
    assert [len(button["text"]["text"]) for button in buttons(post)] == [75]
    check_limits(post)


def test_nothing_to_say_is_no_post() -> None:
    assert render(outbound(" \n ")) == []


@pytest.mark.parametrize("text", [text for text in AWKWARD if "\n" not in text and "**" not in text])
def test_awkward_text_is_shown_as_it_is(text: str) -> None:
    posts = render(outbound(text))
    assert "".join(map(shown, posts)) == as_markdown_leaves_it(text)
    for post in posts:
        check_limits(post)


def as_markdown_leaves_it(text: str) -> str:
    """No white space at the ends, one backslash of two."""
    return text.strip().replace("\\\\", "\\")


WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            WORDS, st.sampled_from(["- item", "> quote", "```\ncode\n```", "**b** *i* `c` [l](https://x.example)"])
        )
    ),
    st.integers(1, 60),
    st.lists(st.builds(Choice, id=st.text(min_size=1, max_size=30), label=st.text(max_size=120)), max_size=60),
)
def test_no_post_goes_beyond_a_limit(lines: list[str], times: int, choices: list[Choice]) -> None:
    for post in render(outbound("\n\n".join(lines * times), choices=tuple(choices))):
        check_limits(post)
        words = leaves([block for block in post["blocks"] if block["type"] == "rich_text"])
        assert sum(length(leaf["text"]) + length(leaf.get("url", "")) for leaf in words) <= POST_LENGTH
        assert len(words) <= POST_LEAVES
        assert post["text"]
        assert len(post["blocks"]) <= 50


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs"], exclude_characters="\\`*_[]<>&~#+-.!()=:|"),
        min_size=1,
    )
)
def test_words_come_back_as_they_went(text: str) -> None:
    """Our rendering, read as if a person had sent it."""
    text = " ".join(text.split()) or "x"
    text = f"a {text} z"
    [post] = render(outbound(text))
    blocks = msgspec.json.decode(json.dumps(post["blocks"]), type=list[Block])
    assert from_blocks(blocks) == text
    assert unescape(post["text"]) == text


@pytest.mark.parametrize(
    "unit",
    ["word ", "字", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "👍🏽", "각", "x", "line\n\n", "Sentence. "],
)
def test_long_texts_are_split_between_characters(unit: str) -> None:
    text = unit * (9_000 // length(unit))
    posts = render(outbound(text))
    assert len(posts) >= 3
    parts = [shown(post).replace("\n\n", "\n") for post in posts]
    assert "".join(parts).replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")
    for part in parts[:-1]:
        kept = part.replace("\n", "").replace(" ", "")
        plain = unit.replace("\n", "").replace(" ", "")
        assert kept == plain * (len(kept) // len(plain))


def test_a_link_is_never_cut() -> None:
    link = f"[{'x' * 2_900}](https://x.example/{'y' * 90})"
    posts = render(outbound(f"{'word ' * 300}{link}"))
    links = [leaf for post in posts for leaf in leaves(rich(post)) if leaf["type"] == "link"]
    assert {leaf["url"] for leaf in links} == {f"https://x.example/{'y' * 90}"}


def test_code_that_goes_on_is_code_in_each_post() -> None:
    posts = render(outbound("```\n" + "line of code\n" * 600 + "```"))
    assert len(posts) == 3
    assert all(element["type"] == "rich_text_preformatted" for post in posts for element in rich(post))


def test_half_a_character_becomes_a_mark() -> None:
    [post] = render(outbound("broken \ud83d, whole \ud83d\ude00"))
    assert shown(post) == "broken \ufffd, whole 😀"


def test_parts_are_numbered() -> None:
    posts = render(outbound("word " * 3_000))
    assert [post["metadata"]["event_payload"]["part"] for post in posts] == list(range(len(posts)))


@given(st.text(min_size=1), st.integers(2, 50))
def test_a_cut_takes_something_and_not_too_much(text: str, limit: int) -> None:
    if length(text) > limit:
        end = cut(text, limit)
        assert 0 < end < len(text)
        assert length(text[:end]) <= limit


def test_the_same_message_is_rendered_the_same_each_time() -> None:
    message = outbound("word " * 3_000, choices=(Choice(id="a", label="A"),))
    assert render(message) == render(replace(message, attempt=2))
