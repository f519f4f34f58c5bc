"""Which subjects are about something else."""

import pytest

from omnibot.domain.subject_line import is_another


@pytest.mark.parametrize(("subject", "known", "expected"), [
    ("Invoice 4711", "Filter", True),
    ("The filter again", "Filter", False),
    ("filter", "FILTER", False),
    ("Case 4711: done?", "Order 4711", False),
    ("Re", "Filter", False),
    ("", "Filter", False),
    (None, "Filter", False),
    ("Invoice", None, False),
    ("发票问题", "滤网怎么清洗", True),
    ("滤网还是不行", "滤网怎么清洗", False),
    ("发票", "Filter", True),
    ("Stra\u00dfe", "STRASSE", False),
])  # fmt: skip
def test_which_subjects_are_others(subject: str | None, known: str | None, expected: bool) -> None:
    assert is_another(subject, known) is expected
