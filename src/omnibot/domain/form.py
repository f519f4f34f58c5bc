"""Forms in a chat: what is asked for one kind of case, one question at a time, and never what is known already.

`step` is the whole machine, and pure: a form, how far it is filled in and a reply give the next state and what is to be
said. How an answer is read and refused is in `form_answer`.
"""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import assert_never

from omnibot.domain.fact import ADDRESS, PHONE
from omnibot.domain.language import Language
from omnibot.domain.value import dataclass

FORM = "form:"  # begins the id of every button of a form
TAG = "form:"  # an FAQ entry with the tag "form:repair" offers that form

# In the operator's words, by language tag.
Texts = Mapping[str, str]


class Kind(StrEnum):
    """What an answer has to be."""

    TEXT = "text"
    CHOICE = "choice"  # one of the options
    DATE = "date"  # kept as 2026-03-04
    SERIAL = "serial"
    ADDRESS = "address"
    PHOTO = "photo"  # one or several pictures
    PHONE = "phone"
    PRODUCT = "product"  # one the customer has bought, or its name
    PREFERRED_TIMES = "preferred_times"  # in the customer's own words


# What is true of the person, whatever the case: kept for the next case, too.
LASTING = {Kind.PHONE: PHONE, Kind.ADDRESS: ADDRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """`value` is what is kept."""

    value: str
    label: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`key` is that of the fact which the answer becomes."""

    key: str
    kind: Kind
    question: Texts
    label: Texts = field(default_factory=dict)  # in summaries; without one, the key
    required: bool = True
    pattern: str | None = None  # of the whole answer, once it is read
    help: Texts = field(default_factory=dict)  # where to find it, said when an answer does not fit
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`title` stands on the button that opens it. `complaint` is the field that the words which led to the form answer."""

    name: str
    title: Texts
    fields: tuple[Field, ...]
    complaint: str | None = None

    def field(self, key: str | None) -> Field | None:
        return next((one for one in self.fields if one.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture that came with a message. `id` is the file's."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How far somebody is. `path` are the keys that were answered or skipped, in that order: the way back."""

    form: str
    answers: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()  # known values that the customer wants to give anew
    photos: tuple[Photo, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)  # said before the form began: known, and the case's own
    at: str | None = None  # the field that was asked for last; None: nothing yet, or everything is there

    @property
    def is_new(self) -> bool:
        return self.at is None and not self.path


class Problem(StrEnum):
    """Why an answer was not taken."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_DATE = "not_a_date"
    AMBIGUOUS_DATE = "ambiguous_date"  # 03/04/2026
    NOT_A_SERIAL = "not_a_serial"
    NOT_AN_ADDRESS = "not_an_address"
    NOT_A_PHOTO = "not_a_photo"
    NOT_A_PHONE = "not_a_phone"
    PATTERN = "pattern"  # not the operator's own shape
    REQUIRED = "required"  # cannot be skipped
    NO_WAY_BACK = "no_way_back"  # it is the first question


NOT_OF_WORDS = (Problem.REQUIRED, Problem.NO_WAY_BACK)  # a move that is not possible; the words were understood


@dataclass(frozen=True, slots=True)
class Begin:
    """The button that opens the form, or a return to it."""


@dataclass(frozen=True, slots=True)
class Back:
    """To the question before."""


@dataclass(frozen=True, slots=True)
class Skip:
    """No answer to this one."""


@dataclass(frozen=True, slots=True)
class Send:
    """Everything is right."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Not now."""


@dataclass(frozen=True, slots=True)
class Change:
    """This value is not right."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to the question that stands, or to `key`; already read, or a problem."""

    value: str | Problem
    key: str | None = None
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """Several questions answered at once, as on a page: words or values by key, or problems. What was left empty is skipped
    where it may be."""

    answers: Mapping[str, str | Problem]


Reply = Begin | Back | Skip | Send | Leave | Change | Answered | Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """This question, after a problem with the answer before. `resumed`: the customer comes back to it."""

    field: Field
    problem: Problem | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Everything is there: show it, and ask whether it is right."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The case opens."""


@dataclass(frozen=True, slots=True)
class Left:
    """It waits, with what was said so far."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A button of a form that is done, or that was never begun: nothing changes."""


Outcome = Ask | Confirm | Complete | Left | Stale


def step(form: Form, filling: Filling | None, reply: Reply, known: Mapping[str, str]) -> tuple[Filling, Outcome]:
    """What a reply makes of a form that is being filled in (None: not begun). `known` are values that nobody asks for."""
    if filling is None:
        empty = Filling(form=form.name)
        return _go_on(form, empty, known) if isinstance(reply, Begin) else (empty, Stale())
    current = form.field(filling.at)
    match reply:
        case Begin():
            following, outcome = _go_on(form, filling, known)
            return following, replace(outcome, resumed=True) if isinstance(outcome, Ask) else outcome
        case Leave():
            return filling, Left()
        case Send():
            following, outcome = _go_on(form, filling, known)
            return (following, Complete()) if isinstance(outcome, Confirm) else (following, outcome)
        case Change(key=key):
            return _change(form, filling, key, known)
        case Back():
            return _back(form, filling, current)
        case Skip():
            if current is None:
                return _go_on(form, filling, known)
            if current.required:
                return filling, Ask(field=current, problem=Problem.REQUIRED)
            return _go_on(form, _settled(filling, current.key), known)
        case Answered():
            return _answer(form, filling, reply, known)
        case Filled(answers=answers):
            return _fill(form, filling, answers, known)
    assert_never(reply)


def open_fields(form: Form, filling: Filling, known: Mapping[str, str]) -> tuple[Field, ...]:
    """What is still to be asked, in the order of the form."""
    return tuple(one for one in form.fields if one.key not in filling.path and not _known(filling, one, known))


def told_before(form: Form, filling: Filling | None, complaint: str) -> Filling | None:
    """With the words that led to the form as the answer they are; None where they are none, or that is answered already."""
    begun = filling or Filling(form=form.name)
    asked = form.field(form.complaint)
    if asked is None or asked.key in begun.path or asked.key in begun.changing or complaint in begun.told.values():
        return None
    if asked.pattern is not None and not re.fullmatch(asked.pattern, complaint):
        return None
    return replace(begun, told={asked.key: complaint})


def values(form: Form, filling: Filling, known: Mapping[str, str]) -> dict[str, str]:
    """Everything there is, said and known, in the order of the form; what was skipped is absent."""
    found = {one.key: filling.answers.get(one.key) or _known(filling, one, known) for one in form.fields}
    return {key: value for key, value in found.items() if value}


def spoken(texts: Texts, language: Language) -> str | None:
    """The operator's words in a language or the nearest there is."""
    order = [language.value, *([Language.ZH_HANS.value] if language.is_chinese else []), Language.EN.value, *texts]
    return next((texts[tag] for tag in order if tag in texts), None)


def _answer(form: Form, filling: Filling, reply: Answered, known: Mapping[str, str]) -> tuple[Filling, Outcome]:
    asked = form.field(reply.key or filling.at)
    if asked is None:
        # The summary stands there, and these words are neither yes nor a change.
        return filling, Confirm() if reply.key is None else Stale()
    if isinstance(reply.value, Problem):
        return filling, Ask(field=asked, problem=reply.value)
    photos = (*filling.photos, *(photo for photo in reply.photos if photo not in filling.photos))
    answered = replace(filling, answers={**filling.answers, asked.key: reply.value}, photos=photos)
    return _go_on(form, _settled(answered, asked.key), known)


def _fill(
    form: Form, filling: Filling, answers: Mapping[str, str | Problem], known: Mapping[str, str]
) -> tuple[Filling, Outcome]:
    """What fits is kept; the first question whose answer does not is asked in the chat."""
    wrong: Ask | None = None
    for one in form.fields:
        given = answers.get(one.key)
        if given is None or ((not given or isinstance(given, Problem)) and _known(filling, one, known)):
            continue  # not on the page, or learnt since it came up
        problem = given if isinstance(given, Problem) else Problem.REQUIRED if not given and one.required else None
        if problem is not None:
            wrong = wrong or Ask(field=one, problem=problem)
            continue
        if given:
            filling = replace(filling, answers={**filling.answers, one.key: str(given)})
        filling = _settled(filling, one.key)
    return (replace(filling, at=wrong.field.key), wrong) if wrong else _go_on(form, filling, known)


def _change(form: Form, filling: Filling, key: str, known: Mapping[str, str]) -> tuple[Filling, Outcome]:
    wanted = form.field(key)
    if wanted is None:
        return filling, Stale()
    changing = filling.changing if key in filling.changing else (*filling.changing, key)
    return replace(_forgotten(filling, wanted), changing=changing, at=key), Ask(field=wanted)


def _back(form: Form, filling: Filling, current: Field | None) -> tuple[Filling, Outcome]:
    """The question before the one that stands; an answer to it is forgotten, so that it is asked."""
    while filling.path:
        *earlier, last = filling.path
        wanted = form.field(last)
        filling = replace(filling, path=tuple(earlier))
        if wanted is not None:  # the operator may have taken it out meanwhile
            changing = (*filling.changing, last) if last not in filling.changing else filling.changing
            return replace(_forgotten(filling, wanted), changing=changing, at=last), Ask(field=wanted)
    if current is None:
        return filling, Confirm()
    return filling, Ask(field=current, problem=Problem.NO_WAY_BACK)


def _go_on(form: Form, filling: Filling, known: Mapping[str, str]) -> tuple[Filling, Ask | Confirm]:
    for one in open_fields(form, filling, known):
        return replace(filling, at=one.key), Ask(field=one)
    return replace(filling, at=None), Confirm()


def _known(filling: Filling, one: Field, known: Mapping[str, str]) -> str | None:
    if one.key in filling.changing or one.kind is Kind.PHOTO:
        return None
    return filling.told.get(one.key) or known.get(one.key) or None


def _settled(filling: Filling, key: str) -> Filling:
    return replace(filling, path=(*(one for one in filling.path if one != key), key))


def _forgotten(filling: Filling, one: Field) -> Filling:
    return replace(
        filling,
        answers={key: value for key, value in filling.answers.items() if key != one.key},
        path=tuple(key for key in filling.path if key != one.key),
        photos=() if one.kind is Kind.PHOTO else filling.photos,
    )
