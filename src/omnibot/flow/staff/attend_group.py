"""Who is speaking in a group where people work, and may they? What is said there never reaches the bot's answers.

Staff groups are attended here and in `obey`, dealers' in `attend_dealers`. What does nothing says why: silently
where the platform can, otherwise aloud, and to a stranger's words only once.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from omnibot.channel import InboundMessage, Limits, Speaker
from omnibot.domain import staff_command
from omnibot.domain.group import Group, GroupRole
from omnibot.domain.staff_command import Kept, StaffCommand, Unknown, Vow
from omnibot.flow import stale
from omnibot.flow.dealers import attend_dealers
from omnibot.flow.desk import Desk
from omnibot.flow.fetch import Fetched
from omnibot.flow.guards import Unowned
from omnibot.flow.ladder import alert
from omnibot.flow.staff import card as faces
from omnibot.flow.staff import enrol, show_cards
from omnibot.flow.staff.answer_in_group import Attended, answer, finish
from omnibot.flow.staff.obey import Asked, obey
from omnibot.store import cards, groups, inbox, members, notices
from omnibot.store.cards import Card
from omnibot.store.inbox import Waiting
from omnibot.texts import Words


def may_be_work(parsed: InboundMessage) -> bool:
    """Whether it may come from somebody who works with us, so that `attend` has to look. Pure."""
    return parsed.is_group or enrol.may_be_code(parsed) or alert.is_answer(parsed)


def listens(tx: Connection, parsed: InboundMessage) -> bool:
    """Whether somebody listens to what was said beside us."""
    return enrol.may_be_code(parsed) or groups.at(tx, parsed.address) is not None


def attend(
    tx: Connection,
    desk: Desk,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    rest: tuple[int, ...],
    limits: Limits,
    can_whisper: bool,
    now: datetime,
) -> Attended | None:
    """Do what was asked in a group that we know, or by a code; None if it is a customer's. `rest` are the events of the
    further parts of what was sent as one."""
    attended = _attend(tx, desk, head, parsed, fetched, limits, can_whisper, now)
    if attended is not None and not all(inbox.finish(tx, id, "joined: work in a group") for id in rest):
        raise Unowned
    return attended


def _attend(
    tx: Connection,
    desk: Desk,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    limits: Limits,
    can_whisper: bool,
    now: datetime,
) -> Attended | None:
    if enrol.may_be_code(parsed) and (outcome := enrol.redeem(tx, desk, parsed, limits, now)):
        return finish(tx, head, outcome, Attended())
    if alert.is_answer(parsed):
        return alert.take_up(tx, desk, head, parsed, can_whisper, now)
    group = groups.at(tx, parsed.address) if parsed.is_group else None
    if group is None:
        return None
    match group.role:
        case GroupRole.STAFF:
            return _attend_staff(tx, desk, head, parsed, fetched, group, can_whisper, now)
        case GroupRole.DEALER:
            return attend_dealers.attend(tx, desk, head, parsed, fetched, group, can_whisper, now)


def _attend_staff(
    tx: Connection,
    desk: Desk,
    head: Waiting,
    parsed: InboundMessage,
    fetched: list[Fetched],
    group: Group,
    can_whisper: bool,
    now: datetime,
) -> Attended:
    card, command = _meant(tx, group, parsed)
    if card is None and (command is None or isinstance(command, Unknown)):
        return finish(tx, head, "ignored: talk in a staff group", Attended(whisper=""))
    words = desk.texts.of(group.language)
    is_here = parsed.sender is not None and not stale.has_left(tx, group, parsed)
    agent = members.user_of(tx, group.address.channel, parsed.sender) if parsed.sender and is_here else None
    if (why := refusal(words, parsed, agent)) or agent is None:
        told = why if parsed.choice or groups.greet_stranger(tx, group.id, parsed.sender or "", now) else None
        answer(tx, group, card, parsed, None if can_whisper else told, now)
        return finish(tx, head, "ignored: not enrolled, or not in person", Attended(whisper=told))
    if card is None or card.conversation_id is None:
        text = words("Say that in the thread of a conversation, or in answer to its card.")
        answer(tx, group, card, parsed, None if can_whisper else text, now)
        return finish(tx, head, "ignored: about no conversation", Attended(whisper=text))
    # A promise may be due much later than a card's buttons count.
    if not isinstance(command, Vow | Kept) and stale.renew(tx, card, parsed, head.received_at):
        show_cards.show(tx, desk, card.conversation_id, now)
        text = words("This card is some days old. It stands below anew; press there.")
        answer(tx, group, None, parsed, None if can_whisper else text, now)
        return finish(tx, head, "ignored: an old card, posted anew", Attended(whisper=text))
    asked = Asked(
        conversation_id=card.conversation_id,
        group=group,
        agent=agent,
        command=command,
        text=parsed.text,
        is_press=parsed.choice is not None,
        event=head.event.external_id,
        seen_seq=notices.shown_until(tx, card.id, head.received_at),
        files=tuple(fetched),
        card=card,
    )
    done = obey(tx, desk, words, asked, now)
    show_cards.show(tx, desk, card.conversation_id, now, told=done.told)
    answer(tx, group, card, parsed, None if can_whisper else done.why, now)
    attended = Attended(whisper=done.why or "", conversation_id=card.conversation_id)
    return finish(tx, head, f"staff: {done.outcome}", attended)


def refusal(words: Words, parsed: InboundMessage, known: object | None) -> str | None:
    """Why what somebody did in a group counts for nothing, in words; None if it counts. `known` is who they are to us."""
    if parsed.speaker is Speaker.MACHINE:
        return words("Only people can do this.")
    if parsed.speaker is Speaker.ANONYMOUS:
        return words("You are anonymous here, so I cannot tell who you are. Do it as yourself.")
    if parsed.is_forwarded and parsed.choice is not None:
        return words("This is a copy of the card. Use the one in its group.")
    if known is None:
        return words("I do not know you yet. Get a code in the console, under Settings, and write it to me in private.")
    return None


def _meant(tx: Connection, group: Group, parsed: InboundMessage) -> tuple[Card | None, StaffCommand | None]:
    """The card it is about and what is asked for. A button names its card; words stand in its thread or answer it."""
    if parsed.choice is not None:
        prefix, _, rest = parsed.choice.partition(":")
        name, _, id = rest.partition(":")
        if prefix != faces.PREFIX or not (id.isascii() and id.isdigit()):
            return None, None
        card = cards.of_subject(tx, group, show_cards.subject_of(int(id)))
        return card, staff_command.of_button(name)
    # What somebody else wrote orders nothing; it can be kept as a note.
    command = None if parsed.is_forwarded else staff_command.parse(parsed.text)
    return cards.of_place(tx, group, parsed.address, parsed.references), command
