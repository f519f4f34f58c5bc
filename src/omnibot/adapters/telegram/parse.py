"""What an update says: a message, an edit, a press, a change of reachability or address, or nothing for us. Pure.

A stored event holds the update as it came and the bot's name at that time (`Stored`), without which nobody can say
whether a message in a group was meant for us. Deletions by ordinary users are not reported to bots.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw, Struct

from omnibot.adapters.telegram.buttons import Buttons
from omnibot.adapters.telegram.content import Event, content
from omnibot.adapters.telegram.entities import covered
from omnibot.adapters.telegram.wire import Callback, Chat, Earlier, MemberChange, Message, OthersChange, User
from omnibot.channel import (
    Edited,
    Ignored,
    Inbound,
    InboundMessage,
    Membership,
    Moved,
    Reachability,
    Speaker,
    Unreadable,
)
from omnibot.domain.message import Address, RawEvent

# Asked for by name: chat_member, reactions and others are not in the default set, and a set of an earlier program stays.
KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member")

# Telegram itself writes under these accounts: as a group's anonymous administrator, as a channel, as the service.
ANONYMOUS_ADMIN, CHANNEL, SERVICE = 1087968824, 136817688, 777000
GONE = ("left", "kicked")


class Stored(Struct, frozen=True):
    """What is stored of an update."""

    update: Raw
    bot: str = ""  # the bot's name, without @


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to listen to."""

    own_id: int  # the bot's
    buttons: Buttons
    heard_groups: frozenset[str] = frozenset()  # ids or @names of the groups in which everything is for us
    hears_all: bool = False  # everything in every group


def parse(event: RawEvent, policy: Policy) -> Inbound:
    """A stored event as the core takes it. Raises Unreadable."""
    try:
        return _Reader(event.channel, policy).read(msgspec.json.decode(event.payload, type=Stored))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(f"not an update: {error}") from None
    except RecursionError:
        raise Unreadable("not an update: nested too deep") from None


