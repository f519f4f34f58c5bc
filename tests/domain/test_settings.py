"""Settings: each wrong one is a line that names the place, the key, what is wrong and what is allowed."""

import re
import subprocess
import sys
import tomllib
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from omnibot import settings as configuration
from omnibot.__main__ import main
from omnibot.domain.ticket import Priority
from omnibot.settings import (
    EmailAccount,
    Settings,
    TelegramAccount,
    WrongConfiguration,
    known_environment,
    load,
)
from tests.servers import ROOT

EXAMPLE = ROOT / "omnibot.example.toml"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "omnibot.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_and_environment_everything_has_its_default(tmp_path: Path) -> None:
    assert load(write(tmp_path, ""), {}) == Settings()


def test_the_example_has_every_setting_with_its_default() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert example == msgspec.to_builtins(Settings())
    assert load(EXAMPLE, {}) == Settings()


def test_the_example_says_what_each_setting_means() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [line for before, line in pairwise(lines) if "=" in line and line[0] != "#" and before[:1] != "#"]
    assert bare == []


def test_the_example_names_what_its_comments_promise() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    hours = re.search(r"\{ mon = .* \}", text)
    minutes = re.search(r"\{ urgent = .* \}", text)
    holidays = re.search(r"\[2026-.*\]", text)
    assert hours and minutes and holidays  # noqa: PT018 (three parts of one example)
    raw = tomllib.loads(f"hours = {hours[0]}\nresolution_minutes = {minutes[0]}\nholidays = {holidays[0]}")
    policy = configuration.policy(msgspec.convert({"service": raw}, Settings))
    assert policy.resolution == configuration.policy(Settings()).resolution
    assert [interval.opening for interval in policy.calendar.week[0]] == [time(9), time(13)]
    assert len(policy.calendar.holidays) == 2


def test_the_environment_knows_every_setting_and_every_secret() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    keys = {f"OMNIBOT_{section}__{key}".upper() for section, table in example.items() for key in table}
    secrets = {
        "OMNIBOT_DATABASE__URL_FILE",
        "OMNIBOT_REDIS__URL_FILE",
        "OMNIBOT_WEBCHAT__IDENTITY_SECRET_FILE",
        "OMNIBOT_TELEGRAM__TOKEN_FILE",
        "OMNIBOT_TELEGRAM__WEBHOOK_SECRET_FILE",
        "OMNIBOT_SLACK__BOT_TOKEN_FILE",
        "OMNIBOT_SLACK__CLIENT_SECRET_FILE",
        "OMNIBOT_SLACK__SIGNING_SECRET_FILE",
        "OMNIBOT_SLACK__APP_TOKEN_FILE",
        "OMNIBOT_EMAIL__IMAP_PASSWORD_FILE",
        "OMNIBOT_EMAIL__SMTP_PASSWORD_FILE",
        "OMNIBOT_EMAIL__OAUTH_CLIENT_SECRET_FILE",
        "OMNIBOT_EMAIL__OAUTH_REFRESH_TOKEN_FILE",
        "OMNIBOT_SERVICE__LOOKUP_TOKEN_FILE",
        "OMNIBOT_NOTIFY__URL_FILE",
    }
    assert known_environment() == keys | secrets | {"OMNIBOT_CONFIG"}
    text = EXAMPLE.read_text(encoding="utf-8")
    assert len(re.findall(r"^# Secret", text, re.MULTILINE)) == len(secrets)


