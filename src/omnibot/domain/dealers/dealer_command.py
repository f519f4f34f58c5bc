"""What a dealer's member types instead of pressing a button: a word in English or Chinese, with or without the case's number.

It counts in the thread of a card, in answer to it, or anywhere in the group with the number.
"""

import re
from enum import StrEnum

from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.regex import regex
from omnibot.domain.ticket_number import parse_number
from omnibot.domain.value import dataclass


class Aside(StrEnum):
    """What is no move of the case."""

    CANCEL = "cancel"  # do not ask me any more
    HELP = "help"
    PHOTOS = "photos"  # files for the case, without a word
    VOW = "vow"  # make a promise of what was said
    KEPT = "kept"  # what was promised is done


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerCommand:
    """`number` is the case's, digits only, where one was named; `text` is what follows."""

    act: Action | Aside
    number: str | None
    text: str


_WORDS: dict[Action | Aside, str] = {
    # Before those that they begin with: "上门时间" is not "上门".
    Action.TIMES: "times?|slots?|可约时间|上门时间|上門時間|时间|時間",
    Action.NO_SHOW: "no[ -]?show|nobody (?:there|home)|客户不在家?|客戶不在家?|没人在家|沒人在家|无人在家",
    Action.ACCEPT: "accept|accepted|take|接单|接單|接受",
    Action.UNDO: "undo|撤销|撤銷|误接|誤接|退回",
    Action.DECLINE: "decline|declined|reject|拒单|拒單|拒绝|拒絕",
    Action.PLAN: "plan|方案|计划|計劃",
    Action.ON_SITE: "on[ -]?site|arrived|已?上门|已?上門|已?到场|已?到場",
    Action.DONE: "done|finished|已?完成|完工",
    Action.ASK_HQ: "ask hq|ask|问总部|問總部|询问总部",
    Aside.CANCEL: "cancel|取消",
    Aside.VOW: "promise|承诺|承諾",
    Aside.KEPT: "kept|已兑现|已兌現",
    Aside.HELP: "help|帮助|幫助",
}
# What these say is all in the word: where a sentence goes on behind it, it is one ("上门更换门封", "接受不了", "take a break").
_CHINESE_ENDS = "(?:了|啦|吧)?(?![\u4e00-\u9fff])"
_ENGLISH_ENDS = r"(?!\s+(?!(?:it|this|that|(?:the )?(?:case|job)|now|please|thanks?)\b)[a-z])"
# These take words behind them, but not such as make them another word ("完成不了", "拒绝不了"). A reason may begin with "没有".
_DONE_ENDS = "(?![不没沒得后後之前以时時度率吗嗎])"
_DECLINE_ENDS = "(?!不了|不掉|[得后後之])"
_ENDS: dict[Action | Aside, str] = {
    Action.ACCEPT: _CHINESE_ENDS + _ENGLISH_ENDS,
    Action.UNDO: _CHINESE_ENDS + _ENGLISH_ENDS,
    Action.ON_SITE: _CHINESE_ENDS,
    Action.DECLINE: _DECLINE_ENDS,
    Action.DONE: _DONE_ENDS,
}
_NUMBER = r"#?(\d{5,9}[-\u2010-\u2014]?\d)(?!\d)"
_PATTERNS = {
    act: regex(
        rf"\A\s*[/!／！]?\s*(?:{_NUMBER}\s*[:：,，]?\s*)?(?:{words}){_ENDS.get(act, '')}(?:@\w+)?(?![A-Za-z0-9_])"
        rf"[\s:：,，]*(?:{_NUMBER}[\s:：,，]*)?(.*)\Z",
        re.IGNORECASE | re.DOTALL,
    )
    for act, words in _WORDS.items()
}


def parse(text: str) -> DealerCommand | None:
    """None for whatever else people say."""
    for act, pattern in _PATTERNS.items():
        if found := pattern.match(text):
            number = parse_number(found[1] or found[2] or "")
            # Six digits that are no case's number belong to what was said.
            rest = found[3] if number or not found[2] else f"{found[2]} {found[3]}"
            return DealerCommand(act=act, number=number, text=rest.strip())
    return None
