"""The filter against brute force: generalised least squares over all months, and exact Gaussian conditioning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from privacy.release.aligning import Month, align_months
from privacy.release.filtering import JUMP_SD, know_nothing, predict, update, update_or_restart
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.movement import NEEDS_MOVE, estimate_movement
from privacy.release.plan import FIRST_MONTH_SHARE, FIRST_YEAR_SHARE, REGULAR_SHARE, get_sigma
from privacy.release.replay import _follow_category
from privacy.release.series import Seen
from privacy.release.sharing import _add_others
from privacy.release.tree import Hierarchy, Measured, Prior, _decorrelate, estimate_tree
from privacy.release.values import CATEGORIES, Product

Floats = NDArray[np.float64]

_LEAVES = Hierarchy(position=np.zeros(3, dtype=np.intp), parent_count=1)
_MOVEMENT = np.array([0.5, 2.0, 7.0])
_GAPS = (0, 1, 3, 1)
_SHARES = (FIRST_MONTH_SHARE, FIRST_YEAR_SHARE, FIRST_YEAR_SHARE, REGULAR_SHARE)

months = st.lists(
    st.tuples(st.floats(-500, 500), st.floats(1, 60), st.integers(1, 4)),  # what was seen, sigma, months since
    min_size=1,
    max_size=7,
)


def _shared_movement(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every two months how much time has moved both away from the newest."""
    return np.asarray(times[-1] - np.maximum.outer(times, times))


@given(months, st.floats(0.01, 50))
def test_the_filter_is_the_best_linear_unbiased_estimate_of_the_newest_month(
    seen: list[tuple[float, float, int]], movement: float
) -> None:
    level = know_nothing((1,))
    for value, sigma, gap in seen:
        level = update(
            predict(level, movement=np.array([movement]), months=gap),
            seen=np.array([value]),
            noise_variance=np.array([sigma**2]),
            present=np.array([True]),
        ).level
    values, sigmas, gaps = (np.array(each) for each in zip(*seen, strict=True))
    precision = np.linalg.inv(np.diag(sigmas**2) + movement * _shared_movement(np.cumsum(gaps)))
    assert np.isclose(level.variance[0], 1 / precision.sum(), rtol=1e-6)
    assert np.isclose(level.mean[0], (precision @ values).sum() / precision.sum(), rtol=1e-6, atol=1e-6)


def _make_months(*, shares: Sequence[float] = _SHARES, gaps: Sequence[int] = _GAPS, unit: int = -1) -> list[Month]:
    """Return months of one parent with three leaves, zero but for a 1 everywhere in one month."""
    return [
        Month(
            gap=gap,
            present=np.ones(3, dtype=np.bool_),
            parents_present=np.ones(1, dtype=np.bool_),
            needs=np.full((3, 8), int(number == unit)),
            parents=np.full((1, 8), int(number == unit)),
            customers=np.zeros((3, 1), dtype=np.int64),
            any_need=np.zeros((3, 1), dtype=np.int64),
            variances={product: get_sigma(product, month_share=share) ** 2 for product in Product},
        )
        for number, (share, gap) in enumerate(zip(shares, gaps, strict=True))
    ]


def _follow(made: list[Month], *, movement: Floats = _MOVEMENT) -> Measured:
    never = [np.zeros(3, dtype=np.bool_) for _ in made]
    return _follow_category(made, column=0, hierarchy=_LEAVES, movement=movement, restarts=never)


@given(
    st.lists(st.tuples(st.sampled_from([4 / 15, 1 / 15, 1 / 12]), st.integers(1, 6)), min_size=1, max_size=24),
    st.lists(st.floats(1e-4, 1e5), min_size=3, max_size=3),
)
@settings(max_examples=60)
def test_whatever_the_movement_what_is_unseen_is_less_than_the_error(
    months_by_share: list[tuple[float, int]], movement: list[float]
) -> None:
    shares, gaps = zip(*months_by_share, strict=True)
    measured = _follow(_make_months(shares=shares, gaps=gaps), movement=np.array(movement))
    weights, _, variance = _decorrelate(measured, hierarchy=_LEAVES)
    assert (measured.leaf_noise > 0).all()
    assert (variance > 0).all()
    assert ((weights > 0) & (weights <= 1)).all()


def test_errors_of_leaves_and_of_their_parent_go_together_as_much_as_the_filter_says() -> None:
    measured = _follow(_make_months())
    weights = [_follow(_make_months(unit=number)) for number in range(4)]
    of_leaves, of_parent = np.stack([each.leaves for each in weights]), np.stack([each.parents for each in weights])
    shared = _shared_movement(np.cumsum(_GAPS))
    expected = [_MOVEMENT[leaf] * of_leaves[:, leaf] @ shared @ of_parent[:, 0] for leaf in range(3)]
    assert np.allclose(measured.covariance, expected)
    assert np.allclose(of_leaves.sum(axis=0), 1)
    assert np.allclose(of_parent.sum(axis=0), 1)


def test_a_total_over_a_longer_list_of_leaves_starts_anew() -> None:
    made = _make_months()
    shorter = [replace(month, present=np.array([True, True, False])) for month in made[:-1]]
    measured = _follow([*shorter, made[-1]])
    newest = made[-1].variances
    assert measured.parent_variance[0] == pytest.approx(newest[Product.NEED_PARENT])
    assert measured.leaf_variance[2] == pytest.approx(newest[Product.NEED_LEAF])
    assert (measured.leaf_variance[:2] < newest[Product.NEED_LEAF] / 1.5).all()
    assert _follow(made).parent_variance[0] < newest[Product.NEED_PARENT] / 1.5


