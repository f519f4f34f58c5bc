"""`omnibot service lint` and `explain`: what is wrong in the rules, and who would get a case and why nobody else."""

import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from omnibot.cli import commands
from omnibot.domain import routing, rule_check
from omnibot.domain.dealers.dealer import Dealer
from omnibot.domain.rules import Matter, Rules, categorise
from omnibot.settings import rules as rule_file
from omnibot.store import dealers, reachable_dealers, users


def lint(arguments: Namespace) -> int:
    rules, path = _rules(arguments)
    now = datetime.now(UTC)

    def look(tx: Connection) -> list[rule_check.Finding]:
        return rule_check.check(
            rules,
            now,
            accounts=[user.email for user in users.listing(tx)],
            dealers=dealers.listing(tx, limit=None),
            with_group=reachable_dealers.with_group(tx),
        )

    findings = commands.with_store(commands.read_settings(arguments), lambda store: store.read(look))
    for finding in findings:
        print(f"{path}: {finding}")
    print(f"{len(findings)} findings in {path}")
    return 1 if findings else 0


def explain(arguments: Namespace) -> int:
    """Say who would get a case like this one."""
    rules, path = _rules(arguments)

    def look(tx: Connection) -> tuple[list[Dealer], dict[int, int], frozenset[int]]:
        return dealers.listing(tx, limit=None), dealers.loads(tx), reachable_dealers.without_group(tx)

    known, loads, without_group = commands.with_store(commands.read_settings(arguments), lambda store: store.read(look))
    category, sign = categorise(rules, text=arguments.text or "", entry=arguments.entry, product=arguments.product)
    category = arguments.category or category
    matter = Matter(
        category=category,
        region=arguments.region,
        postcode=arguments.postcode,
        product=arguments.product,
        tier=arguments.tier,
        language=arguments.language,
    )
    choice = routing.choose(matter, rules, known, loads, datetime.now(UTC), without_group=without_group)
    print(f"category: {category or 'none'} ({'given' if arguments.category else sign})")
    print(f"goes to:  {_target(choice)}")
    print(f"because:  {choice.why}")
    for one in choice.why_not:
        print(f"not:      {one.candidate}: {one.reason}")
    print(f"rules:    {path}, version {choice.version or 'unnamed'}")
    return 0


def _target(choice: routing.Choice) -> str:
    if choice.dealer_name:
        return f"dealer {choice.dealer_name}" + (f", watched by team {choice.team}" if choice.team else "")
    return f"team {choice.team}" if choice.team else "the queue of all"


def _rules(arguments: Namespace) -> tuple[Rules, Path]:
    given = arguments.path or commands.read_settings(arguments).service.rules
    if not given:
        raise commands.WrongUse("service.rules names no file; name one here")
    path = Path(given)
    return rule_file.load(path), path


def tell(error: rule_file.BrokenRules) -> None:
    """Each mistake on a line of its own."""
    for line in str(error).splitlines():
        print(f"omnibot: {line}", file=sys.stderr)
