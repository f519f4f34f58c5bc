"""Both kinds of rows add up to what plain arithmetic says."""

import random

import pytest

from omnibot.faq.rows import FAR_BEHIND, THIRDS, DenseRows, SparseRows, dense, sparse

ENTRIES = 40


def random_rows(count: int) -> list[list[tuple[int, float]]]:
    chance = random.Random(7)
    return [[(number, chance.uniform(0.1, 3)) for number in chance.sample(range(ENTRIES), 8)] for _ in range(count)]


def expected(rows: list[list[tuple[int, float]]], shares: list[tuple[int, float]]) -> dict[int, float]:
    totals = dict.fromkeys(range(ENTRIES), 0.0)
    for row, share in shares:
        for number, weight in rows[row]:
            totals[number] += weight * share
    return totals


@pytest.mark.parametrize("make", [dense, sparse])
@pytest.mark.parametrize("units", [1, 9, 100])  # 100 are more than fit into one sum of dense rows
def test_rows_add_up(make: object, units: int) -> None:
    rows = random_rows(units)
    made: DenseRows | SparseRows = make(rows, ENTRIES)  # type: ignore[operator]
    shares = [(row, (1.0, 2 / 3, 1 / 3, 5 / 3)[row % 4]) for row in range(units)]
    right = expected(rows, shares)
    found = made.add_up(shares, norm=1.0, without=frozenset())
    assert found == sorted(found, key=lambda one: (-one[0], one[1]))
    assert found[0][0] == pytest.approx(max(right.values()), rel=0.01)
    for evidence, number in found:
        assert evidence == pytest.approx(right[number], rel=0.02)


@pytest.mark.parametrize("make", [dense, sparse])
def test_an_entry_that_is_out_of_the_question_is_not_found(make: object) -> None:
    rows = random_rows(3)
    made: DenseRows | SparseRows = make(rows, ENTRIES)  # type: ignore[operator]
    shares = [(row, 1.0) for row in range(3)]
    best = made.add_up(shares, norm=1.0, without=frozenset())[0][1]
    assert best not in [number for _, number in made.add_up(shares, norm=1.0, without=frozenset({best}))]


@pytest.mark.parametrize("make", [dense, sparse])
def test_a_row_tells_its_weights(make: object) -> None:
    rows = random_rows(3)
    made: DenseRows | SparseRows = make(rows, ENTRIES)  # type: ignore[operator]
    for number, weight in rows[2]:
        assert made.weigh([2], number)[0] == pytest.approx(weight, abs=0.01)


@pytest.mark.parametrize("units", [1, 9, 20, 60])
def test_looking_at_leading_bytes_finds_what_looking_at_each_sum_finds(units: int) -> None:
    rows = [[(number, weight - 1.5) for number, weight in row] for row in random_rows(units)]
    made = dense(rows, ENTRIES)
    shares, without = [(row, (1.0, 2 / 3)[row % 2]) for row in range(units)], frozenset(range(0, ENTRIES, 7))
    for norm in (0.1, 1.0, 3.0, 50.0):
        totals, zero = made.sums(shares)
        unit = THIRDS * made.scale * norm
        there = [(0 if number in without else total, number) for number, total in enumerate(totals)]
        least = max(max(there)[0] - int(FAR_BEHIND * unit), zero)
        near = [((total - zero) / unit, number) for total, number in there if total > least]
        assert made.add_up(shares, norm=norm, without=without) == sorted(near, key=lambda one: (-one[0], one[1]))


@pytest.mark.parametrize("room", [0, 1_000_000])
def test_common_rows_tell_apart_what_rare_ones_have_found(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr("omnibot.faq.rows.MOST_READ", room)
    chance = random.Random(8)
    common = [[(number, chance.uniform(0.1, 3)) for number in range(ENTRIES - row)] for row in range(4)]
    rows = [*random_rows(2), *common]
    made = sparse(rows, ENTRIES)
    shares = [(row, (1.0, 2 / 3)[row % 2]) for row in range(len(rows))]
    right = expected(rows, shares)
    rare = {number for row in rows[:2] for number, _ in row}
    for _ in range(2):  # what was made for the first is there for the second
        found = made.add_up(shares, norm=1.0, without=frozenset())
        assert found[0][1] == max(rare, key=right.__getitem__)
        assert {number for _, number in found} <= rare
        for evidence, number in found:
            assert evidence == pytest.approx(right[number], rel=1e-5)
    assert sorted(made.spread) == ([2, 3, 4, 5] if room else [])