class _Reader:
    """Reads the updates of one channel."""

    def __init__(self, channel: str, policy: Policy) -> None:
        self._channel = channel
        self._policy = policy

    def read(self, stored: Stored) -> Inbound:
        parts = msgspec.json.decode(stored.update, type=dict[str, Raw])
        if "message" in parts:
            return self._message(_as(Message, parts["message"]), parts["message"], stored.bot)
        if "edited_message" in parts:
            return self._edit(_as(Message, parts["edited_message"]), parts["edited_message"])
        if "callback_query" in parts:
            return self._press(_as(Callback, parts["callback_query"]))
        if "my_chat_member" in parts:
            return self._standing(_as(MemberChange, parts["my_chat_member"]))
        if "chat_member" in parts:
            return self._membership(_as(OthersChange, parts["chat_member"]))
        kinds = ", ".join(sorted(parts.keys() - {"update_id"}))[:100]
        return Ignored(f"an update of a kind that omnibot does not take: {kinds or 'none'}")

    def _message(self, message: Message, raw: Raw, bot: str) -> Inbound:
        if message.migrate_to_chat_id:
            return Moved(address=self._chat(message.chat.id), to=self._chat(message.migrate_to_chat_id))
        if message.migrate_from_chat_id:
            return Moved(address=self._chat(message.migrate_from_chat_id), to=self._chat(message.chat.id))
        if message.left_chat_member or message.new_chat_members:
            return self._came_or_went(message)
        if reason := self._not_a_person(message):
            return Ignored(reason)
        said = content(message, raw)
        if isinstance(said, Event):
            return Ignored(f"nobody wrote: {said.name}")
        address = self._address(message)
        is_addressed = message.chat.is_private or self._is_heard(message, bot)
        sender, name = _who(message)
        return InboundMessage(
            address=address,
            sender_name=name,
            language_hint=message.sender.language_code if message.sender else None,
            text=_without_call(said.text, bot) if not message.chat.is_private else said.text,
            message_id=message_id(message.chat.id, message.message_id),
            sender=sender,
            references=_references(message),
            quoted=_quoted(message),
            files=said.files,
            album=message.media_group_id or None,
            is_addressed=is_addressed,  # who called us into a topic need not call again
            is_overheard=not (is_addressed or address.thread),
            is_group=not message.chat.is_private,
            speaker=Speaker.ANONYMOUS if message.sender_chat else Speaker.PERSON,
            is_forwarded=message.forward_origin is not None,
        )

    def _edit(self, message: Message, raw: Raw) -> Inbound:
        if reason := self._not_a_person(message):
            return Ignored(reason)
        if message.location:
            return Ignored("a live location moved on")  # every few seconds, and nobody wrote
        said = content(message, raw)
        if isinstance(said, Event):
            return Ignored(f"nobody wrote: {said.name}")
        edited = message_id(message.chat.id, message.message_id)
        return Edited(address=self._address(message), message_id=edited, text=said.text)

    def _press(self, callback: Callback) -> Inbound:
        message = callback.message
        if message is None or not callback.data:
            return Ignored("a button that is not under a message of ours")
        choice = self._policy.buttons.choice(str(message.chat.id), callback.data)
        label = _label(message, callback.data) or choice
        if not label:
            return Ignored("a button that omnibot never showed, or in another chat")
        return InboundMessage(
            address=self._address(message),
            sender_name=callback.sender.name or None,
            language_hint=callback.sender.language_code,
            text=label,
            choice=choice,
            sender=None if message.chat.is_private else str(callback.sender.id),
            references=(message_id(message.chat.id, message.message_id),),
            is_group=not message.chat.is_private,
            speaker=_speaker(callback.sender),
            is_forwarded=message.forward_origin is not None,
            press=callback.id,
        )

    def _standing(self, change: MemberChange) -> Inbound:
        """Somebody blocked or unblocked us, or a group let us in or out."""
        before, now = change.old_chat_member, change.new_chat_member
        is_there = now.status not in GONE and now.is_member
        who = "the person" if change.chat.is_private else "the group"
        if is_there and before.status not in GONE and before.is_member:
            return Ignored(f"our rights in the chat changed: {before.status} to {now.status}")
        if is_there:
            why = f"{who} lets us write again"
        else:
            why = "the person has blocked the bot" if change.chat.is_private else "the bot was removed from the group"
        return Reachability(address=self._chat(change.chat.id), is_reachable=is_there, why=why)

    def _membership(self, change: OthersChange) -> Inbound:
        """Somebody came or went; told only where we are an administrator."""
        person, now = change.new_chat_member.user, change.new_chat_member
        is_in = now.status not in GONE and now.is_member
        was_in = change.old_chat_member.status not in GONE and change.old_chat_member.is_member
        if is_in == was_in or person.is_bot:
            return Ignored("somebody's rights in the chat changed" if is_in == was_in else "another bot came or went")
        return Membership(address=self._chat(change.chat.id), senders=(str(person.id),), is_in=is_in)

    def _came_or_went(self, message: Message) -> Inbound:
        """The same as the chat itself tells it, to everybody."""
        people = (message.left_chat_member,) if message.left_chat_member else message.new_chat_members
        senders = tuple(str(person.id) for person in people if not person.is_bot)
        if not senders:
            return Ignored("a bot came or went")
        return Membership(address=self._chat(message.chat.id), senders=senders, is_in=message.left_chat_member is None)

    def _not_a_person(self, message: Message) -> str | None:
        """Why nobody of flesh and blood wrote this, if so."""
        if message.chat.type == "channel":
            return "a post in a channel"
        if message.is_automatic_forward or (message.sender and message.sender.id == SERVICE and message.sender_chat):
            return "a post of the channel that the group belongs to"
        if message.sender is None or not message.sender.is_bot or message.sender.id in (ANONYMOUS_ADMIN, CHANNEL):
            return None
        return "our own message" if message.sender.id == self._policy.own_id else "another bot's message"

    def _is_heard(self, message: Message, bot: str) -> bool:
        """In a group: whether we were meant. Everything counts in the groups that the policy names."""
        names = {str(message.chat.id), f"@{message.chat.username}"}
        if self._policy.hears_all or names & self._policy.heard_groups:
            return True
        earlier = message.reply_to_message
        if earlier and earlier.sender and earlier.sender.id == self._policy.own_id:
            return True
        text, entities = (
            (message.text, message.entities) if message.text else (message.caption, message.caption_entities)
        )
        return any(
            (entity.user is not None and entity.user.id == self._policy.own_id)
            or (entity.type in ("mention", "bot_command") and _calls(words, bot))
            for entity, words in covered(text, entities)
        )

    def _address(self, message: Message) -> Address:
        # Replies in a group without topics carry a thread id as well: those threads are no places to write to.
        thread = str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else ""
        return Address(channel=self._channel, chat=str(message.chat.id), thread=thread)

    def _chat(self, id: int) -> Address:
        return Address(channel=self._channel, chat=str(id))


