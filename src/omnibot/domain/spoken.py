"""Promises in what people write: "we call you by 17:00", "明天下午三点前给您答复". English and Chinese.

What is found is offered to its writer, who confirms it with a click; so a promise that is missed costs a click, one that
is made up costs trust. A sentence counts only if somebody of ours undertakes something in it and one time is named; a
question, a condition, a hope, a rule ("we usually answer ...") and the past do not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

LONGEST = 2_000  # characters that are looked at
MOST = 3  # promises offered of one message
# What is said without a time of day is due then.
MORNING, AFTERNOON, EVENING = time(12), time(18), time(21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What was promised, in the writer's words, and until when."""

    text: str
    due_at: datetime


def recognise(text: str, now: datetime, zone: ZoneInfo) -> tuple[Spoken, ...]:
    """The promises in a text written at `now` by somebody whose wall clock is that of `zone`."""
    local = now.astimezone(zone)
    found = []
    for sentence in _sentences(text[:LONGEST]):
        due_at = _chinese(sentence, local) if _HAN.search(sentence) else _english(sentence.lower(), local)
        if due_at is not None and due_at > now:
            found.append(Spoken(text=sentence, due_at=due_at))
    return tuple(found[:MOST])


def _sentences(text: str) -> Iterator[str]:
    for line in text.replace("p.m.", "pm").replace("a.m.", "am").replace("’", "'").splitlines():
        if not line.lstrip().startswith(">"):  # somebody else's words
            yield from filter(None, (part.strip() for part in _SENTENCE.split(line)))


_SENTENCE = regex(r"(?<=[.!?])\s+|(?<=[。！？；;])")
_HAN = regex(r"[\u4e00-\u9fff]")


# English.

_NUMBERS = {"one": 1, "an": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_NUMBERS |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
_NUMBER = r"(\d{1,3}|an?|" + "|".join(word for word in _NUMBERS if len(word) > 2) + ")"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}

_SPAN = regex(rf"\b(?:within|in|inside)(?: the next)? (half an|{_NUMBER}) (minute|hour|day|week)s?\b(?!['’]? ago)")
_BUSINESS = regex(r"\b(?:business|working) (?:day|hour)s?\b")
_CLOCK = regex(
    r"\b(?:(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?: ?(?P<half>[ap]m))?|(?P<hour12>1[0-2]|[1-9]) ?(?P<half12>[ap]m)"
    r"|(?P<noon>noon|midday)|(?P<midnight>midnight))\b"
)
_DAY = regex(
    r"\b(?:(?P<after>(?:the )?day after tomorrow)|(?P<tomorrow>tomorrow)"
    r"|(?P<today>today|tonight|this (?:morning|afternoon|evening))"
    rf"|(?P<next>next )?(?P<weekday>{'|'.join(_WEEKDAYS)})"
    r"|(?P<iso>20\d\d-\d\d-\d\d)"
    rf"|(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?: of)? (?P<month>{'|'.join(_MONTHS)})"
    rf"|(?P<month2>{'|'.join(_MONTHS)}) (?P<day2>[0-3]?\d)(?:st|nd|rd|th)?)\b"
)
_PART = regex(r"\b(morning|afternoon|evening|tonight|end of (?:the )?(?:business )?day|eod|close of business)\b")
_YESTERDAY = regex(r"\b(?:yesterday|last|ago|already|earlier)\b")

