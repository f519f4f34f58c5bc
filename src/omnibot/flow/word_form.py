"""The questions of a form in words and buttons, in the customer's language. Pure."""

from typing import assert_never

from omnibot.domain import form
from omnibot.domain.complaint import SUBJECT, shortened
from omnibot.domain.decision import PERSON, FormStep
from omnibot.domain.form import Ask, Complete, Confirm, Field, Form, Kind, Left, Problem, Stale, Texts
from omnibot.domain.form_answer import button
from omnibot.domain.language import Language
from omnibot.domain.message import Choice
from omnibot.faq.normalize import to_traditional
from omnibot.texts import Words, mark

Said = tuple[str, tuple[Choice, ...]]

EXCERPT = 200  # characters of what was noted; the summary has it whole
_MOST_CHANGES = 8  # buttons under a summary; more of them nobody reads


def turn(words: Words, step: FormStep, language: Language) -> Said:
    """What is said at one step."""
    match step.outcome:
        case Ask():
            return _question(words, step, step.outcome, language)
        case Confirm():
            changes = [
                Choice(
                    id=button(step.form.name, "change", key),
                    label=words("Change: {what}", what=_label(step.form, key, language)),
                )
                for key in form.values(step.form, step.filling, step.known)
            ]
            return (
                f"{words('This is what we have:')}\n\n{summary(words, step, language)}\n\n{words('Is that right?')}",
                (
                    Choice(id=button(step.form.name, "send"), label=words("Yes, open the case")),
                    *changes[:_MOST_CHANGES],
                    _person(words),
                ),
            )
        case Left():
            return words("All right. What you have told us is kept; start again whenever you like."), (
                offer(step.form, language),
            )
        case Stale():
            return words("That form is no longer open; nothing has changed."), ()
        case Complete():
            raise ValueError("the case itself says that it is open")
    assert_never(step.outcome)


def offer(opened: Form, language: Language) -> Choice:
    """The button that begins a form, or takes it up again."""
    return Choice(id=button(opened.name, "begin"), label=spoken(opened.title, language) or opened.name)


def summary(words: Words, step: FormStep, language: Language) -> str:
    """Each value on a line of its own, as Markdown."""
    return "\n".join(f"- {_plain(line)}" for line in _lines(words, step, language))


def description(words: Words, step: FormStep, language: Language) -> str:
    """What the case that a form opens says of itself: the same lines, as plain text."""
    return "\n".join(_lines(words, step, language))


def refusal(words: Words, asked: Field, problem: Problem, language: Language) -> str:
    """Why an answer is not taken, and where the right one is found."""
    return " ".join(part for part in (_trouble(words, problem), spoken(asked.help, language)) if part)


def subject(step: FormStep, language: Language) -> str:
    """What the case is called: what is wrong, as the customer says it; else the form, and the product if there is one."""
    found = form.values(step.form, step.filling, step.known)
    if step.form.complaint in found:
        return shortened(found[step.form.complaint], SUBJECT)
    product = next((one.key for one in step.form.fields if one.kind is Kind.PRODUCT and one.key in found), None)
    title = spoken(step.form.title, language) or step.form.name
    return f"{title}: {_name(step, product, found[product], language)}"[:200] if product else title


def _question(words: Words, step: FormStep, asked: Ask, language: Language) -> Said:
    field, name = asked.field, step.form.name
    opening = words("We go on where you were.") if asked.resumed else _trouble(words, asked.problem)
    noted = words("I have noted: {what}", what=_plain(shortened(step.noted, EXCERPT))) if step.noted else ""
    parts = [opening, noted, spoken(field.question, language)]
    if asked.problem is not None and (help := spoken(field.help, language)):
        parts.append(help)
    picks = [
        Choice(id=button(name, "pick", field.key, option.value), label=spoken(option.label, language) or option.value)
        for option in field.options
    ]
    if field.kind is Kind.PRODUCT:
        picks = [Choice(id=button(name, "pick", field.key, sku), label=product) for sku, product in step.own] + picks
    moves = [Choice(id=button(name, "skip"), label=words("Skip"))] if not field.required else []
    if step.filling.path:
        moves.append(Choice(id=button(name, "back"), label=words("Back")))
    return "\n\n".join(part for part in parts if part), (*picks, *moves, _person(words))


def _trouble(words: Words, problem: Problem | None) -> str:
    return words(_PROBLEMS[problem]) if problem is not None else ""


_PROBLEMS = {
    Problem.EMPTY: mark("I need a word about that."),
    Problem.TOO_LONG: mark("That is too long for me. Please say it in at most 500 characters."),
    Problem.NOT_A_CHOICE: mark("Please pick one of these."),
    Problem.NOT_A_DATE: mark("I do not know that day. Please write it like 2026-03-04, or “two weeks ago”."),
    Problem.AMBIGUOUS_DATE: mark("That may be one of two days. Please write it like 2026-03-04."),
    Problem.NOT_A_SERIAL: mark("That does not look like a serial number: letters and digits, at least one digit."),
    Problem.NOT_AN_ADDRESS: mark("Please give the full address: street, number and town."),
    Problem.NOT_A_PHOTO: mark("Please send a picture; I could not find one in your message."),
    Problem.NOT_A_PHONE: mark(
        "That does not look like a phone number. Digits only, with the country code if you like."
    ),
    Problem.PATTERN: mark("That does not have the form we need."),
    Problem.REQUIRED: mark("Without this we cannot help; a person can, if you do not have it."),
    Problem.NO_WAY_BACK: mark("This is the first question."),
}


def _label(opened: Form, key: str, language: Language) -> str:
    field = opened.field(key)
    return (spoken(field.label, language) if field else None) or key.replace("_", " ")


def _lines(words: Words, step: FormStep, language: Language) -> list[str]:
    found = form.values(step.form, step.filling, step.known)
    return [
        words("{name}: {value}", name=_label(step.form, key, language), value=_name(step, key, value, language))
        for key, value in found.items()
    ]


def _shown(step: FormStep, key: str, value: str, language: Language) -> str:
    """A value as people read it."""
    return _plain(_name(step, key, value, language))


def _plain(text: str) -> str:
    """Somebody's words, never as markup."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<" else mark for mark in text)


def _name(step: FormStep, key: str, value: str, language: Language) -> str:
    """What an option or a product is called."""
    field: Field | None = step.form.field(key)
    for option in field.options if field else ():
        if option.value == value:
            return spoken(option.label, language) or value
    return dict(step.own).get(value, value)


def _person(words: Words) -> Choice:
    return Choice(id=PERSON, label=words("Talk to a person"))


def spoken(texts: Texts, language: Language) -> str | None:
    """The operator's words in a language."""
    said = form.spoken(texts, language)
    if said is not None and language is Language.ZH_HANT and language.value not in texts:
        return to_traditional(said)
    return said
