"""`omnibot bench faq`: right answers and time against other ways to find them, in one run; then the engine at growing sizes.

The labelled questions are the two files that `omnibot faq eval` takes. Logistic regression needs scikit-learn installed.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from rapidfuzz import process

from bench import knowledge
from omnibot.domain.language import Language, detect
from omnibot.faq import entry, evaluate, head
from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.matcher import Matcher
from omnibot.faq.rows import SparseRows
from omnibot.faq.words import tokens

Ask = Callable[[str], str | None]


def omnibot(base: KnowledgeBase) -> Ask:
    matcher = Matcher(base, head.train)

    def ask(text: str) -> str | None:
        found = matcher.match(text, language=detect(text, hint=None), today=date.min).candidates
        return found[0].entry_id if found else None

    return ask


def extract_one(base: KnowledgeBase) -> Ask:
    """rapidfuzz as most people use it."""
    texts, ids = phrasings(base)
    return lambda text: ids[process.extractOne(text, texts)[2]]


def bm25(base: KnowledgeBase, k: float = 1.5, b: float = 0.75) -> Ask:
    """Okapi BM25 over phrasings, with the usual constants."""
    texts, ids = phrasings(base)
    bags = [Counter(tokens(text).words) for text in texts]
    mean = statistics.mean(bag.total() for bag in bags)
    found = Counter(word for bag in bags for word in bag)
    rarity = {word: math.log(1 + (len(bags) - n + 0.5) / (n + 0.5)) for word, n in found.items()}
    postings: dict[str, list[tuple[int, float]]] = {}
    for number, bag in enumerate(bags):
        for word, n in bag.items():
            score = rarity[word] * n * (k + 1) / (n + k * (1 - b + b * bag.total() / mean))
            postings.setdefault(word, []).append((number, score))

    def ask(text: str) -> str | None:
        scores: Counter[int] = Counter()
        for word in tokens(text).words:
            for number, score in postings.get(word, ()):
                scores[number] += score
        return ids[scores.most_common(1)[0][0]] if scores else None

    return ask


def regression(base: KnowledgeBase) -> Ask:
    """TF-IDF of words and of groups of characters, and scikit-learn's logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    texts, ids = phrasings(base)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    pipeline = make_pipeline(make_union(words, characters), LogisticRegression(C=10, max_iter=200))
    pipeline.fit(texts, ids)
    return lambda text: str(pipeline.predict([text])[0])


def phrasings(base: KnowledgeBase) -> tuple[list[str], list[str]]:
    found = [(text.lower(), one.id) for one in base.entries for text in (one.question, *one.phrasings)]
    return [text for text, _ in found], [entry_id for _, entry_id in found]


def compare(base: KnowledgeBase, asked: list[tuple[str, str]]) -> None:
    ours = 0.0
    for build in (omnibot, extract_one, bm25, regression):
        try:
            ask = build(base)
        except ImportError as error:
            print(f"{build.__name__:12} {error.name} is not installed")
            continue
        ask(asked[0][0])
        right, times = 0, []
        for text, expected in asked:
            started = time.process_time()
            right += ask(text.lower()) == expected
            times.append(time.process_time() - started)
        share, half = right / len(asked), statistics.median(times)
        ours = ours or half
        print(f"{build.__name__:12} right {share:6.1%}   CPU {half * 1e6:8.0f} µs   {half / ours:7.1f} ×")


def grow(sizes: list[int]) -> None:
    today = datetime.now(UTC).date()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            questions = knowledge.write(Path(folder) / "base.jsonl", size)
            base = entry.load(Path(folder) / "base.jsonl")
        started = time.process_time()
        matcher = Matcher(base)
        built = time.process_time() - started
        step = max(1, len(questions) // 1_000)
        times, found = [], []
        for text in questions[::step]:
            started = time.process_time()
            found.append(first(matcher, text, today))
            times.append(time.process_time() - started)
        scanned = list(exact(matcher, questions[::step], today))
        same = statistics.mean(one == other for one, other in zip(found, scanned, strict=True))
        p99 = sorted(times)[int(0.99 * len(times))] * 1e3
        peak = evaluate._resident_bytes() / 2**20
        print(
            f"{size:9,} phrasings: built {built:5.1f} s, {peak:5.0f} MB, p99 {p99:5.2f} ms, as exact scan {same:.1%}, "
            f"one more entry until it is found {add_one(matcher, today) * 1e3:.1f} ms"
        )


def add_one(matcher: Matcher, today: date) -> float:
    """CPU seconds from a change to the first answer that knows it; the median of adding, changing and removing ten times."""
    new = entry.Entry(id="new", language=Language.EN, question="How do I tune a harpsichord?", answer="By ear.")
    changes = [
        partial(matcher.put, new),
        partial(matcher.put, replace(new, phrasings=("harpsichord strings",))),
        partial(matcher.remove, "new"),
    ]
    times = []
    for change in changes * 10:
        started = time.process_time()
        change()
        first(matcher, new.question, today)
        times.append(time.process_time() - started)
    return statistics.median(times)


def first(matcher: Matcher, text: str, today: date) -> str | None:
    found = matcher.match(text, language=Language.EN, today=today).candidates
    return found[0].entry_id if found else None


def exact(matcher: Matcher, questions: list[str], today: date) -> Iterator[str | None]:
    """The same with every weight of every word added up."""
    all_rows = SparseRows._finding
    SparseRows._finding = lambda _, shares: len(shares)  # type: ignore[method-assign]
    try:
        yield from [first(matcher, text, today) for text in questions]
    finally:
        SparseRows._finding = all_rows  # type: ignore[method-assign]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="omnibot bench faq", description=__doc__)
    parser.add_argument("--entries", type=Path, metavar="E.jsonl")
    parser.add_argument("--queries", type=Path, metavar="Q.jsonl")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args(argv)
    if options.entries and options.queries:
        asked = [(text, right) for text, right in evaluate._read_queries(options.queries) if right is not None]
        compare(entry.load(options.entries), asked)
    grow(options.sizes)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
