"""The city that usefulness is measured on lives as it should, and the measures say what they should."""

from __future__ import annotations

import numpy as np
import pytest

from privacy.release.plan import NEEDS_PER_HOUSEHOLD
from tests.attacks.utility import _FIGURES, measure_months
from tests.attacks.utility_city import CHURN, UtilityCity, _bound, make_utility_city
from tests.attacks.utility_metrics import (
    choose_views,
    measure_choice,
    measure_circles,
    measure_nearest,
    measure_ranking,
)


@pytest.fixture
def city() -> UtilityCity:
    """Invent a tenth of the city."""
    return make_utility_city(1, communities=300, customers=100_000)


def test_two_needs_of_a_household_count_and_they_stay_the_same_while_it_needs_them(city: UtilityCity) -> None:
    before = _bound(city.needs, order=city.order)
    needed = city.needs.copy()
    assert before.sum(axis=0).max() == NEEDS_PER_HOUSEHOLD
    assert not (before & ~city.needs).any()
    assert 0.9 < before.sum() / city.needs.sum() < 0.99
    city.advance()
    same = (needed == city.needs).all(axis=0)
    assert np.array_equal(before[:, same], _bound(city.needs, order=city.order)[:, same])


def test_a_month_resolves_and_brings_eight_per_cent_of_the_needs(city: UtilityCity) -> None:
    before, needed = city.count(), city.needs.copy()
    city.advance()
    after = city.count()
    assert (needed & ~city.needs).sum() / needed.sum() == pytest.approx(CHURN, abs=0.01)
    assert after.needs.sum() / before.needs.sum() == pytest.approx(1, abs=0.01)
    assert 1 < after.customers.sum() / before.customers.sum() < 1.003
    assert not city.needs[:, ~city.lives].any()
    assert (after.any_need <= after.customers).all()


def test_the_truth_itself_reaches_every_goal_and_a_shuffled_truth_none(city: UtilityCity) -> None:
    truth = city.count()
    needs = truth.needs.astype(np.float64)
    views = choose_views(city.positions, customers=truth.customers, count=30, seed=1)
    shuffled = np.random.default_rng(1).permutation(needs)
    assert measure_circles(needs, needs, views=views) == (0, 0)
    assert measure_nearest(needs, needs, views=views) == (0, 0)
    assert measure_ranking(needs, needs, views=views) == pytest.approx(1)
    assert measure_choice(needs, needs, views=views) == pytest.approx(100)
    assert measure_nearest(needs, shuffled, views=views).median > 5
    assert abs(measure_ranking(needs, shuffled, views=views)) < 0.1
    assert measure_choice(needs, shuffled, views=views) < 60


def test_every_figure_is_measured_in_the_months_asked_for_and_judged_by_its_limits(city: UtilityCity) -> None:
    seen = []
    measured = measure_months(city, months=(1, 2), seed=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert sorted(measured) == [1, 2]
    for figure in _FIGURES:
        assert all(np.isfinite(figure.measure(month)).all() for month in measured.values())
    circles, _, spearman, _ = _FIGURES[:4]
    assert (circles.is_met((1, 5), month=1), circles.is_met((1, 5.1), month=12)) == (True, False)
    assert (spearman.is_met((0.9,), month=1), spearman.is_met((0.9,), month=12)) == (True, False)
