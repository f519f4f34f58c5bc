"""Makes a frozen dataclass as cheap to build as one that is not."""

from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def unguarded(cls: type[T]) -> type[T]:
    """For values that are built for every message. The type checker knows them as frozen, which is all that is asked of it;
    at run time they do without the guard against assignment, which costs as much again for each field twice over: a tenth
    of what a message costs. For classes of keyword-only fields that do nothing else when they are built."""
    known = [(each.name, each.type, _same(each)) for each in fields(cls)]  # type: ignore[arg-type]
    plain = make_dataclass(cls.__name__, known, kw_only=True)
    cls.__init__ = plain.__init__  # type: ignore[misc, method-assign]  # while it is made
    del cls.__setattr__, cls.__delattr__
    return cls


def _same(given: "Field[Any]") -> Any:
    if given.default_factory is not MISSING:
        return field(default_factory=given.default_factory)
    return field() if given.default is MISSING else field(default=given.default)
