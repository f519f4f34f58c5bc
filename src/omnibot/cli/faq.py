"""`omnibot faq …`: the knowledge base from the command line."""

import sys
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from omnibot.cli.commands import WrongUse, read_settings, with_store
from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS
from omnibot.settings import Settings

if TYPE_CHECKING:
    from omnibot.domain.policy import Thresholds
    from omnibot.faq.backtest import Change, Outcome
    from omnibot.faq.calibrate import Yield
    from omnibot.faq.entry import KnowledgeBase
    from omnibot.faq.index import Build
    from omnibot.faq.matcher import Matcher

SHOWN = 50  # changes that are written out
Questions = list[tuple[str, Language | None]]


def lint(arguments: Namespace) -> int:
    from omnibot.faq import entry, lint

    path = _path(arguments.path, read_settings(arguments))
    findings = lint.check(entry.load(path), datetime.now(UTC).date())
    for finding in findings:
        print(finding)
    faults = [finding for finding in findings if not finding.is_hint]
    print(f"{len(faults)} findings and {len(findings) - len(faults)} hints in {path}")
    return 1 if faults else 0


def evaluate(arguments: Namespace) -> int:
    from omnibot.faq.evaluate import evaluate

    settings = read_settings(arguments)
    try:
        figures = evaluate(
            Path(arguments.entries),
            Path(arguments.queries),
            _in_force(settings)[0],
            semantic=arguments.semantic,
            vocabulary=Path(settings.faq.encoder_vocabulary) if settings.faq.encoder_vocabulary else None,
        )
    except ModuleNotFoundError as error:
        print(f"omnibot: {error.name} is missing; install omnibot[semantic]", file=sys.stderr)
        return 2
    print(msgspec.json.encode(figures).decode())
    return 0


def take_in(arguments: Namespace) -> int:
    """Check a file and write its entries into the knowledge base's folder, as a file of the same name."""
    from omnibot.faq import entry, interchange

    settings = read_settings(arguments)
    if not arguments.into and not settings.faq.path:
        raise WrongUse("faq.path is not set; set it to a folder of your own, or name one with --into")
    folder, source = Path(arguments.into or settings.faq.path), Path(arguments.file)
    if folder.is_file():
        raise WrongUse(f"{folder} is a file; name a folder with --into")
    entries = interchange.read(source)
    target = folder / f"{source.stem}.yaml"
    others = [file for pattern in ("*.yaml", "*.yml") for file in folder.rglob(pattern) if file != target]
    known = {(one.id, one.language): (one, file.name) for file in sorted(others) for one in entry.load(file).entries}
    clashes = [one for one in entries if known.get((one.id, one.language), (one, ""))[0] != one]
    for one in clashes:
        print(
            f'{source.name}: entry "{one.id}" ({one.language}) stands in {known[one.id, one.language][1]} with another '
            "wording; remove it there or here",
            file=sys.stderr,
        )
    if clashes:
        return 1
    new = [one for one in entries if (one.id, one.language) not in known]
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(interchange.write(new, "yaml"), encoding="utf-8")
    print(f"{len(new)} entries written to {target}; {len(entries) - len(new)} were there already")
    return 0


def give_out(arguments: Namespace) -> int:
    """Write the knowledge base to standard output, or to a file in the format of its ending."""
    from omnibot.faq import entry, interchange

    entries = entry.load(_path(None, read_settings(arguments))).entries
    form = arguments.format or (Path(arguments.file).suffix.removeprefix(".") if arguments.file else "yaml")
    if form not in interchange.FORMATS:
        raise WrongUse(f"{form!r} is no format; choose one of {', '.join(interchange.FORMATS)} with --format")
    text = interchange.write(entries, form)
    if arguments.file:
        Path(arguments.file).write_text(text, encoding="utf-8", newline="")
    else:
        sys.stdout.write(text)
    return 0


def backtest(arguments: Namespace) -> int:
    """Ask real questions of the knowledge base and of another version of it, and show which answers change."""
    from omnibot.faq import backtest, entry

    settings = read_settings(arguments)
    before, after = entry.load(_path(None, settings)), entry.load(Path(arguments.against))
    questions: Questions
    if arguments.questions:
        questions = [(text, None) for text in entry.load_questions(Path(arguments.questions))]
    else:
        questions = _asked_of_late(settings, days=arguments.days)
    report = backtest.compare(
        _matcher(before, settings),
        _matcher(after, settings),
        questions,
        thresholds=_in_force(settings)[0],
        today=datetime.now(UTC).date(),
    )
    for change in report.changes[:SHOWN]:
        print(_in_words(change))
    if len(report.changes) > SHOWN:
        print(f"… and {len(report.changes) - SHOWN} more questions")
    for kind, times in report.counts.items():
        print(f"{times:6}  {kind}")
    print(f"{report.changed} of {report.asked} answers change")
    return 1 if arguments.fail_on_change is not None and report.changed > arguments.fail_on_change else 0


