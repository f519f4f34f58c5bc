"""How things look in the API: JSON shapes, made from domain values."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from omnibot.domain.contact import Contact, ContactAddress
from omnibot.domain.conversation import Conversation
from omnibot.domain.dealers.dealer_case import DealerCase
from omnibot.domain.message import Message, Note
from omnibot.domain.ticket import HistoryEntry, Ticket
from omnibot.domain.triage import Explanation
from omnibot.flow.word import spoken_number
from omnibot.store import tickets
from omnibot.store.assignments import Assignment
from omnibot.store.conversation_lists import Line
from omnibot.store.dealer_cases import Offer
from omnibot.store.message_details import NOTHING, Details
from omnibot.web.api.clocks import PromiseView
from omnibot.web.api.rating_view import RatingView

# What a person may write: something visible and no NUL. RELIABILITY: at most 8,000 characters.
Text = Annotated[str, Meta(min_length=1, max_length=8_000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
ShortText = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Limit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(pattern=r"^[0-9]{1,15}$(?!\n)")]  # `$` alone also matches before a last line end
Id = Annotated[int, Meta(ge=1, le=2**53)]


class ContactView(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None
    email: str | None
    language: str
    verified: bool
    created_at: datetime
    tier: str | None = None


class AddressView(Struct, frozen=True, kw_only=True):
    """Where a contact writes to us. `proof` says why it is theirs, where it is not the one they came with."""

    channel: str
    chat: str
    conversation_id: int
    proof: str | None
    linked_at: datetime | None
    unreachable: str | None


class ContactDetail(ContactView, frozen=True, kw_only=True):
    addresses: list[AddressView]
    merged_into: int | None  # who has the addresses now


class ConversationView(Struct, frozen=True, kw_only=True):
    id: int
    status: str
    channel: str
    language: str
    epoch: int
    contact_id: int
    contact_name: str | None = None
    assignee_id: int | None
    assignee_name: str | None = None
    reason: str | None
    waiting_since: datetime | None
    due_at: datetime | None
    preview: str = ""
    updated_at: datetime | None = None


class ChoiceView(Struct, frozen=True):
    id: str
    label: str


class CandidateView(Struct, frozen=True):
    entry_id: str
    question: str
    score: float


class ExplanationView(Struct, frozen=True, kw_only=True):
    decision: str
    faq_version: str | None
    answer_threshold: float
    suggest_threshold: float
    answer_margin: float
    calibration: int | None  # the version of the thresholds; null: those of the settings
    candidates: list[CandidateView]
    features: list[str]


class FileView(Struct, frozen=True, kw_only=True):
    """`problem` says why the file is not there."""

    id: int
    name: str
    media_type: str
    size: int
    problem: str | None


class MessageView(Struct, frozen=True, kw_only=True):
    id: str
    seq: int
    author: str
    author_name: str | None
    text: str
    at: datetime
    internal: bool
    choices: list[ChoiceView] = []
    chosen: str | None = None
    explanation: ExplanationView | None = None
    delivery: str | None = None  # of a channel that sends: pending, sending, sent, failed, cancelled
    files: list[FileView] = []
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    is_verified: bool | None = True  # whether the platform vouches for who wrote it; null: it does not say
    is_automatic: bool = False  # a machine wrote it: nobody answers
    sender: str | None = None  # the platform's id of who wrote, where that is not the contact or the chat is a group
    cc: list[str] = []  # who else got it
    bcc: list[str] = []  # who else got it, and nobody is told


class HandoffView(Struct, frozen=True, kw_only=True):
    """What a person needs so that the customer repeats nothing."""

    reason: str | None
    waiting_since: datetime | None
    language: str
    page_url: str | None
    question: str | None  # the customer's words that led to the handoff
    tried: list[ExplanationView]


class TicketView(Struct, frozen=True, kw_only=True):
    id: int
    number: str
    subject: str
    category: str | None
    priority: str
    status: str
    contact_id: int
    conversation_id: int | None
    assignee_id: int | None
    follows: str | None
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


class ChangeView(Struct, frozen=True, kw_only=True):
    n: int
    kind: str
    by: str
    by_name: str | None
    at: datetime
    detail: dict[str, Any]


class WhyNotView(Struct, frozen=True, kw_only=True):
    """A rule or a dealer that did not get it."""

    candidate: str
    reason: str


class OfferView(Struct, frozen=True, kw_only=True):
    """A dealer that was asked; `answer` is accepted, declined, timed_out or withdrawn, null while there is none."""

    dealer_id: int
    offered_at: datetime
    answered_at: datetime | None
    answer: str | None
    reason: str | None


class AssignmentView(Struct, frozen=True, kw_only=True):
    """Who has it beside the agent. The owner of first contact stays to the end."""

    team: str | None = None
    dealer_id: int | None = None
    dealer_name: str | None = None
    dealer_stage: str | None = None
    first_agent_id: int | None = None
    first_agent_name: str | None = None
    rule: str | None = None
    why: str | None = None
    why_not: list[WhyNotView] = []
    offers: list[OfferView] = []


class TicketDetail(Struct, frozen=True, kw_only=True):
    ticket: TicketView
    assignment: AssignmentView
    timeline: list[ChangeView]
    clocks: list[PromiseView]
    rating: RatingView | None = None  # null while the customer was not asked


class ConversationDetail(Struct, frozen=True, kw_only=True):
    conversation: ConversationView
    contact: ContactView
    transcript: list[MessageView]
    handoff: HandoffView
    clocks: list[PromiseView]
    tickets: list[TicketView]
    past_conversations: list[ConversationView]
    continues: int | None  # the conversation that the customer went on from
    unreachable: str | None  # why the customer cannot be written to here
    other_addresses: list[AddressView]  # of the same contact, proven
    ratings: list[RatingView]  # the newest first
    read: "ReadView"
    copies: "CopiesView"


class CopiesView(Struct, frozen=True, kw_only=True):
    """Who else may get a reply."""

    most: int  # 0: this channel has no copies
    known: list[str]  # who had copies here or wrote, the newest first


class ReadView(Struct, frozen=True, kw_only=True):
    """Up to which seq each side has read what the other said, in the web chat; 0 where it is not known."""

    customer: int
    customer_at: datetime | None
    staff: int
    staff_at: datetime | None


def contact(found: Contact) -> ContactView:
    return ContactView(
        id=found.id,
        name=found.name,
        email=found.email,
        language=found.language.value,
        verified=found.is_verified,
        created_at=found.created_at,
        tier=found.tier,
    )


def address(found: ContactAddress) -> AddressView:
    return AddressView(
        channel=found.channel,
        chat=found.chat,
        conversation_id=found.conversation_id,
        proof=found.proof.value if found.proof else None,
        linked_at=found.linked_at,
        unreachable=found.unreachable,
    )


def contact_detail(found: Contact, addresses: list[ContactAddress], merged_into: int | None) -> ContactDetail:
    known = msgspec.structs.asdict(contact(found))
    return ContactDetail(
        **known, addresses=[address(one) for one in addresses], merged_into=None if addresses else merged_into
    )


def conversation(found: Conversation, *, assignee_name: str | None = None) -> ConversationView:
    return ConversationView(
        id=found.id,
        status=found.status.value,
        channel=found.address.channel,
        language=found.language.value,
        epoch=found.epoch,
        contact_id=found.contact_id,
        assignee_id=found.agent_id,
        assignee_name=assignee_name,
        reason=found.reason.value if found.reason else None,
        waiting_since=found.waiting_since,
        due_at=found.due_at,
    )


def line(found: Line) -> ConversationView:
    shown = conversation(found.conversation, assignee_name=found.agent_name)
    return msgspec.structs.replace(
        shown,
        contact_name=found.contact_name or found.contact_email,
        preview=found.preview,
        updated_at=found.updated_at,
    )


def explanation(found: Explanation) -> ExplanationView:
    return ExplanationView(
        decision=found.decision,
        faq_version=found.faq_version,
        answer_threshold=found.answer_threshold,
        suggest_threshold=found.suggest_threshold,
        answer_margin=found.answer_margin,
        calibration=found.calibration,
        candidates=[CandidateView(*candidate) for candidate in found.candidates],
        features=list(found.features),
    )


def message(
    found: Message, *, why: Explanation | None = None, delivery: str | None = None, details: Details = NOTHING
) -> MessageView:
    return MessageView(
        id=f"{found.conversation_id}.{found.seq}",
        seq=found.seq,
        author=found.author.value,
        author_name=found.author_name,
        text=found.text,
        at=found.at,
        internal=False,
        choices=[ChoiceView(choice.id, choice.label) for choice in found.choices],
        chosen=found.chosen,
        explanation=explanation(why) if why else None,
        delivery=delivery,
        files=[
            FileView(id=file.id, name=file.name, media_type=file.media_type, size=file.size, problem=file.problem)
            for file in found.files
        ],
        edited_at=found.edited_at,
        deleted_at=found.deleted_at,
        is_verified=details.is_verified,
        is_automatic=details.is_automatic,
        sender=details.sender,
        cc=list(details.cc),
        bcc=list(details.bcc),
    )


def note(found: Note) -> MessageView:
    return MessageView(
        id=f"{found.conversation_id}.{found.seq}",
        seq=found.seq,
        author="agent",
        author_name=found.author_name,
        text=found.text,
        at=found.at,
        internal=True,
    )


def ticket(found: Ticket) -> TicketView:
    follows = tickets.number_of(found.follows_id) if found.follows_id else None
    return TicketView(
        id=found.id,
        number=spoken_number(found.number),
        subject=found.subject,
        category=found.category,
        priority=found.priority.value,
        status=found.status.value,
        contact_id=found.contact_id,
        conversation_id=found.conversation_id,
        assignee_id=found.agent_id,
        follows=spoken_number(follows) if follows else None,
        opened_at=found.opened_at,
        resolved_at=found.resolved_at,
        closed_at=found.closed_at,
    )


def assignment(found: Assignment, case: DealerCase | None, offers: list[Offer]) -> AssignmentView:
    choice = found.choice
    return AssignmentView(
        team=found.team,
        dealer_id=found.dealer_id,
        dealer_name=found.dealer_name,
        dealer_stage=case.stage.value if case else None,
        first_agent_id=found.first_agent_id,
        first_agent_name=found.first_agent_name,
        rule=choice.rule if choice else None,
        why=choice.why if choice else None,
        why_not=[WhyNotView(candidate=one.candidate, reason=one.reason) for one in choice.why_not] if choice else [],
        offers=[
            OfferView(
                dealer_id=one.dealer_id,
                offered_at=one.offered_at,
                answered_at=one.answered_at,
                answer=one.answer,
                reason=one.reason,
            )
            for one in offers
        ],
    )


def change(found: HistoryEntry) -> ChangeView:
    return ChangeView(
        n=found.n,
        kind=tickets.kind_of(found.change),
        by=found.by.value,
        by_name=found.by_name,
        at=found.at,
        detail=msgspec.to_builtins(found.change),
    )
