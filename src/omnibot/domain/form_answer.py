"""Reads what somebody answers to a question of a form: the value to keep, or why it cannot be that. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta

from omnibot.domain.form import (
    FORM,
    Answered,
    Back,
    Begin,
    Change,
    Field,
    Filled,
    Form,
    Kind,
    Leave,
    Option,
    Photo,
    Problem,
    Reply,
    Send,
    Skip,
)
from omnibot.domain.past_day import past_day
from omnibot.domain.regex import regex
from omnibot.domain.sheet import to_date

LONGEST = 500  # characters, as of every fact
EARLIEST = date(1970, 1, 1)  # a purchase or a fault before that is a slip of the pen

_BACK = frozenset({"back", "go back", "previous", "返回", "上一步", "回上一步", "后退"})
_SKIP = frozenset({"skip", "skip it", "skip this", "next", "跳过", "略过", "下一个"})
_LEAVE = frozenset({"cancel", "stop", "quit", "not now", "later", "取消", "不填了", "以后再说", "先不填"})
_SEND = frozenset({"send", "send it", "open the case", "yes", "ok", "correct", "right"}) | frozenset(
    {"提交", "确认", "对", "是", "是的", "好", "好的", "没错"}
)

_DAYS = {"today": 0, "今天": 0, "今日": 0, "yesterday": -1, "昨天": -1, "前天": -2, "tomorrow": 1, "明天": 1, "后天": 2}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NAMED = regex(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\.? (?:of )?([a-z]{3,9})\.?|([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?),? (\d{4})\Z"
)
_SLASHED = regex(r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\Z")
_SERIAL = regex(r"(?=.*\d)[A-Z0-9][A-Z0-9./_-]{2,39}\Z")
_SERIAL_OPENING = regex(
    r"(?:(?:it'?s|it is|the )?\s*(?:serial(?: number| no\.?)?|s/?n|序列号|机身号)(?: is)?|是)\s*[:：是]?\s*",
    re.IGNORECASE,
)
_CHINESE = regex(r"[\u4e00-\u9fff]")
# Before what was said, these make an option say the opposite: "urgent" does not mean "Not urgent", nor "着急" "不着急".
_DENIED = regex(
    r"(?:\b(?:not|no|non|never|without|cannot|\w+n['’]t)(?:\s+\w+)?[\s-]*|[不没未无非别勿沒無別][^\s，。、]{0,2})\Z"
)
_PHONE_MARKS = regex(r"[\s().\-/–]|\bext\b")


def read(
    asked: Field, text: str, photos: tuple[Photo, ...], today: date, own: tuple[Option, ...] = ()
) -> str | Problem:
    """The value as it is kept. `own` are the products that the customer has."""
    if asked.kind is Kind.PHOTO:
        return ", ".join(photo.name for photo in photos)[:LONGEST] if photos else Problem.NOT_A_PHOTO
    words = " ".join(text.split())
    if not words:
        return Problem.EMPTY
    if len(words) > LONGEST:
        return Problem.TOO_LONG
    value = _read(asked, words, today, own)
    if isinstance(value, str) and not isinstance(value, Problem) and asked.pattern:
        return value if re.fullmatch(asked.pattern, value) else Problem.PATTERN
    return value


def _read(asked: Field, words: str, today: date, own: tuple[Option, ...]) -> str | Problem:
    match asked.kind:
        case Kind.CHOICE:
            return _chosen(asked.options, words) or _meant(asked.options, words) or Problem.NOT_A_CHOICE
        case Kind.PRODUCT:
            return _chosen((*own, *asked.options), words) or words
        case Kind.DATE:
            return _day(words, today)
        case Kind.SERIAL:
            bare = _SERIAL_OPENING.sub("", words, count=1).upper().replace(" ", "")
            return bare if _SERIAL.match(bare) else Problem.NOT_A_SERIAL
        case Kind.ADDRESS:
            return words if _is_address(words) else Problem.NOT_AN_ADDRESS
        case Kind.PHONE:
            return _phone(words)
        case Kind.TEXT | Kind.PREFERRED_TIMES | Kind.PHOTO:
            return words


def typed(words: str) -> Reply | None:
    """What a normalised text asks of the form itself."""
    bare = words.rstrip(" .!。！")
    if bare in _BACK:
        return Back()
    if bare in _SKIP:
        return Skip()
    return Leave() if bare in _LEAVE else None


def is_yes(words: str) -> bool:
    """Whether a normalised text agrees to a summary."""
    return words.rstrip(" .!。！") in _SEND


def pressed(choice: str) -> tuple[str, Reply] | None:
    """The form and what a button of it means; None where it is no button of a form."""
    name, _, what = choice.removeprefix(FORM).partition(":")
    verb, _, rest = what.partition(":")
    plain: dict[str, Reply] = {"begin": Begin(), "back": Back(), "skip": Skip(), "send": Send(), "leave": Leave()}
    if not choice.startswith(FORM):
        return None
    if verb == "change":
        return name, Change(key=rest)
    if verb == "pick":
        key, _, value = rest.partition(":")
        return name, Answered(key=key, value=value)
    if verb == "fill":
        answers = _answers(rest)
        return None if answers is None else (name, Filled(answers))
    return (name, plain[verb]) if verb in plain else None


def button(form: str, verb: str, *rest: str) -> str:
    """The id of a button, as `pressed` reads it."""
    return FORM + ":".join((form, verb, *rest))


def filled(form: str, answers: Mapping[str, str]) -> str:
    """What was written on a page of the form, by key, as the id of a button that `pressed` reads."""
    return button(form, "fill", json.dumps(dict(answers), ensure_ascii=False))


def read_all(
    form: Form, given: Mapping[str, str | Problem], today: date, own: tuple[Option, ...] = ()
) -> dict[str, str | Problem]:
    """Each answer on a page as it is kept, or why it cannot be; "" for what was left empty and may be."""
    found: dict[str, str | Problem] = {}
    for one in form.fields:
        words = given.get(one.key)
        if words is None or one.kind is Kind.PHOTO:
            continue
        found[one.key] = read(one, words, (), today, own) if words.strip() or one.required else ""
    return found


def _answers(encoded: str) -> dict[str, str] | None:
    try:
        found = json.loads(encoded)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        return None
    return found


def _chosen(options: tuple[Option, ...], words: str) -> str | None:
    """The option that was named by its words or by its number in the list."""
    said = words.casefold().rstrip(" .!。！")
    for option in options:
        if said in (option.value.casefold(), *(label.casefold() for label in option.label.values())):
            return option.value
    number = int(said) if re.fullmatch(r"[0-9]{1,2}", said) else 0
    return options[number - 1].value if 1 <= number <= len(options) else None


def _meant(options: tuple[Option, ...], words: str) -> str | None:
    """The only option whose words hold those that were said, and do not deny them: "urgent" for "It is urgent". Not for products:
    a model's name that holds another one's is another model."""
    said = words.casefold().rstrip(" .!。！")
    if len(said) < (2 if _CHINESE.search(said) else 4):
        return None
    edge = "" if _CHINESE.search(said) else r"\b"
    named = re.compile(f"{edge}{re.escape(said)}{edge}")
    meant = [one for one in options if any(_holds(label.casefold(), named) for label in one.label.values())]
    return meant[0].value if len(meant) == 1 else None


def _holds(label: str, named: re.Pattern[str]) -> bool:
    found = named.search(label)
    return found is not None and not _DENIED.search(label[: found.start()])


def _day(words: str, today: date) -> str | Problem:
    said = words.casefold().rstrip(" .!。！")
    if said in _DAYS:
        return (today + timedelta(days=_DAYS[said])).isoformat()
    day = to_date(said) or _named_day(said) or past_day(said, today)
    if day is None:
        return Problem.AMBIGUOUS_DATE if _SLASHED.match(said) else Problem.NOT_A_DATE
    return day.isoformat() if EARLIEST <= day <= today + timedelta(days=3 * 366) else Problem.NOT_A_DATE


def _named_day(said: str) -> date | None:
    """ "4 March 2026", "Mar 4, 2026"."""
    found = _NAMED.match(said)
    if found is None:
        return None
    day, name = (found[1], found[2]) if found[1] else (found[4], found[3])
    months = [number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name)]
    try:
        return date(int(found[5]), months[0], int(day)) if len(months) == 1 else None
    except ValueError:
        return None


def _is_address(words: str) -> bool:
    """A street and a number, or a place in Chinese: enough to tell it from "at home"."""
    if _CHINESE.search(words):
        return len(words) >= 6
    return len(words) >= 8 and any(character.isdigit() for character in words) and " " in words


def _phone(words: str) -> str | Problem:
    bare = _PHONE_MARKS.sub("", words)
    if not re.fullmatch(r"\+?[0-9]{6,15}", bare):
        return Problem.NOT_A_PHONE
    return bare
