"""What a customer's words mean, before any state decides: a command, a button, or a question for the FAQ. No I/O."""

from dataclasses import replace
from datetime import datetime

from omnibot.domain import decision as decisions
from omnibot.domain import form_answer, triage
from omnibot.domain.candidate import Candidate, Match
from omnibot.domain.command import No, WhereIsMyCase, persists, recognise
from omnibot.domain.conversation import BotState, Conversation, Status
from omnibot.domain.language import Language, detect
from omnibot.domain.message import Choice, Message
from omnibot.domain.rating import LONGEST_COMMENT, Said, said
from omnibot.domain.regex import regex
from omnibot.domain.rules import form_of
from omnibot.domain.surge.wait import HowLong, asks_how_long
from omnibot.domain.triage import Understanding
from omnibot.domain.visit.absence import says_nobody_came
from omnibot.faq.entry import Entry
from omnibot.faq.normalize import normalise
from omnibot.flow import word_form
from omnibot.flow.desk import Desk
from omnibot.flow.surge import same_cause

LONGEST_FACT = 200
_SHRUG = regex(r"\b(?:don'?t|do not|dont) (?:know|have)\b|\bno idea\b|\bnot sure\b|不知道|不清楚|不记得|没有")


def understand(
    desk: Desk, message: Message, conversation: Conversation, now: datetime, *, wait: bool = True
) -> Understanding:
    """Command, button or question, and what the FAQ has for it. Raises Undecided where that takes a sentence encoder and nobody
    may `wait`."""
    if message.chosen:
        return _press(desk, message.chosen, conversation, now)
    if conversation.bot.to_rate is not None and (rating := said(message.text)) is not None:
        return Understanding(language=conversation.language, rating=rating)
    # An address or a serial number says nothing of the language that a form is filled in in.
    in_form = conversation.bot.form is not None
    language = conversation.language if in_form else detect(message.text, hint=conversation.language)
    normalised = normalise(message.text)
    command = recognise(normalised)
    if in_form and isinstance(command, WhereIsMyCase) and command.number is not None:
        command = None  # digits are the answer to what was asked
    if command is None and conversation.status is Status.QUEUED and asks_how_long(normalised):
        return Understanding(language=language, command=HowLong())
    # Only somebody whose ticket was resolved can say that the problem is still there.
    still = conversation.bot.resolved_ticket is not None and persists(normalised)
    absent = says_nobody_came(normalised)
    if command is not None or conversation.is_with_people:
        word = Said() if isinstance(command, No) and conversation.bot.rated is not None else None
        return Understanding(language=language, command=command, persists=still, rating=word, nobody_came=absent)
    if opened := _named_form(desk, normalised):
        return Understanding(language=language, choice=opened)
    match = _ask(desk, message.text, conversation, language, now, wait=wait)
    if _is_word_to_rating(conversation.bot, normalised, match, desk):
        return Understanding(language=language, rating=Said(comment=message.text.strip()[:LONGEST_COMMENT]))
    if conversation.bot.wanted and not in_form and not triage.is_sure(match.candidates, desk.policy):
        return _tell(desk, message.text, conversation, language, now)
    offer = _offer(desk, match, message.text, language)
    incident = None
    if desk.incidents.are_any and not in_form:
        meant = same_cause.signs(normalised, match.candidates, desk.policy)
        incident = desk.incidents.find(message.text, conversation.id, meant)
    return Understanding(
        language=language, match=match, persists=still, offer=offer, incident=incident, nobody_came=absent
    )


def _is_word_to_rating(bot: BotState, normalised: str, match: Match, desk: Desk) -> bool:
    """Whether the words are a remark on the rating just given: no question, nothing that the FAQ knows, no "it leaks again"."""
    if bot.rated is None or normalised.endswith("?") or persists(normalised):
        return False
    return not triage.is_sure(match.candidates, desk.policy)


def _named_form(desk: Desk, normalised: str) -> str | None:
    """The button whose words were typed: a command, or a platform without buttons."""
    if not desk.rules.forms:
        return None
    words = normalised.rstrip(" .!。！")
    named = (one for one in desk.rules.forms if words in map(normalise, one.title.values()))
    return next((form_answer.button(one.name, "begin") for one in named), None)


def _offer(desk: Desk, match: Match, text: str, language: Language) -> Choice | None:
    """The form for what it is about: that of the sure answer or, where there is none, of the words."""
    if not desk.rules.forms:
        return None
    if triage.is_sure(match.candidates, desk.policy):
        return _offer_of(desk, match.candidates[0], language)
    found = form_of(desk.rules, text=text)
    return word_form.offer(found, language) if found else None


def _offer_of(desk: Desk, candidate: Candidate, language: Language) -> Choice | None:
    entry = desk.matcher.entry(candidate.entry_id, language=language)
    found = form_of(desk.rules, entry=candidate.entry_id, tags=entry.tags if entry else ())
    return word_form.offer(found, language) if found else None


def _tell(desk: Desk, text: str, conversation: Conversation, language: Language, now: datetime) -> Understanding:
    """What was asked for, for the answer that needs it; or a shrug, which leaves that to people."""
    told = None if _SHRUG.search(normalise(text)) else text.strip()[:LONGEST_FACT]
    entry = desk.matcher.entry(conversation.bot.wanted_for or "", language=language)
    if entry is None or not entry.is_valid_on(now.date()):
        return Understanding(language=language, failed=True)
    return _chosen(desk, entry, Understanding(language=language, told=told), feature="told")


def _ask(desk: Desk, text: str, conversation: Conversation, language: Language, now: datetime, *, wait: bool) -> Match:
    """What the FAQ has for a text, which may live on the question that was answered last."""
    last = conversation.bot.last_entry
    today, matcher = now.date(), desk.matcher
    followed = matcher.follow(text, last, language=language, today=today, wait=wait) if last else None
    return followed or matcher.match(text, language=language, today=today, wait=wait)


def _press(desk: Desk, choice: str, conversation: Conversation, now: datetime) -> Understanding:
    language = conversation.language
    if not choice.startswith(decisions.ENTRY):
        return Understanding(language=language, choice=choice)
    entry = desk.matcher.entry(choice.removeprefix(decisions.ENTRY), language=language)
    if entry is None or not entry.is_valid_on(now.date()):
        # Withdrawn since the button was shown: people know more.
        return Understanding(language=language, choice=choice, failed=True)
    return _chosen(desk, entry, Understanding(language=language, choice=choice), feature="pressed")


def _chosen(desk: Desk, entry: Entry, understanding: Understanding, *, feature: str) -> Understanding:
    """With an entry that is no guess."""
    pressed = Candidate(
        entry_id=entry.id,
        question=entry.question,
        answer=entry.answer,
        score=1.0,
        features=(feature,),
        language=entry.language,
    )
    match = Match(version=desk.matcher.version, candidates=(pressed,))
    offer = _offer_of(desk, pressed, understanding.language) if desk.rules.forms else None
    return replace(understanding, pressed=pressed, match=match, offer=offer)
