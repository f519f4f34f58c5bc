"""Messages on their way to Slack, over the wire."""

import logging
from pathlib import Path
from typing import Any

import pytest

from omnibot.channel import Misconfigured, OutboundFile, Unavailable, Undeliverable
from omnibot.demo.slack import FakeSlack
from omnibot.demo.slack_wire import Hang, RateLimit, Refuse, Reset, Status
from omnibot.domain.message import Choice
from tests.adapters.slack.conftest import QUICK, App, Connect, outbound


@pytest.fixture(autouse=True)
def ana(slack: FakeSlack) -> str:
    return slack.add_user("U1", "Ana")


@pytest.fixture
def manual(tmp_path: Path) -> OutboundFile:
    path = tmp_path / "8f3a"
    path.write_bytes(b"x" * 200_000)
    return OutboundFile(name="手册 v2.pdf", media_type="application/pdf", size=200_000, path=path)


async def test_a_message_arrives_with_its_buttons(app: App, slack: FakeSlack) -> None:
    sent = await app.channel.send(outbound("It is *ready*.", choices=(Choice(id="helped", label="Yes"),)))
    [post] = slack.chat("D1").posts
    assert sent.external_id == f"D1:{post['ts']}"
    assert [block["type"] for block in post["blocks"]] == ["rich_text", "actions"]
    assert app.channel.last_out is not None


async def test_an_answer_stays_in_its_thread(app: App, slack: FakeSlack) -> None:
    slack.chat("C1")
    await app.channel.send(outbound("here", chat="C1", thread="5.1"))
    assert slack.chat("C1").said("5.1") == ["here"]


async def test_a_long_message_arrives_in_parts_and_in_order(app: App, slack: FakeSlack) -> None:
    text = " ".join(f"word{number}" for number in range(1_500))
    sent = await app.channel.send(outbound(text))
    assert len(sent.others) == len(slack.chat("D1").posts) - 1 > 2
    assert "".join(slack.chat("D1").said()).replace(" ", "") == text.replace(" ", "")


async def test_every_awkward_token_is_refused_as_misconfigured(open_app: Connect) -> None:
    app = await open_app(bot_token="xoxb-wrong")
    with pytest.raises(Misconfigured, match="invalid_auth"):
        await app.channel.send(outbound())


@pytest.mark.parametrize("chat", ["D404", "C-archived", "C-outside"])
async def test_a_chat_that_takes_nothing_is_undeliverable(app: App, slack: FakeSlack, chat: str) -> None:
    slack.chat("C-archived", is_archived=True)
    slack.chat("C-outside", has_us=False)
    with pytest.raises(Undeliverable):
        await app.channel.send(outbound(chat=chat))


async def test_nothing_to_say_is_undeliverable(app: App) -> None:
    with pytest.raises(Undeliverable):
        await app.channel.send(outbound(""))


