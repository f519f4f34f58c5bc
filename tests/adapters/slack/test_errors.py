"""Every failure of Slack's is one of our three."""

import aiohttp
import pytest

from omnibot.adapters.slack import errors
from omnibot.adapters.slack.api import Api, Caller
from omnibot.adapters.slack.tokens import FixedToken
from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable
from omnibot.demo.slack import BOT_TOKEN, FakeSlack
from omnibot.demo.slack_wire import Hang, RateLimit, Refuse, Reset, Status

# What the reference of chat.postMessage lists.
DOCUMENTED = [
    "access_denied",
    "accesslimited",
    "account_inactive",
    "app_access_restricted",
    "as_user_not_supported",
    "cannot_reply_to_message",
    "channel_not_found",
    "deprecated_endpoint",
    "duplicate_channel_not_found",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "fatal_error",
    "internal_error",
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_array_arg",
    "invalid_auth",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_charset",
    "invalid_form_data",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "invalid_post_type",
    "is_archived",
    "is_inactive",
    "message_limit_exceeded",
    "messages_tab_disabled",
    "metadata_too_large",
    "method_deprecated",
    "missing_post_type",
    "missing_scope",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_permission",
    "no_text",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
    "service_unavailable",
    "team_access_not_granted",
    "team_added_to_org",
    "token_expired",
    "token_revoked",
    "too_many_attachments",
    "too_many_contact_cards",
    "two_factor_setup_required",
]


@pytest.fixture
async def api(slack: FakeSlack):  # type: ignore[no-untyped-def]
    opened = Api(Caller(slack.api_base, timeout=0.3), FixedToken(BOT_TOKEN))
    yield opened
    await opened.close()


async def failure(api: Api) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await api.post("auth.test")
    return caught.value


def test_the_table_is_complete_and_names_each_code_once() -> None:
    tables = [errors.LATER, errors.MAYBE_DONE, errors.STOPPED, errors.REFUSED]
    known = [code for table in tables for code in table]
    assert set(DOCUMENTED) - set(known) == set()
    assert len(known) == len(set(known))


@pytest.mark.parametrize(
    "code", sorted({*errors.LATER, *errors.MAYBE_DONE, *errors.STOPPED, *errors.REFUSED, "new_one"})
)
async def test_each_refusal_says_what_to_do(api: Api, slack: FakeSlack, code: str) -> None:
    slack.plan("auth.test", Refuse(code))
    error = await failure(api)
    expected: type[ChannelError] = Undeliverable
    if code in {*errors.LATER, *errors.MAYBE_DONE}:
        expected = Unavailable
    elif code in errors.STOPPED:
        expected = Misconfigured
    assert isinstance(error, expected)
    assert getattr(error, "maybe_sent", False) is (code in errors.MAYBE_DONE)


async def test_a_missing_permission_is_named(api: Api, slack: FakeSlack) -> None:
    slack.plan("auth.test", Refuse("missing_scope", needed="chat:write"))
    assert "chat:write" in (await failure(api)).why


@pytest.mark.parametrize(("seconds", "pause"), [(7, 7), (0, 0), (None, 30)])
async def test_a_rate_limit_is_obeyed(api: Api, slack: FakeSlack, seconds: int | None, pause: int) -> None:
    slack.plan("auth.test", RateLimit(seconds))
    error = await failure(api)
    assert isinstance(error, Unavailable)
    assert error.retry_after is not None
    assert (error.retry_after.total_seconds(), error.maybe_sent) == (pause, False)


@pytest.mark.parametrize("fault", [Status(500), Status(503), Status(200), Status(404), Reset(), Hang()])
async def test_a_failure_of_unknown_outcome_may_have_been_sent(
    api: Api, slack: FakeSlack, fault: Status | Reset | Hang
) -> None:
    slack.plan("auth.test", fault)
    error = await failure(api)
    assert isinstance(error, Unavailable)
    assert error.maybe_sent
    assert slack.count("auth.test") == 1  # one try is one try


async def test_nobody_there_has_not_been_sent() -> None:
    api = Api(Caller("http://127.0.0.1:1/api/", timeout=0.3), FixedToken("x"))
    error = await failure(api)
    await api.close()
    assert isinstance(error, Unavailable)
    assert not error.maybe_sent


def test_each_error_of_the_http_client_is_known() -> None:
    for kind in (
        aiohttp.ServerDisconnectedError,
        aiohttp.ClientPayloadError,
        TimeoutError,
        ConnectionResetError,
        ValueError,
    ):
        assert errors.from_network(kind()).maybe_sent
