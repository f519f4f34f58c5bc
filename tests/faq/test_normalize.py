"""One spelling for texts that mean the same."""

import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from omnibot.faq.normalize import LONGEST_TEXT, normalise
from tests.servers import ROOT


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("  Error\tE4 \n", "error e4"),
        ("Ｅ４　洗衣機", "e4 洗衣机"),
        ("wash\u200bing\u00adma\ufeffchine", "washingmachine"),
        ("STRASSE Straße", "strasse strasse"),
        ("👍\ufe0f", "👍"),
        ("a\x00b\ud800", "ab"),
        ("", ""),
    ],
)
def test_width_case_script_and_invisible_characters_make_no_difference(written: str, same_as: str) -> None:
    assert normalise(written) == same_as


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_can_be_normalised_and_stays_short(text: str) -> None:
    folded = normalise(text)
    assert folded == folded.strip()
    assert "\n" not in folded


def test_endless_texts_are_cut() -> None:
    assert len(normalise("ﷺ" * 3_000)) <= LONGEST_TEXT


HAN = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00), *range(0x20000, 0x2A6E0, 7))]


def converted(text: str) -> str:
    converter: Any = OpenCC("t2s")
    return str(converter.convert(unicodedata.normalize("NFKC", text)))


def test_what_is_taken_for_simplified_is_what_the_converter_leaves_alone() -> None:
    taken = [character for character in HAN if converted(character) != normalise(character)]
    assert taken == []


def test_every_chinese_sentence_of_ours_is_spelled_as_the_converter_spells_it() -> None:
    files = [*(ROOT / "faq").glob("*.yaml"), *(ROOT / "src/omnibot/texts").rglob("*.po")]
    lines = {line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()}
    chinese = [line for line in lines if any("\u4e00" <= character <= "\u9fff" for character in line)]
    assert len(chinese) > 500
    for line in chinese:
        normalised = normalise(line)
        assert converted(normalised) == normalised


def test_the_converter_is_loaded_for_traditional_characters_only() -> None:
    code = (
        "import sys; from omnibot.faq.normalize import normalise;"
        "normalise('洗衣机显示E4 😀'); print('opencc' in sys.modules); print(normalise('洗衣機'), 'opencc' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert run.stdout.split() == ["False", "洗衣机", "True"]
