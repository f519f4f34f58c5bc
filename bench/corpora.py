"""`omnibot bench corpora`: what the mail adapter makes of the hard mails, replies and subjects that other projects test with.

The collection is no part of this project: OMNIBOT_CORPORA names it, or it lies beside the checkout. Each measure is also a function
that the tests call.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnibot.adapters.email import quotes, reply, subject
from omnibot.adapters.email.inspection import inspect

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def folder() -> Path | None:
    """Where the collection is; None where it is absent."""
    found = Path(os.environ.get("OMNIBOT_CORPORA") or BESIDE)
    return found if (found / "index.jsonl").is_file() else None


@dataclass
class Tally:
    """How many of a kind came out right, and which did not."""

    right: int = 0
    of: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, *, is_right: bool) -> None:
        self.of += 1
        self.right += is_right
        if not is_right:
            self.wrong.append(name)

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 0.0


@dataclass
class Mails:
    """The measures of whole mails."""

    subjects: Tally = field(default_factory=Tally)
    senders: Tally = field(default_factory=Tally)
    machines: Tally = field(default_factory=Tally)  # bounces, complaints, automatic replies that were recognised
    people: Tally = field(default_factory=Tally)  # mails of people that were not taken for a machine's
    count: int = 0
    crashed: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds


def rows(root: Path, *families: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    with (root / "index.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["path"].split("/")[0] in families:
                yield row, (root / row["path"]).read_bytes()


def mails(root: Path) -> Mails:
    found = Mails()
    for row, raw in rows(root, "mail", "bounce"):
        before = time.perf_counter()
        try:
            read = inspect(raw)
        except Exception as error:
            found.crashed.append(f"{row['path']}: {error!r}")
            continue
        finally:
            found.count += 1
            found.slowest = max(found.slowest, time.perf_counter() - before)
        _judge(found, row, read)
    return found


def _judge(found: Mails, row: dict[str, Any], read: dict[str, Any]) -> None:
    expected, path = row["expected"], row["path"]
    if "zammad" in row["tags"] and "subject" in expected:
        found.subjects.add(path, is_right=_flat(read.get("subject", "")) == _flat(expected["subject"]))
    if "zammad" in row["tags"] and expected.get("from_email"):
        got = read.get("from", {}).get("address", "")
        found.senders.add(path, is_right=got.lower() == expected["from_email"].lower())
    is_machine = expected.get("bounce") or expected.get("auto_reply") or expected.get("feedback_report")
    if is_machine:
        found.machines.add(path, is_right=read["decision"] in ("bounce", "automatic"))
    elif _is_persons(row, read):
        found.people.add(path, is_right=read["decision"] == "message")


def _is_persons(row: dict[str, Any], read: dict[str, Any]) -> bool:
    """Mails to a help desk that nothing marks as a machine's. The collection does not say which those are; lists, and subjects
    and senders of bounces among its "mails", are left out by what stands in them, not by what we decided."""
    if not {"zammad", "chatwoot", "freescout", "djangohelpdesk"} & set(row["tags"]):
        return False
    about = f"{read.get('from', {}).get('address', '')} {read.get('subject', '')}".lower()
    return not re.search(r"mailer-daemon|postmaster|undeliver|noreply", about)


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())


@dataclass
class Replies:
    """The measures of reply extraction."""

    exact: Tally = field(default_factory=Tally)
    without_loss: Tally = field(default_factory=Tally)  # at most 1 % of the person's words missing
    slowest: float = 0.0


def replies(root: Path) -> Replies:
    found = Replies()
    for row, raw in rows(root, "reply"):
        wanted = row["expected"].get("reply_text")
        if wanted is None:
            continue
        before = time.perf_counter()
        got = _reply(row["kind"], raw)
        found.slowest = max(found.slowest, time.perf_counter() - before)
        found.exact.add(row["path"], is_right="".join(wanted.split()) == "".join(got.split()))
        words = [word for word in wanted.split() if re.search(r"\w", word)]
        missing = sum(word not in got for word in words)
        found.without_loss.add(row["path"], is_right=missing <= 0.01 * len(words))
    return found


def _reply(kind: str, raw: bytes) -> str:
    if kind == "mail":
        return str(inspect(raw).get("text", ""))
    text = raw.decode("utf-8", "replace")
    return quotes.split(text).reply if kind == "reply_html" else reply.split(text).reply


def subjects(root: Path) -> Tally:
    found = Tally()
    for row, raw in rows(root, "subject"):
        found.add(row["path"], is_right=subject.stripped(raw.decode()) == row["expected"]["stripped_subject"])
    return found


def main(argv: list[str] | None = None) -> int:
    root = folder()
    if root is None:
        print("omnibot bench corpora: no collection found; name it by OMNIBOT_CORPORA", file=sys.stderr)
        return 1
    of_mails, of_replies, of_subjects = mails(root), replies(root), subjects(root)
    lines = (
        ("subject right (Zammad)", of_mails.subjects, "97 %"),
        ("sender's address right (Zammad)", of_mails.senders, "97 %"),
        ("bounces, complaints, automatic replies recognised", of_mails.machines, "167 of 168"),
        ("mails of people taken for people's", of_mails.people, "48 of 49"),
        ("reply extraction, exact", of_replies.exact, "80 %"),
        ("at most 1 % of the person's words lost", of_replies.without_loss, "98 %"),
        ("subject prefixes stripped", of_subjects, "100 %"),
    )
    print(f"| measure | aim | measured |\n| --- | --- | --- |\n| mails read without a crash | all | "
          f"{of_mails.count - len(of_mails.crashed)} of {of_mails.count} |")  # fmt: skip
    print(f"| slowest mail | 2 s | {of_mails.slowest:.2f} s |")
    for name, tally, aim in lines:
        print(f"| {name} | {aim} | {tally.right} of {tally.of} ({tally.share:.1%}) |")
    if "-v" in (argv or sys.argv[1:]):
        for name, tally, _ in lines:
            print(f"{name}: {', '.join(tally.wrong) or 'none wrong'}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
