"""What a message contains, in words and files: every kind, and what nobody has heard of yet. Pure.

A message without words gets a placeholder in brackets, so that a transcript shows that something was there.
"""

from dataclasses import dataclass
from mimetypes import guess_extension
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from omnibot.adapters.telegram.entities import to_markdown
from omnibot.adapters.telegram.wire import Contact, File, Location, Message
from omnibot.channel import InboundFile

DOWNLOAD_LIMIT = 20 * 1024 * 1024  # bytes; "20 MB" at https://core.telegram.org/bots/api#getfile
TOO_LARGE = "larger than 20 MB, which Telegram does not hand to bots"

# What is said about a message beside its content.
_ABOUT = """
message_id date chat from sender_chat sender_boost_count sender_business_bot sender_tag guest_query_id
business_connection_id message_thread_id is_topic_message direct_messages_topic forward_origin forward_date
forward_from forward_from_chat forward_from_message_id forward_sender_name forward_signature is_automatic_forward
reply_to_message external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot
guest_bot_caller_user guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post
media_group_id author_signature paid_star_count entities link_preview_options suggested_post_info effect_id
caption_entities show_caption_above_media has_media_spoiler reply_markup receiver_user ephemeral_message_id
"""
# Things that happened in the chat, and payments and campaigns, which omnibot has no part in: no one wrote to us.
_EVENTS = """
new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant chat_owner_left
chat_owner_changed new_chat_title new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created
channel_chat_created message_auto_delete_timer_changed pinned_message invoice successful_payment refunded_payment
user_shared users_shared chat_shared gift unique_gift gift_upgrade_sent connected_website write_access_allowed
passport_data proximity_alert_triggered boost_added chat_background_set checklist_tasks_done checklist_tasks_added
direct_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened
general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway giveaway_winners giveaway_completed
managed_bot_created paid_message_price_changed poll_option_added poll_option_deleted suggested_post_approved
suggested_post_approval_failed suggested_post_declined suggested_post_paid suggested_post_refunded
video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited voice_chat_scheduled
voice_chat_started voice_chat_ended voice_chat_participants_invited web_app_data community_chat_added
community_chat_removed community_chat_joined
"""