def calibrate(arguments: Namespace) -> int:
    """Find the thresholds at which what must not be answered is not."""
    from omnibot.faq import calibrate, entry

    settings = read_settings(arguments)
    file = arguments.must_not_answer or settings.faq.must_not_answer
    if not file:
        raise WrongUse("name a file of questions that must not be answered: faq.must_not_answer, or --must-not-answer")
    base = entry.load(_path(None, settings))
    forbidden = entry.load_questions(Path(file))
    asked = calibrate.ask(base, forbidden, build=_teacher(base, settings))
    print(f"{len(forbidden)} questions that must not be answered, {len(asked) - len(forbidden)} that should be")
    thresholds, version = _in_force(settings)
    now = calibrate.measure(asked, thresholds)
    rows = {"in force": now} | {name: calibrate.measure(asked, preset) for name, preset in PRESETS.items()}
    chosen = calibrate.choose(asked, settings.faq.thresholds, allowed=arguments.allow)
    print(f"{'':10} answer suggest margin   answered though it must not   right   wrong  passed on")
    for name, found in {**rows, **({"chosen": chosen} if chosen else {})}.items():
        print(_row(name, found))
    if chosen is None:
        print("no threshold keeps all of them silent: add the questions themselves to faq.must_not_answer")
        return 1
    print(f"\n[faq]\nanswer_threshold = {chosen.thresholds.answer}\nsuggest_threshold = {chosen.thresholds.suggest}")
    print(
        f"answer_margin = {chosen.thresholds.margin}\n# right answers: {chosen.right - now.right:+.1%} of the questions"
    )
    if version:
        print(f"# version {version}, applied in the console, wins over the settings until it is given back there")
    return 0


def _in_force(settings: Settings) -> tuple["Thresholds", int | None]:
    """By which scores the bot answers now, and the version of them that was applied in the console, if one is in force. Says so."""
    from omnibot.store import faq_calibrations

    if _has_database(settings):
        try:
            newest = with_store(settings, lambda store: store.read(faq_calibrations.newest))
        except SQLAlchemyError as error:
            print(f"omnibot: the database cannot be asked ({type(error).__name__})", file=sys.stderr)
        else:
            if newest and newest.thresholds:
                _say(newest.thresholds, f"version {newest.n}, applied in the console by {newest.author_name}")
                return newest.thresholds, newest.n
    _say(settings.faq.thresholds, "those of the settings")
    return settings.faq.thresholds, None


def _say(thresholds: "Thresholds", source: str) -> None:
    figures = f"answer {thresholds.answer:.2f}, suggest {thresholds.suggest:.2f}, margin {thresholds.margin:.2f}"
    print(f"thresholds: {source}: {figures}", file=sys.stderr)


def _has_database(settings: Settings) -> bool:
    """To ask must not make a file where there is none yet."""
    url = make_url(settings.database_url)
    return url.get_backend_name() != "sqlite" or bool(url.database and Path(url.database).is_file())


def _row(name: str, found: "Yield") -> str:
    t = found.thresholds
    rest = 1 - found.right - found.wrong
    return (
        f"{name:10} {t.answer:6.2f} {t.suggest:7.2f} {t.margin:6.2f}   {found.forbidden:27.1%} {found.right:7.1%} "
        f"{found.wrong:7.1%} {rest:10.1%}"
    )


def _in_words(change: "Change") -> str:
    text = " ".join(change.text.split())
    return f"{change.times:6}  {text[:80]!r}: {_outcome(change.before)} → {_outcome(change.after)}"


def _outcome(outcome: "Outcome") -> str:
    if outcome.decision == "pass on":
        return "passed on"
    return f"{outcome.decision} {', '.join(outcome.entry_ids)} ({outcome.score:.2f})"


def _asked_of_late(settings: Settings, *, days: int) -> Questions:
    from omnibot.store import questions

    since = datetime.now(UTC) - timedelta(days=days)
    return [*with_store(settings, lambda store: store.read(partial(questions.asked, since=since)))]


def _matcher(base: "KnowledgeBase", settings: Settings) -> "Matcher":
    """As a server has it a few seconds after its start."""
    from omnibot.faq.matcher import Matcher

    return Matcher(base, _teacher(base, settings), fallbacks=map(Language, settings.faq.fallback_languages))


def _teacher(base: "KnowledgeBase", settings: Settings) -> "Build | None":
    from omnibot.faq import head, index
    from omnibot.knowledge_sources import encoding

    if not head.is_trainable(index.phrasings(base)):
        return None
    encoders = encoding(settings)
    return partial(head.train_with_encoder, encode=encoders.encoder) if encoders else head.train


def _path(named: str | None, settings: Settings) -> Path:
    from omnibot.knowledge_sources import faq_path

    return Path(named) if named else faq_path(settings)
