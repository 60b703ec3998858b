"""Bias repair: lifts bounded needs to all needs with the help of the unbounded city product.

Two needs a household count, so bounded figures are too low by a factor close to 1. One factor is estimated over all
categories; each category may differ from it a little. The city's measurement then settles, by least squares, how much
of the gap between it and the sum of the leaves is that factor (spread over leaves in proportion) and how much is noise
(spread by variance). Leaves, parents and city add up afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from privacy.release.tree import Floats, Hierarchy, TreeEstimate

_EXPECTED_FACTOR = 1.05
_FACTOR_SD = 0.1
"""Loose public expectation; decides only where a city is so small that the noise says nothing."""
_CATEGORY_SD = 0.02
_AREA_SD = 0.03
"""How much the factor differs between parents: where needs are frequent, the bound drops more of them."""
_MOST_FACTOR = 4.0
"""Eight needs, two of which count."""


@dataclass(frozen=True, slots=True)
class Factor:
    """By how much all needs exceed the bounded ones, and its variance."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class RepairedCategory:
    """One category after repair: float64[n] leaves, float64[m] parents, the city, and their variances."""

    leaves: Floats
    leaf_variance: Floats
    parents: Floats
    parent_variance: Floats
    city: float
    city_variance: float


@dataclass(frozen=True, slots=True, eq=False)
class _Covariances:
    """Of lifted estimates, before the city is looked at: variances, and covariances with the sum of all leaves."""

    leaf: Floats
    parent: Floats
    leaf_and_city: Floats
    parent_and_city: Floats


def estimate_factor(trees: Sequence[TreeEstimate], *, city: Floats, city_noise_variance: float) -> Factor:
    """Estimate the factor that all categories share from the noised city totals float64[8]."""
    bounded = sum(float(tree.parents.sum()) for tree in trees)
    bounded_variance = sum(float(tree.parent_variance.sum()) for tree in trees)
    precision, weighted = 1 / _FACTOR_SD**2, _EXPECTED_FACTOR / _FACTOR_SD**2
    if bounded > 0:
        seen = float(city.sum()) / bounded
        variance = (city.size * city_noise_variance + seen**2 * bounded_variance) / bounded**2
        precision, weighted = precision + 1 / variance, weighted + seen / variance
    value = float(np.clip(weighted / precision, 1.0, _MOST_FACTOR))
    return Factor(value=value, variance=1 / precision + _CATEGORY_SD**2)


def _compute_covariances(tree: TreeEstimate, *, hierarchy: Hierarchy, factor: Factor) -> _Covariances:
    """Propagate every source of error: noise and prior, the bound's chance, the factor, here and everywhere."""
    at, by = hierarchy.position, factor.value
    parents, shifts = tree.parents, hierarchy.sum_by_parent(tree.city_shift)
    # Which needs the bound dropped is chance, as if each were kept with probability 1 / factor.
    chance = (by - 1) * by * np.maximum(tree.leaves, 0)
    scale, spread = by**2, _AREA_SD**2
    leaf = scale * (tree.leaf_variance + tree.city_shift**2) + chance + (spread + factor.variance) * tree.leaves**2
    parent = scale * tree.parent_variance + hierarchy.sum_by_parent(chance) + spread * parents**2
    shared = scale * tree.city_shift * shifts.sum() + factor.variance * tree.leaves * parents.sum()
    return _Covariances(
        leaf=leaf,
        parent=parent + scale * shifts**2 + factor.variance * parents**2,
        leaf_and_city=scale * tree.leaf_covariance + chance + spread * tree.leaves * parents[at] + shared,
        parent_and_city=parent + hierarchy.sum_by_parent(shared),
    )


def repair_category(
    tree: TreeEstimate, *, hierarchy: Hierarchy, factor: Factor, city: float, city_noise_variance: float
) -> RepairedCategory:
    """Lift one category to all needs and fit it to the city's noised total."""
    before = _compute_covariances(tree, hierarchy=hierarchy, factor=factor)
    lifted = factor.value * float(tree.parents.sum())
    total_variance = float(before.parent_and_city.sum())
    gain = 1 / (total_variance + city_noise_variance)
    step = gain * (city - lifted)
    return RepairedCategory(
        leaves=factor.value * tree.leaves + before.leaf_and_city * step,
        leaf_variance=before.leaf - before.leaf_and_city**2 * gain,
        parents=factor.value * tree.parents + before.parent_and_city * step,
        parent_variance=before.parent - before.parent_and_city**2 * gain,
        city=lifted + total_variance * step,
        city_variance=total_variance * city_noise_variance * gain,
    )
