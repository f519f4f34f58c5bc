"""A mail that stands inside another one's text: what whoever passes it on has written above, its head, and its words.

As Gmail, Outlook, Apple Mail, Thunderbird, QQ and NetEase write it, in the languages of `reply_words`. A head proves nothing:
anybody can type one. Linear in the length of the mail.
"""

import re
from dataclasses import dataclass

from omnibot.adapters.email import reply_words as words
from omnibot.adapters.email.address import Mailbox
from omnibot.adapters.email.reply import attribution_end, joined, label, lines_of

ABOVE = 400  # lines in which a head is looked for
_HEAD_LINES = 25
_LINE_LENGTH = 1_000
_GAP = 3  # empty lines between the line that announces a head, or a line of it, and what follows

# All quantifiers are possessive or bounded where what follows could match the same: a line of nothing but rules is read once.
_DASHES = "-–—=_~"
_MARKS = r"\s*_>|\u200e\u200f\u202a-\u202e\u2066-\u2069#"
_LEAD = re.compile(rf"[{_DASHES}{_MARKS}]*+")
_RULED = re.compile(rf"[{_DASHES}]{{2}}[\s*]*+\Z")
_FORWARDED = re.compile(rf"(?:{words.alternatives(words.FORWARDS)})[\s*:：]*(?:[{_DASHES}]{{2,}}|$)", re.IGNORECASE)
_BEGINS = re.compile(rf"(?:{words.alternatives(words.APPLE_FORWARDS)})\s*[:：]\s*$", re.IGNORECASE)
_LABELS = {
    name: label(known)
    for name, known in {"from": words.FROM, "sent": words.SENT, "to": words.TO, "subject": words.SUBJECT}.items()
}
_SUBJECT_INSIDE = re.compile(rf"(?:{words.alternatives(words.SUBJECT)})\s*[:：](.*)", re.IGNORECASE)
_CELL = re.compile(r"^\s*+\|?\s*+([^|:：\s][^|:：]{0,19}?)\s*+\|\s*+(?=\S)")  # NetEase writes the head as a table
_ATOM = r"[^\s<>()\[\]\"',;:|\\@]"
_ADDRESS = re.compile(rf"(?<!{_ATOM}){_ATOM}++@{_ATOM}+\.[^\s<>()\[\]\"',;:|\\@.]{{2,}}")
_QUOTE = re.compile(r"^\s*> ?")
_AROUND = " \t\"'<>[]();:,*_|\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


