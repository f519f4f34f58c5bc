"""What a dealer's group is shown of a case, in the group's language. Pure. The customer's name, phone and address are not in
it: they go to whoever accepts, in private."""

from datetime import datetime
from zoneinfo import ZoneInfo

from omnibot.domain.dealers.dealer_case import WITH_DEALER, DealerCase, Stage
from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.message import Choice
from omnibot.domain.promise import PromiseKind
from omnibot.domain.ticket import Priority, Ticket, TicketStatus
from omnibot.domain.value import dataclass
from omnibot.flow import word
from omnibot.flow.word import plain, spoken_number
from omnibot.texts import Words, mark

PREFIX = "dealer"  # of the ids of a card's choices: "dealer:accept:7:1", the ticket and the number of the offer
EXCERPT = 400  # characters of what somebody said: a card fits on the screen of a phone
OFFERED = {
    Stage.OFFERED: (Action.ACCEPT, Action.DECLINE, Action.ASK_HQ),
    Stage.ACCEPTED: (Action.PLAN, Action.TIMES, Action.UNDO, Action.ASK_HQ),
    Stage.PROPOSED: (Action.PLAN, Action.TIMES, Action.ASK_HQ),
    Stage.AGREED: (Action.ON_SITE, Action.DONE, Action.TIMES, Action.PLAN, Action.ASK_HQ),
    Stage.ON_SITE: (Action.DONE, Action.ASK_HQ),
    Stage.REPORTED: (Action.ASK_HQ,),
}
LABELS = {
    Action.ACCEPT: mark("Accept"),
    Action.DECLINE: mark("Decline"),
    Action.UNDO: mark("Undo"),
    Action.PLAN: mark("Propose plan"),
    Action.ON_SITE: mark("On site"),
    Action.DONE: mark("Done"),
    Action.ASK_HQ: mark("Ask HQ"),
    Action.TIMES: mark("Offer times"),
    Action.NO_SHOW: mark("Nobody there"),
}
STANDINGS = {
    Stage.OFFERED: mark("🟠 New: who takes it?"),
    Stage.ACCEPTED: mark("🔵 Accepted: propose a plan"),
    Stage.PROPOSED: mark("🔵 The customer is asked about the plan"),
    Stage.AGREED: mark("🟢 The customer has agreed to the plan"),
    Stage.ON_SITE: mark("🟢 On site"),
    Stage.REPORTED: mark("✅ Done: the customer is asked to confirm"),
    Stage.CLOSED: mark("✅ Closed"),
}
# How it ended for a dealer who has it no more.
ENDINGS = {
    Stage.DECLINED: mark("⚪ Declined: it goes to somebody else"),
    Stage.TIMED_OUT: mark("⚪ Not answered in time: it goes to somebody else"),
    Stage.WITHDRAWN: mark("⚪ Taken back"),
}
CLOCKS = {
    PromiseKind.DEALER_REPLY: mark("answer {when}"),
    PromiseKind.DEALER_PLAN: mark("plan agreed {when}"),
    PromiseKind.DEALER_CLOSING: mark("closed {when}"),
}
_PRIORITIES = {Priority.HIGH: mark("❗ high priority"), Priority.URGENT: mark("‼️ urgent")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A case with what a dealer may know of it. What people wrote has been masked."""

    ticket: Ticket
    case: DealerCase
    category: str | None
    problem: str
    product: str | None
    warranty: str | None
    area: str | None
    photos: int  # the customer's
    report_photos: int  # the dealer's
    member: str | None  # who accepted
    clocks: tuple[tuple[PromiseKind, datetime], ...]  # what is owed still
    visit: str  # how its visit stands, in words
    has_visit: bool  # one is booked
    ended: Stage | None  # how it ended for the group's dealer, where another one has it
    zone: ZoneInfo  # the dealer's


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A card as it is shown."""

    text: str
    choices: tuple[Choice, ...]


def face(words: Words, shown: Shown, now: datetime) -> Face:
    """The newest state first, then what the dealer needs to decide."""
    number = spoken_number(shown.ticket.number)
    ended = shown.ended or (shown.case.stage if shown.case.stage in ENDINGS else None)
    if ended is not None:
        return Face(text=f"**{words(ENDINGS[ended])}** · {number}\n\n{plain(shown.ticket.subject)}", choices=())
    lines = [
        f"**{_standing(words, shown)}** · {number}",
        _subject(words, shown),
        _about(words, shown),
        _clocks(words, shown, now),
        shown.visit,
        *_story(words, shown),
    ]
    return Face(text="\n\n".join(line for line in lines if line), choices=_choices(words, shown))


def _standing(words: Words, shown: Shown) -> str:
    standing = words(STANDINGS[shown.case.stage])
    by = f" ({plain(shown.member)})" if shown.member and shown.case.stage is not Stage.OFFERED else ""
    again = shown.case.details.reopened
    back = " · " + words("came back {n}×", n=again) if again else ""
    return standing + by + back


def _subject(words: Words, shown: Shown) -> str:
    parts = [plain(shown.ticket.subject)]
    if shown.category:
        parts.append(plain(shown.category))
    if shown.ticket.priority in _PRIORITIES:
        parts.append(words(_PRIORITIES[shown.ticket.priority]))
    if shown.ticket.status is TicketStatus.PENDING:
        parts.append(words("on hold"))
    return " · ".join(parts)


def _about(words: Words, shown: Shown) -> str:
    parts = []
    if shown.product:
        parts.append(f"🧰 {plain(shown.product)}")
    if shown.warranty:
        parts.append(words("warranty until {date}", date=shown.warranty))
    if shown.area:
        parts.append(f"📍 {plain(shown.area)}")
    parts.append(words("📷 {n} photos", n=shown.photos))
    return " · ".join(parts)


def _clocks(words: Words, shown: Shown, now: datetime) -> str:
    if not shown.clocks:
        return ""
    said = [words(CLOCKS[kind], when=word.moment(words, at, now, shown.zone)) for kind, at in shown.clocks]
    late = [at for _, at in shown.clocks if at <= now]
    sign = words("⚠️ **Overdue**: ") if late else "⏱ "
    return sign + " · ".join(said)


def _story(words: Words, shown: Shown) -> list[str]:
    """What was said, the newest first."""
    details, stage = shown.case.details, shown.case.stage
    lines = []
    if details.report is not None:
        said = details.report
        lines.append(
            words(
                "Cause: {cause}\nSolution: {solution}\nPrevention: {prevention}",
                cause=plain(cut(said.cause)),
                solution=plain(cut(said.solution)),
                prevention=plain(cut(said.prevention)),
            )
        )
    if shown.report_photos:
        lines.append(words("📷 {n} of yours", n=shown.report_photos))
    if details.wish is not None and stage is Stage.ACCEPTED:
        is_objection = details.plan is None
        lines.append(
            words("The customer says that it is not done: {text}", text=plain(cut(details.wish)))
            if is_objection
            else words("The customer needs another time.")
        )
    if details.plan is not None:
        lines.append(words("🗓 Plan: {text}", text=plain(cut(details.plan.text))))
    if shown.problem and not _says(shown.ticket.subject, shown.problem):
        lines.append(f"> {plain(cut(shown.problem))}")
    return lines


def _says(subject: str, problem: str) -> bool:
    """Whether what the case is called says all of the problem."""
    return " ".join(subject.split()) == " ".join(problem.split())


def _choices(words: Words, shown: Shown) -> tuple[Choice, ...]:
    about = f"{shown.ticket.id}:{shown.case.n}"
    actions = OFFERED.get(shown.case.stage, ())
    if shown.has_visit and shown.case.stage in WITH_DEALER:
        actions = (*actions, Action.NO_SHOW)
    return tuple(Choice(id=f"{PREFIX}:{action.value}:{about}", label=words(LABELS[action])) for action in actions)


def cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[:EXCERPT] + "…"
