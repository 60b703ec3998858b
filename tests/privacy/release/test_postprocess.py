"""Estimates add up and beat the raw draws; their margins hold what they promise, by Monte Carlo against the truth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from privacy.release.errors import PublicKeysError
from privacy.release.figures import ReleasedFigures
from privacy.release.plan import FIRST_MONTH_SHARE, FIRST_YEAR_SHARE
from privacy.release.postprocess import Smoothing, estimate_figures
from privacy.release.values import Product, PublicKeys
from tests.privacy.release.worlds import City, draw_city, make_city

REPETITIONS = 8
COMMUNITIES = {"sparse": 3000, "dense": 2000}


@cache
def _get_city(name: str) -> City:
    if name == "sparse":  # like the demo: about two needs a community and category, most leaves are fields
        return make_city(3, communities=3000, fields=4900, households=100_000)
    return make_city(4, communities=2000, fields=300, households=650_000)


@cache
def _estimate(name: str, seed: int, month_share: float, *, shrinks: bool) -> ReleasedFigures:
    city = _get_city(name)
    draws = draw_city(city, seed=seed, month_share=month_share)
    return estimate_figures(draws, keys=city.keys, smoothing=Smoothing(shrinks=shrinks))


def _find_circles(city: City, *, communities: int) -> list[NDArray[np.intp]]:
    centres = np.random.default_rng(9).choice(communities, 60)
    distances = np.hypot(*(city.positions[centres][:, None] - city.positions).transpose(2, 0, 1))
    return [np.flatnonzero(each < 5) for each in distances]


def _cover(errors: list[NDArray[np.float64]]) -> float:
    return float(np.mean(np.abs(np.concatenate([each.ravel() for each in errors])) <= 1.96))


@pytest.mark.parametrize("shrinks", [True, False])
def test_leaves_parents_and_city_add_up(*, shrinks: bool) -> None:
    figures, city = _estimate("sparse", 1, FIRST_MONTH_SHARE, shrinks=shrinks), _get_city("sparse")
    sums = np.zeros_like(figures.parents.needs)
    np.add.at(sums, city.parent_position, figures.leaves.needs)
    assert np.allclose(sums, figures.parents.needs, atol=1e-6)
    assert np.allclose(figures.parents.needs.sum(axis=0), figures.city.needs, atol=1e-5)


@pytest.mark.parametrize("name", ["sparse", "dense"])
@pytest.mark.parametrize("month_share", [FIRST_MONTH_SHARE, FIRST_YEAR_SHARE])
@pytest.mark.parametrize("shrinks", [True, False])
def test_margins_cover_the_truth(name: str, month_share: float, *, shrinks: bool) -> None:
    """95 % margins of leaves, parents, city and 5-km sums, as the heat map adds them up, over repeated draws."""
    city = _get_city(name)
    circles = _find_circles(city, communities=COMMUNITIES[name])
    truth_parents = city.sum_by_parent(city.needs)
    leaf, parent, total, circle = [], [], [], []
    for seed in range(REPETITIONS):
        figures = _estimate(name, seed, month_share, shrinks=shrinks)
        error, sd = figures.leaves.needs - city.needs, figures.leaves.needs_sd
        leaf.append((error / sd)[: COMMUNITIES[name]])
        parent.append((figures.parents.needs - truth_parents) / figures.parents.needs_sd)
        total.append((figures.city.needs - city.needs.sum(axis=0)) / figures.city.needs_sd)
        circle += [error[each].sum(axis=0) / np.sqrt((sd[each] ** 2).sum(axis=0)) for each in circles]
    assert 0.92 <= _cover(leaf) <= 0.98
    assert 0.92 <= _cover(parent) <= 0.98
    assert _cover(total) >= 0.86  # 64 figures, so some of them may lie outside by chance
    assert _cover(circle) >= 0.93


@pytest.mark.parametrize("name", ["sparse", "dense"])
def test_standard_errors_are_as_large_as_the_errors(name: str) -> None:
    city, count = _get_city(name), COMMUNITIES[name]
    squares, variances = [], []
    for seed in range(REPETITIONS):
        figures = _estimate(name, seed, FIRST_MONTH_SHARE, shrinks=True)
        squares.append(((figures.leaves.needs - city.needs)[:count] ** 2).mean())
        variances.append((figures.leaves.needs_sd[:count] ** 2).mean())
    assert 0.95 <= np.sqrt(np.mean(variances) / np.mean(squares)) <= 1.25


@pytest.mark.parametrize("name", ["sparse", "dense"])
def test_shrinkage_makes_leaves_and_circles_better(name: str) -> None:
    city = _get_city(name)
    circles = _find_circles(city, communities=COMMUNITIES[name])
    leaf_error, circle_error = {}, {}
    for shrinks in (True, False):
        error = _estimate(name, 0, FIRST_MONTH_SHARE, shrinks=shrinks).leaves.needs - city.needs
        leaf_error[shrinks] = float(np.sqrt((error**2).mean()))
        circle_error[shrinks] = float(np.median([np.abs(error[each].sum(axis=0)) for each in circles]))
    assert leaf_error[True] < 0.85 * leaf_error[False]
    assert circle_error[True] < circle_error[False]


def test_the_bias_of_the_bound_is_repaired() -> None:
    city = _get_city("dense")
    lost = 1 - city.counted.sum() / city.needs.sum()
    errors = [
        _estimate("dense", seed, FIRST_MONTH_SHARE, shrinks=True).city.needs.sum() / city.needs.sum() - 1
        for seed in range(REPETITIONS)
    ]
    assert lost > 0.03
    assert abs(float(np.mean(errors))) < 0.003


def test_empty_fields_do_not_take_needs_from_the_town() -> None:
    city = _get_city("sparse")
    town = slice(0, COMMUNITIES["sparse"])
    shares = [
        _estimate("sparse", seed, FIRST_MONTH_SHARE, shrinks=True).leaves.needs[town].sum() / city.needs[town].sum()
        for seed in range(REPETITIONS)
    ]
    assert abs(float(np.mean(shares)) - 1) < 0.06


def test_the_same_draws_give_the_same_bytes() -> None:
    city = _get_city("sparse")
    draws = draw_city(city, seed=2)
    one, other = (estimate_figures(draws, keys=city.keys) for _ in range(2))
    assert one.leaves.needs.tobytes() == other.leaves.needs.tobytes()
    assert one.leaves.needs_sd.tobytes() == other.leaves.needs_sd.tobytes()


def test_customers_stay_as_drawn_with_their_noise_as_margin() -> None:
    city = _get_city("sparse")
    draws = {each.product: each for each in draw_city(city, seed=2)}
    leaves = estimate_figures(list(draws.values()), keys=city.keys).leaves
    drawn = draws[Product.CUSTOMERS_LEAF]
    assert np.array_equal(leaves.customers, drawn.values[:, 0])
    assert set(leaves.customers_sd.tolist()) == {drawn.sigma}


def test_a_city_without_households_comes_out_near_zero_and_finite() -> None:
    city = _get_city("sparse")
    empty = replace(city, **{name: np.zeros_like(getattr(city, name)) for name in ("customers", "needs", "counted")})
    figures = estimate_figures(draw_city(empty, seed=5), keys=city.keys)
    assert np.isfinite(figures.leaves.needs).all()
    assert np.isfinite(figures.leaves.needs_sd).all()
    assert (figures.leaves.needs_sd > 0).all()
    assert np.abs(figures.leaves.needs).max() < 10


def test_one_leaf_in_one_parent_is_enough() -> None:
    city = make_city(1, communities=1, fields=0, households=5_000)
    figures = estimate_figures(draw_city(city, seed=1), keys=city.keys)
    assert np.isfinite(figures.leaves.needs_sd).all()
    assert (np.abs(figures.leaves.needs - city.needs) < 5 * figures.leaves.needs_sd + 1).all()


def test_leaves_made_after_the_draw_do_not_matter() -> None:
    city = _get_city("sparse")
    draws = draw_city(city, seed=2)
    more = PublicKeys(
        city.keys.city_code,
        np.append(city.keys.leaf_ids, city.keys.leaf_ids[-1] + 7),
        np.append(city.keys.parents, 5),
        np.append(city.keys.districts, 370202),
    )
    one, other = (estimate_figures(draws, keys=keys) for keys in (city.keys, more))
    assert one.leaves.needs.tobytes() == other.leaves.needs.tobytes()


def test_a_list_that_lost_a_drawn_leaf_is_refused() -> None:
    city = _get_city("sparse")
    fewer = PublicKeys(
        city.keys.city_code, *(each[1:] for each in (city.keys.leaf_ids, city.keys.parents, city.keys.districts))
    )
    with pytest.raises(PublicKeysError):
        estimate_figures(draw_city(city, seed=2), keys=fewer)


@pytest.mark.parametrize("leaf_ids", [[], [2, 1], [1, 1], [1, 2, 3]])
@pytest.mark.parametrize("short", ["parents", "districts"])
def test_lists_of_leaves_must_be_ascending_and_fit_their_parents_and_districts(leaf_ids: list[int], short: str) -> None:
    others = {name: np.full(min(len(leaf_ids), 2 if name == short else 9), 5) for name in ("parents", "districts")}
    with pytest.raises(PublicKeysError):
        PublicKeys(1, np.array(leaf_ids, dtype=np.int64), **others)
