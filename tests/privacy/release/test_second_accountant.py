"""A second accountant (dp-accounting) agrees with the ledger about any twelve months of all ten products."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from dp_accounting import GaussianDpEvent, SelfComposedDpEvent
from dp_accounting.pld.pld_privacy_accountant import PLDAccountant
from dp_accounting.rdp import RdpAccountant
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import ledger
from privacy.release.accounting import compute_epsilon
from privacy.release.ledger_queries import Charged, find_charges
from privacy.release.mechanism import OpenDpNoise
from privacy.release.plan import DELTA, DRAWN_MONTHLY, EPSILON, MONTHS_PER_YEAR, PRODUCTS, RHO_PER_YEAR
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, RECORDER

MONTHS = [date(2026 + (10 + count) // 12, (10 + count) % 12 + 1, 1) for count in range(2 * MONTHS_PER_YEAR)]


@pytest.fixture
def charges(people: sessionmaker[Session]) -> list[Charged]:
    """Two years of everything, charged as publishing charges it, at OpenDP's own cost."""
    for month in MONTHS:
        clock = FakeClock(datetime(month.year, month.month, 20, tzinfo=UTC))
        ledger.charge(
            people,
            products=DRAWN_MONTHLY,
            city_code=CITY,
            month=month,
            noise=OpenDpNoise(),
            recorder=RECORDER,
            clock=clock,
        )
    with people() as session:
        return find_charges(session)


def _compose(accountant: Any, charges: list[Charged]) -> Any:  # noqa: ANN401 - dp-accounting ships no types
    """Compose every draw by its sigma and sensitivity; draws that are alike go together."""
    alike: dict[tuple[float, int], int] = {}
    for each in charges:
        key = each.sigma, PRODUCTS[each.product].sensitivity_squared
        alike[key] = alike.get(key, 0) + 1
    for (sigma, sensitivity_squared), count in alike.items():
        accountant.compose(SelfComposedDpEvent(GaussianDpEvent(sigma / sensitivity_squared**0.5), count))
    return accountant


def test_every_rolling_year_keeps_the_promise_by_both_accounts(charges: list[Charged]) -> None:
    """First year, the years over its end, and the first regular one."""
    assert len(charges) == len(MONTHS) * len(PRODUCTS)
    for start in range(MONTHS_PER_YEAR + 1):
        year = [each for each in charges if each.month in MONTHS[start : start + MONTHS_PER_YEAR]]
        rho = sum(each.rho for each in year)
        epsilon = compute_epsilon(rho, delta=DELTA)
        assert rho <= RHO_PER_YEAR * (1 + 1e-9)
        assert epsilon <= EPSILON
        # The orders that the second accountant tries are few: it comes out a little above the least bound.
        assert _compose(RdpAccountant(), year).get_epsilon(DELTA) == pytest.approx(epsilon, rel=0.005)


@pytest.mark.parametrize("start", [0, MONTHS_PER_YEAR // 2, MONTHS_PER_YEAR], ids=["first", "over", "regular"])
def test_the_exact_privacy_loss_of_a_year_lies_within_the_promise(charges: list[Charged], start: int) -> None:
    year = [each for each in charges if each.month in MONTHS[start : start + MONTHS_PER_YEAR]]
    exact = _compose(PLDAccountant(value_discretization_interval=1e-3), year).get_epsilon(DELTA)
    bound = compute_epsilon(sum(each.rho for each in year), delta=DELTA)
    assert 0.9 * bound <= exact <= bound <= EPSILON


def test_leaving_a_product_out_of_the_account_would_be_noticed(charges: list[Charged]) -> None:
    year = [each for each in charges if each.month in MONTHS[:MONTHS_PER_YEAR]]
    epsilon = compute_epsilon(sum(each.rho for each in year), delta=DELTA)
    for product in PRODUCTS:
        fewer = [each for each in year if each.product is not product]
        assert _compose(RdpAccountant(), fewer).get_epsilon(DELTA) < epsilon