_US = (
    r"(?:we|i|someone|somebody|(?:my|our|an?|the|one of our) (?:colleagues?|technicians?|engineers?|team|manager|supervisor"
    r"|dealer|specialist|workshop|driver))"
)
_WILL = r"(?:'ll| will| shall|'m going to|'re going to| am going to| are going to| is going to)"
_HOW = r"(?: (?:definitely|certainly|personally|also|then|surely|gladly))?"
# An agent writes to the customer, a dealer's people write about one.
_WHOM = r"(?:you|him|her|them|the (?:customer|client))"
_TO_YOU = (
    rf"(?:(?:call|phone|ring|answer|write|e-?mail|inform|update|contact|tell|text|message|visit|see)s? {_WHOM}"
    rf"|(?:get|come)s? back to {_WHOM}|(?:reply|respond) to {_WHOM}|lets? {_WHOM} know|call back|(?:send|give) {_WHOM}"
    rf"|(?:write|report|speak|talk)s? (?:back )?to {_WHOM}|comes?)"
)
_DO = (
    r"(?:get back|be in touch|follow up|reply|respond|report back|write|call|answer|send|ship|fix|repair|resolve|deliver"
    r"|confirm|refund|replace|exchange|collect|pick (?:it|them|the)|install|be (?:with you|there|at your)"
    r"|have (?:an?|the|your|it|someone|somebody))"
)
_UNDERTAKES = regex(
    rf"\b{_US}(?:{_WILL}{_HOW} (?:[\w' ]{{1,40}} and (?:then )?)?(?:{_TO_YOU}|{_DO})|{_HOW} {_TO_YOU}"
    r"|(?:'m|'re| am| are) (?:calling|phoning|getting back to) you)\b"
    rf"|\byou(?:'ll| will) (?:hear from (?:us|me)|(?:have|get|receive) (?:an|a|our|my|your|the)"
    r" (?:[\w-]+ )?(?:answer|reply|call|update|response|refund|money|part|parts|replacement|machine|quote|invoice|confirmation"
    r"|e-?mail|message|parcel|result))\b"
    r"|\b(?:promise|guarantee)d? (?:you )?(?:an? )?(?:answer|reply|call|to (?:call|answer|reply|get back))\b"
)
_SPOILS = regex(
    r"\b(?:if|unless|whether|usually|normally|typically|generally|always|try|trying|hope|hopefully|might|may be|maybe|perhaps"
    r"|probably|possibly|could|can|cannot|can't|would|should|won't|not|never|once|when|as soon as|until then|aim|ideally"
    r"|i think|i guess|expect|about to|after you|have you)\b"
)
# Around a deadline that stands alone, as an answer to "when?".
_ALONE = regex(
    r"\b(?:ok|okay|yes|sure|of course|certainly|definitely|by|before|until|at the latest|latest|on|at|the|this|no later than"
    r"|promised?|in)\b"
)
_DEADLINE = regex(r"\b(?:by|before|within|until|no later than|latest)\b")


def _english(sentence: str, local: datetime) -> datetime | None:
    plain = re.sub(r"\b(?:don't|do not) worry\b|\bno worries\b", " ", sentence)
    if plain.endswith("?") or _SPOILS.search(plain) or _YESTERDAY.search(plain) or _BUSINESS.search(plain):
        return None
    found = _english_time(plain, local)
    if found is None:
        return None
    due_at, rest = found
    is_alone = _DEADLINE.search(plain) and not re.search(r"\w", _ALONE.sub(" ", rest))
    return due_at if is_alone or _UNDERTAKES.search(plain) else None


def _english_time(sentence: str, local: datetime) -> tuple[datetime, str] | None:
    """The one time that a sentence names, and the sentence without it; None where it names none, or several."""
    spans = list(_SPAN.finditer(sentence))
    days, clocks, parts = (list(pattern.finditer(sentence)) for pattern in (_DAY, _CLOCK, _PART))
    if spans:
        if len(spans) > 1 or days or clocks:
            return None
        number, unit = spans[0].group(1), spans[0].group(3)
        count = 0.5 if number == "half an" else _NUMBERS.get(number) or int(number)
        return local.astimezone(UTC) + _UNITS[unit] * count, _SPAN.sub(" ", sentence)
    if len(days) > 1 or len(clocks) > 1 or not (days or clocks or parts):
        return None
    day = _english_day(days[0], local.date()) if days else local.date()
    at = _english_clock(clocks[0]) if clocks else _english_part(parts[0].group() if parts else "")
    rest = _PART.sub(" ", _CLOCK.sub(" ", _DAY.sub(" ", sentence)))
    return (_at(day, at, local), rest) if day is not None and at is not None else None


def _english_day(found: re.Match[str], today: date) -> date | None:
    if found["after"]:
        return today + timedelta(days=2)
    if found["tomorrow"]:
        return today + timedelta(days=1)
    if found["today"]:
        return today
    if found["weekday"]:
        return _weekday(_WEEKDAYS.index(found["weekday"]), today, weeks=1 if found["next"] else None)
    if found["iso"]:
        return _date(*map(int, found["iso"].split("-")))
    month = _MONTHS.index(found["month"] or found["month2"]) + 1
    return _coming(month, int(found["day"] or found["day2"]), today)