async def test_neither_words_nor_tokens_are_logged(
    app: App, slack: FakeSlack, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        slack.plan("chat.postMessage", Refuse("not_in_channel"), Status(500))
        for _ in range(2):
            with pytest.raises((Undeliverable, Unavailable)):
                await app.channel.send(outbound("canary in the words"))
        await app.channel.send(outbound("canary in the words", attempt=2))
        await slack.send(slack.message("U1", "canary in the question", chat="D1"))
    logged = caplog.text + "".join(capsys.readouterr())
    assert "canary" not in logged
    assert "xoxb" not in logged


# Doubtful sends


@pytest.mark.parametrize("fault", [Reset(after=True), Status(503, after=True), Hang(after=True)])
@pytest.mark.parametrize("thread", ["", "5.1"])
async def test_what_arrived_after_all_is_not_sent_again(
    open_app: Connect, slack: FakeSlack, fault: Any, thread: str
) -> None:
    app = await open_app(timing=QUICK)
    slack.plan("chat.postMessage", fault)
    with pytest.raises(Unavailable) as caught:
        await app.channel.send(outbound(thread=thread))
    assert caught.value.maybe_sent
    sent = await app.channel.send(outbound(thread=thread, attempt=2))
    [post] = slack.chat("D1").posts
    assert sent.external_id == f"D1:{post['ts']}"


@pytest.mark.parametrize("fault", [Reset(), Status(503), Hang(), RateLimit(1)])
async def test_what_did_not_arrive_is_sent_again(open_app: Connect, slack: FakeSlack, fault: Any) -> None:
    app = await open_app(timing=QUICK)
    slack.plan("chat.postMessage", fault)
    with pytest.raises(Unavailable):
        await app.channel.send(outbound())
    await app.channel.send(outbound(attempt=2))
    assert slack.chat("D1").said() == ["hello"]


async def test_only_the_missing_parts_are_sent_again(app: App, slack: FakeSlack) -> None:
    message = outbound("word " * 2_000)
    slack.plan("chat.postMessage", Status(500, after=True))
    with pytest.raises(Unavailable):
        await app.channel.send(message)
    sent = await app.channel.send(outbound("word " * 2_000, attempt=2))
    parts = [post["metadata"]["event_payload"]["part"] for post in slack.chat("D1").posts]
    assert parts == list(range(len(parts)))
    assert [sent.external_id, *sent.others] == [f"D1:{post['ts']}" for post in slack.chat("D1").posts]


async def test_another_message_of_the_same_words_is_not_taken_for_it(app: App, slack: FakeSlack) -> None:
    await app.channel.send(outbound())
    await app.channel.send(outbound(id="7.4", attempt=2))
    assert slack.chat("D1").said() == ["hello", "hello"]


async def test_it_is_found_behind_many_others(app: App, slack: FakeSlack) -> None:
    await app.channel.send(outbound())
    for _ in range(450):
        slack.message("U1", "and another thing", chat="D1")
    await app.channel.send(outbound(attempt=2))
    assert slack.chat("D1").said() == ["hello"]


async def test_a_first_try_asks_for_no_history(app: App, slack: FakeSlack) -> None:
    await app.channel.send(outbound())
    assert [name for name, _ in slack.calls] == ["chat.postMessage"]


async def test_where_history_may_not_be_read_it_is_better_twice_than_lost(app: App, slack: FakeSlack) -> None:
    slack.plan("conversations.history", Refuse("missing_scope"))
    await app.channel.send(outbound(attempt=2))
    assert slack.chat("D1").said() == ["hello"]


async def test_where_history_cannot_be_read_now_it_waits(app: App, slack: FakeSlack) -> None:
    slack.plan("conversations.history", RateLimit(60))
    with pytest.raises(Unavailable) as caught:
        await app.channel.send(outbound(attempt=2))
    assert caught.value.maybe_sent
    assert not slack.chat("D1").said()


# Files


async def test_a_file_goes_along(app: App, slack: FakeSlack, manual: OutboundFile) -> None:
    sent = await app.channel.send(outbound("The manual", thread="5.1", files=(manual,)))
    text, file = slack.chat("D1").posts
    assert (text["text"], file["thread_ts"]) == ("The manual", "5.1")
    [about] = file["files"]
    assert (about["name"], slack.files[about["id"]][1]) == ("手册 v2.pdf", b"x" * 200_000)
    assert sent.others == (about["id"],)
    assert "files.upload" not in dict(slack.calls)


async def test_a_file_alone_is_a_message(app: App, slack: FakeSlack, manual: OutboundFile) -> None:
    sent = await app.channel.send(outbound("", files=(manual,)))
    assert sent.external_id in slack.files


async def test_a_file_is_not_sent_twice(app: App, slack: FakeSlack, manual: OutboundFile) -> None:
    slack.plan("files.completeUploadExternal", Reset(after=True))
    with pytest.raises(Unavailable):
        await app.channel.send(outbound("The manual", files=(manual,)))
    await app.channel.send(outbound("The manual", files=(manual,), attempt=2))
    assert [len(post.get("files", [])) for post in slack.chat("D1").posts] == [0, 1]


@pytest.mark.parametrize(
    ("method", "fault", "error"),
    [
        ("files.getUploadURLExternal", Refuse("missing_scope", needed="files:write"), Undeliverable),
        ("files.getUploadURLExternal", Refuse("token_revoked"), Misconfigured),
        ("upload", Status(500), Unavailable),
        ("upload", Status(413), Undeliverable),
        ("upload", Reset(), Unavailable),
    ],
)
async def test_a_file_that_cannot_be_sent_says_why(
    app: App, slack: FakeSlack, manual: OutboundFile, method: str, fault: Any, error: type[Exception]
) -> None:
    slack.plan(method, fault)
    with pytest.raises(error):
        await app.channel.send(outbound("", files=(manual,)))


async def test_a_file_that_is_gone_is_undeliverable(app: App, manual: OutboundFile) -> None:
    manual.path.unlink()
    with pytest.raises(Undeliverable, match="no longer there"):
        await app.channel.send(outbound("", files=(manual,)))
