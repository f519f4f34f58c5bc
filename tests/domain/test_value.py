"""Dataclasses whose methods are written when they are first used are like those whose methods were written at once."""

import copy
import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from omnibot.domain.message import Address
from omnibot.domain.value import changed, dataclass, hot


def made_by(decorator: Any) -> Any:
    """A new class each time, of which nobody has made anything yet."""

    @decorator(frozen=True, slots=True, kw_only=True)
    class Place:
        name: str
        tags: tuple[str, ...] = ()
        sizes: list[int] = dataclasses.field(default_factory=list)

    return Place


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


@pytest.mark.parametrize("first", ["__init__", "__repr__", "__eq__", "__hash__"])
def test_whichever_method_is_called_first_does_what_the_librarys_does(first: str) -> None:
    ours, theirs = made_by(dataclass), made_by(dataclasses.dataclass)
    found = []
    for cls in (ours, theirs):
        if first != "__init__":
            bare = cls.__new__(cls)
            cls.__setstate__(bare, ["a", ("b",), (1,)])
            arguments = (bare,) if first == "__eq__" else ()
            found.append(getattr(bare, first)(*arguments))
        one = cls(name="a", tags=("b",))
        found.append((repr(one), one == cls(name="a", tags=("b",)), one == cls(name="b"), one == "a", one.sizes))
        with pytest.raises(TypeError) as missing:
            cls()
        found.append(str(missing.value).partition(".")[2])
    half = len(found) // 2
    assert found[:half] == found[half:]


def test_positions_defaults_and_patterns_work() -> None:
    match Point(1):
        case Point(x, y):
            assert (x, y) == (1, 0)
    assert {Point(1, 2): "there"}[Point(1, 2)] == "there"


def test_it_can_be_changed_only_into_another_and_travels() -> None:
    point = Point(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert dataclasses.replace(point, x=3) == Point(3, 2)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2}
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


def test_many_threads_may_use_it_first() -> None:
    cls = made_by(dataclass)
    with ThreadPoolExecutor(8) as threads:
        places = list(threads.map(lambda n: cls(name=str(n)), range(200)))
    assert [place.name for place in places] == [str(n) for n in range(200)]


def test_one_built_for_every_message_is_like_the_others() -> None:
    cls = hot(made_by(dataclass))
    assert cls(name="a", tags=("b",)) == cls(name="a", tags=("b",)) != cls(name="a")
    assert {Address(channel="a", chat="b"): 1}[Address(channel="a", chat="b")] == 1
    assert repr(cls(name="a")).endswith("Place(name='a', tags=(), sizes=[])")
    with pytest.raises(TypeError):
        cls()
    place = Address(channel="a", chat="b")
    with pytest.raises(AttributeError):
        place.chat = "c"  # type: ignore[misc]
    assert dataclasses.asdict(place) == {"channel": "a", "chat": "b", "thread": ""}
    assert copy.deepcopy(place) == pickle.loads(pickle.dumps(place)) == place


def test_its_own_questions_and_words_stay() -> None:
    @hot
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Room:
        """Where somebody sits."""

        name: str

        @property
        def is_named(self) -> bool:
            return bool(self.name)

    assert Room.__doc__ == "Where somebody sits."
    assert Room(name="a").is_named


def test_a_changed_one_is_as_replaced() -> None:
    place = hot(made_by(dataclass))(name="a", tags=("b",), sizes=[1])
    assert changed(place, name="c", sizes=[]) == dataclasses.replace(place, name="c", sizes=[])
    assert changed(place) == place
    with pytest.raises(TypeError):
        changed(place, colour="red")
