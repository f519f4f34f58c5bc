"""Dataclasses that cost less: one whose methods are written when it is first used, and one without a guard."""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields, make_dataclass
from functools import cache, partial
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")


def unguarded(cls: type[T]) -> type[T]:
    """For values that are built for every message. The type checker knows them as frozen, which is all that is asked of it;
    at run time they do without the guard against assignment, which costs as much again for each field twice over: a tenth
    of what a message costs. For classes of keyword-only fields that do nothing else when they are built."""
    del cls.__setattr__, cls.__delattr__
    if cls in _unwritten:
        _unwritten[cls] = {**_unwritten[cls], "frozen": False, "unsafe_hash": True}
    else:
        cls.__init__ = _written(cls, kw_only=True, frozen=False).__init__  # type: ignore[misc, method-assign]
    return cls


def changed(value: T, **changes: object) -> T:
    """`dataclasses.replace` for values of keyword-only fields that are changed for every message: a third of the time."""
    cls: Callable[..., T] = type(value)
    names, read = _reading(cls)
    return cls(**{**dict(zip(names, read(value), strict=True)), **changes})


@cache
def _reading(cls: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of its fields (two at least), and what reads them all at once."""
    names = tuple([each.name for each in fields(cls)])
    return names, attrgetter(*names)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type[T] | None = None, /, *, slots: bool = True, **options: bool) -> Any:
        """`dataclasses.dataclass`, for frozen classes that do nothing else when they are built. Their methods are written
        and compiled when the first is called: with three hundred classes, of which a process uses a few at first, that was
        a third of its start (docs/decisions/0029)."""
        if cls is None:
            return partial(dataclass, slots=slots, **options)
        bare = {**options, "frozen": False, "init": False, "repr": False, "eq": False}
        made = dataclasses.dataclass(cls, slots=slots, **bare)
        for name, stub in _STUBS.items():
            setattr(made, name, stub)
        _unwritten[made] = options
        return made


_unwritten: dict[type, dict[str, bool]] = {}  # with the options of their dataclass
_writing = RLock()


def _write(cls: type) -> None:
    """Put the methods in the place of the stubs."""
    with _writing:
        if cls not in _unwritten:
            return  # another thread was quicker
        written = _written(cls, **_unwritten[cls])
        for name in _WRITTEN:
            method = getattr(written, name)
            method.__qualname__ = f"{cls.__qualname__}.{name}"  # as errors call it
            setattr(cls, name, method)
        del _unwritten[cls]


def _written(cls: type, **options: bool) -> type:
    """A class of the same fields, which has the methods."""
    return make_dataclass(cls.__name__, [(each.name, each.type, _same(each)) for each in fields(cls)], **options)  # type: ignore[arg-type]


def _same(given: "Field[Any]") -> Any:
    if given.default_factory is not MISSING:
        return field(default_factory=given.default_factory)
    return field() if given.default is MISSING else field(default=given.default)


def _stub(name: str) -> Callable[..., Any]:
    def stub(self: Any, *args: Any, **values: Any) -> Any:
        _write(type(self))
        return getattr(type(self), name)(self, *args, **values)

    return stub


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_WRITTEN = ("__init__", "__repr__", "__eq__", "__hash__")
_STUBS: dict[str, Any] = {name: _stub(name) for name in _WRITTEN} | {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,  # for copies and pickles, which would set each field
    "__setstate__": _set_state,
}
