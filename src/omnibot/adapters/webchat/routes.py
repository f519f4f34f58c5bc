"""The web chat's HTTP interface (version 1), as `docs/interface.md` describes it, but for files (`file_routes`)."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from msgspec import UNSET, UnsetType
from sqlalchemy.engine import Connection

from omnibot.adapters.webchat import NAME, copies, onward, wire
from omnibot.adapters.webchat.intake import Intake
from omnibot.adapters.webchat.streams import PAGE, Streams, TellStanding
from omnibot.adapters.webchat.visitors import NotAccepted, NotIdentified, Visitors
from omnibot.adapters.webchat.widget import Widget
from omnibot.adapters.webchat.wire import WelcomeJson
from omnibot.clock import Clock
from omnibot.domain.language import Language, parse_tag
from omnibot.domain.message import Attachment, Message
from omnibot.doorbell import Doorbell, Typing
from omnibot.exchange import JSON, Answer, Call, Route
from omnibot.files import Files
from omnibot.peers import Network, address_of
from omnibot.problem import BUSY, Problem, checked_text, decode_json
from omnibot.store import files, messages, read_marks
from omnibot.store.contacts import Visitor
from omnibot.store.transactions import Store, Unavailable
from omnibot.store.utterances import Utterance
from omnibot.throttle import Throttle

AnswerTo = Callable[[Call], Awaitable[Answer]]

MAX_SEQ = 2**31 - 1
_EVENTS = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),
)


_SCRIPT = (
    ("Content-Type", "text/javascript; charset=utf-8"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_NEWEST = (*_SCRIPT, ("Cache-Control", "public, max-age=300"))
LASTING = (*_SCRIPT, ("Cache-Control", "public, max-age=31536000, immutable"))
preflight_fields = (
    ("Access-Control-Allow-Methods", "GET, POST, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID"),
    ("Access-Control-Max-Age", "7200"),
)


class WebChat:
    """The handlers, and what they need."""

    def __init__(
        self,
        *,
        store: Store,
        doorbell: Doorbell,
        kept_files: Files,
        clock: Clock,
        intake: Intake,
        visitors: Visitors,
        streams: Streams,
        welcome: Callable[[Language], WelcomeJson],
        tell_standing: TellStanding,
        erase: Callable[[int], Awaitable[bool]],
        widget: Widget,
        allowed_origins: frozenset[str],
        messages_per_minute: int,
        sessions_per_minute: int,
        trusted_proxies: list[Network],
        language: Language,
        inviter: onward.Inviter,
        copies: copies.Copies,
        note_reading: Callable[[int, int], Awaitable[None]],
        tells_reading: bool,
    ) -> None:
        self.store = store
        self._doorbell = doorbell
        self.kept_files = kept_files
        self.clock = clock
        self._intake = intake
        self._visitors = visitors
        self._streams = streams
        self._welcome = welcome
        self._tell_standing = tell_standing
        self._erase = erase
        self._allowed_origins = allowed_origins
        self._message_throttle = Throttle(messages_per_minute)
        self._session_throttle = Throttle(sessions_per_minute)
        self._trusted_proxies = trusted_proxies
        self._language = language
        self._inviter = inviter
        self._copies = copies
        self._note_reading = note_reading
        self._tells_reading = tells_reading
        self.widget = widget

    def hot_routes(self) -> list[Route]:
        """What an open widget does again and again: read by the front door, and by aiohttp where that will not."""
        handlers: list[tuple[str, str, AnswerTo]] = [
            ("POST", "session", self._open_session),
            ("POST", "messages", self._send),
            ("GET", "messages", self._read),
            ("GET", "stream", self._stream),
            ("POST", "typing", self._type),
            ("DELETE", "session", self._erase_session),
            ("POST", "continue", self._go_on),
            ("POST", "transcript", self._mail_copy),
            ("POST", "read", self._note_read),
            *(
                ("OPTIONS", n, self._preflight)
                for n in ("session", "messages", "stream", "typing", "continue", "transcript", "read", "files")
            ),
        ]
        return [
            Route("GET", "/widget.js", self._show_widget),
            Route("GET", self.widget.path, self._show_this_widget),
            *(Route(method, f"/webchat/v1/{name}", self.guarded(handler)) for method, name, handler in handlers),
        ]

    async def _show_widget(self, call: Call) -> Answer:
        return Answer(200, self.widget.source, _NEWEST)

    async def _show_this_widget(self, call: Call) -> Answer:
        return Answer(200, self.widget.source, LASTING)

    async def _open_session(self, call: Call) -> Answer:
        body = decode_json(call.headers, call.body, wire.open_session_decoder)
        self._limit_sessions(call)
        language = parse_tag(body.language) if body.language else self._language
        try:
            session = await self._visitors.open_session(
                token=_token(call.headers),
                identity=body.identity,
                language=language,
                page_url=_printable(body.page_url),
            )
        except NotAccepted as error:
            raise Problem(401, str(error), kind="urn:omnibot:identity-not-accepted") from None
        except NotIdentified:
            raise Problem(401, "sign in first", kind="urn:omnibot:identity-required") from None
        conversation = session.conversation
        standing = await self._tell_standing(conversation.id)
        assert standing is not None
        opened = wire.SessionJson(
            token=session.token,
            conversation_id=str(conversation.id),
            cursor=conversation.last_seq,
            status=wire.of_standing(standing),
            welcome=self._welcome(language),
            onward=onward.offered(self._inviter),
            mails_transcript=self._copies.is_offered,
        )
        return Answer(201, wire.encode(opened), JSON)

    async def _erase_session(self, call: Call) -> Answer:
        """The visitor's chat, taken out of the database for good; not while people work on it."""
        visitor = await self.visitor(call.headers)
        if not await self._erase(visitor.conversation_id):
            raise Problem(409, "people are working on this; ask them", kind="urn:omnibot:in-use")
        self._visitors.forget()
        return Answer(204)

    async def _send(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        body = decode_json(call.headers, call.body, wire.send_message_decoder)
        utterance = await self._utterance(visitor, body)
        self.limit(visitor, "too many messages; slow down")
        seq = await self._intake.accept(utterance)
        if seq is None:
            raise Problem(401, "the session has ended")
        accepted = wire.AcceptedJson(wire.message_id(visitor.conversation_id, seq), seq)
        return Answer(202, wire.encode(accepted), JSON)

    async def _read(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        after = seq_of(call.query.get("after", "0"))
        id = visitor.conversation_id

        def look(tx: Connection) -> tuple[list[Message], int | UnsetType]:
            read = read_marks.of(tx, id).staff if self._tells_reading else UNSET
            return messages.after(tx, conversation_id=id, seq=after, limit=PAGE), read

        found, read = await self.store.read(look)
        cursor = found[-1].seq if found else after
        listed = wire.MessagesJson([wire.of_message(message) for message in found], cursor, read)
        return Answer(200, wire.encode(listed), JSON)

    async def _stream(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        cursor = seq_of(call.headers.get("last-event-id") or call.query.get("after", "0"))
        return Answer(200, headers=_EVENTS, source=self._streams.open(visitor.conversation_id, cursor))

    async def _type(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        self._doorbell.publish(Typing(visitor.conversation_id, True))
        return Answer(204)

    async def _note_read(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        body = decode_json(call.headers, call.body, wire.have_read_decoder)
        await self._note_reading(visitor.conversation_id, body.seq)
        return Answer(204)

    async def _go_on(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        wanted = decode_json(call.headers, call.body, onward.decoder)
        self.limit(visitor, "too many requests; slow down")
        url = await onward.link(self._inviter, visitor.conversation_id, wanted)
        return Answer(201, wire.encode(url), JSON)

    async def _mail_copy(self, call: Call) -> Answer:
        visitor = await self.visitor(call.headers)
        wanted = decode_json(call.headers, call.body, copies.decoder)
        self.limit(visitor, "too many requests; slow down")
        await copies.send(self._copies, visitor.conversation_id, wanted)
        return Answer(204)

    async def _preflight(self, call: Call) -> Answer:
        return Answer(204, headers=preflight_fields)

    def guarded(self, handler: AnswerTo) -> AnswerTo:
        """Only pages of allowed origins may call, and they may read the answer, also when it is a no."""

        async def guarded(call: Call) -> Answer:
            origin = self.origin(call.headers)
            try:
                answer = await handler(call)
            except (Problem, Unavailable) as error:
                answer = problem_of(error).answer()
            return answer if origin is None else answer._replace(headers=answer.headers + allowing(origin))

        return guarded

    def origin(self, headers: Mapping[str, str]) -> str | None:
        """The calling page's origin, if it is not our own. Raises Problem for one that is not allowed."""
        origin = headers.get("origin")
        if origin is None or origin in self._allowed_origins:
            return origin
        if origin.partition("://")[2] == headers.get("host"):
            return None
        raise Problem(403, "this origin is not in webchat.allowed_origins")

    async def visitor(self, headers: Mapping[str, str]) -> Visitor:
        """Whose token it is. Raises Problem."""
        token = _token(headers)
        visitor = (self._visitors.known(token) or await self._visitors.of_token(token)) if token else None
        if visitor is None or not self._visitors.admits(visitor):
            raise Problem(401, "the token is missing, wrong or expired; open a session first")
        return visitor

    def limit(self, visitor: Visitor, why: str) -> None:
        """One more thing that this visitor sends. Raises Problem."""
        if wait := self._message_throttle.wait(visitor.conversation_id):
            raise Problem(429, why, retry_after=wait)

    async def _utterance(self, visitor: Visitor, body: wire.SendMessage) -> Utterance:
        attached = await self._attached(visitor, body) if body.files else ()
        if (body.text is None and not attached) == (body.choice is None):
            raise Problem(422, "send either text or choice")
        if body.text is not None:
            text, chosen = checked_text(body.text, longest=wire.TEXT_LENGTH), None
        elif attached:
            text, chosen = "", None
        else:
            assert body.choice is not None
            checked_text(body.choice, longest=200, what="choice")
            offered = await self.store.read(
                partial(messages.offered_choice, conversation_id=visitor.conversation_id, choice_id=body.choice)
            )
            if offered is None:
                raise Problem(422, "this conversation never offered that choice")
            text, chosen = offered.label, offered.id
        return Utterance(
            channel=NAME,
            conversation_id=visitor.conversation_id,
            client_id=body.client_id,
            text=text,
            chosen=chosen,
            files=attached,
        )

    async def _attached(self, visitor: Visitor, body: wire.SendMessage) -> tuple[Attachment, ...]:
        ids = [int(id) for id in body.files]
        uploaded = partial(files.uploaded, conversation_id=visitor.conversation_id, ids=ids, by=None)
        found = await self.store.read(uploaded)
        if found is None or body.choice is not None:
            raise Problem(422, "files: name what was uploaded in this conversation, with a text or alone")
        return tuple(found)

    def _limit_sessions(self, call: Call) -> None:
        address = address_of(call, self._trusted_proxies)
        # Behind an unknown proxy on this machine all visitors share one address: a limit would shut everybody out.
        if address is None or address.is_loopback:
            return
        if wait := self._session_throttle.wait(address):
            raise Problem(429, "too many sessions from this address", retry_after=wait)


def _token(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def seq_of(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MAX_SEQ:
        raise Problem(422, "the cursor has to be a sequence number")
    return int(text)


def _printable(text: str | None) -> str | None:
    return checked_text(text, longest=2_000, what="page_url") if text else None


def problem_of(error: Problem | Unavailable) -> Problem:
    return error if isinstance(error, Problem) else Problem(503, BUSY, retry_after=error.retry_after)


def allowing(origin: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", "Retry-After"),
        ("Vary", "Origin"),
    )
