"""What a one-time code does that somebody says to us: it makes a group the staff's or a dealer's, or tells who somebody is."""

import re
from datetime import datetime
from itertools import islice

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, Limits, Threads
from omnibot.domain.code import CodePurpose, find_code, find_codes
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language, parse_tag
from omnibot.domain.message import Address
from omnibot.domain.regex import regex
from omnibot.flow.desk import Desk
from omnibot.store import audit, codes, groups, members, notices, users
from omnibot.store.codes import Redeemed

_REGISTER = regex(r"\A\s*[/!／！](?:register\b|注册|註冊)", re.IGNORECASE)
MOST_TRIED = 3  # of what looks like a code in one message
_ROLES = {CodePurpose.STAFF_GROUP: GroupRole.STAFF, CodePurpose.DEALER_GROUP: GroupRole.DEALER}


def may_be_code(parsed: InboundMessage) -> bool:
    """Whether it is worth a look whether this is a code. Pure."""
    return find_code(parsed.text) is not None or bool(_REGISTER.search(parsed.text))


def redeem(tx: Connection, desk: Desk, parsed: InboundMessage, limits: Limits, now: datetime) -> str | None:
    """Do what the code in it stands for; returns the event's outcome, or None if it is nothing of the kind."""
    # Somebody else's words prove nothing, and neither does a sender for whom nobody vouches.
    is_good = not parsed.is_forwarded and bool(parsed.is_verified)
    redeemed = _redeemed(tx, parsed, now) if is_good else None
    if redeemed is None:
        return _complain(tx, desk, parsed, now)
    if redeemed.purpose in _ROLES:
        return _register(tx, desk, parsed, redeemed, limits, now)
    return _enrol(tx, desk, parsed, redeemed, now)


def _redeemed(tx: Connection, parsed: InboundMessage, now: datetime) -> Redeemed | None:
    purposes = tuple(_ROLES) if parsed.is_group else (CodePurpose.LINK_STAFF, CodePurpose.DEALER_MEMBER)
    tried = (codes.redeem(tx, code, purposes, now) for code in islice(find_codes(parsed.text), MOST_TRIED))
    return next((redeemed for redeemed in tried if redeemed), None)


def _complain(tx: Connection, desk: Desk, parsed: InboundMessage, now: datetime) -> str | None:
    """Who asks for it outright hears that the code is not good; other words go their way."""
    if not (parsed.is_group and _REGISTER.search(parsed.text)):
        return None
    words = desk.texts.of(_language(desk, parsed))
    text = words("This code is wrong, was used already, or has expired. Get a new one in the console, under Manage.")
    notices.add(tx, parsed.address, text, answers=parsed.message_id, now=now)
    return "ignored: no good code"


def _register(
    tx: Connection, desk: Desk, parsed: InboundMessage, redeemed: Redeemed, limits: Limits, now: datetime
) -> str:
    here = parsed.address
    # A thread that a message opened by itself is no place of its own.
    thread = here.thread if limits.threads is Threads.OPENED else ""
    address = Address(channel=here.channel, chat=here.chat, thread=thread)
    role, language = _ROLES[redeemed.purpose], _language(desk, parsed)
    group = groups.register(
        tx,
        address,
        role,
        dealer_id=int(redeemed.subject) if role is GroupRole.DEALER else None,
        language=language,
        by=redeemed.made_by,
        now=now,
    )
    audit.write(tx, user_id=redeemed.made_by, action="register_group", subject=f"group:{group.id}", now=now)
    words = desk.texts.of(language)
    if role is GroupRole.STAFF:
        text = words(
            "This group is the service team's from now on: what the bot hands over appears here. Each of you, please: "
            "get a code in the console, under Settings, and write it to me in a private chat, so that I know you."
        )
    else:
        text = words("This group is registered. Your cases appear here from now on.")
    notices.add(tx, address, text, now=now)
    return f"registered: {role.value}"


def _enrol(tx: Connection, desk: Desk, parsed: InboundMessage, redeemed: Redeemed, now: datetime) -> str:
    """Where a private chat is the person, its id is theirs; elsewhere the platform names who writes."""
    address = parsed.address
    sender, subject = parsed.sender or address.chat, int(redeemed.subject)
    is_staff = redeemed.purpose is CodePurpose.LINK_STAFF
    user = users.get(tx, subject) if is_staff else None
    if is_staff and user is None:
        return "ignored: the account was disabled"
    member = members.enrol(
        tx,
        address.channel,
        sender,
        chat=address.chat,
        name=parsed.sender_name,
        user_id=subject if is_staff else None,
        dealer_id=None if is_staff else subject,
        now=now,
    )
    audit.write(tx, user_id=redeemed.made_by, action="enrol", subject=f"member:{member.id}", now=now)
    words = desk.texts.of(_language(desk, parsed))
    if user is not None:
        text = words("I know you now, {name}: in the team's groups your buttons and commands count.", name=user.name)
    else:
        text = words("I know you now. In your company's groups your buttons and commands count.")
    notices.add(tx, address, text, now=now)
    return "enrolled"


def _language(desk: Desk, parsed: InboundMessage) -> Language:
    return parse_tag(parsed.language_hint) if parsed.language_hint else desk.staff_language
