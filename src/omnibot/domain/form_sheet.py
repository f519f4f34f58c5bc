"""A form as a page: all open questions at once, in the words of whoever fills it in. For channels whose platform has such
pages; what is sent from one comes back as `form_answer.filled`."""

from omnibot.domain.form import Kind
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One question. `options` are values and labels: one of them has to be picked."""

    key: str
    kind: Kind
    question: str
    help: str | None = None
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`form` names the form; the rest is for people."""

    form: str
    title: str
    send: str
    cancel: str
    lines: tuple[Line, ...]
