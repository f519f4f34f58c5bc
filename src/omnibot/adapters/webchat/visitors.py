"""Who writes: visitor tokens (256 random bits, kept as a hash) and identities that the site has signed.

An identity is a JWT (HS256 with `webchat.identity_secret`; `sub` and `exp` required, `name`, `email` and `jti` optional). One
with a `jti` counts once, and again only in the browser that it has opened: whoever steals it gets nothing. A visitor who
proves one gets the contact and the conversation that belong to it; what an anonymous visitor claims never changes
anybody's record.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy.engine import Connection

from omnibot.adapters.webchat import NAME
from omnibot.clock import Clock
from omnibot.domain.contact import Contact, Proof
from omnibot.domain.conversation import Conversation
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.domain.value import dataclass
from omnibot.store import contacts, conversations, links, shown_identities
from omnibot.store.contacts import Visitor
from omnibot.store.transactions import ALONE, NOTHING, Store

LIFETIME = timedelta(days=90)
# A token is looked up in the database once in a while, not for every message.
CACHED_FOR = timedelta(minutes=1)
CACHE_SIZE = 50_000
LONGEST_IDENTITY = timedelta(days=366)  # with a nonce


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The claims we read."""

    sub: str
    exp: float
    name: str | None = None
    email: str | None = None
    jti: str | None = None  # with it, the identity counts once


class NotAccepted(Exception):
    """The identity is not one that this site has signed, or it has expired."""


class NotIdentified(Exception):
    """This site talks to nobody whom it has not signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An opened session: the token to use from now on, and where the conversation stands."""

    token: str
    conversation: Conversation