WRONG: list[tuple[str, str, str]] = [
    # file, key, what is said
    ("[server]\nprot = 1", "server", "unknown field `prot`"),
    ("[sever]\nport = 1", "top level", "unknown field `sever`"),
    ("port = 1", "top level", "unknown field `port`"),
    ("server = 3", "server", "expected `object`"),
    ("[server]\nport = '8080'", "server.port", "expected `int`"),
    ("[server]\nport = 70000", "server.port", "<= 65535"),
    ("[server]\nport = -1", "server.port", ">= 0"),
    ("[server]\nport = true", "server.port", "expected `int`"),
    ("[server]\nhost = 1", "server.host", "expected `str`"),
    ("[server]\ntimezone = 'Berlin'", "server.timezone", "such as Europe/Berlin"),
    ("[server]\ntimezone = '../etc/passwd'", "server.timezone", "such as Europe/Berlin"),
    ("[server]\nlanguage = 'de'", "server.language", "en, zh-Hans or zh-Hant"),
    ("[server]\nlog_level = 'loud'", "server.log_level", ""),
    ("[server]\npublic_url = 'chat.example.com'", "server.public_url", "http"),
    ("[database]\nurl = 'mysql://x'", "database.url", "postgresql://"),
    ("[redis]\nurl = 'localhost'", "redis.url", "redis://"),
    ("telegram = 3", "telegram", "expected `object | array`"),
    ("[telegram]\ntoken = 5", "telegram.token", "expected `str`"),
    ("[telegram]\nname = 'My Shop'", "telegram.name", "[a-z0-9-]{1,32}"),
    ("[telegram]\nmode = 'push'", "telegram.mode", "polling|webhook"),
    ("[telegram]\nmode = 'webhook'", "telegram.webhook_secret", "has to be set where mode is webhook"),
    ("[telegram]\nwebhook_secret = 'a b'", "telegram.webhook_secret", "[A-Za-z0-9_-]"),
    ("[telegram]\napi_base = 'api.telegram.org'", "telegram.api_base", "http"),
    ("[telegram]\nstaff_chat_id = 'staff'", "telegram.staff_chat_id", "[0-9]"),
    ("[[telegram]]\nname = 'a'\n[[telegram]]\nname = 'a'", "telegram.name", "'a' is there twice"),
    ("[[telegram]]\n[[telegram]]", "telegram.name", "'default' is there twice"),
    ("[[telegram]]\nname = 'a'\nmood = 1", "telegram", "unknown field `mood`"),
    ("[slack]\nbot_token = 'xoxb'", "slack.signing_secret", "unless app_token is"),
    ("[[slack]]\nname = 'a'\n[[slack]]\nname = 'b'\nbot_token = 'x'", "slack.signing_secret", "(account b)"),
    ("[slack]\nclient_id = '1.2'\nclient_secret = 's'", "slack.signing_secret", "unless app_token is"),
    ("[slack]\nclient_id = '1.2'\napp_token = 'x'", "slack.client_secret", "has to be set where client_id is"),
    ("[slack]\nclient_secret = 's'", "slack.client_id", "has to be set where client_secret is"),
    (
        "[slack]\nclient_id = '1.2'\nclient_secret = 's'\nbot_token = 'x'\napp_token = 'x'",
        "slack.client_id",
        "has to be empty where bot_token is set",
    ),
    ("[slack]\napi_base = 'ftp://x'", "slack.api_base", "http"),
    ("[email]\naddress = 'help'\nimap_host = 'h'", "email.address", "such as help@example.com"),
    ("[email]\naddress = 'help@example.com'", "email.imap_host", "has to be set where address is"),
    ("[email]\nimap_host = 'mail.example.com'", "email.address", "has to be set where imap_host is"),
    ("[email]\nimap_tls = 'tls'", "email.imap_tls", "ssl|starttls|none"),
    ("[email]\nsmtp_port = 0", "email.smtp_port", ">= 1"),
    ("[webchat]\nallowed_origins = 'https://a.example'", "webchat.allowed_origins", "expected `array`"),
    ("[webchat]\nallowed_origins = ['https://a.example/shop']", "webchat.allowed_origins", "not an origin"),
    ("[webchat]\nallowed_origins = ['*']", "webchat.allowed_origins", "not an origin"),
    ("[webchat]\nallowed_origins = ['http://[']", "webchat.allowed_origins", "not an origin"),
    ("[webchat]\nidentity_secret = 'short'", "webchat.identity_secret", "at least 32"),
    ("[webchat]\nrequire_identity = true", "webchat.require_identity", "needs webchat.identity_secret"),
    ("[webchat]\nmessages_per_minute = 0", "webchat.messages_per_minute", ">= 1"),
    ("[faq]\nanswer_threshold = 1.5", "faq.answer_threshold", "<= 1"),
    ("[faq]\nsuggest_threshold = 0.9", "faq.suggest_threshold", "answer_threshold"),
    ("[service]\nhours = { monday = ['09:00-17:00'] }", "service.hours", "mon, tue"),
    ("[service]\nhours = { mon = ['9-17'] }", "service.hours", "09:00-17:30"),
    ("[service]\nhours = { mon = ['09:00'] }", "service.hours", "09:00-17:30"),
    ("[service]\nhours = { mon = ['25:00-26:00'] }", "service.hours", "09:00-17:30"),
    ("[service]\nhours = { mon = [] }", "service.hours", "no business hours"),
    ("[service]\nholidays = ['christmas']", "service.holidays", "date"),
    ("[service]\nfirst_reply_minutes = 0", "service.first_reply_minutes", ">= 1"),
    ("[service]\nresolution_minutes = { huge = 1 }", "service.resolution_minutes", "low, normal"),
    ("[service]\nresolution_minutes = { low = 0 }", "service.resolution_minutes", ">= 1"),
    ("[service]\nquiet_hours = 'at night'", "service.quiet_hours", "22:00-07:00"),
    ("[service]\nreopen_days = 0.5", "service.reopen_days", "expected `int`"),
    ("this is not toml", "", "is not valid TOML"),
]


