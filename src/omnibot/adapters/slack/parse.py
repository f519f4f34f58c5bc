"""A stored Slack payload as one of our kinds of event. Pure, and without Slack's library.

Slack sends `message` and `app_mention` for one post: both get the id `channel:ts`, so that they are one event. Everything
else keeps Slack's own id; what has none (a press, a form) gets one made of what it is about.
"""

import hashlib
from dataclasses import dataclass, field

import msgspec

from omnibot.adapters.slack import interactions
from omnibot.adapters.slack.interactions import message_id
from omnibot.adapters.slack.mrkdwn import from_blocks, from_mrkdwn
from omnibot.adapters.slack.payloads import (
    Account,
    ChatEvent,
    Envelope,
    File,
    HomeEvent,
    Kind,
    Message,
    RevokedEvent,
    UserEvent,
)
from omnibot.channel import (
    Deleted,
    Edited,
    HomeOpened,
    Ignored,
    Inbound,
    InboundFile,
    InboundMessage,
    Membership,
    Moved,
    Reachability,
    ShutOut,
    Unreadable,
)
from omnibot.domain.message import Address, RawEvent

# Subtypes in which somebody says something; all others tell what happened (joined, renamed, pinned, …).
# https://docs.slack.dev/reference/events/message#subtypes
SPOKEN = {None, "", "bot_message", "file_share", "me_message", "thread_broadcast"}
SLACKBOT = "USLACKBOT"
WAVE = "👋"  # what somebody says who only mentions us
FILE_LIMIT = 50 * 1024 * 1024  # bytes of one file

_GONE = {
    "channel_archive": "the channel was archived",
    "group_archive": "the channel was archived",
    "channel_deleted": "the channel was deleted",
    "group_deleted": "the channel was deleted",
    "channel_left": "the app was removed from the channel",
    "group_left": "the app was removed from the channel",
}
_BACK = {"channel_unarchive": "the channel is back", "group_unarchive": "the channel is back"}
_HIDDEN_FILES = {
    "tombstone": "it was deleted",
    "hidden_by_limit": "the workspace's plan hides it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the payload does not say."""

    user_id: str = ""  # our own, where `auth.test` has told; payloads mostly tell it, too
    heard_chats: frozenset[str] = frozenset()  # in which even top-level talk is kept: the staff's
    bots: frozenset[str] = frozenset()  # bot or app ids of machines whose messages are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A payload, read."""

    external_id: str
    chat: str  # empty where it is about no chat
    inbound: Inbound
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What the readers of single kinds need to know."""

    channel: str
    envelope: Envelope
    policy: Policy
    us: frozenset[str] = field(default_factory=frozenset)  # our own user ids


def parse(event: RawEvent, policy: Policy = Policy()) -> Inbound:
    """A stored event as one of ours. Raises Unreadable."""
    return read(event.payload, channel=event.channel, policy=policy).inbound


def read(body: str | bytes, *, channel: str, policy: Policy = Policy()) -> Reading:
    """A payload with the id under which it is one event. Raises Unreadable."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
        context = Context(channel, envelope, policy, _our_ids(envelope, policy))
        if envelope.has_event:
            return _event(envelope.event, context)
        return _about(interactions.read(body, context.channel, envelope), envelope)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"not a payload of Slack's: {error}") from None


def digest(body: str | bytes) -> str:
    """An id for what has none."""
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()


def _our_ids(envelope: Envelope, policy: Policy) -> frozenset[str]:
    ours = {one.user_id for one in envelope.authorizations or () if one.is_bot and one.user_id}
    return frozenset(ours | {policy.user_id} - {""})


def _about(found: "interactions.Found", envelope: Envelope) -> Reading:
    key, inbound = found
    chat, thread = (inbound.address.chat, inbound.address.thread) if isinstance(inbound, InboundMessage) else ("", "")
    return Reading(external_id=key or envelope.event_id or "", chat=chat, thread=thread, inbound=inbound)


def _event(raw: msgspec.Raw, context: Context) -> Reading:
    kind = msgspec.json.decode(raw, type=Kind).type or ""
    if kind in ("message", "app_mention"):
        message = msgspec.json.decode(raw, type=Message)
        inbound = _message(message, context, is_mention=kind == "app_mention")
        address = getattr(inbound, "address", None) or Address(channel=context.channel, chat=message.channel or "")
        is_said = isinstance(inbound, InboundMessage)
        key = message_id(message.channel, message.ts) if is_said else context.envelope.event_id or digest(bytes(raw))
        return Reading(external_id=key, chat=address.chat, thread=address.thread, inbound=inbound)
    inbound = _chat_event(kind, raw, context)
    chat = inbound.address.chat if isinstance(inbound, Reachability | Moved | Membership | HomeOpened) else ""
    return Reading(external_id=context.envelope.event_id or digest(bytes(raw)), chat=chat, inbound=inbound)


