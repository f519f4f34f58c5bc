"""A form as a page, where the platform shows one to whoever has just pressed a button: the same questions, the same `step`.

The chat has asked its first question already. Where the page does not come up, or is closed again, it goes on there.
"""

from collections.abc import Mapping

from omnibot.channel import Channel, InboundMessage, ShowsForms
from omnibot.clock import Clock
from omnibot.domain import form_answer
from omnibot.domain.decision import FormStep
from omnibot.domain.form import Ask, Field, Kind, Problem, open_fields
from omnibot.domain.form_sheet import Line, Sheet
from omnibot.domain.language import Language
from omnibot.domain.message import RawEvent
from omnibot.flow import word_form
from omnibot.flow.desk import Desk
from omnibot.texts import Words


async def show(desk: Desk, channel: Channel | None, event: RawEvent, step: FormStep, language: Language) -> None:
    """Show the page to whoever has just opened a form, if the platform can. A courtesy: nothing is raised."""
    if not isinstance(channel, ShowsForms) or not isinstance(step.outcome, Ask) or not event.payload:
        return
    pressed = channel.parse(event)
    found = sheet(desk.texts.of(language), step, language)
    if isinstance(pressed, InboundMessage) and pressed.press and found.lines:
        await channel.show_form(pressed, found)


def sheet(words: Words, step: FormStep, language: Language) -> Sheet:
    """What is still to be asked. Pictures are asked for in the chat, which takes them."""
    asked = [one for one in open_fields(step.form, step.filling, step.known) if one.kind is not Kind.PHOTO]
    return Sheet(
        form=step.form.name,
        title=word_form.offer(step.form, language).label,
        send=words("Send"),
        cancel=words("Cancel"),
        lines=tuple(_line(step, one, language) for one in asked),
    )


def problems(desk: Desk, clock: Clock, form: str, answers: Mapping[str, str], language: Language) -> dict[str, str]:
    """What cannot be taken of what was written on a page, by question, in words; empty where it goes on."""
    found = desk.rules.form(form)
    if found is None:
        return {}  # taken out of the rules meanwhile: the chat says so
    words, today = desk.texts.of(language), clock.now().astimezone(desk.policy.calendar.zone).date()
    read = form_answer.read_all(found, answers, today)
    return {
        one.key: word_form.refusal(words, one, value, language)
        for one in found.fields
        if isinstance(value := read.get(one.key), Problem)
    }


def _line(step: FormStep, asked: Field, language: Language) -> Line:
    help = word_form.spoken(asked.help, language)
    if asked.kind is Kind.PRODUCT and step.own:
        # Any other product may be named, too: no list to pick from.
        help = " · ".join(name for _, name in step.own)
    return Line(
        key=asked.key,
        kind=asked.kind,
        question=word_form.spoken(asked.question, language) or asked.key,
        help=help,
        required=asked.required,
        options=tuple((one.value, word_form.spoken(one.label, language) or one.value) for one in asked.options)
        if asked.kind is Kind.CHOICE
        else (),
    )