class Visitors:
    """Knows visitors by their token."""

    def __init__(self, store: Store, clock: Clock, *, identity_secret: str, requires_identity: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._identity_secret = identity_secret
        self._requires_identity = requires_identity
        # By the token itself: to hash it for each message costs more than the look-up.
        self._known: dict[str, tuple[Visitor, datetime]] = {}

    def admits(self, visitor: Visitor) -> bool:
        """Whether somebody with a good token may do anything."""
        return visitor.is_identified or not self._requires_identity

    def known(self, token: str) -> Visitor | None:
        """Who holds this token, if that was looked up a moment ago."""
        cached = self._known.get(token)
        return cached[0] if cached and cached[1] > self._clock.now() else None

    async def of_token(self, token: str) -> Visitor | None:
        """Who holds this token."""
        if cached := self.known(token):
            return cached
        hashed, now = _hash(token), self._clock.now()
        visitor = await self._store.read(partial(contacts.visitor, token_hash=hashed, now=now))
        if visitor is None:
            self._known.pop(token, None)
            return None
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        self._known[token] = (visitor, min(now + CACHED_FOR, visitor.expires_at))
        return visitor

    def forget(self) -> None:
        """Look every token up again: some open nothing any more."""
        self._known.clear()

    async def open_session(
        self, *, token: str | None, identity: str | None, language: Language, page_url: str | None
    ) -> Session:
        """Resume the token's session or begin one. Raises NotAccepted for an identity that proves nothing, NotIdentified
        where there has to be one."""
        proven = self._verify(identity) if identity else None
        visitor = await self.of_token(token) if token else None
        if self._requires_identity and proven is None and not (visitor and visitor.is_identified):
            raise NotIdentified
        if visitor and token and proven is None:
            resumed = await self._store.read(partial(conversations.get, id=visitor.conversation_id))
            if resumed:
                return Session(token=token, conversation=resumed)
        fresh = secrets.token_urlsafe(32)
        is_stranger = visitor is None and proven is None
        conversation = await self._store.run(
            partial(
                _admit,
                token_hash=_hash(fresh),
                old_hash=_hash(token) if visitor and token else None,
                visitor=visitor,
                identity=proven,
                language=language,
                page_url=page_url,
                now=self._clock.now(),
            ),
            lock=NOTHING if is_stranger else ALONE,
        )
        if visitor and token:
            self._known.pop(token, None)
        return Session(token=fresh, conversation=conversation)

    def _verify(self, identity: str) -> Identity:
        from joserfc import jwt  # 10 MB that only sites with signed-in customers need
        from joserfc.errors import JoseError
        from joserfc.jwk import OctKey

        if not self._identity_secret:
            raise NotAccepted("no identity_secret is configured")
        try:
            token = jwt.decode(identity, OctKey.import_key(self._identity_secret), algorithms=["HS256"])
            claims = jwt.JWTClaimsRegistry(
                now=lambda: int(self._clock.now().timestamp()),
                sub={"essential": True},
                exp={"essential": True},
            )
            claims.validate(token.claims)
            proven = msgspec.convert(token.claims, Identity)
        except (JoseError, ValueError, msgspec.ValidationError):
            raise NotAccepted("the identity is not valid or has expired") from None
        if proven.jti is not None and proven.exp - self._clock.now().timestamp() > LONGEST_IDENTITY.total_seconds():
            raise NotAccepted("an identity with a nonce may be good for a year at most")
        if not proven.sub.strip():
            raise NotAccepted("the identity names nobody")
        if not all(map(_is_storable, (proven.sub, proven.name or "", proven.email or "", proven.jti or ""))):
            raise NotAccepted("the identity contains characters that cannot be stored")
        return proven


def _admit(
    tx: Connection,
    token_hash: str,
    old_hash: str | None,
    visitor: Visitor | None,
    identity: Identity | None,
    language: Language,
    page_url: str | None,
    now: datetime,
) -> Conversation:
    """The conversation that a new token opens: the identity's own, or the visitor's, or a new one."""
    visitor = _as_it_stands(tx, visitor, is_vouched_for=identity is not None, now=now) if visitor else None
    if identity and identity.jti is not None:
        _show_once(tx, visitor, identity, identity.jti, now)
    contact = _contact(tx, visitor, identity, language, now)
    conversation = None
    if visitor and visitor.contact_id == contact.id:
        conversation = conversations.get(tx, visitor.conversation_id)
    elif identity:
        conversation = conversations.newest_of_contact(tx, contact.id, channel=NAME)
    if conversation is None:
        address = Address(channel=NAME, chat=secrets.token_hex(8))
        conversation = conversations.open_at(
            tx, address, contact_id=contact.id, language=language, page_url=page_url, now=now
        )
    if visitor and visitor.contact_id != contact.id and identity:
        _take_along(tx, visitor, contact, now)
    if old_hash:
        contacts.dismiss(tx, old_hash)  # a proven identity gets a token that nobody had before
    admitted = Visitor(conversation_id=conversation.id, contact_id=contact.id, expires_at=now + LIFETIME)
    contacts.admit(tx, token_hash, admitted, now)
    return conversation


def _as_it_stands(tx: Connection, visitor: Visitor, *, is_vouched_for: bool, now: datetime) -> Visitor:
    """Whose the chat is now: it may have been taken together with another since the token was looked up. The site vouches for
    this chat alone: what it says stays with this chat's own contact when they are parted."""
    conversation = conversations.get(tx, visitor.conversation_id)
    assert conversation is not None
    contact = contacts.get(tx, conversation.contact_id)
    assert contact is not None
    id, address = contact.id, conversation.address
    if is_vouched_for and not contact.is_verified:
        id = links.turn_round(tx, address.channel, address.chat, owner=id, now=now)
    return replace(visitor, contact_id=id)


def _show_once(tx: Connection, visitor: Visitor | None, identity: Identity, nonce: str, now: datetime) -> None:
    """Raises NotAccepted for an identity that somebody else has shown."""
    until = now + min(timedelta(seconds=max(identity.exp - now.timestamp(), 0)), LONGEST_IDENTITY)
    if shown_identities.show(tx, identity.sub, nonce, until=until, now=now):
        return
    holder = contacts.get(tx, visitor.contact_id) if visitor else None
    if holder is None or holder.external_ref != identity.sub:
        raise NotAccepted("the identity was used before, in another browser")


def _take_along(tx: Connection, visitor: Visitor, contact: Contact, now: datetime) -> None:
    """What the visitor said before he signed in belongs to the contact whom the site knows."""
    anonymous = contacts.get(tx, visitor.contact_id)
    before = conversations.get(tx, visitor.conversation_id)
    if anonymous and not anonymous.is_verified and before and before.last_seq > 0:
        links.merge(tx, contact.id, anonymous.id, proof=Proof.IDENTITY, by_id=None, now=now)


def _contact(
    tx: Connection, visitor: Visitor | None, identity: Identity | None, language: Language, now: datetime
) -> Contact:
    anonymous = contacts.get(tx, visitor.contact_id) if visitor else None
    if identity is None:
        return anonymous or contacts.add(tx, language=language, now=now)
    known = contacts.by_external_ref(tx, identity.sub)
    if known:
        contacts.update(tx, known.id, name=identity.name, email=identity.email)
        return known
    if anonymous and not anonymous.is_verified:
        contacts.identify(tx, anonymous.id, external_ref=identity.sub, name=identity.name, email=identity.email)
        return anonymous
    return contacts.add(
        tx, language=language, name=identity.name, email=identity.email, external_ref=identity.sub, now=now
    )


def _is_storable(text: str) -> bool:
    """No NUL, which PostgreSQL refuses, and no half of a surrogate pair, which UTF-8 does."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()  # headers may carry any byte
