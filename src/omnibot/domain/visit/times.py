"""Which times a dealer offers or plans: "Tue 9-11, 14-16; 25 Nov 9:00", "周二上午9点到11点；明天下午2点". English and Chinese.

A day without a year lies ahead. What is not understood whole is not understood: no visit is made up.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from omnibot.domain.booking import MOST_SLOTS, Slot
from omnibot.domain.regex import regex

USUAL = timedelta(hours=2)  # how long a visit takes whose end nobody named
LONGEST = timedelta(hours=12)
EVENING = 18  # o'clock; who names today's weekday then means another day
MORNING, AFTERNOON = (time(9), time(12)), (time(13), time(17))  # what "Tuesday morning" offers


def offered(text: str, now: datetime, zone: ZoneInfo) -> tuple[Slot, ...] | None:
    """All the times in a list; a part without a day is on the day before it. None if any part is no time, or none lies ahead."""
    local, day, found = now.astimezone(zone), None, []
    for part in filter(None, (part.strip() for part in _SEPARATOR.split(_plain(text)))):
        days = list(_days(part, local))
        day = days[0][0] if len(days) == 1 else None if days else day
        rest = _without(part, [span for _, span in days])
        spans = list(_spans(rest))
        if day is None or len(spans) != 1 or re.sub(r"[\W_]+", "", _FILL.sub(" ", _without(rest, [spans[0][2]]))):
            return None
        found.append(_slot(day, spans[0][0], spans[0][1], zone))
    made = tuple(slot for slot in found if slot is not None and slot.starts_at > now)
    return made if 0 < len(made) == len(found) <= MOST_SLOTS else None


def planned(text: str, now: datetime, zone: ZoneInfo) -> Slot | None:
    """The one visit that a plan names among its words: "Tuesday 14:00, replace the pump". None if it names none, or several."""
    plain = _plain(text)
    days = list(_days(plain, now.astimezone(zone)))
    spans = list(_spans(_without(plain, [span for _, span in days]), is_certain=True))
    if len(days) != 1 or len(spans) != 1:
        return None
    slot = _slot(days[0][0], spans[0][0], spans[0][1], zone)
    return slot if slot is not None and slot.starts_at > now else None


_Span = tuple[int, int]


def _plain(text: str) -> str:
    for wide, narrow in zip("０１２３４５６７８９：－～，；（）", "0123456789:--,;()", strict=True):
        text = text.replace(wide, narrow)
    return re.sub(r"\s*[\u2010-\u2015~]\s*", "-", text).casefold()


def _without(text: str, spans: list[_Span]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _days(text: str, local: datetime) -> Iterator[tuple[date, _Span]]:
    """The days that are named. In the evening of a Monday, "Monday" is that of next week."""
    for found in _DAY.finditer(text):
        day = _day(found, local.date())
        is_over = day == local.date() and not found["today"] and local.hour >= EVENING
        if day is not None:
            yield day + timedelta(days=7 if is_over and (found["weekday"] or found["chinese"]) else 0), found.span()


def _day(found: re.Match[str], today: date) -> date | None:
    for name, days in (("today", 0), ("tomorrow", 1), ("after", 2)):
        if found[name]:
            return today + timedelta(days=days)
    if said := found["weekday"] or found["chinese"]:
        wanted = _WEEKDAYS.index(said[:3]) if found["weekday"] else "一二三四五六日".index(said.replace("天", "日"))
        if found["next"] or found["chinese_next"]:  # in the next week
            return today - timedelta(days=today.weekday()) + timedelta(days=7 + wanted)
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    month = found["m1"] or found["m2"] or found["m3"] or found["m4"] or found["m5"]
    number = _MONTHS.index(month[:3]) + 1 if month[0].isalpha() else int(month)
    day = int(found["d1"] or found["d2"] or found["d3"] or found["d4"] or found["d5"])
    years = [int(found["y1"] or found["y4"])] if found["y1"] or found["y4"] else [today.year, today.year + 1]
    for year in years:
        try:
            named = date(year, number, day)
        except ValueError:
            continue
        if named >= today:
            return named
    return None


def _spans(text: str, *, is_certain: bool = False) -> Iterator[tuple[time, time | None, _Span]]:
    """From when to when; `is_certain`: bare numbers and mere parts of a day do not count."""
    taken: list[_Span] = []
    for found in _TIME.finditer(text):
        if is_certain and not (
            found["minute"] or found["half"] or found["oclock"] or found["end_minute"] or found["end_half"]
        ):
            continue
        part, end_part = found["part"], found["end_part"] or found["part"]
        start = _clock(found["hour"], found["minute"] or found["oclock"], found["half"] or found["end_half"], part)
        end = _clock(found["end"], found["end_minute"] or found["end_oclock"], found["end_half"], end_part)
        if start is not None and (end is not None or not found["end"]):
            taken.append(found.span())
            yield start, end, found.span()
    if not taken and not is_certain:
        for found in _PART.finditer(text):
            start, end = AFTERNOON if _is_afternoon(found[0]) else MORNING
            yield start, end, found.span()


def _clock(hour: str | None, minute: str | None, half: str | None, part: str | None) -> time | None:
    if not hour:
        return None
    hours = int(hour) if hour.isdecimal() else _NUMBERS.get(hour, 99)
    minutes = 30 if minute and minute.endswith("半") else int(minute) if minute and minute.isdecimal() else 0
    is_late = half == "pm" or (half is None and part is not None and _is_afternoon(part))
    if is_late and hours < 12:
        hours += 12
    elif half == "am" and hours == 12:
        hours = 0
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def _is_afternoon(part: str) -> bool:
    return part in ("afternoon", "evening", "下午", "晚上", "傍晚")


def _slot(day: date, start: time, end: time | None, zone: ZoneInfo) -> Slot | None:
    starts_at = datetime.combine(day, start, zone).astimezone(UTC)
    ends_at = datetime.combine(day, end, zone).astimezone(UTC) if end else starts_at + USUAL
    return Slot(starts_at=starts_at, ends_at=ends_at) if timedelta() < ends_at - starts_at <= LONGEST else None


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = {"两": 2, "十一": 11, "十二": 12} | {mark: n for n, mark in enumerate("一二三四五六七八九十", start=1)}
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_SEPARATOR = regex(r"[;,、\n]|\bor\b|\band\b|或者?|以及")
_DAY = regex(
    r"(?P<after>\b(?:the )?day after tomorrow\b|后天)|(?P<tomorrow>\btomorrow\b|明天)|(?P<today>\btoday\b|今天)"
    r"|\b(?P<next>next )?(?P<weekday>mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)\b\.?"
    r"|(?P<chinese_next>下(?:个)?)?(?:本|这)?(?:周|星期|礼拜)(?P<chinese>[一二三四五六日天])"
    r"|\b(?P<y1>20\d\d)-(?P<m1>\d\d)-(?P<d1>\d\d)\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m2>{_MONTH})\b"
    rf"|\b(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"|(?:(?P<y4>20\d\d)年)?(?P<m4>\d{1,2})月(?P<d4>\d{1,2})[日号]?"
    r"|\b(?P<d5>\d{1,2})\.(?P<m5>\d{1,2})\.(?!\d)"
)
_PART_WORDS = r"上午|早上|中午|下午|晚上|傍晚"
_HOUR = r"\d{1,2}|[一二两三四五六七八九十]{1,2}(?=点)"
_TIME = regex(
    rf"(?:(?P<part>{_PART_WORDS})\s*)?(?<![\d.])(?P<hour>{_HOUR})(?::(?P<minute>\d\d)|(?P<oclock>点(?:半|钟|整)?))?\s*(?P<half>[ap]m\b)?"
    rf"(?:\s*(?:-|\bto\b|到|至)\s*(?:(?P<end_part>{_PART_WORDS})\s*)?(?P<end>{_HOUR})"
    r"(?::(?P<end_minute>\d\d)|(?P<end_oclock>点(?:半|钟|整)?))?\s*(?P<end_half>[ap]m\b)?)?(?![\d.]\d)"
)
_PART = regex(r"\bmorning\b|\bafternoon\b|\bevening\b|" + _PART_WORDS)
_FILL = regex(r"\b(?:at|on|from|between|the|in|we|can|come|morning|afternoon|evening)\b|可以|我们|都|行|上门|的")
