"""What it means when a call of the Bot API fails, in one table.

Besides the three errors of the channel contract there are two that the channel itself acts on:

    FormRefused   the words are fine, their formatting is not: send them plain
    ChatMoved     the group has another id: go on there

Nothing here quotes an address: the Bot API's contain the token.
"""

import re
from datetime import timedelta

from omnibot.channel import ChannelError, Misconfigured, Unavailable, Undeliverable
from omnibot.json_calls.errors import CallFailed, NotSent, TooLate, Untrusted

REVOKED = "Telegram does not know the bot's token (any more): get a new one from @BotFather"
NO_ADDRESS = "api_base is not an address that can be called"
UNTRUSTED = "Telegram's certificate cannot be trusted"
UNREACHABLE = "Telegram cannot be reached"
LATE = "Telegram did not answer in time"
BROKEN = "the connection to Telegram broke"
NOT_MODIFIED = "the message says this already"
NOTHING_TO_EDIT = "the message is gone, or too old to be edited"
TOO_LARGE_FOR_BOTS = "the file is larger than 20 MB, which Telegram does not hand to bots"


class FormRefused(Exception):
    """Entities or a picture's measures that Telegram does not like."""


class ChatMoved(Exception):
    """A group became a supergroup."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


class Conflict(Unavailable):
    """Somebody else reads this bot's updates, or a webhook takes them."""


# What the description of a refusal says → why, for people. The first that fits counts.
_REFUSALS = (
    (r"message is not modified", NOT_MODIFIED),
    (r"message to edit not found|message can't be edited|MESSAGE_ID_INVALID", NOTHING_TO_EDIT),
    (r"blocked by the user", "the person has blocked the bot"),
    (r"user is deactivated", "the person's account is deleted"),
    (r"can't initiate conversation|bot can't send messages to bots", "the person has to write to the bot first"),
    (r"was kicked|not a member|CHAT_FORBIDDEN|group is deactivated|group chat was deleted", "the bot is not in the group"),
    (r"TOPIC_CLOSED", "the topic is closed"),
    (r"TOPIC_DELETED|message thread not found", "the topic was deleted"),
    (r"rights|CHAT_WRITE_FORBIDDEN|CHAT_RESTRICTED|_FORBIDDEN", "the bot may not write there"),
    (r"chat not found|PEER_ID_INVALID|chat_id is empty|user not found", "there is no such chat, or the bot was never in it"),
    (r"file is too big", TOO_LARGE_FOR_BOTS),
    (r"wrong file_id|invalid file_id|wrong remote file|FILE_REFERENCE", "the file is gone"),
    (r"too long|TOO_LONG|too large", "the message is too long for Telegram"),
    (r"is empty|must be non-empty", "there is nothing in it that Telegram can show"),
)  # fmt: skip
_FORM = re.compile(r"entit|can't parse|PHOTO_INVALID_DIMENSIONS|IMAGE_PROCESS_FAILED|photo_ext_invalid", re.IGNORECASE)


def refusal(
    status: int, description: str, *, retry_after: int | None = None, moved_to: int | None = None
) -> ChannelError | FormRefused | ChatMoved:
    """The error for an answer that is not `ok`."""
    if moved_to:
        return ChatMoved(str(moved_to))
    if status == 429:
        return Unavailable("Telegram asks for a pause", timedelta(seconds=retry_after or 1))
    if status in (401, 404):
        return Misconfigured(REVOKED)
    if status == 409:
        return Conflict("another program reads this bot's updates")
    if status >= 500:
        # 502 and 504 come from the gate in front, which cannot know what became of the call behind it.
        return Unavailable(f"Telegram is out of order ({status})", maybe_sent=status in (502, 504))
    if status == 400 and _FORM.search(description):
        return FormRefused(description)
    for pattern, why in _REFUSALS:
        if re.search(pattern, description, re.IGNORECASE):
            return Undeliverable(why)
    return Undeliverable(f"Telegram refused it ({status}): {description[:200]}")


def failure(error: CallFailed) -> Unavailable:
    """The error for a call that got no answer."""
    match error:
        case Untrusted():
            return Unavailable(UNTRUSTED)
        case NotSent():
            return Unavailable(UNREACHABLE)  # the call was never made
        case TooLate():
            return Unavailable(LATE, maybe_sent=True)
    return Unavailable(BROKEN, maybe_sent=True)
