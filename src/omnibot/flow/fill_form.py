"""Forms in a chat: reads how far somebody is, says the next question, and opens the case when everything is there."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy.engine import Connection

from omnibot.domain import fact, form, form_answer
from omnibot.domain.command import Greeting
from omnibot.domain.conversation import Conversation
from omnibot.domain.decision import FormStep
from omnibot.domain.fact import Fact, Source
from omnibot.domain.form import Answered, Ask, Begin, Filled, Filling, Kind, Option, Photo, Reply
from omnibot.domain.message import Message
from omnibot.domain.ticket import Priority, Ticket
from omnibot.domain.triage import Understanding
from omnibot.faq.normalize import normalise
from omnibot.flow import change_ticket, find_owner, word_form
from omnibot.flow.desk import Desk
from omnibot.flow.guards import MovedOn
from omnibot.flow.recall_complaint import recall_complaint
from omnibot.store import conversations, facts, files, fillings, message_details, purchases, together


def next_step(
    tx: Connection,
    desk: Desk,
    message: Message,
    conversation: Conversation,
    understanding: Understanding,
    now: datetime,
) -> FormStep | None:
    """Where a message takes the form it is for; None where there is no such form, or none any more."""
    button = form_answer.pressed(understanding.choice) if understanding.choice else None
    found = desk.rules.form(button[0] if button else conversation.bot.form)
    if found is None:
        return None
    kept = fillings.unfinished(tx, conversation.contact_id, found.name)
    filling, version = kept or (None, None)
    bought = purchases.of_contact(tx, conversation.contact_id) if _is_vouched_for(tx, message) else []
    own = tuple({one.product.sku: one.product.name for one in bought}.items())
    today = now.astimezone(desk.policy.calendar.zone).date()
    reply = button[1] if button else _reply(found, filling, message, understanding, own, today)
    if isinstance(reply, Filled):
        reply = Filled(form_answer.read_all(found, reply.answers, today, _options(own)))
    noted = recall_complaint(tx, message, found) if button and isinstance(reply, Begin) and found.complaint else None
    told = form.told_before(found, filling, noted) if noted else None
    known = _known(tx, message, conversation, found, told or filling, now)
    following, outcome = form.step(found, told or filling, reply, known)
    if filling is None and isinstance(outcome, Ask):
        outcome = replace(outcome, resumed=False)
    tells = [key for key in (fact.PRODUCT, found.complaint) if key is not None]
    before = filling.answers if filling else {}
    if isinstance(reply, Answered | Filled) and any(following.answers.get(key) != before.get(key) for key in tells):
        # Which of the customer's products it is tells its serial number and its warranty; what is wrong may tell that it is
        # none of them.
        known = _known(tx, message, conversation, found, following, now)
        if not isinstance(outcome, Ask) or outcome.problem is None:
            following, outcome = form.step(found, following, Begin(), known)
            outcome = Ask(field=outcome.field) if isinstance(outcome, Ask) else outcome
    return FormStep(
        form=found,
        filling=following,
        outcome=outcome,
        known=known,
        own=own,
        version=version,
        is_opened=isinstance(reply, Begin),
        noted=noted if told else None,
    )


def keep(tx: Connection, step: FormStep, message: Message, conversation: Conversation, now: datetime) -> None:
    """What somebody has said so far. A question counts; one whose answer is known counts as needless. Raises MovedOn."""
    if isinstance(step.outcome, form.Stale):
        return
    asked = isinstance(step.outcome, Ask) and step.outcome.problem is None and not step.outcome.resumed
    needless = False
    if asked and isinstance(step.outcome, Ask) and step.outcome.field.key not in step.filling.changing:
        # Read here once more: something may have been learnt since the question was decided.
        key = step.outcome.field.key
        needless = key in _known(tx, message, conversation, step.form, step.filling, now) or (
            key == step.form.complaint and recall_complaint(tx, message, step.form) is not None
        )
    kept = fillings.save(
        tx,
        conversation.contact_id,
        step.filling,
        said_by=together.own_contact(tx, conversation.address, conversation.contact_id),
        version=step.version,
        asked=int(asked),
        needless=int(needless),
        now=now,
    )
    if not kept:
        raise MovedOn


def complete(
    tx: Connection, desk: Desk, step: FormStep, before: Conversation, following: Conversation, now: datetime
) -> list[Message]:
    """The case opens with everything that was said and known, and goes to whom the rules name. Raises MovedOn."""
    current = conversations.lock(tx, before.id)
    if current is None or current.epoch != before.epoch or step.version is None:
        raise MovedOn
    conversations.keep_bot_state(tx, before.id, following.bot)
    values = form.values(step.form, step.filling, step.known)
    description = word_form.description(desk.texts.of(desk.staff_language), step, desk.staff_language)
    ticket, said = change_ticket.open_ticket(
        tx,
        desk,
        contact_id=before.contact_id,
        conversation_id=before.id,
        subject=word_form.subject(step, following.language),
        category=next((one.name for one in desk.rules.categories if step.form.name in one.forms), None),
        priority=Priority.NORMAL,
        description=description,
        agent=None,
        now=now,
    )
    if not fillings.complete(tx, before.contact_id, step.form.name, version=step.version, ticket_id=ticket.id, now=now):
        raise MovedOn
    _learn(tx, step, ticket, values, now, said_by=together.own_contact(tx, before.address, before.contact_id))
    pictures = [photo.id for photo in step.filling.photos]
    files.give_to_ticket(tx, pictures, contact_id=before.contact_id, ticket_id=ticket.id)
    return said + find_owner.route(tx, desk, ticket, text=description, now=now)


def _learn(
    tx: Connection, step: FormStep, ticket: Ticket, values: dict[str, str], now: datetime, *, said_by: int
) -> None:
    """The answers are facts of the case; what is true of the person whatever the case, of the person, too."""
    learnt = []
    others = {one.key: one for one in facts.of_contact(tx, ticket.contact_id) if one.contact_id != said_by}
    for key, value in values.items():
        if step.filling.answers.get(key, step.filling.told.get(key)) != value:
            # Known before, with its own source. What was learnt in another chat that is taken together with this one was
            # confirmed for this case, and is still its own when they are parted.
            if key in others:
                learnt.append(replace(others[key], contact_id=ticket.contact_id, ticket_id=ticket.id))
            continue
        told = Fact(
            contact_id=ticket.contact_id, key=key, value=value, source=Source.CUSTOMER, at=now, ticket_id=ticket.id
        )
        learnt.append(told)
        asked = step.form.field(key)
        if asked is not None and asked.kind in form.LASTING:
            learnt.append(Fact(contact_id=said_by, key=key, value=value, source=Source.CUSTOMER, at=now))
    facts.learn(tx, learnt)


def _reply(
    found: form.Form,
    filling: Filling | None,
    message: Message,
    understanding: Understanding,
    own: tuple[tuple[str, str], ...],
    today: date,
) -> Reply:
    words = normalise(message.text)
    asked = found.field(filling.at) if filling else None
    # "Mornings" says when a visit suits.
    asks_for_times = asked is not None and asked.kind is Kind.PREFERRED_TIMES
    if isinstance(understanding.command, Greeting) and not message.files and not asks_for_times:
        return Begin()
    if (typed := form_answer.typed(words)) is not None:
        return typed
    if asked is None:
        return form.Send() if form_answer.is_yes(words) else Answered(value="")
    photos = tuple(
        Photo(id=file.id, name=file.name)
        for file in message.files
        if file.problem is None and file.media_type.startswith("image/")
    )
    value = form_answer.read(asked, message.text, photos, today, _options(own))
    return Answered(value=value, photos=photos if asked.kind is Kind.PHOTO else ())


def _options(own: tuple[tuple[str, str], ...]) -> tuple[Option, ...]:
    return tuple(Option(value=sku, label={"en": name}) for sku, name in own)


def _known(
    tx: Connection,
    message: Message,
    conversation: Conversation,
    opened: form.Form,
    filling: Filling | None,
    now: datetime,
) -> dict[str, str]:
    """What nobody has to be asked: facts of the contact and what follows from the purchases, if the platform vouches for
    the writer. Whose complaint names another kind of appliance has to say which one it is."""
    if not _is_vouched_for(tx, message):
        return {}
    chosen = filling.answers.get(fact.PRODUCT) if filling else None
    bought = purchases.of_contact(tx, conversation.contact_id)
    about = [one for one in bought if chosen in (None, one.product.sku)]
    today = now.astimezone(UTC).date()
    derived = fact.of_purchases(conversation.contact_id, about, today, now)
    known = fact.by_key([*derived, *facts.of_contact(tx, conversation.contact_id)])
    values = {key: found.value for key, found in known.items()}
    complaint = form.values(opened, filling, {}).get(opened.complaint or "", "") if filling else ""
    if chosen is None and not fact.fits(complaint, values.get(fact.PRODUCT), bought):
        return {key: value for key, value in values.items() if key not in fact.OF_PRODUCT}
    return values


def _is_vouched_for(tx: Connection, message: Message) -> bool:
    return bool(message_details.get(tx, message.conversation_id, message.seq).is_verified)
