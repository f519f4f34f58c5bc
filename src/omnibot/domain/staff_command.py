"""What an agent asks for in the thread of a conversation: a line that begins with / or !, in English or Chinese.

Everything else is a note: nothing that is written there reaches the customer by accident.
"""

import re

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Take:
    """Make the conversation mine."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Say this to the customer."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Keep this for colleagues."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Open a ticket; without a subject it gets the customer's question."""

    subject: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """The ticket is done; the customer is told, with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class HandBack:
    """The bot answers again."""


@dataclass(frozen=True, slots=True)
class Release:
    """Back into the queue."""


@dataclass(frozen=True, slots=True)
class Close:
    """The conversation is done."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Bring the card up again later."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Vow:
    """Make a promise of what was said: that offer, or the newest."""

    offer_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was promised is done: that promise, or the newest."""

    promise_id: int | None


@dataclass(frozen=True, slots=True)
class Help:
    """What can be said here."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It looks like a command, and is none; `word` is what was written."""

    word: str


StaffCommand = (
    Take | Reply | Remark | OpenTicket | Resolve | HandBack | Release | Close | Snooze | Vow | Kept | Help | Unknown
)

SNOOZE_MINUTES = 30
LONGEST_SNOOZE = 24 * 60
SUBJECT_LENGTH = 120

_WORDS = {
    "take": "take 接手 接",
    "reply": "r reply 回复 回覆 答",
    "note": "n note 备注 備註",
    "ticket": "ticket 工单 工單",
    "resolve": "resolve resolved done 解决 解決",
    "hand-back": "back handback hand-back 交还 交還 交回",
    "release": "release queue 放回 释放 釋放",
    "close": "close 关闭 關閉 结束 結束",
    "snooze": "snooze later 稍后 稍後",
    "vow": "promise 承诺 承諾",
    "kept": "kept 已兑现 已兌現",
    "help": "help start 帮助 幫助",
}
_NAMES = {word: name for name, words in _WORDS.items() for word in words.split()}
# `/r text`, `!回复：text`; a bot's name may follow the word, as some clients write it.
_COMMAND = regex(r"\A\s*[/!／！]([^\s@:：]{1,32})(?:@\w+)?[ \t:：]*(.*)\Z", re.DOTALL)
_CHINESE = sorted((word for word in _NAMES if not word.isascii()), key=len, reverse=True)


def parse(text: str) -> StaffCommand | None:
    """The command in what an agent wrote; None for a note."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    word, rest = found[1], found[2].strip()
    if word.lower() not in _NAMES:
        # "/回复您好": Chinese is written without spaces.
        joined = next((known for known in _CHINESE if word.startswith(known)), None)
        if joined is None:
            return Unknown(word)
        text_after = text[text.index(joined) + len(joined) :].strip(" \t:：\n")
        word, rest = joined, text_after
    return _command(_NAMES[word.lower()], rest)


def of_button(name: str) -> StaffCommand | None:
    """The command behind a card's button, or behind that of a line under it: "take", "vow-7"."""
    name, _, id = name.partition("-") if name.startswith(("vow-", "kept-")) else (name, "", "")
    return None if name in ("reply", "note") or name not in _WORDS else _command(name, id)


def _command(name: str, rest: str) -> StaffCommand:
    match name:
        case "take":
            return Take()
        case "reply":
            return Reply(rest)
        case "note":
            return Remark(rest)
        case "ticket":
            return OpenTicket(" ".join(rest.split())[:SUBJECT_LENGTH])
        case "resolve":
            return Resolve(rest)
        case "hand-back":
            return HandBack()
        case "release":
            return Release()
        case "close":
            return Close()
        case "vow":
            return Vow(_id(rest))
        case "kept":
            return Kept(_id(rest))
        case "snooze":
            digits = rest.split(maxsplit=1)[0] if rest else ""
            minutes = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else SNOOZE_MINUTES
            return Snooze(min(max(minutes, 1), LONGEST_SNOOZE))
    return Help()


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
