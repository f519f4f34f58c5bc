"""The number that people quote for a ticket: a running number and one check digit, "10012-7".

The check digit is Damm's: it notices every single wrong digit and every swap of two neighbours, so that a phone or
order number, or a slip of the finger, hardly ever reaches somebody else's ticket.
"""

from omnibot.domain.regex import regex

SHORTEST_BODY = 5
LONGEST_BODY = 9  # a mobile phone number has more digits than that

# Quasigroup of order 10 from H. M. Damm, "Total anti-symmetrische Quasigruppen" (thesis, Marburg 2004), p. 111.
_QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# Not inside a longer number ("+49 30 123456"), a decimal or a model name ("WM100127").
_NUMBER = regex(
    r"(?<![A-Za-z0-9+.,])(?<!\d[-/ ])"
    rf"(\d{{{SHORTEST_BODY},{LONGEST_BODY}}})[-\u2010-\u2014 ]?(\d)"
    r"(?![A-Za-z0-9])(?![-/.,: ]\d)"
)


def format_number(n: int) -> str:
    """Write the running number `n` as people see it, with its check digit."""
    body = f"{n:0{SHORTEST_BODY}d}"
    return f"{body}-{_check_digit(body)}"


def parse_number(text: str) -> str | None:
    """Find the first valid ticket number in a text; its digits with the check digit ("100127"), or None."""
    for found in _NUMBER.finditer(text):
        digits = found[1] + found[2]
        if _check_digit(found[1]) == int(found[2]):
            return digits
    return None


def _check_digit(body: str) -> int:
    interim = 0
    for digit in body:
        interim = _QUASIGROUP[interim][int(digit)]
    return interim
