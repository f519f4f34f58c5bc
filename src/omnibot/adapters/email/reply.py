"""What a person wrote in a mail, apart from the history and the signature below it.

Lines are looked at from the top. Losing a person's words is worse than keeping some of the quoted ones, so a line goes
only where a known mark says so; what goes is kept as `quoted`. Linear in the length of the mail.
"""

import re
from dataclasses import dataclass
from itertools import count

from omnibot.adapters.email import reply_words as words

LINES = 20_000
_LINE_LENGTH = 1_000  # of a line, what is looked at
_ATTRIBUTION_LINES = 6

_MARKUP = r"[\s*_>|‎‏‪-‮⁦-⁩#]*"
# The same, without eating a rule of underscores. Possessive, as a line of nothing but such marks must be read once, not n times.
_BEFORE_RULE = r"(?:[\s*>|‎‏‪-‮⁦-⁩#]|_(?!_))*+"
_VERBS = "|".join(word.replace(" ", r"\s+") for word in sorted(words.WROTE, key=len, reverse=True))
# Chinese, Japanese and Korean put no space around the verb.
_WROTE = re.compile(rf"(?<![^\W\d_])(?:{_VERBS})(?![^\W\d_])|写道|寫道|作成|작성", re.IGNORECASE)
_DATED = re.compile(r"\d{1,2}[:.h]\d{2}|\b\d{4}\b|\d{1,2}[./-]\d{1,2}|\d{1,2}\s?[月일日]|[٠-٩۰-۹]{2}")
_MAILBOX = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+\w")
_OPENER = re.compile(
    rf"^{_MARKUP}+[-–—\s]*+(?:(?:{words.alternatives(words.OPENERS)})(?![^\W\d_])|\d|\w+[,.]?\s+\d|[\"'“]?[^\n:]{{0,80}}<)",
    re.IGNORECASE,
)
_OPENS_DATED = re.compile(
    rf"^{_MARKUP}+(?:{words.alternatives(words.OPENERS)})\s.{{0,30}}(?:{_DATED.pattern})", re.IGNORECASE
)
_CLOSER = re.compile(r"(?::|：)[\s*_>\u202c\u2069-]*$")
_DASHED_WROTE = re.compile(rf"^\s*-{{2,}}.*(?:{_WROTE.pattern})\s*:?\s*-{{2,}}\s*$", re.IGNORECASE)
# "2016-03-03 17:21 GMT+01:00 Ana <ana@example.org>:" and "30.09.2017, 18:30, Ana <ana@example.org>:"
_DATE_FIRST = re.compile(
    rf"^{_MARKUP}+(?:\w{{2,12}}[,.]?\s+)?\d{{1,4}}\s?[-./ ]\s?\w{{1,12}}[-./ ,]\s?\d{{1,4}}"
    rf".{{0,120}}(?:{_MAILBOX.pattern}|GMT[+-]\d\d:?\d\d\s+\S)",
    re.IGNORECASE,
)
_AMID = re.compile(r"(?:---\s*)?\bOn \w{3}, \w{3} \d{1,2}, \d{4},? at .{5,120}wrote:\s*$")
_SCHRIEB = re.compile(r"^\s*Am \d.{4,40}schrieb\s+\S", re.IGNORECASE)

_SEPARATOR = re.compile(
    rf"^{_BEFORE_RULE}[-–—=_~]{{2,}}+[\s*]*+(?:{words.alternatives(words.SEPARATORS)})[\s*:：]*(?:[-–—=_~]{{2,}}|$)"
    rf"|^{_MARKUP}+(?:{words.alternatives(words.APPLE_FORWARDS)})\s*:\s*$"
    rf"|^[-–—\s]{{6,}}+(?:{words.alternatives(words.SEPARATORS)})[-–—\s]*$",
    re.IGNORECASE,
)


def label(names: tuple[str, ...]) -> re.Pattern[str]:
    """The beginning of a line of a quoted head, up to its colon."""
    return re.compile(rf"^{_MARKUP}+(?:{words.alternatives(names)})[\s*_]*+[:：]", re.IGNORECASE)


