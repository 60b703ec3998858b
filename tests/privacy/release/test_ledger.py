"""The ledger: charged once, in order, never beyond the promise, never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import ledger
from privacy.release.budget import compute_month_costs, compute_rho_left
from privacy.release.errors import BudgetExceededError, MonthOrderError
from privacy.release.ledger_queries import Charged, StoredDraw, find_charges, find_draws
from privacy.release.plan import (
    DRAWN_MONTHLY,
    FIRST_MONTH_SHARE,
    FIRST_YEAR_SHARE,
    REGULAR_SHARE,
    RHO_PER_YEAR,
    get_rho,
    get_sigma,
)
from privacy.release.values import Product
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, RECORDER, RecordingNoise

BEIJING = 110000
NOVEMBER = date(2026, 11, 1)


def _charge(
    people: sessionmaker[Session],
    month: date,
    *,
    city_code: int = CITY,
    products: tuple[Product, ...] = tuple(Product),
    clock: FakeClock | None = None,
) -> list[Charged]:
    clock = clock or FakeClock(datetime(month.year, month.month, 20, tzinfo=UTC))
    return ledger.charge(
        people,
        products=products,
        city_code=city_code,
        month=month,
        noise=RecordingNoise(),
        recorder=RECORDER,
        clock=clock,
    )


def _add_months(month: date, count: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)


def test_a_charge_keeps_sigma_cost_and_time(people: sessionmaker[Session], clock: FakeClock) -> None:
    charged = _charge(people, NOVEMBER, products=DRAWN_MONTHLY, clock=clock)
    assert [each.product for each in charged] == list(DRAWN_MONTHLY)
    assert {each.charged_at for each in charged} == {clock.now}
    assert all(each.drawn_at is None for each in charged)
    for each in charged:
        assert each.sigma == get_sigma(each.product, month_share=FIRST_MONTH_SHARE)
        assert each.rho == pytest.approx(get_rho(each.product, month_share=FIRST_MONTH_SHARE))


def test_three_years_of_everything_stay_within_every_rolling_year(people: sessionmaker[Session]) -> None:
    for count in range(36):
        _charge(people, _add_months(NOVEMBER, count))
    with people() as session:
        costs = list(compute_month_costs(find_charges(session)).values())
    assert len(costs) == 36
    shares = [FIRST_MONTH_SHARE, FIRST_YEAR_SHARE, REGULAR_SHARE]
    assert [costs[0], costs[11], costs[12]] == pytest.approx([RHO_PER_YEAR * share for share in shares])
    assert max(sum(costs[start : start + 12]) for start in range(25)) <= RHO_PER_YEAR * (1 + 1e-9)


def test_months_cannot_be_caught_up_on_faster_than_the_year_allows(people: sessionmaker[Session]) -> None:
    clock = FakeClock(datetime(2027, 11, 20, tzinfo=UTC))
    for count in range(12):
        _charge(people, _add_months(NOVEMBER, count), clock=clock)
    with pytest.raises(BudgetExceededError) as caught:
        _charge(people, _add_months(NOVEMBER, 12), clock=clock)
    assert caught.value.rho_left == pytest.approx(0, abs=1e-6)
    with people() as session:
        assert len(find_charges(session)) == 12 * len(Product)


def test_a_second_city_costs_nothing_more_but_takes_the_same_schedule(people: sessionmaker[Session]) -> None:
    _charge(people, NOVEMBER)
    late = _charge(people, _add_months(NOVEMBER, 1), city_code=BEIJING)
    assert late[0].sigma == get_sigma(late[0].product, month_share=FIRST_YEAR_SHARE)
    _charge(people, _add_months(NOVEMBER, 1))
    with people() as session:
        costs = compute_month_costs(find_charges(session))
    assert list(costs.values()) == pytest.approx([RHO_PER_YEAR * FIRST_MONTH_SHARE, RHO_PER_YEAR * FIRST_YEAR_SHARE])


def test_a_product_is_charged_once_a_month(people: sessionmaker[Session]) -> None:
    _charge(people, NOVEMBER, products=DRAWN_MONTHLY)
    with pytest.raises(IntegrityError):
        _charge(people, NOVEMBER, products=DRAWN_MONTHLY)
    with people() as session:
        assert len(find_charges(session)) == len(DRAWN_MONTHLY)


@pytest.mark.parametrize("city_code", [CITY, BEIJING])
def test_no_month_is_charged_before_the_last_one_nor_before_the_ledger_began(
    people: sessionmaker[Session], city_code: int
) -> None:
    _charge(people, NOVEMBER)
    with pytest.raises(MonthOrderError) as caught:
        _charge(people, date(2026, 10, 1), city_code=city_code)
    assert caught.value.last_month == NOVEMBER


def test_a_draw_is_stored_once_and_read_back_as_it_was(people: sessionmaker[Session], clock: FakeClock) -> None:
    charged = _charge(people, NOVEMBER, products=(Product.NEED_LEAF,))[0]
    keys, values = np.array([3, 2**62], dtype=np.int64), np.arange(-8, 8, dtype=np.int64).reshape(2, 8)
    draw = StoredDraw(charged.product, charged.sigma, keys, values, clock.now)
    with people.begin() as session:
        ledger.store_draw(session, charged=charged, draw=draw)
    with people() as session:
        (stored,) = find_draws(session, city_code=CITY, month=NOVEMBER)
        assert find_charges(session)[0].drawn_at == clock.now
    assert np.array_equal(stored.keys, keys)
    assert np.array_equal(stored.values, values)
    assert (stored.product, stored.sigma, stored.drawn_at) == (charged.product, charged.sigma, clock.now)
    with pytest.raises(IntegrityError), people.begin() as session:
        ledger.store_draw(session, charged=charged, draw=draw)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger.charges SET rho = 0", "DELETE FROM ledger.charges", "DELETE FROM ledger.draws"],
)
def test_the_role_that_charges_cannot_take_it_back(people: sessionmaker[Session], statement: str) -> None:
    _charge(people, NOVEMBER)
    with pytest.raises(DBAPIError, match="permission denied"), people.begin() as session:
        session.execute(text(statement))


def test_what_is_left_counts_any_twelve_months_around_the_asked_one() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    months = [_add_months(date(2026, 1, 1), count) for count in (0, 11, 12)]
    charges = [Charged(1, Product.NEED_LEAF, month, BEIJING, 0.05, 6.0, moment, None) for month in months]
    now = datetime(2029, 1, 1, tzinfo=UTC)
    left = compute_rho_left(charges, city_code=CITY, month=_add_months(date(2026, 1, 1), 6), now=now)
    assert left == pytest.approx(RHO_PER_YEAR - 0.10)
