"""The web chat of a process: its adapter with what it needs of the settings and of flow."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

from omnibot.adapters.webchat.intake import Intake
from omnibot.adapters.webchat.routes import WebChat
from omnibot.adapters.webchat.streams import Streams
from omnibot.adapters.webchat.visitors import Visitors
from omnibot.adapters.webchat.widget import Widget
from omnibot.adapters.webchat.wire import WelcomeJson
from omnibot.channel import Channel
from omnibot.clock import Clock
from omnibot.domain.conversation import Standing
from omnibot.domain.language import Language
from omnibot.flow import tell_status
from omnibot.flow.desk import Desk
from omnibot.flow.erase import InUse, erase_visitor
from omnibot.flow.invite import Inviter
from omnibot.flow.mail_transcript import TranscriptMail
from omnibot.flow.note_reading import note_reading
from omnibot.peers import Network
from omnibot.settings import Settings
from omnibot.texts import Texts

WELCOME_TAG = "welcome"  # FAQ entries that the widget offers before the first word


def open_web_chat(
    settings: Settings,
    desk: Desk,
    clock: Clock,
    *,
    channels: dict[str, Channel],
    intake: Intake,
    streams: Streams,
    tell_standing: Callable[[int], Awaitable[Standing | None]],
    trusted_proxies: list[Network],
) -> WebChat:
    """`channels` grows while the process runs: those that offer it are where a visitor may continue."""
    chat = settings.webchat
    widget = Widget(Texts("widget"), settings.data_dir)
    widget.keep()
    return WebChat(
        store=desk.store,
        doorbell=desk.doorbell,
        kept_files=desk.files,
        clock=clock,
        intake=intake,
        visitors=Visitors(
            desk.store, clock, identity_secret=chat.identity_secret, requires_identity=chat.require_identity
        ),
        streams=streams,
        welcome=partial(_welcome, settings, desk, clock),
        tell_standing=tell_standing,
        erase=partial(_erase, desk, clock),
        widget=widget,
        allowed_origins=frozenset(chat.allowed_origins) | {_origin(settings.public_url)},
        messages_per_minute=chat.messages_per_minute,
        sessions_per_minute=chat.sessions_per_minute,
        language=Language(settings.server.language),
        trusted_proxies=trusted_proxies,
        inviter=Inviter(desk=desk, channels=channels, clock=clock),
        note_reading=partial(_note_reading, desk, clock),
        tells_reading=chat.read_marks,
        copies=TranscriptMail(desk=desk, clock=clock, name=settings.service.name, an_hour=chat.transcripts_per_hour),
    )


def _welcome(settings: Settings, desk: Desk, clock: Clock, language: Language) -> WelcomeJson:
    now, words = clock.now(), desk.texts.of(language)
    return WelcomeJson(
        name=words(settings.service.name),
        reply_time=tell_status.reply_time(desk, language, now),
        questions=desk.matcher.questions(WELCOME_TAG, language=language, today=now.date()),
    )


async def _erase(desk: Desk, clock: Clock, conversation_id: int) -> bool:
    """A visitor's wish; False where people still need what was said."""
    try:
        await erase_visitor(desk.store, desk.files, conversation_id, clock.now())
    except InUse:
        return False
    return True


async def _note_reading(desk: Desk, clock: Clock, conversation_id: int, seq: int) -> None:
    await note_reading(desk, conversation_id, seq, by_customer=True, now=clock.now())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
