"""What a dealer's people are told: questions, why something does not count, and, one person alone, who the customer is. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.dealers.dealer_press import Action, Denial
from omnibot.domain.dealers.dealer_report import PARTS, PHOTOS
from omnibot.domain.escalation import Notice
from omnibot.domain.promise import Promise
from omnibot.flow import word
from omnibot.flow.dealers.case_card import STANDINGS
from omnibot.flow.word import plain
from omnibot.texts import Words, mark

_DENIALS = {
    Denial.BOT: mark("Only people can do this."),
    Denial.ANONYMOUS: mark("You are anonymous here, so I cannot tell who you are. Do it as yourself."),
    Denial.FORWARDED: mark("This is a copy of the card. Use the one in its group."),
    Denial.REPLAYED: mark("That was done already."),
    Denial.NO_GROUP: mark("Do that in your company's group."),
    Denial.STRANGER: mark("I do not know you yet. Ask us for a code and write it to me in a private chat."),
    Denial.OTHER_DEALER: mark("You act for another company; this case is not yours."),
    Denial.OTHER_GROUP: mark("The case is with somebody else now."),
    Denial.MOVED_ON: mark("The case is with somebody else now."),
    Denial.EXPIRED: mark("Too late: the time for the answer is over, and the case goes to somebody else."),
}
_PROMPTS = {
    Action.DECLINE: mark("{name}, why can you not take it? Answer this message in a few words."),
    Action.PLAN: mark(
        "{name}, what will you do, and when? Answer this message; the customer is asked whether it suits."
    ),
    Action.TIMES: mark(
        "{name}, when can you come? Answer this message, for example: Tue 9-11; Wed 14:00-16:00. The customer picks one."
    ),
    Action.ASK_HQ: mark("{name}, what do you want to know? Answer this message; our team reads it."),
}
NEED_WORDS = frozenset(_PROMPTS)
_QUESTIONS = {
    "cause": mark("What was the cause?"),
    "solution": mark("What have you done about it?"),
    "prevention": mark("What prevents it from happening again?"),
    PHOTOS: mark("Please post photos of the result, as an answer to this message."),
}
_PARTS = {
    "cause": mark("cause"),
    "solution": mark("solution"),
    "prevention": mark("prevention"),
    PHOTOS: mark("photos"),
}


def denial(words: Words, why: Denial, stage: Stage | None = None, accepted_by: str | None = None) -> str:
    """Why a press or command does nothing."""
    if why is Denial.TAKEN:
        return words("{name} was quicker and has the case.", name=plain(accepted_by or "?"))
    if why is Denial.NOT_NOW:
        if stage in (Stage.ACCEPTED, Stage.PROPOSED):
            return words("Not yet: the customer has not agreed to a plan.")
        return words("That does not fit now. The case stands at: {standing}", standing=words(_standing(stage)))
    return words(_DENIALS[why])


def prompt(words: Words, action: Action, name: str) -> str:
    """What somebody who pressed a button has to say behind it."""
    return words(_PROMPTS[action], name=plain(name))


def question(words: Words, name: str, lacking: Sequence[str], poor: Sequence[str]) -> str:
    """The next question of the report, after what was wrong with the last answers."""
    lines = []
    if poor:
        lines.append(too_little(words, [part for part in PARTS if part in poor]))
    rest = word.listed(words, (words(_PARTS[part]) for part in lacking))
    lines.append(f"{plain(name)}: {words(_QUESTIONS[lacking[0]])}")
    lines.append(
        words("Still missing: {parts}. All at once works, too: cause: … / solution: … / prevention: …", parts=rest)
    )
    return "\n".join(lines)


def too_little(words: Words, parts: Sequence[str]) -> str:
    """Which parts of a report say nothing."""
    listed = word.listed(words, (words(_PARTS[part]) for part in parts))
    return words("That says too little, or the same twice: {parts}.", parts=listed)


def help_text(words: Words) -> str:
    """What can be typed; one line."""
    return words(
        "accept · undo · decline REASON · plan TEXT · times TUE 9-11; … · on site · no show · done · ask QUESTION · promise ·"
        " kept · cancel: in answer to the card, or with the number"
    )


def private(
    words: Words, number: str, name: str | None, known: Sequence[tuple[str, str]], problem: str, photos: int
) -> str:
    """Who the customer is, for whoever accepted and nobody else. `known` are keys of facts and their values."""
    lines = [words("Case {number} is yours. Only you are told who the customer is:", number=number)]
    lines += [
        words("{name}: {value}", name=words(_FACTS[key]), value=plain(value))
        for key, value in [("name", name or ""), *known]
        if value
    ]
    if len(lines) == 1:
        lines.append(words("We know neither a phone number nor an address. Ask us in the group (Ask HQ)."))
    lines.append(f"> {plain(problem)}")
    if photos:
        lines.append(words("📷 {n} photos", n=photos))
    return "\n\n".join(lines)


_FACTS = {
    "name": mark("Name"),
    "phone": mark("Phone"),
    "email": mark("E-mail"),
    "address": mark("Address"),
    "postcode": mark("Postcode"),
    "region": mark("Region"),
    "serial": mark("Serial number"),
}


def reminder(words: Words, what: Notice, promise: Promise, number: str, now: datetime, zone: ZoneInfo) -> str:
    """What a dealer's group is told of a promise that runs out or is broken."""
    kind = f"“{plain(promise.text)}”" if promise.text else word.kind(words, promise.kind)
    when = word.moment(words, promise.due_at, now, zone)
    match what:
        case Notice.RUNNING | Notice.NUDGE:
            return words(
                "⏱ Case {number}: half of the time is over. Due {when}: {kind}.", number=number, when=when, kind=kind
            )
        case Notice.SOON:
            return words(
                "⏳ Case {number}: little time is left. Due {when}: {kind}.", number=number, when=when, kind=kind
            )
        case _:
            return words("⚠️ Case {number}: overdue since {when}: {kind}.", number=number, when=when, kind=kind)


def _standing(stage: Stage | None) -> str:
    return STANDINGS.get(stage, "?") if stage else "?"