@pytest.mark.parametrize(("text", "key", "what"), WRONG, ids=[text.replace("\n", " ") for text, _, _ in WRONG])
def test_a_wrong_setting_is_one_line_with_file_and_key(tmp_path: Path, text: str, key: str, what: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(WrongConfiguration) as caught:
        load(path, {})
    line = str(caught.value)
    assert line.startswith(f"{path}: {key}")
    assert what in line
    assert "\n" not in line


def test_two_weeks_of_holidays_are_refused(tmp_path: Path) -> None:
    days = ", ".join(f"2026-12-{day}" for day in range(10, 31))
    with pytest.raises(WrongConfiguration, match=r"service\.hours: no business hours within 14 days"):
        load(write(tmp_path, f"[service]\nholidays = [{days}]"), {})


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WrongConfiguration, match="cannot be read"):
        load(tmp_path / "missing.toml", {})
    with pytest.raises(WrongConfiguration, match="cannot be read"):
        load(tmp_path, {})
    (tmp_path / "latin.toml").write_bytes(b"[server]\nhost = '\xe9'")
    with pytest.raises(WrongConfiguration, match="not valid TOML"):
        load(tmp_path / "latin.toml", {})


def test_the_environment_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "[server]\nport = 1\nhost = 'file'\n")
    environ = {
        "OMNIBOT_SERVER__PORT": "2",
        "OMNIBOT_WEBCHAT__ENABLED": "false",
        "OMNIBOT_WEBCHAT__ALLOWED_ORIGINS": '["https://a.example"]',
        "OMNIBOT_SERVICE__HOURS": '{ mon = ["09:00-17:00"] }',
        "OMNIBOT_SERVICE__TEAM": "1234",
        "OMNIBOT_FAQ__ANSWER_THRESHOLD": "0.7",
    }
    found = load(path, environ)
    assert (found.server.port, found.server.host) == (2, "file")
    assert found.webchat.enabled is False
    assert found.webchat.allowed_origins == ["https://a.example"]
    assert found.service.hours == {"mon": ["09:00-17:00"]}
    assert (found.service.team, found.faq.answer_threshold) == ("1234", 0.7)


def test_a_wrong_variable_is_named_instead_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    for name, value, key in (
        ("OMNIBOT_SERVER__PORT", "many", "server.port"),
        ("OMNIBOT_SERVER__TIMEZONE", "Mars", "server.timezone"),
        ("OMNIBOT_SERVER__LOG_LEVEL", "info\n", "server.log_level"),
        ("OMNIBOT_SERVER__PROT", "1", ""),
        ("OMNIBOT_NOTHING__AT_ALL", "1", ""),
        ("OMNIBOT_SERVER__PORT_FILE", "/dev/null", ""),
    ):
        with pytest.raises(WrongConfiguration) as caught:
            load(path, {name: value})
        assert str(caught.value).startswith(f"{name}: {key}")


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x" * 32 + "\n", encoding="utf-8")
    found = load(write(tmp_path, ""), {"OMNIBOT_WEBCHAT__IDENTITY_SECRET_FILE": str(secret)})
    assert found.webchat.identity_secret == "x" * 32
    with pytest.raises(WrongConfiguration, match="OMNIBOT_DATABASE__URL_FILE: names a file that cannot be read"):
        load(write(tmp_path, ""), {"OMNIBOT_DATABASE__URL_FILE": str(tmp_path / "missing")})


def test_an_account_is_on_when_its_credentials_are_set(tmp_path: Path) -> None:
    assert Settings().accounts == []
    text = """
        [telegram]
        token = "1:a"
        [slack]
        bot_token = "xoxb"
        app_token = "xapp"
        [email]
        address = "help@example.com"
        imap_host = "mail.example.com"
        imap_password = "p"
    """
    telegram, slack, email = load(write(tmp_path, text), {}).accounts
    assert (telegram.channel, slack.channel, email.channel) == ("telegram", "slack", "email")
    assert isinstance(email, EmailAccount)
    assert (email.imap_user, email.smtp_user) == ("help@example.com", "help@example.com")
    assert (email.smtp_host, email.smtp_password) == ("mail.example.com", "p")


