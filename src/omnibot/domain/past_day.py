"""Reads a day that people name by how long ago it was: "two weeks ago", "last month", "since Tuesday", "半个月前". Pure.

Who is asked since when something is broken rarely knows the date, and says so in these words. A rough one ("a few days")
is taken as the least that it can mean; whoever said it sees the date before it counts.
"""

import re
from datetime import date, timedelta

from omnibot.domain.regex import regex

_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_NUMBERS |= {
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "a couple of": 2,
    "couple of": 2,
    "a few": 3,
    "several": 3,
}
_DIGITS = {character: number for number, character in enumerate("一二三四五六七八九", start=1)} | {"两": 2, "几": 3}

_ROUGHLY = r"(?:(?:for|since|from|about|around|roughly|nearly|almost|over|more than|already|it'?s been|the) )*"
_ENGLISH = regex(
    rf"{_ROUGHLY}(?P<count>\d{{1,3}}|half an?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}) "
    r"(?P<unit>day|week|fortnight|month|year)s?(?: ago| already| now| or so| back)*\Z"
)
_LAST = regex(rf"{_ROUGHLY}(?:last|previous) (?P<unit>week|month|year)\Z")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = regex(
    rf"{_ROUGHLY}(?P<since>(?<=since )|(?<=from ))?(?P<last>last )?"
    r"(?P<day>mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\Z"
)
_CHINESE_ROUGHLY = r"(?:从|自从|自|大概|大约|差不多|快|已经|都|有)*"
_CHINESE = regex(
    rf"{_CHINESE_ROUGHLY}(?P<count>\d{{1,3}}|半|[一二两三四五六七八九十几]{{1,3}}) ?个?多?"
    r"(?P<unit>天|日|周|星期|礼拜|月|年)多?(?:以前|之前|前)?(?:左右|开始|起|了)*\Z"
)
_CHINESE_LAST = regex(
    rf"{_CHINESE_ROUGHLY}(?:上个?(?P<unit>周|星期|礼拜|月)|(?P<year>去年))(?P<day>[一二三四五六日天])?(?:左右|开始|起)*\Z"
)
_NAMED = {
    "now": 0, "just now": 0, "this morning": 0, "tonight": 0, "last night": 1, "the day before yesterday": 2,
    "刚才": 0, "刚刚": 0, "今早": 0, "今天早上": 0, "今天上午": 0, "今天下午": 0, "今晚": 0, "昨晚": 1, "昨天晚上": 1,
    "昨天早上": 1, "昨天下午": 1, "大前天": 3,
}  # fmt: skip
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
_MONTHS = {"month": 1, "year": 12, "月": 1, "年": 12}


def past_day(said: str, today: date) -> date | None:
    """The day that casefolded words name, or None if they name none that is over or is today."""
    for opening in ("since ", "from ", "从"):
        if (days := _NAMED.get(said.removeprefix(opening))) is not None:
            return today - timedelta(days=days)
    if found := _ENGLISH.match(said):
        count = 0.5 if found["count"].startswith("half") else _NUMBERS.get(found["count"]) or int(found["count"])
        return _back(today, count, found["unit"])
    if found := _CHINESE.match(said):
        return _back(today, _chinese(found["count"]), found["unit"])
    if found := _LAST.match(said):
        return _back(today, 1, found["unit"])
    if found := _CHINESE_LAST.match(said):
        return _last_in_chinese(found, today)
    if (found := _WEEKDAY.match(said)) and (found["last"] or found["since"] is not None):
        return _weekday(_WEEKDAYS.index(found["day"][:3]), today)
    return None


def _back(today: date, count: float, unit: str) -> date | None:
    """So many days, or calendar months, before today; half a month is fifteen days."""
    try:
        if unit in _DAYS:
            return today - timedelta(days=count * _DAYS[unit])
        months = count * _MONTHS[unit]
        if months < 1:
            return today - timedelta(days=15)
        years, month = divmod(today.year * 12 + today.month - 1 - int(months), 12)
        return _latest(years, month + 1, today.day)
    except (ValueError, OverflowError):
        return None


def _latest(year: int, month: int, day: int) -> date:
    """That day of the month, or its last one. Raises ValueError for a year that no calendar has."""
    for shorter in range(4):
        try:
            return date(year, month, day - shorter)
        except ValueError:
            if not 1 <= year <= 9999:
                raise
    raise ValueError(f"month {month} has no day near {day}")


def _last_in_chinese(found: re.Match[str], today: date) -> date | None:
    """上周 is seven days back, 上周三 the Wednesday of the week before this one."""
    if found["year"]:
        return None if found["day"] else _back(today, 1, "年")
    if found["day"] is None:
        return _back(today, 1, found["unit"])
    if found["unit"] == "月":
        return None
    wanted = "一二三四五六日".index(found["day"].replace("天", "日"))
    return today - timedelta(days=today.weekday() + 7 - wanted)


def _weekday(wanted: int, today: date) -> date:
    """The last one before today."""
    return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)


def _chinese(said: str) -> float:
    """半, 两, 十, 十二, 二十, 二十一; 两三 is two; digits as they are, wide ones, too."""
    if said == "半":
        return 0.5
    if said.isdecimal():
        return int(said)
    tens, is_ten, ones = said.rpartition("十")
    if not is_ten:
        return _DIGITS[said[0]]
    return (_DIGITS.get(tens, 1) if tens else 1) * 10 + _DIGITS.get(ones, 0)