def test_what_others_say_of_a_category_holds_nothing_of_its_own_measurement() -> None:
    needs = [Measured(*(np.array([10.0**column]) for _ in range(7))) for column in range(4)]
    others = _add_others(needs, column=2)
    assert [getattr(others, each.name)[0] for each in fields(Measured)] == [1011.0] * 7


def test_the_tree_is_exact_conditioning_on_leaves_and_parent_with_errors_in_common() -> None:
    seen = Measured(
        leaves=np.array([12.0, 3.0, 40.0]),
        leaf_variance=np.array([9.0, 20.0, 30.0]),
        parents=np.array([50.0]),
        parent_variance=np.array([45.0]),
        covariance=np.array([2.0, 5.0, 8.0]),
        unseen=np.zeros(3),
        unseen_in_parent=np.zeros(3),
    )
    prior = Prior(
        exposure=np.array([100.0, 50.0, 300.0]),
        variance=np.array([8.0, 4.0, 60.0]),
        rate=0.1,
        rate_variance=np.array([0.0009]),
        city_rate_variance=0.0,
    )
    tree = estimate_tree(seen, hierarchy=_LEAVES, prior=prior)
    belief = np.diag(prior.variance) + np.outer(prior.exposure, prior.exposure) * prior.rate_variance[0]
    look = np.vstack([np.eye(3), np.ones(3)])
    error = np.diag([*seen.leaf_variance, seen.parent_variance[0]])
    error[3, :3] = error[:3, 3] = seen.covariance
    gain = belief @ look.T @ np.linalg.inv(look @ belief @ look.T + error)
    mean = prior.rate * prior.exposure
    exact = mean + gain @ (np.append(seen.leaves, seen.parents) - look @ mean)
    left = belief - gain @ look @ belief
    assert np.allclose(tree.leaves, exact)
    assert np.allclose(tree.leaf_variance, np.diag(left))
    assert np.allclose(tree.leaf_covariance, left.sum(axis=1))
    assert np.allclose([tree.parents[0], tree.parent_variance[0]], [exact.sum(), left.sum()])


@given(st.floats(-1000, 1000), st.booleans())
@settings(max_examples=50)
def test_a_gain_does_not_depend_on_what_was_seen_unless_it_jumps(seen: float, other: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    level = update(
        know_nothing((1,)), seen=np.zeros(1), noise_variance=np.array([36.0]), present=np.array([True])
    ).level
    step, jumped = update_or_restart(
        predict(level, movement=np.array([4.0]), months=1),
        seen=np.array([seen]),
        noise_variance=np.array([144.0]),
        present=np.array([True]),
        restarts=np.array([other]),
    )
    assert jumped[0] == (abs(seen) > JUMP_SD * np.sqrt(36 + 4 + 144))
    assert step.gain[0] == (1 if jumped[0] or other else pytest.approx(40 / 184))


@pytest.mark.parametrize("share", [0.03, 0.15, 0.6])
def test_movement_is_learned_from_areas(share: float) -> None:
    rng = np.random.default_rng(6)
    expected = rng.uniform(50, 600, (400, 8))
    truth = expected + np.cumsum(rng.normal(0, np.sqrt(share * expected), (12, 400, 8)), axis=0)
    series = [
        Seen(
            gap=int(number > 0),
            values=each + rng.normal(0, 20, each.shape),
            noise_variance=np.full(each.shape, 400.0),
            present=np.ones(each.shape, dtype=np.bool_),
        )
        for number, each in enumerate(truth)
    ]
    assert share / 1.5 < estimate_movement(series, expected=expected, usual=NEEDS_MOVE) < share * 1.5


def test_where_nothing_tells_movement_is_what_is_usual() -> None:
    series = [
        Seen(
            gap=1, values=np.zeros((2, 8)), noise_variance=np.full((2, 8), 1e6), present=np.ones((2, 8), dtype=np.bool_)
        )
    ] * 3
    assert estimate_movement(series, expected=np.ones((2, 8)), usual=NEEDS_MOVE) == NEEDS_MOVE
    assert estimate_movement(series[:1], expected=np.ones((2, 8)), usual=0.01) == 0.01


def test_a_lost_month_counts_as_time_that_went_by() -> None:
    def draw(product: Product) -> StoredDraw:
        width = len(CATEGORIES) if product in {Product.NEED_LEAF, Product.NEED_PARENT} else 1
        values = np.zeros((1, width), dtype=np.int64)
        return StoredDraw(product, 6.0, np.array([7]), values, datetime(2026, 11, 1, tzinfo=UTC))

    products = (Product.NEED_LEAF, Product.NEED_PARENT, Product.ANY_NEED_LEAF, Product.CUSTOMERS_LEAF)
    draws = tuple(draw(product) for product in products)
    earlier = [EarlierDraws(months_ago, draws) for months_ago in (2, 7, 4)]
    made = align_months({each.product: each for each in draws}, earlier=earlier, city_code=1)
    assert [month.gap for month in made] == [0, 3, 2, 2]