def _message(message: Message, context: Context, *, is_mention: bool) -> Inbound:
    match message.subtype:
        case "message_changed":
            return _changed(message, context)
        case "message_deleted":
            return _deleted(message, context)
    if message.subtype not in SPOKEN:
        return Ignored(f"{message.subtype} is nothing that somebody says")
    is_allowed_bot = _is_allowed_bot(message, context)
    if not is_allowed_bot and (why := _machine(message, context)):
        return Ignored(why)
    if not message.channel or not message.ts:
        raise Unreadable("a message without channel or ts")
    is_direct = _is_direct(message)
    is_addressed = is_direct or is_mention or _mentions_us(message, context)
    text = _text(message, context) or (WAVE if is_addressed and not message.files and message.text else "")
    files = tuple(read_file(file) for file in message.files or ())
    quoted = _forwarded(message, context)
    if not text and not files and not quoted:
        return Ignored("nothing was said")
    person = context.envelope.omnibot.people.get(message.user or "")
    is_reply = message.thread_ts not in (None, "", message.ts)
    return InboundMessage(
        address=_address(message, context),
        sender_name=(person.name if person else None) or message.username or None,
        language_hint=person.locale if person else None,
        text=text,
        message_id=message_id(message.channel, message.ts),
        sender=message.user or message.bot_id,
        references=(message_id(message.channel, message.thread_ts),) if is_reply else (),
        quoted=quoted,
        files=files,
        is_automatic=is_allowed_bot,
        is_addressed=is_addressed,
        is_overheard=not (is_addressed or is_reply),
        is_group=not is_direct,
    )


def _address(message: Message, context: Context) -> Address:
    """In a channel, each thread is a place of its own: an answer opens one under the message. A direct chat is one place,
    and so is each thread in it (assistant threads)."""
    thread = message.thread_ts or ("" if _is_direct(message) else message.ts) or ""
    return Address(channel=context.channel, chat=message.channel or "", thread=thread)


def _is_direct(message: Message) -> bool:
    return message.channel_type == "im" or (message.channel or "").startswith("D")


def _mentions_us(message: Message, context: Context) -> bool:
    text = message.text or ""
    return any(f"<@{user}>" in text or f"<@{user}|" in text for user in context.us)


def _machine(message: Message, context: Context) -> str | None:
    """Why these are not a person's words; None if they are."""
    app = context.envelope.api_app_id
    if (app and message.app_id == app) or (message.user and message.user in context.us):
        return "our own message"
    if message.bot_id or message.subtype == "bot_message" or message.user == SLACKBOT:
        return "another bot's message"
    return None if message.user else "nobody's message"


def _is_allowed_bot(message: Message, context: Context) -> bool:
    ours = message.app_id and message.app_id == context.envelope.api_app_id
    return not ours and bool(context.policy.bots & {message.bot_id, message.app_id})


def _text(message: Message, context: Context) -> str:
    people = context.envelope.omnibot.people
    rich = from_blocks(message.blocks, us=context.us, people=people)
    if rich is not None and rich.strip():
        return rich.strip()
    return from_mrkdwn(message.text or "", us=context.us, people=people).strip()


def _forwarded(message: Message, context: Context) -> str | None:
    """Messages that were forwarded with this one; previews of links are not."""
    people = context.envelope.omnibot.people
    shared = [
        from_mrkdwn(one.text or one.fallback or "", people=people) for one in message.attachments or () if one.is_share
    ]
    return "\n\n".join(text for text in shared if text) or None


