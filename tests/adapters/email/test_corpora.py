"""The aims of the collection of hard mails; skipped where the collection is absent."""

from pathlib import Path

import pytest

from bench import corpora


@pytest.fixture
def collection() -> Path:
    found = corpora.folder()
    if found is None:
        pytest.skip("the collection of hard mails is absent: name it by OMNIBOT_CORPORA")
    return found


def test_no_mail_breaks_the_reader_and_none_is_slow(collection: Path) -> None:
    found = corpora.mails(collection)
    assert not found.crashed
    assert found.count > 300
    assert found.slowest < 2


def test_subjects_and_senders_are_right(collection: Path) -> None:
    found = corpora.mails(collection)
    assert found.subjects.share >= 0.97, found.subjects.wrong
    # One of 32 has an address that is none ("Test test@example.com"), of which we take the part that is one.
    assert found.senders.wrong == ["mail/zammad/mail087.eml"]


def test_machines_are_recognised_and_people_are_not_taken_for_them(collection: Path) -> None:
    found = corpora.mails(collection)
    assert not found.machines.wrong
    # By their own headers: no return path (two), Precedence: bulk, Auto-Submitted.
    assert set(found.people.wrong) <= {f"mail/zammad/mail{number}.eml" for number in ("019", "035", "043", "090")}


def test_replies_are_extracted(collection: Path) -> None:
    found = corpora.replies(collection)
    assert found.exact.share >= 0.95, found.exact.wrong
    assert found.without_loss.share >= 0.98, found.without_loss.wrong
    assert found.slowest < 1


def test_subject_prefixes_are_stripped(collection: Path) -> None:
    assert not corpora.subjects(collection).wrong
