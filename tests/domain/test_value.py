"""Values that are built for every message: as cheap as they can be, and values all the same."""

from dataclasses import dataclass, field, replace

import pytest

from omnibot.domain.value import unguarded


@unguarded
@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    id: int
    notes: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict, hash=False)


def test_it_is_built_compared_hashed_and_replaced_as_any_value() -> None:
    parcel = Parcel(id=1)
    assert parcel == Parcel(id=1, notes=(), tags={})
    assert hash(parcel) == hash(Parcel(id=1))
    assert replace(parcel, notes=("fragile",)) == Parcel(id=1, notes=("fragile",))
    assert repr(parcel) == "Parcel(id=1, notes=(), tags={})"


def test_each_gets_a_default_of_its_own() -> None:
    assert Parcel(id=1).tags is not Parcel(id=1).tags


def test_what_has_no_default_has_to_be_given() -> None:
    with pytest.raises(TypeError, match="id"):
        Parcel()  # type: ignore[call-arg]
