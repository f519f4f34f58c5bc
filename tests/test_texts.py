"""Every sentence that the code says to customers exists in Chinese, and no translation is left over."""

from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from scripts.sentences import FOLDERS, sentences

CATALOGUES = Path(__file__).resolve().parent.parent / "src" / "omnibot" / "texts" / "zh_Hans" / "LC_MESSAGES"


@pytest.mark.parametrize("domain", FOLDERS)
def test_the_catalogue_holds_exactly_what_the_code_says(domain: str) -> None:
    with (CATALOGUES / f"{domain}.po").open("rb") as file:
        translated = {message.id for message in read_po(file) if message.id}
    assert translated == set(sentences(domain))


@pytest.mark.parametrize("domain", FOLDERS)
def test_a_sentence_is_translated_once(domain: str) -> None:
    """Two branches may bring the same one; whoever reads the catalogue keeps the later, and says nothing."""
    lines = (CATALOGUES / f"{domain}.po").read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ")]
    assert [id for id, count in Counter(ids).items() if count > 1] == []


@pytest.mark.parametrize("domain", FOLDERS)
def test_a_translation_has_the_blanks_of_its_sentence(domain: str) -> None:
    with (CATALOGUES / f"{domain}.po").open("rb") as file:
        for message in read_po(file):
            if message.id:
                assert _blanks(message.string) == _blanks(message.id), message.id


def _blanks(sentence: str) -> set[str]:
    return {part.partition("}")[0] for part in sentence.split("{")[1:]}
