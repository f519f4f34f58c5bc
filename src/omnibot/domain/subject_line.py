"""Whether a mail that answers in a known thread is about something else, as far as its subject says so."""

import re

_WORD = re.compile(r"[^\W_]{3,}|\d+")
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]+")


def is_another(subject: str | None, known: str | None) -> bool:
    """Whether the two, without prefixes of mail programs, share no word. One that says nothing is no other subject."""
    one, other = _words(subject or ""), _words(known or "")
    return bool(one and other) and one.isdisjoint(other)


def _words(subject: str) -> set[str]:
    """Words of three letters or more, numbers; of scripts without spaces, what stands side by side."""
    text = subject.casefold()
    pairs = {run[at : at + 2] for run in _IDEOGRAPHS.findall(text) for at in range(max(len(run) - 1, 1))}
    return pairs | set(_WORD.findall(_IDEOGRAPHS.sub(" ", text)))