_FROM, _SENT, _TO, _SUBJECT = (label(names) for names in (words.FROM, words.SENT, words.TO, words.SUBJECT))
_LABELS_INSIDE = re.compile(
    rf"(?:^|\s|\d|\")(?:{words.alternatives((*words.FROM, *words.SENT, *words.TO, *words.SUBJECT))})\s*[:：]",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*(?:[-–—=_~*#+•ᐧ]\s?){2,}\s*$|^\s*[ᐧ\u200b\ufeff]+\s*$")
_SIGNATURE = re.compile(r"^\s?-- ?$|^\s*_{2,}\s*$|^\s*(?:\* ){2,}\*\s*$")
_DEVICES = "|".join(words.SENT_FROM)
_SENT_FROM = re.compile(rf"^{_MARKUP}+(?:{_DEVICES})(?:[^.!?。]{{0,70}}|.{{0,60}}<https?://[^>]*>\s*)$", re.IGNORECASE)
_SAMSUNG = re.compile(r"^\s*Sent from (?:my )?\S+ .{0,60}wrote:\s*$")
_MARKER = re.compile(rf"^[\W_]*(?:{words.alternatives(words.MARKERS)})[\W_]*$", re.IGNORECASE)
_BANNER = re.compile(
    r"^\s*\W{0,3}(?:caution|warning|external|achtung|attention)\b.{0,40}(?:extern|outside)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Split:
    """A mail's text in two."""

    reply: str  # what the person wrote
    quoted: str  # history, signature and what devices add; empty where there is none


def split(text: str) -> Split:
    """The person's words and the rest. A mail of nothing but a quote is its own text."""
    lines = lines_of(text)
    kept, dropped, has_history = _sorted_out(lines)
    reply, quoted = joined(kept), joined(dropped)
    if not reply and quoted and not has_history:
        return Split(joined(lines), "")
    return Split(reply, quoted)


def lines_of(text: str) -> list[str]:
    """A mail's text line by line, without what only looks like a space."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "")
    lines: list[str] = []
    for line in plain.split("\n", LINES)[:LINES]:
        found = _AMID.search(line[:_LINE_LENGTH])
        if found and line[: found.start()].strip() and not line.lstrip().startswith(">"):
            lines += [line[: found.start()], line[found.start() :]]
        else:
            lines.append(line)
    return lines


def joined(lines: list[str]) -> str:
    """Lines as a text again, without empty ones at its ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and (not lines[end - 1].strip() or _RULE.match(lines[end - 1][:_LINE_LENGTH])):
        end -= 1
    return "\n".join(line.rstrip() for line in lines[start:end])


def _sorted_out(lines: list[str]) -> tuple[list[str], list[str], bool]:
    """The lines that stay, those that go, and whether a quoted mail is among the latter."""
    kept: list[str] = []
    dropped: list[str] = []
    has_history = False
    position = _below_banner(lines)
    while position < len(lines):
        has_text = any(line.strip() for line in kept)
        line = lines[position][:_LINE_LENGTH]
        if _is_quote(line):
            end = _quote_end(lines, position)
            dropped += lines[position:end]
            has_history = has_history or any(
                attribution_end([part.lstrip("> ")], 0) for part in lines[position:end][:3]
            )
        elif end := _history_start(lines, position):
            has_history = True
            if has_text and not (attribution_end(lines, position) and _is_quoted_below(lines, end)):
                return kept, [*dropped, *lines[position:]], True
            dropped += lines[position:end]
        elif has_text and _is_signature(lines, position):
            return kept, [*dropped, *lines[position:]], has_history
        elif _SENT_FROM.match(line):
            dropped.append(lines[position])
            end = position + 1
        else:
            kept.append(lines[position])
            end = position + 1
        position = end
    return kept, dropped, has_history


def _below_banner(lines: list[str]) -> int:
    """Behind a mail server's warning that the sender is not from the house."""
    top = next((number for number, line in enumerate(lines[:10]) if line.strip()), 0)
    return top + 1 if lines and _BANNER.match(lines[top][:_LINE_LENGTH]) else 0


def _is_quote(line: str) -> bool:
    return line.lstrip(" ").startswith(">") and not line.lstrip().startswith(">:")


def _quote_end(lines: list[str], position: int) -> int:
    """Behind the quoted lines from here on, and behind those that a program wrapped out of them."""
    end = position
    while end < len(lines):
        if _is_quote(lines[end]):
            end += 1
            continue
        # Up to two stray lines, without a blank one, between quoted ones.
        ahead = next((n for n in (1, 2) if end + n < len(lines) and _is_quote(lines[end + n])), 0)
        if not ahead or not all(line.strip() for line in lines[end : end + ahead]):
            return end
        end += ahead
    return end


def _is_quoted_below(lines: list[str], position: int) -> bool:
    following = next((line for line in lines[position:] if line.strip()), "")
    return _is_quote(following)


def _history_start(lines: list[str], position: int) -> int:
    """Where the head of a quoted mail that begins here ends; 0 if none begins."""
    line = lines[position][:_LINE_LENGTH]
    if _MARKER.match(line) or _SAMSUNG.match(line):
        return position + 1
    if _SEPARATOR.match(line):
        following = next(
            (n for n in range(position + 1, min(position + 4, len(lines))) if lines[n].strip()), position + 1
        )
        return (_head_end(lines, following) if following < len(lines) else 0) or position + 1
    if _RULE.match(line) and (below := _next_text(lines, position)) and (end := _head_end(lines, below)):
        return end
    return _head_end(lines, position) or attribution_end(lines, position)


def _next_text(lines: list[str], position: int) -> int:
    return next((n for n in range(position + 1, min(position + 4, len(lines))) if lines[n].strip()), 0)


def _head_end(lines: list[str], position: int) -> int:
    """Behind lines such as "From:", "Sent:", "To:", "Subject:" that begin here; 0 if there are too few of them."""
    first = lines[position][:_LINE_LENGTH]
    if not any(label.match(first) for label in (_FROM, _SENT, _SUBJECT)):
        return 0
    if len(_LABELS_INSIDE.findall(first)) >= 3 and (_MAILBOX.search(first) or _DATED.search(first)):
        return position + 1
    seen = [False] * 4
    end, since = position, 0
    for number in range(position, min(position + 14, len(lines))):
        line = lines[number][:_LINE_LENGTH]
        matches = [bool(label.match(line)) for label in (_FROM, _SENT, _TO, _SUBJECT)]
        if any(matches):
            seen = [old or new for old, new in zip(seen, matches, strict=True)]
            end, since = number + 1, 0
        elif not line.strip() or since:
            since += 1
            if since > 1:
                break
        else:
            since += 1  # a value that goes on in the next line
    has_sender, has_date, has_recipient, has_subject = seen
    enough = (has_sender and (has_date or (has_recipient and has_subject))) or (
        has_date and has_recipient and has_subject
    )
    return end if enough else 0


def attribution_end(lines: list[str], position: int) -> int:
    """Behind "On Monday at 10:15, Ana <ana@example.org> wrote:" that begins here, over several lines if need be; else 0."""
    first = lines[position][:_LINE_LENGTH]
    if not first.strip():
        return 0
    if _SCHRIEB.match(first) or _DASHED_WROTE.match(first):
        return position + 1
    if _DATE_FIRST.match(first) and (
        _CLOSER.search(first) or (len(first) < 150 and not _next_is_text(lines, position))
    ):
        return position + 1
    if not _OPENER.match(first) and not (_WROTE.search(first) and _CLOSER.search(first)):
        return 0
    joined, blanks = "", 0
    for number in count(position):
        if number >= min(len(lines), position + _ATTRIBUTION_LINES):
            return 0
        line = lines[number][:_LINE_LENGTH]
        if not line.strip():
            blanks += 1
            if blanks > 1 or not lines[number + 1 : number + 2] or not lines[number + 1].lstrip().startswith("<"):
                return 0
            continue
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > 600:
            return 0
        if _CLOSER.search(line):
            # The shortest one counts: the lines before may be the person's own.
            is_later = any(_OPENS_DATED.match(lines[later][:_LINE_LENGTH]) for later in range(position + 1, number + 1))
            return number + 1 if _is_attribution(joined) and not is_later else 0
        if number > position and not (_DATED.search(joined) or _MAILBOX.search(joined)):
            return 0
    return 0


def _is_attribution(text: str) -> bool:
    is_about_a_mail = bool(_DATED.search(text) or _MAILBOX.search(text))
    if _WROTE.search(text):
        return is_about_a_mail or (
            bool(re.fullmatch(rf"{_MARKUP}.{{2,60}}\s(?:schrieb|wrote)\s*:", text)) and len(text.split()) <= 4
        )
    return (bool(_DATE_FIRST.match(text)) and bool(_MAILBOX.search(text))) or bool(
        _DATED.search(text) and re.search(r"<[^\s@<>]+@[^\s<>]+>\s*[:：]\s*$", text)
    )


def _next_is_text(lines: list[str], position: int) -> bool:
    return position + 1 < len(lines) and bool(lines[position + 1].strip()) and not _is_quote(lines[position + 1])


def _is_signature(lines: list[str], position: int) -> bool:
    """A delimiter with few lines below it, or what a device adds: from here on nothing is said any more."""
    line = lines[position][:_LINE_LENGTH]
    if _SENT_FROM.match(line):
        return True
    if not _SIGNATURE.match(line):
        return False
    below = [text for text in lines[position + 1 :] if text.strip()]
    limit = 6 if "*" in line else 15
    return (
        len(below) <= limit or line.startswith("--") or bool(_head_end(lines, _next_text(lines, position) or position))
    )