def test_several_accounts_of_a_platform_have_names(tmp_path: Path) -> None:
    text = """
        [[telegram]]
        token = "1:a"
        [[telegram]]
        name = "shop"
        token = "2:b"
        [[telegram]]
        name = "off"
    """
    path = write(tmp_path, text)
    assert [account.channel for account in load(path, {}).accounts] == ["telegram", "telegram:shop"]
    with pytest.raises(WrongConfiguration, match=r"^OMNIBOT_TELEGRAM__TOKEN: \[\[telegram\]\] has several accounts"):
        load(path, {"OMNIBOT_TELEGRAM__TOKEN": "3:c"})


def test_the_environment_sets_a_single_account(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1:a\n", encoding="utf-8")
    environ = {
        "OMNIBOT_TELEGRAM__TOKEN_FILE": str(secret),
        "OMNIBOT_TELEGRAM__STAFF_CHAT_ID": "-100123",
        "OMNIBOT_EMAIL__ADDRESS": "help@example.com",
        "OMNIBOT_EMAIL__IMAP_HOST": "mail.example.com",
        "OMNIBOT_EMAIL__IMAP_PORT": "143",
        "OMNIBOT_EMAIL__IMAP_PASSWORD": "007",
    }
    telegram, email = load(write(tmp_path, ""), environ).accounts
    assert isinstance(telegram, TelegramAccount)
    assert (telegram.token, telegram.staff_chat_id) == ("1:a", "-100123")
    assert isinstance(email, EmailAccount)
    assert (email.imap_port, email.imap_password) == (143, "007")


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, "[server]\nport = 7\n")
    assert load(None, {"OMNIBOT_CONFIG": str(path)}).server.port == 7


def test_a_secret_is_in_no_message(tmp_path: Path) -> None:
    for text in ("[webchat]\nidentity_secret = 'hunter2'", "[database]\nurl = 'mysql://u:hunter2@h/d'"):
        with pytest.raises(WrongConfiguration) as caught:
            load(write(tmp_path, text), {})
        assert "hunter2" not in str(caught.value)


def test_the_policy_is_what_was_set(tmp_path: Path) -> None:
    text = """
        [server]
        timezone = "Asia/Shanghai"
        [service]
        hours = { mon = ["09:00-12:00", "13:00-24:00"], sat = ["22:00-06:00"] }
        resolution_minutes = { urgent = 60 }
        first_reply_minutes = 5
        reopen_days = 3
    """
    policy = configuration.policy(load(write(tmp_path, text), {}))
    assert str(policy.calendar.zone) == "Asia/Shanghai"
    assert [(hours.opening.hour, hours.closing.hour) for hours in policy.calendar.week[0]] == [(9, 12), (13, 0)]
    assert policy.calendar.week[1] == ()
    assert policy.resolution[Priority.URGENT] == timedelta(hours=1)
    assert policy.resolution[Priority.LOW] == timedelta(days=5)
    assert (policy.first_reply, policy.reopen_window) == (timedelta(minutes=5), timedelta(days=3))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, in this process."""
    try:
        code = main(list(arguments))
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_wrong_setting_ends_the_process_with_2_and_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, "[server]\nport = 'x'")
    command = [sys.executable, "-m", "omnibot", "serve", "--config", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"omnibot: {path}: server.port: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["serve", "migrate", "doctor", "user add a@b --role agent", "token create --role admin"]
)
def test_every_command_checks_the_settings_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = write(tmp_path, "[server]\nport = 'x'")
    code, out, err = run(capsys, *command.split(), "--config", str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"omnibot: {path}: server.port: ")


@pytest.mark.parametrize("command", ["", "dance", "token create", "token create --role king"])
def test_wrong_use_is_2_too(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, err = run(capsys, *command.split())
    assert (code, out) == (2, "")
    assert "usage:" in err


@pytest.mark.parametrize("command", ["migrate", "token create --role admin"])
@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:1/d", "sqlite:///{tmp}/file/omnibot.sqlite"])
def test_a_database_that_does_not_answer_is_one_line_and_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, command: str
) -> None:
    (tmp_path / "file").touch()
    path = write(tmp_path, f"[database]\nurl = '{url.format(tmp=tmp_path)}'")
    code, out, err = run(capsys, *command.split(), "--config", str(path))
    assert (code, out) == (1, "")
    assert err.startswith("omnibot: ")
    assert "hunter2" not in err
    assert err.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_one_line_and_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    path = write(tmp_path, f"[server]\ndata_dir = '{tmp_path}/file'")
    code, out, err = run(capsys, "migrate", "--config", str(path))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
