"""`omnibot`: reads the command line, runs one command, and turns what can go wrong into one line and an exit code."""

import argparse
import sys

from sqlalchemy.exc import SQLAlchemyError

from omnibot import __version__
from omnibot.cli import commands, imports, people, service
from omnibot.cli import faq as knowledge
from omnibot.cli import inspect as inspection
from omnibot.faq.entry import BrokenEntries
from omnibot.faq.evaluate import BrokenQueries
from omnibot.settings import WrongConfiguration
from omnibot.settings.rules import BrokenRules
from omnibot.store.database import NewerSchema
from omnibot.store.transactions import Unavailable

ROLES = ("admin", "supervisor", "agent")


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0: done, 1: it failed, 2: wrong use or wrong configuration."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (WrongConfiguration, BrokenEntries, BrokenQueries, commands.WrongUse) as error:
        print(f"omnibot: {error}", file=sys.stderr)
        return 2
    except BrokenRules as error:
        service.tell(error)
        return 2
    except (NewerSchema, Unavailable) as error:
        print(f"omnibot: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        print(f"omnibot: the database does not answer: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"omnibot: {where}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    root = argparse.ArgumentParser(prog="omnibot", description="Omnichannel support gateway.")
    root.add_argument("--version", action="version", version=f"omnibot {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings file (default: $OMNIBOT_CONFIG or ./omnibot.toml)")
    groups = root.add_subparsers(required=True, metavar="COMMAND")

    def add(
        parent: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, words: str, run: object
    ) -> argparse.ArgumentParser:
        command = parent.add_parser(name, help=words, description=words, parents=[common])
        command.set_defaults(run=run)
        return command

    serve = add(groups, "serve", "Run the server.", commands.serve)
    serve.add_argument("--role", choices=("all", "edge", "worker"), default="all", help="what this process does")
    demo = groups.add_parser("demo", help="Try it on sample data, without an account anywhere.")
    demo.add_argument(
        "--all-channels", action="store_true", help="with Telegram, Slack and mail, simulated, on one page"
    )
    demo.add_argument("--data-dir", metavar="DIR", help="where it keeps its data (default: forgotten at the end)")
    demo.add_argument(
        "--port", type=int, default=8080, help="of the server; the page with all channels has the next one"
    )
    demo.add_argument(
        "--lang",
        choices=["en", "zh-Hans", "zh-Hant"],
        default="en",
        help="what staff read: notes, alerts, mails to them",
    )
    demo.set_defaults(run=commands.demo)
    add(groups, "migrate", "Bring the database's schema up to date.", commands.migrate)
    add(groups, "doctor", "Check the configuration and everything it names.", commands.doctor)

    terminal = add(groups, "terminal", "Chat with the service in this shell.", commands.terminal)
    terminal.add_argument("--user", help="who you are (default: your login name)")
    terminal.add_argument("--language", help="your language, such as zh-Hans")

    give = add(groups, "export-contact", "Print all that is stored of a contact, as JSON.", people.export_contact)
    give.add_argument("id", type=int)
    give.add_argument("--files", metavar="DIR", help="copy their files there")
    erase = add(groups, "erase-contact", "Erase a contact and everything they said, for good.", people.erase_contact)
    erase.add_argument("id", type=int)
    erase.add_argument("--dry-run", action="store_true", help="only say what would go")

    inspect = groups.add_parser("inspect", help="Show what an adapter makes of raw payloads.")
    inspect.add_argument("kind", choices=tuple(inspection.KINDS))
    inspect.add_argument("file", nargs="+", metavar="FILE")
    inspect.set_defaults(run=inspection.inspect)

    user = groups.add_parser("user", help="Staff accounts.").add_subparsers(required=True, metavar="COMMAND")
    user_add = add(user, "add", "Add somebody; prints a one-time link to set a password.", commands.add_user)
    user_add.add_argument("email")
    user_add.add_argument("--role", choices=ROLES, help="what it may do; an account that exists keeps its role")
    user_add.add_argument("--name")

    token = groups.add_parser("token", help="API tokens.").add_subparsers(required=True, metavar="COMMAND")
    create = add(token, "create", "Create a token; prints it once, alone.", commands.create_token)
    create.add_argument("--role", choices=ROLES, required=True)
    create.add_argument("--name", help="what it is for, or the address of the account it belongs to")

    given = add(groups, "import", "Take in a file of another system: all of it, or nothing.", imports.import_file)
    given.add_argument("kind", choices=imports.KINDS)
    given.add_argument("file", metavar="FILE")
    given.add_argument("--encoding", help="of the file (default: found out)")

    rules = groups.add_parser("service", help="Teams and rules.").add_subparsers(required=True, metavar="COMMAND")
    check = add(rules, "lint", "Say what is wrong in the teams and rules.", service.lint)
    check.add_argument("path", nargs="?", help="file (default: the configured one)")
    explain = add(rules, "explain", "Say who would get a case, and why nobody else.", service.explain)
    explain.add_argument("path", nargs="?", help="file (default: the configured one)")
    for option, words in (
        ("text", "what the customer says"),
        ("entry", "the FAQ entry that came before"),
        ("category", "of the case (default: found out from the others)"),
        ("region", "where the customer is"),
        ("postcode", "where the customer is"),
        ("product", "its SKU"),
        ("tier", "of the customer"),
    ):
        explain.add_argument(f"--{option}", help=words)
    explain.add_argument("--language", default="en", help="of the customer")

    bench = groups.add_parser("bench", help="Measure this machine (from a source checkout).")
    bench.add_argument("name", choices=commands.BENCHMARKS)
    bench.add_argument("options", nargs=argparse.REMAINDER, help="see `omnibot bench NAME --help`")
    bench.set_defaults(run=commands.bench)

    faq = groups.add_parser("faq", help="The knowledge base.").add_subparsers(required=True, metavar="COMMAND")
    lint = add(faq, "lint", "Say what is wrong in a knowledge base.", knowledge.lint)
    lint.add_argument("path", nargs="?", help="folder or file (default: the configured one)")
    evaluate = add(faq, "eval", "Measure the engine on labelled questions.", knowledge.evaluate)
    evaluate.add_argument("--entries", required=True, metavar="E.jsonl")
    evaluate.add_argument("--queries", required=True, metavar="Q.jsonl")
    evaluate.add_argument("--semantic", action="store_true", help="ask sentence encoders, too (the extra `semantic`)")
    taken = add(faq, "import", "Take entries in from a CSV, YAML or JSON lines file.", knowledge.take_in)
    taken.add_argument("file", metavar="FILE")
    taken.add_argument("--into", metavar="FOLDER", help="where to (default: faq.path)")
    exports = add(faq, "export", "Write all entries out; `faq import` reads them.", knowledge.give_out)
    exports.add_argument("file", nargs="?", metavar="FILE", help="default: standard output")
    exports.add_argument("--format", choices=("yaml", "jsonl", "csv"), help="default: by FILE's ending, or yaml")
    backtest = add(faq, "backtest", "Show which answers another version changes.", knowledge.backtest)
    backtest.add_argument("--against", required=True, metavar="PATH", help="file or folder of the other version")
    asked = backtest.add_mutually_exclusive_group()
    asked.add_argument("--questions", metavar="FILE", help="one a line, or JSON lines with text")
    asked.add_argument("--days", type=int, default=30, metavar="N", help="what customers asked in so many days (30)")
    backtest.add_argument("--fail-on-change", type=int, metavar="N", help="exit 1 if more than N answers change")
    calibrate = add(faq, "calibrate", "Find thresholds by questions that must not be answered.", knowledge.calibrate)
    calibrate.add_argument("--must-not-answer", metavar="FILE", help="default: faq.must_not_answer")
    calibrate.add_argument("--allow", type=float, default=0.0, metavar="SHARE", help="of them that may be (0)")
    return root


if __name__ == "__main__":
    sys.exit(main())
