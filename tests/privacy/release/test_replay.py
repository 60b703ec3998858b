"""What the months before do for a release: errors fall, news is followed, lists grow, and margins stay true."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from privacy.release.errors import PublicKeysError
from privacy.release.figures import ReleasedFigures
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.plan import FIRST_YEAR_SHARE
from privacy.release.postprocess import Smoothing, estimate_figures
from privacy.release.values import Product, PublicKeys
from tests.privacy.release.worlds import City, draw_city, draw_months, look_back, make_city, make_months

COMMUNITIES = 900


@cache
def _get_city() -> City:
    return make_city(8, communities=COMMUNITIES, fields=100, households=300_000)


def _estimate(city: City, months: list[list[StoredDraw]]) -> ReleasedFigures:
    return estimate_figures(months[-1], keys=city.keys, earlier=look_back(months))


def _measure_error(figures: ReleasedFigures, city: City) -> float:
    return float(np.sqrt(((figures.leaves.needs - city.needs) ** 2).mean()))


def test_the_same_months_give_the_same_bytes_in_whatever_order_they_come() -> None:
    city = _get_city()
    months = draw_months([city] * 4, seed=1)
    one, other = (
        estimate_figures(months[-1], keys=city.keys, earlier=earlier)
        for earlier in (look_back(months), look_back(months)[::-1])
    )
    for table in ("leaves", "parents", "city"):
        for column in ("needs", "needs_sd"):
            first, second = (getattr(getattr(each, table), column) for each in (one, other))
            assert first.tobytes() == second.tobytes()
    assert one.leaves.customers.tobytes() == other.leaves.customers.tobytes()


def test_leaves_parents_and_city_add_up_after_months() -> None:
    city = _get_city()
    figures = _estimate(city, draw_months([city] * 5, seed=2))
    sums = np.zeros_like(figures.parents.needs)
    np.add.at(sums, city.parent_position, figures.leaves.needs)
    assert np.allclose(sums, figures.parents.needs, atol=1e-6)
    assert np.allclose(figures.parents.needs.sum(axis=0), figures.city.needs, atol=1e-5)


def test_where_nothing_changes_every_month_makes_figures_better() -> None:
    city = _get_city()
    months = draw_months([city] * 12, seed=3)
    needs, customers, any_need = [], [], []
    for count in (1, 2, 4, 8, 12):
        figures = _estimate(city, months[:count])
        needs.append(_measure_error(figures, city))
        customers.append(float(np.sqrt(((figures.leaves.customers - city.customers) ** 2).mean())))
        any_need.append(float(figures.leaves.any_need_sd.mean()))
    for errors in (needs, customers, any_need):
        assert all(later < earlier for earlier, later in pairwise(errors))
    assert needs[-1] < 0.85 * needs[0]
    assert customers[-1] < 0.75 * customers[0]


def test_a_later_month_is_far_better_with_the_months_before_than_alone() -> None:
    city = _get_city()
    months = draw_months([city] * 3, seed=4)
    alone = estimate_figures(months[-1], keys=city.keys)
    assert _measure_error(_estimate(city, months), city) < 0.8 * _measure_error(alone, city)


def test_margins_hold_for_a_city_that_moves() -> None:
    cities = make_months(_get_city(), count=12, churn=0.08, seed=1)
    truth, covered, parents, customers = cities[-1], [], [], []
    true_parents = truth.sum_by_parent(truth.needs)
    for seed in range(4):
        figures = _estimate(truth, draw_months(cities, seed=seed))
        error = np.abs(figures.leaves.needs - truth.needs)[:COMMUNITIES]
        covered.append((error <= 1.96 * figures.leaves.needs_sd[:COMMUNITIES]).mean())
        parents.append((np.abs(figures.parents.needs - true_parents) <= 1.96 * figures.parents.needs_sd).mean())
        error = np.abs(figures.leaves.customers - truth.customers)
        customers.append((error <= 1.96 * figures.leaves.customers_sd).mean())
    assert 0.945 <= np.mean(covered) <= 0.98
    assert 0.93 <= np.mean(parents) <= 0.98
    assert 0.93 <= np.mean(customers) <= 0.98


@pytest.mark.parametrize(("times", "months_after"), [(4, 0), (2, 0), (2, 3)])
def test_new_towers_are_followed(times: int, months_after: int) -> None:
    """Ten large communities grow manyfold: at once, and their needs with their customers."""
    city = _get_city()
    grown = np.argsort(-city.customers)[10:20]
    counts = {name: getattr(city, name).copy() for name in ("customers", "needs", "counted")}
    for each in counts.values():
        each[grown] *= times
    after = replace(city, **counts)
    figures = _estimate(after, draw_months([city] * 8 + [after] * (1 + months_after), seed=5))
    customers = figures.leaves.customers[grown].sum() / after.customers[grown].sum()
    needs = figures.leaves.needs[grown].sum() / after.needs[grown].sum()
    assert customers == pytest.approx(1, abs=0.05)
    assert needs == pytest.approx(1, abs=0.05)


def test_a_season_that_moves_a_whole_category_is_followed_at_once() -> None:
    city = _get_city()
    counted, needs = city.counted.copy(), city.needs.copy()
    counted[:, 2], needs[:, 2] = (counted[:, 2] * 13) // 10, (needs[:, 2] * 13) // 10
    after = replace(city, counted=counted, needs=needs)
    figures = _estimate(after, draw_months([city] * 6 + [after], seed=6))
    bias = (figures.leaves.needs - after.needs).sum(axis=0) / after.needs.sum(axis=0)
    assert np.abs(bias).max() < 0.04


def _take_away(draws: list[StoredDraw], *, leaf_id: int) -> tuple[StoredDraw, ...]:
    """Return draws from before a leaf was on the list."""
    older = []
    for draw in draws:
        kept = draw.keys != leaf_id
        older.append(replace(draw, keys=draw.keys[kept], values=draw.values[kept]))
    return tuple(older)


@pytest.mark.parametrize("at", [0, COMMUNITIES + 99])
def test_a_leaf_that_joins_the_list_starts_with_its_own_month_and_disturbs_no_other_parent(at: int) -> None:
    """A leaf among others of its parent, and one that is alone."""
    city = _get_city()
    months = draw_months([city] * 3, seed=7)
    joining = int(city.keys.leaf_ids[at])
    older = [EarlierDraws(each.months_ago, _take_away(list(each.draws), leaf_id=joining)) for each in look_back(months)]
    figures = estimate_figures(months[-1], keys=city.keys, earlier=older)
    customers = {draw.product: draw for draw in months[-1]}[Product.CUSTOMERS_LEAF]
    assert figures.leaves.customers[at] == customers.values[at, 0]
    assert figures.leaves.customers_sd[at] == pytest.approx(customers.sigma)
    assert (np.delete(figures.leaves.customers_sd, at) < customers.sigma / 1.5).all()
    assert np.isfinite(figures.leaves.needs_sd).all()
    whole = _estimate(city, months)
    elsewhere = city.keys.parents != city.keys.parents[at]
    moved = np.abs(figures.leaves.needs - whole.leaves.needs) / whole.leaves.needs_sd
    assert np.quantile(moved[elsewhere], 0.999) < 0.3  # only through what the whole city teaches


def test_a_drawn_leaf_that_vanished_from_a_later_draw_is_refused() -> None:
    city = _get_city()
    months = draw_months([city] * 2, seed=8)
    fewer = _take_away(months[-1], leaf_id=int(city.keys.leaf_ids[5]))
    lists = (np.delete(each, 5) for each in (city.keys.leaf_ids, city.keys.parents, city.keys.districts))
    keys = PublicKeys(city.keys.city_code, *lists)
    with pytest.raises(PublicKeysError):
        estimate_figures(fewer, keys=keys, earlier=look_back(months))


def test_an_empty_city_stays_empty_over_months() -> None:
    city = _get_city()
    empty = replace(city, **{name: np.zeros_like(getattr(city, name)) for name in ("customers", "needs", "counted")})
    figures = _estimate(empty, draw_months([empty] * 4, seed=9))
    assert np.isfinite(figures.leaves.needs_sd).all()
    assert (figures.leaves.needs_sd > 0).all()
    assert np.abs(figures.leaves.needs).max() < 10


def _shuffle_categories(city: City) -> City:
    """Return a city like it, whose categories know nothing of each other: each is dealt anew among leaves of a size."""
    rng = np.random.default_rng(1)
    alike = np.argsort(city.customers, kind="stable").reshape(-1, 10)
    counted, needs = city.counted.copy(), city.needs.copy()
    for column in range(needs.shape[1]):
        moved = rng.permuted(alike, axis=1).ravel()
        counted[alike.ravel(), column] = city.counted[moved, column]
        needs[alike.ravel(), column] = city.needs[moved, column]
    return replace(city, counted=counted, needs=needs)


def test_categories_of_a_leaf_vouch_for_each_other_only_where_they_go_together() -> None:
    city = _get_city()
    gains = []
    for each in (city, _shuffle_categories(city)):
        draws = draw_city(each, seed=1, month_share=FIRST_YEAR_SHARE)
        shared, alone = (
            _measure_error(estimate_figures(draws, keys=each.keys, smoothing=Smoothing(shares=shares)), each)
            for shares in (True, False)
        )
        gains.append(shared / alone)
    assert gains[0] < 0.95
    assert 0.97 < gains[1] < 1.01
