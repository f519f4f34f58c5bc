"""`python -m bench.alike FILE…`: when a further question is equal to those of an incident (`faq.gaps.SAME`).

Each file has a question a line, `{"text": …, "label": …}`, or an entry a line, `{"label": …, "phrases": […], "queries": […]}`; a
folder is a knowledge base of ours. Questions of one label are equal. Each label's first `--cause` questions are an incident; what
is asked then is equal (its other questions) or not (one of each other label). For each threshold: the share of equal questions
that join, the share of others that join by mistake, and the precision where both are asked equally often.
"""

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from omnibot.faq import entry
from omnibot.faq.gaps import SAME, Cause

THRESHOLDS = (0.24, 0.28, 0.32, 0.36, 0.40, 0.44, 0.48, 0.52)
LEAST = 2  # equal questions that have to be left to ask
MOST_LABELS, MOST_ASKED = 150, 30
SEED = 7


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.alike", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cause", type=int, default=5, help="questions of which an incident is made")
    options = parser.parse_args(argv)
    for path in options.files:
        equal, other = likenesses(read(path), options.cause)
        if not equal:
            print(f"{path.name}: too few questions of one label")
            continue
        print(f"{path.name}: {len(equal):,} equal, {len(other):,} others; now {SAME}")
        for threshold in THRESHOLDS:
            joined, mistaken = share(equal, threshold), share(other, threshold)
            precision = joined / (joined + mistaken) if joined + mistaken else 1.0
            print(f"  {threshold:.2f}  equal {joined:6.1%}  others {mistaken:7.2%}  precision {precision:6.1%}")
    return 0


def likenesses(questions: dict[str, list[str]], size: int) -> tuple[list[float], list[float]]:
    """How near equal and other questions are to an incident of `size` questions."""
    chance = random.Random(SEED)
    labels = sorted(label for label, texts in questions.items() if len(texts) >= size + LEAST)
    labels = sorted(chance.sample(labels, min(MOST_LABELS, len(labels))))
    mixed = {label: chance.sample(questions[label], len(questions[label])) for label in labels}
    equal: list[float] = []
    other: list[float] = []
    for label in labels:
        cause = Cause(mixed[label][:size])
        equal += [cause.likeness(text) for text in mixed[label][size : size + MOST_ASKED]]
        other += [cause.likeness(chance.choice(mixed[one])) for one in labels if one != label]
    return equal, other


def share(found: Iterable[float], threshold: float) -> float:
    taken = list(found)
    return sum(one >= threshold for one in taken) / len(taken)


def read(path: Path) -> dict[str, list[str]]:
    """Questions by label; those of a knowledge base by entry and language."""
    found: dict[str, list[str]] = {}
    if path.is_dir():
        for one in entry.load(path).entries:
            found[f"{one.id} {one.language.value}"] = [one.question, *one.phrasings]
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts = [row["text"]] if "text" in row else [*row["phrases"], *row["queries"]]
        found.setdefault(row["label"], []).extend(texts)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
