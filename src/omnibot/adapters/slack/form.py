"""The form in which somebody asks us without a chat at hand, and what else we show besides messages. Pure.

https://docs.slack.dev/surfaces/modals
"""

from typing import Any

from omnibot.adapters.slack.interactions import ASK, CARD
from omnibot.domain.message import Choice
from omnibot.texts import Words

Json = dict[str, Any]

LONGEST_QUESTION = 3_000  # what Slack's field takes
QUESTION = "question"
LONGEST_LABEL = 75  # characters on a button
HOME_BLOCKS = 100  # what Slack takes


def view(words: Words) -> Json:
    """One field for a question. Slack takes titles and buttons of at most 24 characters."""
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain(words("Customer service")),
        "submit": _plain(words("Send")),
        "close": _plain(words("Cancel")),
        "blocks": [
            {
                "type": "input",
                "block_id": QUESTION,
                "label": _plain(words("What can we do for you?")),
                "element": {
                    "type": "plain_text_input",
                    "action_id": QUESTION,
                    "multiline": True,
                    "max_length": LONGEST_QUESTION,
                },
            }
        ],
    }


def home(blocks: list[Json], choices: tuple[Choice, ...], words: Words) -> Json:
    """Our page in somebody's App Home: what they are told, and the way to the form. https://docs.slack.dev/surfaces/app-home"""
    ask = {"type": "button", "action_id": ASK, "value": ASK, "text": _plain(words("Ask support"))}
    # They stay when they were pressed, as those of cards do.
    buttons = [
        {"type": "button", "action_id": f"{CARD}{n}", "value": one.id, "text": _plain(one.label[:LONGEST_LABEL])}
        for n, one in enumerate(choices)
    ]
    return {"type": "home", "blocks": [*blocks[: HOME_BLOCKS - 1], {"type": "actions", "elements": [ask, *buttons]}]}


def complaint(words: Words) -> Json:
    """The answer to a form with nothing in it: said at the field."""
    return {"response_action": "errors", "errors": {QUESTION: words("Please write your question.")}}


def only_for_you(text: str) -> Json:
    """The answer to a command."""
    return {"response_type": "ephemeral", "text": text}


def spent(blocks: list[Any], label: str) -> list[Any]:
    """The blocks of a message whose button was pressed."""
    kept = [block for block in blocks if not (isinstance(block, dict) and block.get("type") == "actions")]
    return [*kept, {"type": "context", "elements": [_plain(f"✓ {label}")]}]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
