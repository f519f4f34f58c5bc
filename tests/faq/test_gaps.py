"""Questions that ask for the same thing come together, in every order of arrival, and nothing else does."""

import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from omnibot.faq.gaps import Group, burden, group

BENCH = Path(os.environ.get("OMNIBOT_FAQ_BENCH", Path(__file__).resolve().parents[3] / "shared" / "faq-bench"))

ENGRAVING = ["Do you engrave initials?", "Could you engrave my initials please", "engraving initials possible?"]
MUSHROOMS = ["Which mushrooms grow here?", "what kind of mushrooms grow in the forest"]
LETTERING = ["可以刻字吗", "能不能在盖子上刻字", "刻字要钱吗"]
ERRORS = ["My machine shows E4", "My machine shows E5", "machine shows E 4 again"]


def sorted_texts(texts: list[str]) -> list[list[str]]:
    return [sorted(texts[place] for place in one.members) for one in group(texts)]


def test_english_and_chinese_questions_are_grouped() -> None:
    found = sorted_texts([*ENGRAVING, *MUSHROOMS, *LETTERING])
    assert found == [sorted(ENGRAVING), sorted(LETTERING), sorted(MUSHROOMS)] or found == [
        sorted(LETTERING),
        sorted(ENGRAVING),
        sorted(MUSHROOMS),
    ]


def test_the_order_of_the_questions_does_not_matter() -> None:
    texts = [*ENGRAVING, *MUSHROOMS, *LETTERING, *ERRORS]
    first = sorted_texts(texts)
    for seed in range(5):
        shuffled = random.Random(seed).sample(texts, len(texts))
        assert sorted_texts(shuffled) == first


def test_other_error_codes_are_other_questions() -> None:
    assert sorted_texts(ERRORS) == [sorted([ERRORS[0], ERRORS[2]]), [ERRORS[1]]]


def test_the_middle_is_the_question_nearest_to_the_others() -> None:
    (one,) = group(["engrave initials", "engrave my initials on the lid", "engrave initials lid gold"])
    assert one.members == (0, 1, 2)
    assert one.middle in (0, 1)


@pytest.mark.parametrize("texts", [[], [""], ["？！", "…"], ["?"] * 3])
def test_nothing_is_like_nothing(texts: list[str]) -> None:
    assert group(texts) == [Group((place,), place) for place in sorted(range(len(texts)), key=lambda p: (texts[p], p))]


def test_what_a_gap_costs() -> None:
    assert burden(conversations=4, replies=2, badly_rated=0.5) == 4 * 3 * 1.5
    assert burden(conversations=4, replies=0, badly_rated=0) == 4


def purity(rows: list[tuple[str, str]]) -> tuple[float, float]:
    """Of the questions in groups of three or more: the share that has the label of most; and the share of all questions."""
    groups = [one.members for one in group([text for text, _ in rows]) if len(one.members) >= 3]
    inside = sum(map(len, groups))
    right = sum(Counter(rows[place][1] for place in members).most_common(1)[0][1] for members in groups)
    return right / inside, inside / len(rows)


@pytest.mark.skipif(
    not BENCH.exists(), reason="the labelled questions are not beside this checkout (OMNIBOT_FAQ_BENCH)"
)
@pytest.mark.parametrize(
    ("file", "least_purity", "least_share"),
    [("clinc_queries.jsonl", 0.72, 0.45), ("banking77_queries.jsonl", 0.6, 0.55), ("zh_faq_dev.jsonl", 0.85, 0.1)],
)
def test_groups_of_labelled_questions_are_mostly_of_one_label(
    file: str, least_purity: float, least_share: float
) -> None:
    lines = [json.loads(line) for line in (BENCH / file).read_text(encoding="utf-8").splitlines()]
    texts = [(text, line["label"]) for line in lines for text in line.get("queries", []) + line.get("phrases", [])]
    rows = texts or [(line["text"], line["label"]) for line in lines]
    found, share = purity(random.Random(7).sample(rows, min(len(rows), 600)))
    assert found >= least_purity
    assert share >= least_share