def _english_clock(found: re.Match[str]) -> time | None:
    if found["noon"]:
        return time(12)
    if found["midnight"]:
        return None  # of which day?
    hour, minute = int(found["hour"] or found["hour12"]), int(found["minute"] or 0)
    half = found["half"] or found["half12"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute)


def _english_part(part: str) -> time:
    if part == "morning":
        return MORNING
    return EVENING if part in ("evening", "tonight") else AFTERNOON


# Chinese.

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CN = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_CN_SPAN = regex(
    rf"(?P<half>半)?(?P<n>{_CN})?\s*(?:个)?(?P<unit>小时|钟头|分钟|天|日|周|星期)(?P<half2>半)?(?:之内|以内|内)"
)
_CN_BUSINESS = regex(r"工作日|交易日")
_CN_DAY = regex(
    r"(?P<word>大后天|后天|明天|明日|明早|明晚|今天|今日|今早|今晚|本日|当天)"
    r"|(?P<week>下|本|这)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])"
    rf"|(?P<month>{_CN})月(?P<day>{_CN})[日号]|(?P<only>{_CN})[号](?!线|楼|机|店|码)"
)
_CN_PART = regex(r"早上|早晨|上午|中午|下午|傍晚|晚上|今晚|明晚|明早|今早|下班")
_CN_CLOCK = regex(
    rf"(?P<hour>[01]?\d|2[0-3])[:：](?P<minute>[0-5]\d)"
    rf"|(?P<hour2>{_CN})[点點时](?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute2>{_CN})分?)?(?!击|评|钟头)"
)
_CN_DEADLINE = regex(r"之?前|以前|之?内|以内")
_CN_WHOM = r"(?:您|你|客户|客人|顾客|他|她)"
_CN_VERB = regex(
    rf"(?:给|跟|与|和|向){_CN_WHOM}(?:打电话|打个电话|回电|回电话|去电|致电|回复|答复|回信|回音|反馈|消息|处理好?|解决|办好|联系|确认|发|寄|一个(?:答复|回复|结果|说法|准信)|个(?:答复|回复|结果|说法|准信))"
    rf"|(?:回复|答复|联系|通知|告知|致电|电联)(?:给)?{_CN_WHOM}(?!们?的问题)|(?:给)?{_CN_WHOM}(?:回电|致电|答复|回复)"
    rf"|(?:为|帮|替){_CN_WHOM}(?:处理好?|解决|办好|安排好?|修好|换好|查清)"
    rf"|{_CN_WHOM}会收到(?:我们的)?(?:答复|回复|电话|退款|配件)|(?:给|为|帮){_CN_WHOM}(?:退款|退钱|换新|更换|寄出|发货)"
    rf"|(?:师傅|技师|工程师|维修员|工作人员|同事|经销商|我们|我)[^，,。]{{0,14}}(?:上门|登门|到{_CN_WHOM}(?:家|那)|联系|回访)"
    rf"|[内前](?:会|将|一定)?(?:回电|回访|上门)"
)
_CN_SPOILS = regex(
    r"[?？]|吗|是否|如果|要是|假如|若|除非|可能|也许|预计|大概|或许|尽量|争取|希望|尽力|应该|一般|通常|正常情况|不能|无法|没法|不会|没有|未能|不了|已经|已于|昨|上周|过了"
    r"|请(?:您|你)?在|请(?:您|你)(?:于|先|尽快)|麻烦(?:您|你)|(?:您|你)可以|需要(?:您|你)|(?:您|你)(?:需|要|得)|打过|联系过|回复过|回复了|答复了|联系了|打了|以后再|之后再|等(?:您|你|到)"
)
_CN_ALONE = regex(r"[\s,，。.!！~、]|好的?|没问题|可以|是的|嗯|最晚|最迟|不晚于|一定|保证|在|的|会|之?前|以前")