def message_id(chat: int | str, id: int) -> str:
    """A message's id inside the channel: Telegram's own is unique in its chat only."""
    return f"{chat}:{id}"


def _as(type: Any, raw: Raw) -> Any:
    return msgspec.json.decode(raw, type=type)


def _who(message: Message) -> tuple[str | None, str | None]:
    """Id and name. In a private chat, the chat is the person; a group or channel may speak for its administrator."""
    speaker: User | Chat | None = message.sender_chat or message.sender
    if isinstance(speaker, Chat):
        return str(speaker.id), message.author_signature or speaker.title or None
    if speaker is None:
        return None, message.chat.first_name or message.chat.title or None
    return (None if message.chat.is_private else str(speaker.id)), speaker.name or None


def _speaker(sender: User) -> Speaker:
    if sender.id in (ANONYMOUS_ADMIN, CHANNEL):
        return Speaker.ANONYMOUS
    return Speaker.MACHINE if sender.is_bot else Speaker.PERSON


def _calls(words: str, bot: str) -> bool:
    """Whether `@name` or `/command@name` means us."""
    return bool(bot) and words.rpartition("@")[2].casefold() == bot.casefold() and "@" in words


def _without_call(text: str, bot: str) -> str:
    """The text without our name in front: `@bot where is it?`, `/help@bot`."""
    first, space, rest = text.partition(" ")
    if not _calls(first.rstrip(",:"), bot):
        return text
    command = first.rstrip(",:").rpartition("@")[0]
    return f"{command}{space}{rest}".strip() or text


def _references(message: Message) -> tuple[str, ...]:
    earlier = _replied_to(message)
    return (message_id(earlier.chat.id, earlier.message_id),) if earlier else ()


def _quoted(message: Message) -> str | None:
    """What the words refer to: whom they were forwarded from, which bot made them, what they answer."""
    earlier = _replied_to(message)
    lines = (
        f"Forwarded from {message.forward_origin.name}" if message.forward_origin else "",
        f"Via @{message.via_bot.username}" if message.via_bot else "",
        message.quote.text if message.quote else ((earlier.text or earlier.caption) if earlier else ""),
    )
    return "\n".join(line for line in lines if line) or None


def _replied_to(message: Message) -> Earlier | None:
    """What the message answers. In a topic, one that answers nothing names the message that opened the topic."""
    earlier = message.reply_to_message
    if earlier is None or (message.is_topic_message and earlier.message_id == message.message_thread_id):
        return None
    return earlier


def _label(message: Message, data: str) -> str | None:
    if message.reply_markup is None:
        return None
    buttons = (button for row in message.reply_markup.inline_keyboard for button in row)
    return next((button.text for button in buttons if button.callback_data == data), None)
