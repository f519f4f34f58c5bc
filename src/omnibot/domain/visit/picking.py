"""Which of the times offered for a visit a customer means: "the second one", "Tuesday morning", "周二上午". English and Chinese.

Words pick a time only if all of them are accounted for, so that "Tuesday morning nobody came" picks nothing: a visit that
nobody wanted costs a day, a button that has to be pressed after all costs a click.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from omnibot.domain.booking import Booking, Slot, ahead
from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

LONGEST = 80  # characters; longer ones tell a story


@dataclass(frozen=True, slots=True)
class Named:
    """This one, by its place in the offer."""

    n: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """One of these: several fit, or it was asked rather than said."""

    among: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoneFits:
    """A time that is not offered, or none of them."""


Pick = Named | Unclear | NoneFits


def heard(text: str, booking: Booking, zone: ZoneInfo, now: datetime) -> Pick | None:
    """What a normalised text says to the offer; None: it is about something else."""
    open_ones = ahead(booking, now)
    if len(text) > LONGEST or not open_ones:
        return None
    if _NONE.fullmatch(text):
        return NoneFits()
    if _ASSENT.fullmatch(text):
        return Named(open_ones[0]) if len(open_ones) == 1 else Unclear(open_ones)
    wanted = _wanted(text, now.astimezone(zone).date())
    if wanted is None or _rest(text):
        return None
    offered = [booking.slots[n] for n in open_ones]
    fits = tuple(open_ones[n] for n in _fits(wanted, offered, zone))
    if not fits:
        return NoneFits()
    return Named(fits[0]) if len(fits) == 1 and not _ASKS.search(text) else Unclear(fits)


def named(text: str, slots: Iterable[Slot], zone: ZoneInfo, today: date) -> int | None:
    """Which slot a normalised text names, whatever else it says. None unless exactly one fits."""
    wanted = _wanted(text, today)
    fits = _fits(wanted, list(slots), zone) if wanted else []
    return fits[0] if len(fits) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What was said of the time; None: nothing."""

    place: int | None  # -1: the last
    weekday: int | None
    on: date | None
    is_afternoon: bool | None
    hour: int | None
    is_contradictory: bool  # "Monday or Tuesday"


def _wanted(text: str, today: date) -> _Wanted | None:
    places = {_ORDINALS[word] for word in _PLACE.findall(text)} | {int(found) - 1 for found in _NUMBERED.findall(text)}
    if _LAST.search(text):
        places.add(-1)
    weekdays = [n for n, day in enumerate(_WEEKDAYS) if re.search(rf"\b{day[:3]}(?:{day[3:]})?\b", text)]
    weekdays += [_CHINESE_DAYS.index(day.replace("天", "日")) for day in _CHINESE_WEEKDAY.findall(text)]
    days = {day for pattern, ahead in _RELATIVE for day in [today + timedelta(days=ahead)] if pattern.search(text)}
    days |= set(_dates(text, today))
    parts = {is_after for pattern, is_after in _PARTS if pattern.search(text)}
    hours = [_number(found[0] or found[1]) for found in _HOUR.findall(text)]
    said = (places, set(weekdays), days, parts, set(hours))
    if not any(said):
        return None
    one = [next(iter(kind), None) if len(kind) == 1 else None for kind in said]
    return _Wanted(
        place=one[0], weekday=one[1], on=one[2], is_afternoon=one[3], hour=one[4],  # type: ignore[arg-type]  # by kind
        is_contradictory=any(len(kind) > 1 for kind in said),
    )  # fmt: skip


def _fits(wanted: _Wanted, offered: list[Slot], zone: ZoneInfo) -> list[int]:
    if wanted.is_contradictory:
        return []
    if wanted.place is not None:
        place = len(offered) - 1 if wanted.place == -1 else wanted.place
        return [place] if 0 <= place < len(offered) else []
    return [n for n, slot in enumerate(offered) if _is_meant(wanted, slot.starts_at.astimezone(zone))]


def _is_meant(wanted: _Wanted, local: datetime) -> bool:
    return (
        wanted.weekday in (None, local.weekday())
        and wanted.on in (None, local.date())
        and wanted.is_afternoon in (None, local.hour >= 12)
        and (wanted.hour is None or local.hour in _hours(wanted.hour, wanted.is_afternoon))
    )


def _hours(hour: int, is_afternoon: bool | None) -> tuple[int, ...]:
    """The hours of a day that a clock's number may mean."""
    if hour >= 12 or is_afternoon is False:
        return (hour,)
    return (hour + 12,) if is_afternoon else (hour, hour + 12)


def _dates(text: str, today: date) -> Iterable[date]:
    """Days that are named by their number, in this year or, where that is over, the next."""
    for found in _DATE.finditer(text):
        name = found["month"] or found["month_first"]
        month = _MONTHS.index(name[:3]) + 1 if name else int(found["m"] or found["m2"])
        day = int(found["d"] or found["day"] or found["d2"] or found["d3"])
        for year in (today.year, today.year + 1):
            try:
                named = date(year, month, day)
            except ValueError:
                continue
            if named >= today:
                yield named
                break