def _chinese(sentence: str, local: datetime) -> datetime | None:
    if _CN_SPOILS.search(sentence) or _CN_BUSINESS.search(sentence):
        return None
    found = _chinese_time(sentence, local)
    if found is None:
        return None
    due_at, rest = found
    is_alone = _CN_DEADLINE.search(sentence) and not _CN_ALONE.sub("", rest)
    return due_at if is_alone or _CN_VERB.search(sentence) else None


def _chinese_time(sentence: str, local: datetime) -> tuple[datetime, str] | None:
    spans = list(_CN_SPAN.finditer(sentence))
    if spans:
        rest = _CN_SPAN.sub("", sentence)
        length = _chinese_span(spans[0])
        if len(spans) > 1 or length is None or _CN_CLOCK.search(rest):
            return None
        return local.astimezone(UTC) + length, rest
    days, clocks, parts = (list(pattern.finditer(sentence)) for pattern in (_CN_DAY, _CN_CLOCK, _CN_PART))
    if len(days) > 1 or len(clocks) > 1 or not (days or clocks or parts):
        return None
    day = _chinese_day(days[0], local.date()) if days else local.date()
    part = parts[0].group() if parts else ""
    at = _chinese_clock(clocks[0], part) if clocks else _chinese_part(part)
    rest = _CN_PART.sub("", _CN_CLOCK.sub("", _CN_DAY.sub("", sentence)))
    return (_at(day, at, local), rest) if day is not None and at is not None else None


def _chinese_span(found: re.Match[str]) -> timedelta | None:
    unit = {"小时": 60, "钟头": 60, "分钟": 1, "天": 1440, "日": 1440}.get(found["unit"], 7 * 1440)
    if found["half"] and found["n"]:
        return None
    count = 0.5 if found["half"] else _number(found["n"] or "")
    if not count:
        return None
    return timedelta(minutes=unit * (count + (0.5 if found["half2"] else 0)))


def _chinese_day(found: re.Match[str], today: date) -> date | None:
    if found["word"]:
        days = {"大后天": 3, "后天": 2, "明": 1}
        return today + timedelta(days=next((n for word, n in days.items() if found["word"].startswith(word)), 0))
    if found["weekday"]:
        weekday = "一二三四五六日".find(found["weekday"].replace("天", "日").replace("末", "日"))
        weeks = {"下": 1, "本": 0, "这": 0}.get(found["week"] or "")
        return _weekday(weekday, today, weeks=weeks)
    if found["only"]:
        return _coming(today.month, _number(found["only"]), today)
    return _coming(_number(found["month"]), _number(found["day"]), today)


def _chinese_clock(found: re.Match[str], part: str) -> time | None:
    hour = int(found["hour"]) if found["hour"] else _number(found["hour2"])
    minute = int(found["minute"] or 0) or _number(found["minute2"] or "")
    if found["half"]:
        minute = 30
    if found["quarter"]:
        minute = 15 * _number(found["quarter"])
    if part in ("下午", "傍晚", "晚上", "今晚", "明晚") and hour < 12:
        hour += 12
    if part == "中午" and hour < 3:
        hour += 12
    is_told = bool(part) or bool(found["hour"]) or hour > 12
    if not is_told or hour > 23 or minute > 59:
        return None  # "三点" alone is night or afternoon
    return time(hour, minute)


def _chinese_part(part: str) -> time:
    if part in ("早上", "早晨", "上午", "中午", "明早", "今早"):
        return MORNING
    return EVENING if part in ("晚上", "今晚", "明晚") else AFTERNOON


def _number(text: str) -> int:
    """ "25", "二十五", "十"; 0 for what is none."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text, 0)
    return 10 * _DIGITS.get(tens or "一", 0) + _DIGITS.get(ones, 0)


# Both.


def _at(day: date, at: time, local: datetime) -> datetime:
    return datetime.combine(day, at, tzinfo=local.tzinfo)


def _weekday(weekday: int, today: date, *, weeks: int | None) -> date:
    """The coming one, today included; with `weeks`, that of the calendar week so many weeks on."""
    if weeks is None:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    return today + timedelta(days=weekday - today.weekday() + 7 * weeks)


def _coming(month: int, day: int, today: date) -> date | None:
    """The next such day."""
    found = _date(today.year, month, day)
    return _date(today.year + 1, month, day) if found is not None and found < today else found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
