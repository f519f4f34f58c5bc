"""The forms in the file of rules: their shape, and what in them cannot work."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from omnibot.domain import fact
from omnibot.domain import form as domain
from omnibot.domain.fact import is_key
from omnibot.domain.form import Form, Kind
from omnibot.domain.language import Language

# Together they fit into the id of a button, of which Telegram takes 64 bytes.
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,15}\Z")]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,19}\Z")]
Value = Annotated[str, Meta(pattern=r"^[^:\s][^:]{0,15}\Z")]
Texts = dict[str, Annotated[str, Meta(min_length=1, max_length=500)]]


class OptionTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    value: Value
    label: Texts


class FieldTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    key: Key
    kind: Kind
    question: Texts
    label: Texts = {}
    required: bool = True
    pattern: str | None = None
    help: Texts = {}
    options: tuple[OptionTable, ...] = ()


class FormTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    title: Texts
    complaint: Key | Literal[""] | None = None
    fields: Annotated[tuple[FieldTable, ...], Meta(min_length=1, max_length=20)]


def form_of(table: FormTable) -> Form:
    fields = tuple(_field_of(one) for one in table.fields)
    return Form(name=table.name, title=table.title, fields=fields, complaint=_complaint_of(table))


def _complaint_of(table: FormTable) -> str | None:
    """The field that takes the words which led to the form: the one that is named, else that of the problem."""
    if table.complaint is not None:
        return table.complaint or None
    return next((one.key for one in table.fields if one.key == fact.PROBLEM and one.kind is Kind.TEXT), None)


def _field_of(table: FieldTable) -> domain.Field:
    return domain.Field(
        key=table.key,
        kind=table.kind,
        question=table.question,
        label=table.label,
        required=table.required,
        pattern=table.pattern,
        help=table.help,
        options=tuple(domain.Option(value=one.value, label=one.label) for one in table.options),
    )


def form_mistakes(table: FormTable) -> Iterator[str]:
    """One line for each."""
    where = f"forms.{table.name}"
    yield from wrong_languages(f"{where}.title", table.title)
    keys = [one.key for one in table.fields]
    if table.complaint and table.complaint not in [one.key for one in table.fields if one.kind is Kind.TEXT]:
        yield f"{where}.complaint: {table.complaint!r} is no field of kind text"
    for one in table.fields:
        at = f"{where}.fields.{one.key}"
        if keys.count(one.key) > 1:
            yield f"{at}: stands there {keys.count(one.key)} times"
        if not is_key(one.key):
            yield f"{at}: is no name of a fact"
        for name in ("question", "label", "help"):
            yield from wrong_languages(f"{at}.{name}", getattr(one, name), may_be_empty=name != "question")
        for option in one.options:
            yield from wrong_languages(f"{at}.options.{option.value}", option.label)
        if one.kind is Kind.CHOICE and not one.options:
            yield f"{at}.options: a choice needs some"
        if one.pattern is not None:
            try:
                re.compile(one.pattern)
            except re.error as error:
                yield f"{at}.pattern: is no regular expression: {error}"


def wrong_languages(where: str, texts: Texts, *, may_be_empty: bool = False) -> Iterator[str]:
    allowed = [language.value for language in Language]
    if not texts and not may_be_empty:
        yield f"{where}: needs words in a language: {', '.join(allowed)}"
    for tag in texts:
        if tag not in allowed:
            yield f"{where}: {tag!r} is not one of {', '.join(allowed)}"
