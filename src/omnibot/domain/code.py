"""One-time codes: what somebody says in one place to prove what was allowed in another.

Letters of Crockford's base 32 without I, L, O and U, so that nobody misreads or misspells them; 40 bits, "7KQM-2XFD".
What can be tried only from a chat, a few times a minute and for an hour at most needs no more.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from omnibot.domain.regex import regex

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8

_CODE = regex(rf"(?<![A-Z0-9])([{ALPHABET}ILOU]{{4}})[-\u2010-\u2014 ]?([{ALPHABET}ILOU]{{4}})(?![A-Z0-9])")
_MAY_BE_SAID = re.compile(r"[\d-]")  # a look that spares most sentences the search
# What people write for what they read.
_MISREAD = str.maketrans("ILO", "110")


class CodePurpose(StrEnum):
    """What a code lets its bearer do."""

    LINK_CONTACT = "link_contact"  # show that two addresses are one contact's
    LINK_STAFF = "link_staff"  # speak as this agent from a chat
    STAFF_GROUP = "staff_group"  # make the group it is said in the staff's
    DEALER_GROUP = "dealer_group"  # make the group it is said in a dealer's
    DEALER_MEMBER = "dealer_member"  # act as a member of a dealer


def of_number(number: int) -> str:
    """The code for `number` in 0..2**40, without its dash: as it is stored and compared."""
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def spelled(code: str) -> str:
    """As people read it."""
    return f"{code[:4]}-{code[4:]}"


def find_code(text: str) -> str | None:
    """The first thing in `text` that may be a code, as `of_number` gives it."""
    return next(find_codes(text), None)


def find_codes(text: str) -> Iterator[str]:
    """Everything in `text` that may be a code: words of eight letters, "register" for one, look like some."""
    for found in _CODE.finditer(text.upper()):
        code = (found[1] + found[2]).translate(_MISREAD)
        if "U" not in code:
            yield code


def said_code(text: str) -> str | None:
    """The code that a short text is there to say: alone, after `/start`, or written as a code. A word of eight letters in a
    sentence is none."""
    alone = text.strip().removeprefix("/start").strip()
    if len(text) > 80 or (len(alone) > LENGTH + 1 and not _MAY_BE_SAID.search(text)):
        return None
    if (code := find_code(text)) is None:
        return None
    found = _CODE.search(text.upper())
    assert found is not None
    is_alone = alone.upper() == found[0]
    return code if is_alone or "-" in found[0] or any(map(str.isdigit, found[0])) else None
