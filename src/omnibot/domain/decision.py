"""What the bot may decide to do, as values. `triage` chooses among them, `flow` does what they say.

The ids of the buttons that lead to a decision stand here, too: whoever draws one and whoever reads it mean the same.
"""

from collections.abc import Mapping

from omnibot.domain.candidate import Candidate
from omnibot.domain.conversation import HandoffReason
from omnibot.domain.form import FORM, Filling, Form, Outcome
from omnibot.domain.message import Choice
from omnibot.domain.surge import aside
from omnibot.domain.surge.aside import Aside
from omnibot.domain.ticket import Ticket
from omnibot.domain.value import dataclass, hot

# Ids of the bot's own buttons. `entry:` is followed by the FAQ entry's id.
HELPED = "helped"
DID_NOT_HELP = "did_not_help"
PERSON = "person"
ENTRY = "entry:"
# Buttons under times for a visit: "slot:number:offer:" and the slot's place, or one of these.
SLOT, SLOT_OTHER, SLOT_CANCEL, SLOT_NONE = "slot:", "other", "cancel", "none"
SLOT_NO_SHOW = "no_show"  # no button: the customer says that nobody came
# Buttons under a dealer's plan; each is followed by "number:offer:change".
PLAN_AGREE, PLAN_OTHER, PLAN_TALK = "plan_agree:", "plan_other:", "plan_talk:"
# Buttons under a dealer's report, followed by the same.
REPORT_YES, REPORT_NO = "report_yes:", "report_no:"


def needs_bot(choice: str) -> bool:
    """Whether a button does anything only while the bot has the conversation; people decide for themselves what to do next."""
    return choice in (HELPED, DID_NOT_HELP, PERSON) or choice.startswith((ENTRY, FORM))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStep:
    """A form before and after a reply (`domain.form.step`). `version` is that of what was read: None where nothing was."""

    form: Form
    filling: Filling
    outcome: Outcome
    known: Mapping[str, str]  # what nobody is asked for
    own: tuple[tuple[str, str], ...] = ()  # the customer's products, SKU and name
    version: int | None = None
    is_opened: bool = False  # the customer has just opened it, or come back to it
    noted: str | None = None  # the words that led to the form, where they are its answer from now on


@hot
@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    candidate: Candidate
    offer: Choice | None = None  # a form for what it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForFact:
    """The answer needs something that is not known."""

    name: str  # of the blank
    candidate: Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    candidates: tuple[Candidate, ...]
    offer: Choice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferForm:
    """Nothing is known to answer with, but what it is about has a form: that, or a person."""

    form: str
    offer: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class FillForm:
    """A form goes on. `aside` answers a question that came in place of an answer."""

    step: FormStep
    aside: Candidate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """An answer did not help, once: ask for other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Thanks or "yes, that helped"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greet:
    """Return a greeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCases:
    """Tell where the contact's tickets stand. Said by the system, so that it may be said while a person has the conversation."""

    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCode:
    """Hand out a code that takes another chat together with this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChat:
    """Let the chat stand for itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    reason: HandoffReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenTicket:
    """The contact answered to a resolved ticket within the window."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowTicket:
    """The contact answered to a resolved ticket after the window: a new one continues it."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn:
    """People own the conversation; the bot is silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePress:
    """A button of the bot's, pressed while people own the conversation: they see it, the contact hears that it does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallSilent:
    """People get the conversation without a word to the other side, which may be a machine that answers every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDealer:
    """The contact pressed a button under a dealer's plan or report. `n` is the number of the offer, `change` that of the plan or
    report in the ticket's time line: a press under an older one does nothing."""

    answer: str  # PLAN_… or REPORT_…
    number: str
    n: int
    change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickSlot:
    """The contact pressed a button under times for a visit, or said as much."""

    number: str
    offer: int
    what: str = SLOT_OTHER  # the place in the offer, SLOT_OTHER, SLOT_CANCEL, SLOT_NONE or SLOT_NO_SHOW
    among: tuple[int, ...] = ()  # the places that the words may mean, where that has to be asked


Decision = (
    Answer
    | AskForFact
    | Suggest
    | AskAgain
    | Acknowledge
    | Greet
    | ShowCases
    | OfferCode
    | PartChat
    | HandOff
    | ReopenTicket
    | FollowTicket
    | PassOn
    | LatePress
    | FallSilent
    | AnswerDealer
    | OfferForm
    | FillForm
    | PickSlot
    | Aside
)


def name(decision: Decision) -> str:
    """As explanations and outcomes store it."""
    return NAMES[type(decision)]


NAMES: dict[type, str] = {
    Answer: "answer",
    AskForFact: "ask_for_fact",
    Suggest: "suggest",
    AskAgain: "ask_again",
    Acknowledge: "acknowledge",
    Greet: "greet",
    ShowCases: "show_cases",
    OfferCode: "offer_code",
    PartChat: "part_chat",
    HandOff: "hand_off",
    ReopenTicket: "reopen_ticket",
    FollowTicket: "follow_ticket",
    PassOn: "pass_on",
    LatePress: "late_press",
    FallSilent: "fall_silent",
    AnswerDealer: "answer_plan",
    OfferForm: "offer_form",
    FillForm: "fill_form",
    PickSlot: "pick_slot",
} | aside.NAMES
