"""Takes out of a person's words what belongs to that person: before they become knowledge that everybody is told."""

import re
from collections.abc import Iterable

from omnibot.domain.regex import regex

_MAIL = regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = regex(r"https?://\S+[?&]\S+")  # an address with parameters may be somebody's own
# A phone number: seven digits or more, grouped as people group them.
_PHONE = regex(r"(?<![\w#])(?:\+|00)?\d(?:[ ()/.-]{0,2}\d){6,14}(?!\w)")
SHORTEST_PLAIN_PHONE = 10  # digits, where nothing groups them
# Ticket, order and serial numbers: five digits or more, with letters and a dash at most.
_NUMBER = regex(r"(?<![A-Za-z0-9])#?(?=[A-Z0-9-]*\d{4})[A-Z]{0,4}-?\d{3,}(?:-?[A-Z0-9]+)*(?![A-Za-z0-9])", re.ASCII)
_DATE_OR_YEAR = regex(r"(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?$")
# "Hi Ann," and "Best regards, Ada": who is spoken to and who signs.
_SALUTATION = regex(
    r"\A\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: +(?!there\b|all\b)[A-Z][\w.'-]*){1,3}\s*[,!.:-]\s*",
    re.IGNORECASE,
)
_CHINESE_SALUTATION = regex(
    r"\A\s*(?:(?:尊敬的|亲爱的)?[\u3400-\u9fff]{0,3}(?:先生|女士|小姐))?[,，\s]*(?:您好|你好)?[,，!！。:：\s]+"
)
_SIGNATURE = regex(
    r"\s*\n?(?:best|kind|warm)?\s*(?:regards|wishes|best|cheers|thanks|sincerely)\s*,\s*[A-Z][\w .'-]{1,40}\s*\Z",
    re.IGNORECASE,
)


def mask(text: str, names: Iterable[str] = ()) -> str:
    """The text with mail addresses, phone, ticket and order numbers, and the given names replaced by what they are."""
    text = _LINK.sub("[link]", _MAIL.sub("[e-mail]", text))
    text = _NUMBER.sub(_number, _PHONE.sub(_phone, text))
    for name in sorted({part for whole in names for part in _parts(whole)}, key=lambda part: (-len(part), part)):
        border = r"\b" if name.isascii() else ""
        text = re.sub(f"{border}{re.escape(name)}{border}", "[name]", text, flags=re.IGNORECASE)
    return text


def names_a_person(text: str) -> bool:
    """Whether a mail address or a phone number stands in it; numbers of tickets and orders do not count."""
    return bool(_MAIL.search(text)) or any(_phone(found) == "[phone]" for found in _PHONE.finditer(text))


def as_answer(text: str, names: Iterable[str] = ()) -> str:
    """An agent's reply to one customer as an answer to all: masked, without salutation and signature."""
    body = _CHINESE_SALUTATION.sub("", _SALUTATION.sub("", text))
    body = mask(_SIGNATURE.sub("", body), names).strip()
    return body[:1].upper() + body[1:]


def _parts(name: str) -> list[str]:
    """The name and its parts; single letters would take words apart."""
    return [part for part in {name.strip(), *name.split()} if len(part) > 1]


def _phone(found: re.Match[str]) -> str:
    if _DATE_OR_YEAR.match(found[0]):
        return found[0]
    return "[number]" if found[0].isdecimal() and len(found[0]) < SHORTEST_PLAIN_PHONE else "[phone]"


def _number(found: re.Match[str]) -> str:
    return found[0] if _DATE_OR_YEAR.match(found[0]) or not _is_long(found[0]) else "[number]"


def _is_long(number: str) -> bool:
    """Model names ("WM7000") and error codes name a subject, not a case."""
    return sum(map(str.isdigit, number)) >= 5
