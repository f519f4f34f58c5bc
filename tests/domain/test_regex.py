"""Patterns that are compiled when they are first asked."""

import re

import pytest

from omnibot.domain.regex import regex


def test_a_late_pattern_finds_what_a_compiled_one_finds() -> None:
    late, compiled = (
        regex(r"(?P<count>\d+) (days?)", re.IGNORECASE),
        re.compile(r"(?P<count>\d+) (days?)", re.IGNORECASE),
    )
    text = "in 3 Days, or 12 days"
    for _ in range(2):  # the first time it is compiled
        found = late.search(text)
        assert found is not None
        assert found["count"] == "3"
        assert late.findall(text) == compiled.findall(text)
        assert [each.span() for each in late.finditer(text)] == [each.span() for each in compiled.finditer(text)]
        assert late.match(text) is None
        assert late.fullmatch("3 days") is not None
        assert late.sub("soon", text) == compiled.sub("soon", text) == "in soon, or soon"
        assert late.subn("soon", text) == compiled.subn("soon", text)
        assert late.split(text) == compiled.split(text)
    assert (late.pattern, late.flags, late.groups) == (compiled.pattern, compiled.flags, compiled.groups)
    assert late.groupindex == compiled.groupindex


def test_a_late_pattern_of_bytes_reads_bytes() -> None:
    found = regex(rb"\d+").search(b"a 12")
    assert found is not None
    assert found[0] == b"12"


def test_nothing_is_compiled_before_it_is_asked() -> None:
    broken = regex("(")
    with pytest.raises(re.error):
        broken.search("")


def test_what_a_pattern_does_not_have_a_late_one_does_not_have() -> None:
    with pytest.raises(AttributeError):
        _ = regex("x").serch  # type: ignore[attr-defined]
