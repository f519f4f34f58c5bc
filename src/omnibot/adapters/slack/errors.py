"""What Slack's refusals mean for the core: one table, from https://docs.slack.dev/reference/methods/chat.postMessage and
oauth.v2.access."""

from datetime import timedelta
from typing import Any

import aiohttp

from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable

DEFAULT_PAUSE = timedelta(seconds=30)  # where a 429 does not say how long; the SDK's own value

# Slack's doing or the network's: later.
LATER = {
    "ratelimited": "Slack takes no more messages for a while",
    "rate_limited": "Slack takes no more messages for a while",
    "message_limit_exceeded": "the workspace has reached its limit of messages",
    "team_added_to_org": "the workspace is being moved to an organisation",
    "org_login_required": "the workspace is being moved to an organisation",
    "request_timeout": "Slack did not get the whole request",
    "service_unavailable": "Slack is not available",
}
# As `LATER`, and it may have been done all the same.
MAYBE_DONE = {
    "fatal_error": "Slack broke off in the middle",
    "internal_error": "Slack broke off in the middle",
}
# The operator's doing.
STOPPED = {
    "access_denied": "Slack refuses the app",
    "accesslimited": "Slack refuses this network",
    "account_inactive": "the app's account was switched off or its workspace is gone",
    "app_access_restricted": "the app was restricted by the workspace's administrators",
    "bad_client_secret": "the client secret is wrong",
    "bad_redirect_uri": "the app's Redirect URLs lack the address of this server",
    "bad_token": "the token is not one of Slack's",
    "cannot_install_an_org_installed_app": "the app is installed for the whole organisation",
    "ekm_access_denied": "administrators have suspended posting",
    "enterprise_is_restricted": "the app may not be used in this organisation",
    "invalid_auth": "the token is wrong, or this network may not use it",
    "invalid_client_id": "the client id is wrong",
    "invalid_code": "the code is wrong or too old, or was used already",
    "invalid_grant_type": "Slack does not renew the token",
    "invalid_refresh_token": "the token cannot be renewed any more",
    "missing_scope": "the app lacks a permission",
    "no_permission": "the app lacks a permission",
    "no_scopes": "the app asks for no permission",
    "not_allowed_token_type": "this is the wrong kind of token",
    "not_authed": "there is no token",
    "oauth_authorization_url_mismatch": "the installation was begun at a wrong address",
    "preview_feature_not_available": "the workspace does not have this yet",
    "team_access_not_granted": "the app was not given access to the workspace",
    "token_expired": "the token has expired: token rotation is on, which needs an installation from the console",
    "token_revoked": "the token was revoked, or the app was removed from the workspace",
    "two_factor_setup_required": "the workspace demands two factors",
    "user_email_unverified": "whoever installs it has an address that was not confirmed",
}
# Of those, what is the token's fault: another one may do.
OF_THE_TOKEN = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
# What was to be edited is gone or frozen: post anew.
NOTHING_TO_EDIT = {
    "cant_update_message": "the message may not be edited",
    "edit_window_closed": "the message is too old to be edited",
    "message_not_found": "the message is gone",
}
# This message's fate.
REFUSED = {
    "as_user_not_supported": "Slack does not take the message",
    "cannot_dm_bot": "bots cannot be written to",
    "cannot_reply_to_message": "nobody can answer to that message",
    "channel_not_found": "the chat is gone, or the app is not in it",
    "deprecated_endpoint": "Slack does not take the message",
    "duplicate_channel_not_found": "the chat is gone",
    "invalid_arg_name": "Slack does not take the message",
    "invalid_arguments": "Slack does not take the message",
    "invalid_array_arg": "Slack does not take the message",
    "invalid_blocks": "Slack does not take the message",
    "invalid_blocks_format": "Slack does not take the message",
    "invalid_charset": "Slack does not take the message",
    "invalid_form_data": "Slack does not take the message",
    "invalid_metadata_format": "Slack does not take the message",
    "invalid_metadata_schema": "Slack does not take the message",
    "invalid_post_type": "Slack does not take the message",
    "is_archived": "the channel is archived",
    "is_inactive": "the channel is frozen",
    "messages_tab_disabled": "the app's messages are switched off: allow them under App Home",
    "metadata_too_large": "Slack does not take the message",
    "method_deprecated": "Slack does not take the message",
    "missing_post_type": "Slack does not take the message",
    "msg_blocks_too_long": "the message is too long",
    "msg_too_long": "the message is too long",
    "no_text": "there is nothing to say",
    "not_in_channel": "the app is not in the channel: invite it",
    "restricted_action": "the workspace does not let the app write there",
    "restricted_action_non_threadable_channel": "the channel has no threads",
    "restricted_action_read_only_channel": "the channel is read-only",
    "restricted_action_thread_locked": "the thread is locked",
    "restricted_action_thread_only_channel": "the channel takes only threads",
    "thread_not_found": "the thread is gone",
    "too_many_attachments": "Slack does not take the message",
    "too_many_contact_cards": "Slack does not take the message",
    "user_disabled": "the person's account was switched off",
    "user_not_found": "the person is gone",
    "user_not_visible": "the app may not see the person",
}


class Refused(Misconfigured):
    """One of `STOPPED`."""

    def __init__(self, why: str, code: str) -> None:
        """`code` is Slack's word."""
        super().__init__(why)
        self.code = code


class NotEditable(Undeliverable):
    """What was to be edited cannot be; it can be posted anew."""


def from_answer(status: int, data: Any, headers: Any) -> ChannelError:
    """The error behind an answer that is not ok."""
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Unavailable(LATER["ratelimited"], _pause(headers))
    if code in LATER:
        return Unavailable(f"{LATER[code]} ({code})")
    if code in MAYBE_DONE:
        return Unavailable(f"{MAYBE_DONE[code]} ({code})", maybe_sent=True)
    if code in STOPPED:
        needed = data.get("needed") if code == "missing_scope" else None
        return Refused(f"{STOPPED[code]} ({code}{f': {needed}' if needed else ''})", code)
    if status >= 500:
        return Unavailable(f"Slack has a fault of its own (HTTP {status})", maybe_sent=True)
    if not code:
        # Not Slack's own words: a proxy's page, or half an answer to what may well have been done.
        return Unavailable(f"Slack's answer makes no sense (HTTP {status})", maybe_sent=True)
    if code in NOTHING_TO_EDIT:
        return NotEditable(f"{NOTHING_TO_EDIT[code]} ({code})")
    # A refusal that is not known here: ok is false, so it was not sent, and sending the same again would not help.
    return Undeliverable(f"{REFUSED.get(code, 'Slack refuses it')} ({code})")


def from_network(error: Exception) -> ChannelError:
    """The error behind a request that got no answer."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return Unavailable("Slack cannot be reached")
    if isinstance(error, TimeoutError):
        return Unavailable("Slack did not answer in time", maybe_sent=True)
    return Unavailable(f"the connection to Slack broke ({type(error).__name__})", maybe_sent=True)


def _pause(headers: Any) -> timedelta:
    """A `Retry-After` in seconds."""
    try:
        return timedelta(seconds=max(0, int(headers.get("Retry-After", ""))))
    except (ValueError, OverflowError, TypeError):
        return DEFAULT_PAUSE