def _changed(event: Message, context: Context) -> Inbound:
    new, old = event.message, event.previous_message
    if new is None:
        raise Unreadable("an edit without the message")
    ts = new.ts or (old.ts if old else None)
    if not event.channel or not ts:
        raise Unreadable("an edit without channel or ts")
    is_gone = new.subtype == "tombstone"  # the head of a thread was deleted; its answers stay
    author = old if is_gone or (old and not new.user and not new.bot_id) else new
    if author and (why := _machine(author, context)):
        return Ignored(f"an edit of {why}")
    inner = msgspec.structs.replace(
        new,
        channel=event.channel,
        channel_type=event.channel_type,
        ts=ts,
        thread_ts=new.thread_ts or (old.thread_ts if old else None),
    )
    address = _address(inner, context)
    if is_gone:
        return Deleted(address=address, message_id=message_id(event.channel, ts))
    text = _text(inner, context)
    if (old and text == _text(old, context)) or (not old and not new.edited):
        return Ignored("only its looks changed: a preview, a reply count, a pin")
    return Edited(address=address, message_id=message_id(event.channel, ts), text=text)


def _deleted(event: Message, context: Context) -> Inbound:
    old = event.previous_message or Message()
    ts = event.deleted_ts or old.ts
    if not event.channel or not ts:
        raise Unreadable("a deletion without channel or ts")
    if event.previous_message and (why := _machine(old, context)):
        return Ignored(f"a deletion of {why}")
    inner = msgspec.structs.replace(old, channel=event.channel, channel_type=event.channel_type, ts=ts)
    return Deleted(address=_address(inner, context), message_id=message_id(event.channel, ts))


def _chat_event(kind: str, raw: msgspec.Raw, context: Context) -> Inbound:
    if kind == "app_home_opened":
        looked = msgspec.json.decode(raw, type=HomeEvent)
        if looked.tab != "home":
            return Ignored("somebody looks at our messages")
        return HomeOpened(address=Address(channel=context.channel, chat=looked.channel), sender=looked.user)
    if kind == "app_uninstalled":
        return ShutOut("the app was removed from the workspace")
    if kind == "tokens_revoked":
        revoked = msgspec.json.decode(raw, type=RevokedEvent)
        # Of people who have signed in with the app, we have no tokens.
        return ShutOut("the token was revoked") if revoked.tokens.bot else Ignored("not our token was revoked")
    if kind == "user_change":
        return _account_changed(msgspec.json.decode(raw, type=UserEvent).user, context)
    if kind not in {*_GONE, *_BACK, "member_left_channel", "member_joined_channel", "channel_id_changed"}:
        return Ignored(f"{kind or 'an event without a type'} says nothing to us")
    event = msgspec.json.decode(raw, type=ChatEvent)
    if kind == "channel_id_changed" and event.old_channel_id and event.new_channel_id:
        to = Address(channel=context.channel, chat=event.new_channel_id)
        return Moved(address=Address(channel=context.channel, chat=event.old_channel_id), to=to)
    if not event.channel:
        raise Unreadable(f"{kind} without a channel")
    address = Address(channel=context.channel, chat=event.channel)
    if kind in _GONE:
        return Reachability(address=address, is_reachable=False, why=_GONE[kind])
    if kind in _BACK:
        return Reachability(address=address, is_reachable=True, why=_BACK[kind])
    is_in = kind == "member_joined_channel"
    if event.user not in context.us:
        return Membership(address=address, senders=(event.user,) if event.user else (), is_in=is_in)
    why = "the app was added to the channel" if is_in else "the app was removed from the channel"
    return Reachability(address=address, is_reachable=is_in, why=why)


def _account_changed(account: Account, context: Context) -> Inbound:
    """Only that it was closed says something: profiles and statuses change all day."""
    if not account.deleted or not account.id:
        return Ignored("somebody's profile changed")
    return Membership(address=Address(channel=context.channel, chat=""), senders=(account.id,), is_in=False)


def read_file(file: File) -> InboundFile:
    """A file as the core sees it. Its handle is its address, or `file:` and its id where Slack shows it only on request."""
    url = file.url_private_download or file.url_private or ""
    is_shared_in = file.file_access == "check_file_info"  # Slack Connect: only `files.info` tells the address
    return InboundFile(
        name=file.name or file.title or file.id or "file",
        media_type=file.mimetype or "application/octet-stream",
        size=file.size,
        handle=f"file:{file.id}" if is_shared_in or not url else url,
        problem=_file_problem(file),
    )


def _file_problem(file: File) -> str | None:
    if file.mode in _HIDDEN_FILES:
        return _HIDDEN_FILES[file.mode]
    if file.is_external or file.mode == "external":
        return "it is kept outside of Slack"
    if file.file_access in ("access_denied", "file_not_found"):
        return "the app may not see it"
    if (file.size or 0) > FILE_LIMIT:
        return f"it is larger than {FILE_LIMIT // 1024**2} MB"
    return None
