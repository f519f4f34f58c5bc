"""Socket Mode: what comes is acknowledged once it is stored, and a socket that fails in whatever way is replaced."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from omnibot.channel import Misconfigured
from omnibot.demo.slack import APP_TOKEN, FakeSlack
from omnibot.demo.slack_wire import Hang, RateLimit, Refuse, Reset, Status
from omnibot.domain.message import RawEvent
from omnibot.store.transactions import Unavailable
from tests.adapters.slack.conftest import PATIENT, QUICK, App, Connect
from tests.office import eventually

Run = Callable[[App], "asyncio.Task[None]"]


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    running: list[asyncio.Task[None]] = []

    def start(app: App) -> "asyncio.Task[None]":
        running.append(asyncio.create_task(app.connection.run()))
        return running[-1]

    yield start
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
async def patient_app(open_app: Connect) -> App:
    """An account whose sockets may be silent for long."""
    return await open_app(app_token=APP_TOKEN, signing_secret="", timing=PATIENT)


async def opened(slack: FakeSlack, times: int = 1) -> None:
    async def is_open() -> bool:
        return slack.sockets_opened >= times and bool(slack.sockets)

    await eventually(is_open, f"{times} sockets were opened")


async def test_an_event_is_acknowledged_after_it_was_stored(open_app: Connect, slack: FakeSlack, run: Run) -> None:
    gate = asyncio.Event()

    async def receive(event: RawEvent) -> None:
        await gate.wait()

    app = await open_app(app_token=APP_TOKEN, receive=receive)
    run(app)
    await opened(slack)
    frame = asyncio.create_task(slack.frame(slack.message("U1", "hi", chat="D1")))
    done, _ = await asyncio.wait([frame], timeout=0.1)
    assert not done
    gate.set()
    assert "payload" not in await frame
    assert app.heard() == ["hi"]


async def test_events_keep_their_order(patient_app: App, slack: FakeSlack, run: Run) -> None:
    run(patient_app)
    await opened(slack)
    frames = [slack.frame(slack.message("U1", f"number {number}", chat="D1")) for number in range(50)]
    await asyncio.gather(*frames)
    assert patient_app.heard() == [f"number {number}" for number in range(50)]


async def test_what_was_not_stored_is_not_acknowledged_and_comes_again(
    open_app: Connect, slack: FakeSlack, run: Run
) -> None:
    failures: list[Exception] = [Unavailable("full"), RuntimeError("a bug")]

    async def receive(event: RawEvent) -> None:
        if failures:
            raise failures.pop(0)

    app = await open_app(app_token=APP_TOKEN, receive=receive)
    run(app)
    await opened(slack)
    payload = slack.message("U1", "hi", chat="D1")
    lost = [asyncio.create_task(slack.frame(payload)) for _ in range(2)]

    async def both_failed() -> bool:
        return not failures

    await eventually(both_failed, "two tries failed")
    await slack.frame(payload)
    assert app.heard() == ["hi"]
    assert not any(frame.done() for frame in lost)
    for frame in lost:
        frame.cancel()


async def test_forms_and_commands_are_answered_in_the_acknowledgement(
    patient_app: App, slack: FakeSlack, run: Run
) -> None:
    slack.add_user("U1", "Ana")
    run(patient_app)
    await opened(slack)
    command = {"command": "/support", "text": "E4", "user_id": "U1", "trigger_id": "1"}
    answer = await slack.frame(command)
    assert answer["payload"]["text"] == "Thank you. We answer in your direct messages with this app."
    form = {"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V", "callback_id": "omnibot_ask"}}
    assert (await slack.frame(form))["payload"]["response_action"] == "errors"


async def test_a_lost_network_is_survived(patient_app: App, slack: FakeSlack, run: Run) -> None:
    run(patient_app)
    for times in range(1, 4):
        await opened(slack, times)
        await slack.frame(slack.message("U1", f"number {times}", chat="D1"))
        await slack.drop(slack.sockets[-1])
    await opened(slack, 4)
    assert patient_app.heard() == ["number 1", "number 2", "number 3"]


async def test_a_socket_that_no_longer_answers_pings_is_replaced(open_app: Connect, slack: FakeSlack, run: Run) -> None:
    slack.answers_pings = False
    timing = PATIENT.__class__(ping=0.1, first_pause=0.01, longest_pause=0.02)
    app = await open_app(app_token=APP_TOKEN, timing=timing)
    run(app)
    await opened(slack, 2)


async def test_a_socket_that_delivers_nothing_is_replaced_though_it_answers_pings(
    socket_app: App, slack: FakeSlack, run: Run
) -> None:
    run(socket_app)
    await opened(slack, 3)


async def test_a_socket_that_says_no_hello_is_replaced(socket_app: App, slack: FakeSlack, run: Run) -> None:
    slack.says_hello = False
    run(socket_app)

    async def tried() -> bool:
        return slack.sockets_opened >= 2

    await eventually(tried, "a second socket was opened")
    slack.says_hello = True
    await opened(slack, 3)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets", "something_new"])
async def test_the_next_socket_is_open_before_the_old_one_ends(
    patient_app: App, slack: FakeSlack, run: Run, reason: str
) -> None:
    run(patient_app)
    await opened(slack)
    [old] = slack.sockets
    await slack.disconnect(old, reason)
    await opened(slack, 2)
    assert old in slack.sockets  # still read, so that nothing on its way is lost
    await slack.frame(slack.message("U1", "through the old one", chat="D1"), old)
    await slack.frame(slack.message("U1", "through the new one", chat="D1"), slack.sockets[-1])
    assert patient_app.heard() == ["through the old one", "through the new one"]


async def test_the_old_socket_is_left_after_a_while(open_app: Connect, slack: FakeSlack, run: Run) -> None:
    timing = PATIENT.__class__(grace=0.05, first_pause=0.01, longest_pause=0.02)
    app = await open_app(app_token=APP_TOKEN, timing=timing)
    run(app)
    await opened(slack)
    await slack.disconnect(slack.sockets[0], "refresh_requested")
    await opened(slack, 2)

    async def one_left() -> bool:
        return len(slack.sockets) == 1

    await eventually(one_left, "the old socket was closed")


async def test_socket_mode_that_is_switched_off_stops_the_channel(patient_app: App, slack: FakeSlack, run: Run) -> None:
    task = run(patient_app)
    await opened(slack)
    await slack.disconnect(slack.sockets[0], "link_disabled")
    with pytest.raises(Misconfigured, match="switched off"):
        await task


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "not_allowed_token_type"])
async def test_a_wrong_app_token_stops_the_channel(patient_app: App, slack: FakeSlack, run: Run, code: str) -> None:
    slack.plan("apps.connections.open", Refuse(code))
    with pytest.raises(Misconfigured, match=code):
        await run(patient_app)


async def test_slack_that_is_away_is_waited_for(open_app: Connect, slack: FakeSlack, run: Run) -> None:
    slack.plan("apps.connections.open", Status(503), Reset(), Hang(), RateLimit(0), Refuse("internal_error"))
    app = await open_app(app_token=APP_TOKEN, timing=PATIENT.__class__(call=0.1, first_pause=0.01, longest_pause=0.02))
    run(app)
    await opened(slack)


async def test_nonsense_in_the_socket_is_overheard(patient_app: App, slack: FakeSlack, run: Run) -> None:
    run(patient_app)
    await opened(slack)
    ws = slack.sockets[0].ws
    for nonsense in ("", "{", "[]", '{"type": 5}', "[" * 100_000, '{"type": "new_thing"}'):
        await ws.send_str(nonsense)
    await slack.frame(slack.message("U1", "hi", chat="D1"))
    assert patient_app.heard() == ["hi"]
    assert slack.sockets_opened == 1


async def test_the_check_tells_of_sockets(patient_app: App, slack: FakeSlack, run: Run) -> None:
    assert "Socket Mode, 0 open" in (await patient_app.connection.check()).detail
    run(patient_app)
    await opened(slack)
    await slack.frame(slack.message("U1", "hi", chat="D1"))
    assert "Socket Mode, 1 open" in (await patient_app.connection.check()).detail


async def test_without_an_app_token_there_is_nothing_to_run(app: App, slack: FakeSlack) -> None:
    await app.connection.run()
    assert slack.sockets_opened == 0


async def test_cancelled_it_leaves_nothing_open(patient_app: App, slack: FakeSlack, run: Run) -> None:
    task = run(patient_app)
    await opened(slack)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def is_closed() -> bool:
        return not slack.sockets

    await eventually(is_closed, "the socket is closed")
    assert QUICK.grace < PATIENT.grace