ABOUT, EVENTS = frozenset(_ABOUT.split()), frozenset(_EVENTS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    text: str
    files: tuple[InboundFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Nobody wrote anything: something happened. `name` is the platform's word."""

    name: str


def content(message: Message, raw: Raw) -> Content | Event:
    """What the message says. `raw` is the same message as it came, asked for kinds that we do not know."""
    words, files = _media(message) or _other(message)
    said = (
        to_markdown(message.text, message.entities)
        or to_markdown(message.caption, message.caption_entities)
        or _rich(message)
    )
    if said or words:
        # The parts of an album are seen as files; most have no words of their own.
        placeholder = "" if files and message.media_group_id else f"[{words}]"
        return Content(text=said or placeholder, files=files)
    kinds = msgspec.json.decode(raw, type=dict[str, Raw]).keys() - ABOUT
    if kinds & EVENTS:
        return Event(min(kinds & EVENTS))
    if kinds:
        return Content(text=_kind(sorted(kinds)))
    return Event("empty")


def _kind(kinds: list[str]) -> str:
    """A kind that we know by name only, or not even that."""
    match kinds:
        case ["story"]:
            return "[story]"
        case ["paid_media"]:
            return "[paid media]"
    return f"[unsupported message: {', '.join(kinds)[:100]}]"


def _media(message: Message) -> tuple[str, tuple[InboundFile, ...]] | None:
    """Kinds with a file. Those that also carry their fallback (an animation its document) come first."""
    match message:
        case Message(animation=File() as file):
            return "animation", _files(file, "animation", "video/mp4")
        case Message(live_photo=File() as file):
            return "live photo", _files(file, "photo", "video/mp4")
        case Message(photo=(_, *_) as sizes):
            return "photo", _files(max(sizes, key=lambda size: size.width * size.height), "photo", "image/jpeg")
        case Message(document=File() as file):
            return f"document {file.file_name}".strip(), _files(file, "document", "application/octet-stream")
        case Message(voice=File() as file):
            return f"voice message, {_length(file)}", _files(file, "voice", "audio/ogg")
        case Message(audio=File() as file):
            title = " – ".join(part for part in (file.performer, file.title) if part) or file.file_name
            return f"audio {title}".strip(), _files(file, "audio", "audio/mpeg")
        case Message(video_note=File() as file):
            return f"video message, {_length(file)}", _files(file, "video", "video/mp4")
        case Message(video=File() as file):
            return f"video, {_length(file)}", _files(file, "video", "video/mp4")
        case Message(sticker=File() as file):
            return f"sticker {file.emoji}".strip(), _files(file, "sticker", _sticker_type(file))
    return None


def _other(message: Message) -> tuple[str, tuple[InboundFile, ...]]:
    """Kinds without a file; no words for those that say nothing."""
    if message.venue:  # also carries its location
        place = ", ".join(part for part in (message.venue.title, message.venue.address) if part)
        return f"place {place} ({_point(message.venue.location)})", ()
    if message.location:
        moving = "live location" if message.location.live_period else "location"
        return f"{moving} {_point(message.location)}", ()
    if message.contact:
        return _contact(message.contact, message), ()
    if message.poll:
        return "\n- ".join([f"poll: {message.poll.question}", *(option.text for option in message.poll.options)]), ()
    if message.checklist:
        return "\n- ".join([f"checklist: {message.checklist.title}", *(t.text for t in message.checklist.tasks)]), ()
    if message.dice:
        return f"{message.dice.emoji} {message.dice.value}", ()
    if message.game:
        return f"game {message.game.title}", ()
    return "", ()


def _rich(message: Message) -> str:
    """The words of a message that is built of blocks: https://core.telegram.org/bots/api#richmessage."""
    if message.rich_message is UNSET:
        return ""
    return "\n".join(_texts(msgspec.json.decode(message.rich_message))).strip() or "[rich message]"


def _contact(contact: Contact, message: Message) -> str:
    """Somebody can share any number: only their own one, which Telegram has verified, says who they are."""
    is_own = message.sender is not None and contact.user_id == message.sender.id
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return f"contact {name} {contact.phone_number}, {'their own number' if is_own else 'of somebody else'}"


def _texts(tree: Any) -> list[str]:
    """A line per block; spans inside a block are joined."""
    if isinstance(tree, str):
        return [tree]
    if isinstance(tree, dict):
        return [line for key in tree if key in _WORDY for line in _texts(tree[key])]
    if isinstance(tree, list):
        lines = [_texts(part) for part in tree]
        is_inline = any(isinstance(part, str) for part in tree)
        return ["".join(map("".join, lines))] if is_inline else [line for part in lines for line in part]
    return []


_WORDY = frozenset({"blocks", "items", "cells", "text", "caption", "summary", "expression"})


def _files(file: File, name: str, media_type: str) -> tuple[InboundFile, ...]:
    kind = file.mime_type or media_type
    return (
        InboundFile(
            name=file.file_name or name + (guess_extension(kind) or ""),
            media_type=kind,
            size=file.file_size,
            handle=file.file_id,
            problem=TOO_LARGE if (file.file_size or 0) > DOWNLOAD_LIMIT else None,
        ),
    )


def _sticker_type(file: File) -> str:
    if file.is_animated:
        return "application/x-tgsticker"
    return "video/webm" if file.is_video else "image/webp"


def _length(file: File) -> str:
    return f"{file.duration // 60}:{file.duration % 60:02}"


def _point(location: Location) -> str:
    return f"{location.latitude:.6f}, {location.longitude:.6f}"
