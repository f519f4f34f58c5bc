"""Texts that only name a thing, "door", "我的冰箱": they say neither what is wrong with it nor what is wanted of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from omnibot.domain.candidate import Candidate
from omnibot.domain.regex import regex
from omnibot.faq.entry import Entry
from omnibot.faq.normalize import bare
from omnibot.faq.words import Tokens, is_han

# The most that a candidate for such a text scores: enough to be proposed, too little for an answer.
MOST_OF_LONE = 0.6
# One word, or two Chinese characters, name a thing at most. Longer ones up to these lengths do where more than one of the
# likely entries has them: "washing machine", 洗衣机.
LONE_HAN, MOST_WORDS, MOST_HAN = 2, 2, 4

_POINTERS = frozenset(
    ("a", "an", "the", "my", "our", "your", "this", "that", "these", "those", "please", "hi", "hello", "hey")
)
_HAN_POINTERS = regex(r"^(?:请问|请|你好)?(?:我们的|我的|我家|你们的|你的|这个|那个|这|那|一个)?")
# A phrasing "I want a refund" is "refund" as well: who wrote it down knows what the word asks for.
_WISH = regex(r"^(?:i (?:want|need)(?: to)? |i'd like (?:to )?|(?:我要|我想要|我想|想要|要))")


def named(asked: Tokens) -> tuple[str, ...]:
    """What a short text without codes and numbers names, as words; empty for all others."""
    if asked.codes or asked.numbers or asked.amounts:
        return ()
    begin = [word for word in asked.words[: 2 * MOST_WORDS + 1] if word not in _POINTERS]
    if len(begin) > MOST_WORDS and "".join(begin).isascii():
        return ()  # most questions, without a look at each word
    words = _pointed_at(begin)
    if len(words) > MOST_WORDS or sum(len(word) for word in words if is_han(word)) > MOST_HAN:
        return ()
    return words


def held_back(
    words: tuple[str, ...], candidates: Sequence[Candidate], entries: Sequence[Iterable[Entry]]
) -> tuple[Candidate, ...]:
    """The candidates for a text that names `words`, with their entries in all languages: none scores as an answer where the
    words name a thing, unless an entry has exactly that phrasing."""
    if not candidates or candidates[0].score <= MOST_OF_LONE:
        return tuple(candidates)
    phrasings = [[bare(text) for one in there for text in (one.question, *one.phrasings)] for there in entries]
    wanted = _together(words)
    if any(_essence(phrasing) == wanted for texts in phrasings for phrasing in texts):
        return tuple(candidates)
    if not _is_one(words) and sum(any(wanted in phrasing for phrasing in texts) for texts in phrasings) < 2:
        return tuple(candidates)
    return tuple(replace(one, score=min(one.score, MOST_OF_LONE)) for one in candidates)


def _is_one(words: Sequence[str]) -> bool:
    return len(words) == 1 and (not is_han(words[0]) or len(words[0]) <= LONE_HAN)


def _essence(phrasing: str) -> str:
    return _together(_pointed_at(_WISH.sub("", phrasing).split()))


def _pointed_at(words: Iterable[str]) -> tuple[str, ...]:
    """Without what only points at things."""
    rest = (_HAN_POINTERS.sub("", word) if is_han(word) else word for word in words if word not in _POINTERS)
    return tuple(word for word in rest if word)


def _together(words: Sequence[str]) -> str:
    return ("" if words and is_han(words[0]) else " ").join(words)
