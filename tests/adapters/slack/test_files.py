"""Files that customers send, fetched from Slack and from nowhere else."""

from dataclasses import replace
from typing import Any

import pytest

from omnibot.adapters.slack import files
from omnibot.adapters.slack.parse import read_file
from omnibot.adapters.slack.payloads import File
from omnibot.adapters.slack.tokens import FixedToken
from omnibot.channel import ChannelError, InboundFile, Unavailable, Undeliverable
from omnibot.demo.slack import FakeSlack
from omnibot.demo.slack_wire import RateLimit, Reset, Status
from tests.adapters.slack.conftest import App

SLACK = "https://slack.com/api/"


def known(slack: FakeSlack, content: bytes = b"E4 on the display", **fields: Any) -> InboundFile:
    about = slack.add_file("note.txt", content)
    about.update(fields)
    return read_file(File(**{name: value for name, value in about.items() if name in File.__struct_fields__}))


async def fetched(app: App, file: InboundFile) -> bytes:
    return b"".join([piece async for piece in app.channel.fetch(file)])


async def test_a_file_is_fetched_with_the_token(app: App, slack: FakeSlack) -> None:
    assert await fetched(app, known(slack)) == b"E4 on the display"


async def test_a_large_file_comes_in_pieces(app: App, slack: FakeSlack) -> None:
    file = known(slack, b"x" * 1_000_000)
    pieces = [len(piece) async for piece in app.channel.fetch(file)]
    assert sum(pieces) == 1_000_000
    assert max(pieces) <= files.PIECE


async def test_a_file_of_another_workspace_is_looked_up(app: App, slack: FakeSlack) -> None:
    file = known(slack, file_access="check_file_info")
    assert file.handle.startswith("file:")
    assert await fetched(app, file) == b"E4 on the display"


async def test_a_file_beyond_the_limit_is_cut_off_whatever_was_announced(
    app: App, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILE_LIMIT", 100_000)
    with pytest.raises(Undeliverable, match="larger"):
        await fetched(app, known(slack, b"x" * 300_000))


async def test_without_the_permission_slacks_sign_in_page_is_not_taken_for_the_file(app: App, slack: FakeSlack) -> None:
    file = known(slack)
    slack.plan("download", Status(200))  # a page in HTML
    with pytest.raises(Undeliverable, match="files:read"):
        await fetched(app, file)
    app.connection._api.tokens = FixedToken("xoxb-other")
    with pytest.raises(Undeliverable, match="files:read"):
        await fetched(app, file)  # a redirect, which is not followed


@pytest.mark.parametrize(
    ("fault", "error"),
    [(RateLimit(5), Unavailable), (Status(502), Unavailable), (Reset(), Unavailable), (Status(404), Undeliverable)],
)
async def test_a_failure_says_what_to_do(app: App, slack: FakeSlack, fault: Any, error: type[ChannelError]) -> None:
    file = replace(known(slack), media_type="text/html")
    slack.plan("download", fault, fault)  # the HTTP client itself tries a second connection
    with pytest.raises(error):
        await fetched(app, file)


async def test_a_file_with_a_problem_is_not_asked_for(app: App, slack: FakeSlack) -> None:
    with pytest.raises(Undeliverable, match="deleted"):
        await fetched(app, known(slack, mode="tombstone"))
    with pytest.raises(Undeliverable):
        await fetched(app, InboundFile(name="x", media_type="text/plain", size=1, handle="file:F404"))


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://slack.com/a", True),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://slack.com.evil.example/a", False),
        ("https://evilslack.com/a", False),
        ("https://slack.com@evil.example/a", False),
        ("https://a:b@files.slack.com/a", False),
        ("https://evil.example\\.slack.com/a", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1:8080/", False),
        ("http://[::1]/", False),
        ("https://[oops/", False),
        ("file:///etc/passwd", False),
        ("//files.slack.com/a", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slack_only(url: str, is_ours: bool) -> None:
    assert files.is_slacks(url, SLACK) is is_ours


async def test_a_strange_address_is_refused(app: App) -> None:
    file = InboundFile(name="x", media_type="text/plain", size=1, handle="http://169.254.169.254/latest")
    with pytest.raises(Undeliverable, match="not one of Slack's"):
        await fetched(app, file)