def _number(said: str) -> int:
    return int(said) if said.isdecimal() else _CHINESE_NUMBERS.get(said, 99)


def _rest(text: str) -> str:
    """What is left of the words once all that names a time, or is mere politeness, is taken away."""
    patterns = (*(pattern for pattern, _ in _RELATIVE), *(pattern for pattern, _ in _PARTS))
    for pattern in (
        _DATE,
        _HOUR,
        _NUMBERED,
        _PLACE,
        _LAST,
        _CHINESE_WEEKDAY,
        *patterns,
        _ENGLISH_WEEKDAY,
        _ASKS,
        _POLITE,
    ):
        text = pattern.sub(" ", text)
    return re.sub(r"[\W_]+", "", text)


_ORDINALS = {
    word: n
    for n, words in enumerate(
        (
            "first 1st 第一 第1", "second 2nd 第二 第2", "third 3rd 第三 第3", "fourth 4th 第四 第4", "fifth 5th 第五 第5",
            "sixth 6th 第六 第6", "seventh 7th 第七 第7", "eighth 8th 第八 第8",
        )
    )
    for word in words.split()
}  # fmt: skip
_PLACE = regex("|".join(sorted(_ORDINALS, key=len, reverse=True)))
_NUMBERED = regex(r"\b(?:number|no\.?|option|slot) ?([1-8])\b")
_LAST = regex(r"\blast\b|最后一?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENGLISH_WEEKDAY = regex("|".join(rf"\b{day[:3]}(?:{day[3:]})?\b" for day in _WEEKDAYS))
_CHINESE_DAYS = "一二三四五六日"
_CHINESE_WEEKDAY = regex(r"(?:周|星期|礼拜)([一二三四五六日天])")
_RELATIVE = (
    (regex(r"\btoday\b|今天"), 0),
    (regex(r"(?<!after )\btomorrow\b|明天"), 1),
    (regex(r"\b(?:the )?day after tomorrow\b|后天"), 2),
)
_PARTS = (
    (regex(r"\bmorning\b|\bam\b|(?<=\d)am\b|上午|早上"), False),
    (regex(r"\b(?:afternoon|evening)\b|\bpm\b|(?<=\d)pm\b|下午|晚上|傍晚"), True),
)
_HOUR = regex(
    r"\b(\d{1,2})(?::\d\d(?: ?(?:am|pm)\b)?| ?(?:am|pm|o'?clock)\b)|(\d{1,2}|[一二两三四五六七八九十]{1,2})点(?:钟|整)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>(?:{'|'.join(_MONTHS)})[a-z]{{0,6}})"
_DATE = regex(
    rf"\b(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b"
    rf"|{_MONTH.replace('month', 'month_first')} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b)"
    r"|(?P<m>\d{1,2})月(?P<d2>\d{1,2})[日号]?|\b20\d\d-(?P<m2>\d\d)-(?P<d3>\d\d)\b"
)
_CHINESE_NUMBERS = {"两": 2, "十一": 11, "十二": 12} | {
    mark: n for n, mark in enumerate("一二三四五六七八九十", start=1)
}
_POLITE = regex(
    r"\b(?:i|i'd|i'll|we|we'd|us|me|you|would|will|could|can|do|does|be|is|are|it|that|this|the|a|an|one|slot|time|visit|appointment"
    r"|option|please|pls|ok|okay|yes|yeah|sure|fine|good|great|perfect|works?|suits?|best|better|well|for|my|with|at|on|in|to|then"
    r"|let's|lets|go|take|pick|choose|prefer|book|like|come|thanks?|thank you|sounds|instead|actually|maybe|how about|what about)\b"
    r"|[请我们您选要就那吧可以好的个行来约定改到嗯哦呢了在最比较这]|没问题|时间|时候|谢谢|麻烦|方便|合适|过来"
)
_ASSENT = regex(
    r"(?:yes|yes please|ok|okay|fine|good|perfect|sure|that works|works for me|that suits me|that's fine|agreed"
    r"|好|好的|可以|行|没问题|同意|就这样|就这个)[\s.!。！]*"
)
_NONE = regex(
    r"(?:no[,.]? )?(?:none(?: of (?:these|them|those))?(?: (?:works?|suits?|fits?|is ok|is possible))?(?: (?:for )?(?:me|us))?"
    r"|neither(?: (?:works?|suits?))?(?: (?:for )?me)?|(?:i need |we need )?(?:an)?other (?:times?|days?|dates?)(?: please)?"
    r"|a different (?:time|day))[\s.!]*|(?:都|全)不(?:行|可以|方便|合适)[。！!]*|没有合适的[。！!]*"
    r"|(?:换|改)(?:个|一个|一下)?时间(?:吧)?[。！!]*"
    r"|其他时间[。！!]*"
)
_ASKS = regex(r"[?？]|吗|行不行|可不可以|\b(?:maybe|how about|what about)\b")
