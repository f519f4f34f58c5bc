"""Dataclasses that cost less: to start with, those whose methods are written at first use; to build, `hot` ones."""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields, make_dataclass
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

T = TypeVar("T")


def hot(cls: type[T]) -> type[T]:
    """For values that are built for every message: a dataclass of keyword-only fields that does nothing else when it is built,
    as a struct of msgspec's. Python makes a dict of the fields for `__init__` and sets one after the other, which costs five
    times as much; of two dozen values that a message takes that was a tenth of its cost (docs/decisions/0038)."""
    _unwritten.pop(cls, None)
    made = msgspec.defstruct(
        cls.__name__,
        [(each.name, each.type, _default(each)) for each in fields(cls)],  # type: ignore[arg-type]
        namespace={name: value for name, value in vars(cls).items() if name not in _DATACLASS_OWN | {*_names(cls)}},
        module=cls.__module__,
        frozen=True,
        kw_only=True,
    )
    made.__qualname__ = cls.__qualname__
    made.__dataclass_fields__ = cls.__dataclass_fields__  # type: ignore[attr-defined]  # for `dataclasses.replace`
    return made  # type: ignore[return-value]


def changed(value: T, **changes: object) -> T:
    """`dataclasses.replace` for values of `hot` classes: a twentieth of the time."""
    made: T = msgspec.structs.replace(value, **changes)  # type: ignore[type-var]
    return made


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


def _default(given: "Field[Any]") -> Any:
    if given.default_factory is not MISSING:
        return msgspec.field(default_factory=given.default_factory)
    return msgspec.NODEFAULT if given.default is MISSING else given.default


def _names(cls: Any) -> list[str]:
    return [each.name for each in fields(cls)]


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
# What a class has of `dataclass`, and not of its author.
_DATACLASS_OWN = {
    *("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"),
    *("__slots__", "__match_args__", "__dataclass_fields__", "__dataclass_params__", "__dict__", "__weakref__"),
    *("__annotations__", "__module__", "__qualname__"),
}
_STUBS: dict[str, Any] = {name: _stub(name) for name in _WRITTEN} | {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,  # for copies and pickles, which would set each field
    "__setstate__": _set_state,
}
