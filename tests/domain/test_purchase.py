"""Until when a warranty lasts."""

from datetime import date

import pytest

from omnibot.domain.purchase import Cover, Product, Purchase, warranty


def bought(day: date, months: int | None, ends: date | None = None) -> Purchase:
    product = Product(id=1, sku="WM-100", name="Washer", warranty_months=months)
    return Purchase(id=1, contact_id=1, product=product, serial="", bought_on=day, warranty_ends_on=ends)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2024, 3, 1), 24, date(2026, 2, 28)),
        (date(2024, 3, 15), 24, date(2026, 3, 14)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2026, 5, 5), 0, date(2026, 5, 4)),
    ],
)
def test_a_warranty_ends_with_the_day_before(day: date, months: int, last: date) -> None:
    assert warranty(bought(day, months), last).cover is Cover.VALID
    assert warranty(bought(day, months), date.fromordinal(last.toordinal() + 1)).cover is Cover.EXPIRED
    assert warranty(bought(day, months), last).ends_on == last


def test_an_own_end_counts_before_the_products() -> None:
    prolonged = bought(date(2020, 1, 1), 24, date(2030, 1, 1))
    assert warranty(prolonged, date(2026, 1, 1)).cover is Cover.VALID


def test_what_is_not_known_is_said_so() -> None:
    assert warranty(bought(date(2026, 1, 1), None), date(2026, 1, 2)).cover is Cover.UNKNOWN