# Author, subject and text.
Mail = tuple[Mailbox | None, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """What was found."""

    author: Mailbox | None  # None: no head, or one that names no address
    subject: str
    text: str  # everything below the head
    above: str


def inline(text: str, *, is_named: bool) -> Inline | None:
    """The mail in a text; None if nothing says that there is one. `is_named`: the subject says so, and what stands above the
    quote in an answer is a head, too."""
    lines = lines_of(text)
    for position in range(min(len(lines), ABOVE)):
        if found := _at(lines, position, is_named=is_named):
            return Inline(author=found[0], subject=found[1], text=found[2], above=_above(lines[:position]))
    return Inline(author=None, subject="", text="", above=text) if is_named else None


def _at(lines: list[str], position: int, *, is_named: bool) -> Mail | None:
    """The mail whose head, or the line that announces it, is this line."""
    line = lines[position][:_LINE_LENGTH]
    if (end := _announced(line)) is not None:
        rest = line[end:]
        if labelled := _LABELS["from"].match(rest):
            return _in_one_line(rest[labelled.end() :], joined(lines[position + 1 :]))
        return _below(lines, _next_text(lines, position + 1)) or _nobody(lines, position)
    if not is_named:
        return None
    if _LABELS["from"].match(_cells(line)):
        return _below(lines, position) or (_nobody(lines, position) if len(_head(lines, position)[0]) >= 3 else None)
    if behind := attribution_end(lines, position):
        author = _mailbox(" ".join(lines[position:behind]))
        text = joined(_unquoted(lines[behind:]))
        return (_without_date(author), "", text) if author else _nobody(lines, position)
    return None


def _announced(line: str) -> int | None:
    """Where it ends that a line says that a mail follows; None: it says no such thing."""
    lead = _LEAD.match(line)
    assert lead is not None
    if _RULED.search(lead[0]) and (found := _FORWARDED.match(line, lead.end())):
        return found.end()
    begins = _BEGINS.match(line, lead.end())
    return begins.end() if begins else None


def _nobody(lines: list[str], position: int) -> Mail:
    """A mail that names nobody, below this line."""
    return None, "", joined(lines[position + 1 :])


def _in_one_line(line: str, text: str) -> Mail:
    """Yahoo puts the whole head behind the dashes; `line` is what follows "From:"."""
    subject = _SUBJECT_INSIDE.search(line)
    return _mailbox(line), subject[1].strip() if subject else "", text


def _without_date(author: Mailbox) -> Mailbox:
    """ "On 1 June 2026, at 10:00, Mia": who wrote stands last."""
    return Mailbox(re.split(r"[,，]", author.name)[-1].strip(_AROUND), author.address)


def _unquoted(lines: list[str]) -> list[str]:
    """Without one level of quoting, where all is quoted."""
    first = next((line for line in lines if line.strip()), "")
    return [_QUOTE.sub("", line) for line in lines] if first.lstrip().startswith(">") else lines


def _above(lines: list[str]) -> str:
    """Without the line that announces a head that is found by its labels: "-----Original Message-----", a rule."""
    while lines and (not lines[-1].strip() or re.match(rf"^[{_MARKS}]*[{_DASHES}]{{2,}}", lines[-1][:_LINE_LENGTH])):
        lines = lines[:-1]
    return joined(lines)


def _below(lines: list[str], start: int) -> Mail | None:
    """The mail whose head begins here; None where it names nobody."""
    known, end = _head(_unquoted(lines[start : start + _HEAD_LINES + _GAP + 1]), 0)
    author = _mailbox(known.get("from", ""))
    if author is None or len(known) < 2:
        return None
    return author, known.get("subject", ""), joined(_unquoted(lines[start:])[end:])


def _head(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """The values by label, and where the head ends."""
    known: dict[str, str] = {}
    current, position = "", start
    while position < min(len(lines), start + _HEAD_LINES):
        line = _cells(lines[position][:_LINE_LENGTH])
        if not line.strip():
            following = _next_text(lines, position)
            goes_on = following < len(lines) and any(
                one.match(_cells(lines[following][:_LINE_LENGTH])) for one in _LABELS.values()
            )
            if not current or (known.get(current) and not ("subject" not in known and goes_on)):
                break
            position = following
            continue
        name = next((name for name, one in _LABELS.items() if one.match(line)), "")
        if name:
            found = _LABELS[name].match(line)
            assert found is not None
            current = name
            known.setdefault(name, line[found.end() :].strip(" \t*_|"))
        elif current:
            known[current] = f"{known[current]} {line.strip()}".strip()  # a value that goes on
        else:
            break
        position += 1
    return known, position


def _cells(line: str) -> str:
    return _CELL.sub(r"\1: ", line).rstrip("| ") if "|" in line else line


def _next_text(lines: list[str], start: int) -> int:
    """The next line that says something, if it is near; else beyond the last."""
    ahead = range(start, min(len(lines), start + _GAP + 1))
    return next((number for number in ahead if lines[number].strip(" \t>")), len(lines))


def _mailbox(value: str) -> Mailbox | None:
    """ "Mia <mia@example.org>", "Mia [mailto:mia@example.org]", and what else stands behind "From:"."""
    found = _ADDRESS.search(value)
    if found is None:
        return None
    address = found[0].strip(_AROUND)
    name = re.sub(r"(?i)[<\[(]?\s*mailto\s*:?\s*$", "", value[: found.start()]).strip(_AROUND)
    return Mailbox(name[:200], address[:254])
