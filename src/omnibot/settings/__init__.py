"""The settings: one frozen object, built once from a file plus the environment, checked before anything starts."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from omnibot.settings.accounts import Account, EmailAccount, NotifyAccount, SlackAccount, TelegramAccount
from omnibot.settings.checks import check
from omnibot.settings.derived import policy, retention
from omnibot.settings.sections import SECRETS, Settings, WrongConfiguration, keys

__all__ = [
    "Account",
    "EmailAccount",
    "NotifyAccount",
    "Settings",
    "SlackAccount",
    "TelegramAccount",
    "WrongConfiguration",
    "known_environment",
    "load",
    "policy",
    "retention",
]

PREFIX = "OMNIBOT_"


def load(path: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `path` (or $OMNIBOT_CONFIG, or ./omnibot.toml where it exists) and the environment, which wins.

    Raises WrongConfiguration with one line to print.
    """
    environ = os.environ if environ is None else environ
    source = path or (Path(environ["OMNIBOT_CONFIG"]) if environ.get("OMNIBOT_CONFIG") else None)
    if source is None and Path("omnibot.toml").exists():
        source = Path("omnibot.toml")
    raw = _read_file(source) if source else {}
    origins = _overlay(raw, environ)
    settings = _convert(raw, source, origins)

    def wrong(key: str, what: str) -> WrongConfiguration:
        return WrongConfiguration(f"{origins.get(key, str(source) if source else 'settings')}: {key}: {what}")

    check(settings, wrong)
    return settings


def known_environment() -> set[str]:
    """The environment variables that are settings (secrets also as `..._FILE`)."""
    names = {f"{PREFIX}{section}__{key}".upper() for section, key in keys()}
    return names | {f"{PREFIX}{section}__{key}_FILE".upper() for section, key in SECRETS} | {"OMNIBOT_CONFIG"}


def _read_file(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongConfiguration(f"{source}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{source}: is not valid TOML: {error}") from None


def _overlay(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment over `raw`; returns which variable set which `section.key`."""
    known = keys()
    origins: dict[str, str] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if (section, key) in known:
            text = value
        elif key.endswith("_file") and (section, key.removesuffix("_file")) in SECRETS:
            key = key.removesuffix("_file")
            text = _read_secret(name, value)
        else:
            raise WrongConfiguration(f"{name}: is not a setting; the settings stand in omnibot.example.toml")
        table = raw.setdefault(section, {})
        if isinstance(table, list):
            raise WrongConfiguration(
                f"{name}: [[{section}]] has several accounts; the environment sets the keys of a single one"
            )
        if not isinstance(table, dict):
            raise WrongConfiguration(f"[{section}]: has to be a table")
        table[key] = _parse_environment(text, known[section, key])
        origins[f"{section}.{key}"] = name
    return origins


def _read_secret(name: str, value: str) -> str:
    try:
        return Path(value).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise WrongConfiguration(f"{name}: names a file that cannot be read") from None


def _parse_environment(text: str, kind: Any) -> Any:
    """Text stays text where the setting is text; everything else is written as in TOML (`8081`, `true`, `["a"]`)."""
    if kind is str or getattr(kind, "__origin__", None) is str:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _convert(raw: dict[str, Any], source: Path | None, origins: dict[str, str]) -> Settings:
    try:
        return msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        key = where.strip("`.").replace("[...]", "")
        place = origins.get(key, str(source) if source else "settings")
        known = "" if "unknown field" not in message else "; the settings stand in omnibot.example.toml"
        raise WrongConfiguration(f"{place}: {key or 'top level'}: {message[0].lower()}{message[1:]}{known}") from None
