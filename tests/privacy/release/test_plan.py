"""The parameters are those that privacy.md promises."""

from __future__ import annotations

import re
from datetime import date

import pytest

from privacy.release.accounting import compute_epsilon
from privacy.release.plan import (
    DELTA,
    DRAWN_MONTHLY,
    EPSILON,
    FIRST_MONTH_SHARE,
    FIRST_YEAR_SHARE,
    PRODUCTS,
    REGULAR_SHARE,
    RHO_PER_YEAR,
    count_months,
    get_month_share,
    get_rho,
    get_sigma,
)
from privacy.release.provenance import hash_parameters
from privacy.release.values import Product
from tests.architecture.sources import ROOT

PROMISED = {
    Product.NEED_LEAF: (0.50, 2, 10.8),
    Product.NEED_PARENT: (0.10, 2, 24.1),
    Product.NEED_CITY: (0.01, 8, 152.5),
    Product.ANY_NEED_LEAF: (0.05, 1, 24.1),
    Product.CUSTOMERS_LEAF: (0.10, 1, 17.1),
    Product.ACTIVE_USERS: (0.04, 1, 27.0),
    Product.PAIN_POINTS: (0.05, 3, 41.8),
    Product.INTERESTS: (0.05, 3, 41.8),
    Product.TOPICS: (0.05, 3, 41.8),
    Product.CAMPAIGN_OUTCOMES: (0.05, 3, 41.8),
}


@pytest.mark.parametrize("product", list(Product))
def test_each_product_has_the_promised_share_sensitivity_and_noise(product: Product) -> None:
    share, sensitivity_squared, sigma = PROMISED[product]
    assert PRODUCTS[product].share == share
    assert PRODUCTS[product].sensitivity_squared == sensitivity_squared
    assert get_sigma(product, month_share=REGULAR_SHARE) == pytest.approx(sigma, abs=0.05)


def test_the_first_year_starts_sharper() -> None:
    assert get_sigma(Product.NEED_LEAF, month_share=FIRST_MONTH_SHARE) == pytest.approx(6.0, abs=0.05)
    assert get_sigma(Product.NEED_LEAF, month_share=FIRST_YEAR_SHARE) == pytest.approx(12.1, abs=0.05)


def test_shares_of_products_make_one_whole() -> None:
    assert sum(each.share for each in PRODUCTS.values()) == pytest.approx(1)


@pytest.mark.parametrize("start", range(30))
def test_no_twelve_months_in_a_row_take_more_than_the_year(start: int) -> None:
    shares = [get_month_share(months_since_start=month) for month in range(start, start + 12)]
    assert sum(shares) <= 1 + 1e-12


def test_the_yearly_rho_is_the_largest_that_keeps_the_promise() -> None:
    assert compute_epsilon(RHO_PER_YEAR, delta=DELTA) <= EPSILON
    assert compute_epsilon(RHO_PER_YEAR + 1e-4, delta=DELTA) > EPSILON


def test_ten_years_cost_what_is_said_openly() -> None:
    assert compute_epsilon(10 * RHO_PER_YEAR, delta=DELTA) == pytest.approx(14.4, abs=0.05)


def test_nothing_spent_is_nothing_lost() -> None:
    assert compute_epsilon(0, delta=DELTA) == 0


def test_sigma_costs_what_the_plan_says() -> None:
    for product, each in PRODUCTS.items():
        sigma = get_sigma(product, month_share=REGULAR_SHARE)
        cost = each.sensitivity_squared / (2 * sigma**2)
        assert cost == pytest.approx(get_rho(product, month_share=REGULAR_SHARE), rel=1e-8)


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert count_months(date(2026, 11, 1), until=date(2027, 2, 1)) == 3
    assert count_months(date(2027, 2, 1), until=date(2026, 11, 1)) == -3


_ROW = re.compile(r"^\| (.+?) \| (\d+) % \| (\d) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


def test_the_published_table_says_what_is_drawn() -> None:
    rows = _ROW.findall((ROOT / "docs" / "privacy-promise.md").read_text(encoding="utf-8"))
    written = [(int(share), int(squared), regular, first) for _, share, squared, regular, first in rows]
    assert written == [
        (
            round(100 * PRODUCTS[product].share),
            PRODUCTS[product].sensitivity_squared,
            *(f"{get_sigma(product, month_share=share):.1f}" for share in (REGULAR_SHARE, FIRST_MONTH_SHARE)),
        )
        for product in DRAWN_MONTHLY
    ]


def test_a_month_draws_every_product_of_the_plan_and_no_more_than_its_share() -> None:
    assert set(DRAWN_MONTHLY) == set(Product) == set(PRODUCTS)
    for share in (FIRST_MONTH_SHARE, FIRST_YEAR_SHARE, REGULAR_SHARE):
        total = sum(get_rho(product, month_share=share) for product in DRAWN_MONTHLY)
        assert total == pytest.approx(RHO_PER_YEAR * share, rel=1e-12)


def test_changing_a_number_is_changing_the_published_promise() -> None:
    """Fails on any change of plan.py: change docs/privacy-promise.md with it, then this hash."""
    assert hash_parameters().hex() == "22d091e788b811efc5adda23d5c72a15362f98d89124a608fdc7823430439830"
