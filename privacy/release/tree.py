"""Best linear estimate of leaf counts from noised leaves and noised parents, with the variances that it really has.

Model of one category: a leaf's count is its customers times the rate of its parent area, plus a deviation of its own.
Seen are the leaf and the parent's total, each with an error of known variance. Estimates are posterior means, so leaves
add up to their parent; without a prior (infinite variances) this is two-level weighted least squares. Covariances
within a parent are diagonal plus rank one throughout, hence closed forms. Arrays: n leaves, m parents, one category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Which parent each leaf lies in: `position` is intp[n] into m parents."""

    position: NDArray[np.intp]
    parent_count: int

    def sum_by_parent(self, values: Floats | NDArray[np.int64] | NDArray[np.bool_]) -> Floats:
        """Return sums over the leaves of each parent: float64[m] of float64[n], float64[m, w] of float64[n, w]."""
        if values.ndim > 1:
            return np.stack([self.sum_by_parent(column) for column in values.T], axis=1)
        return np.bincount(self.position, weights=values, minlength=self.parent_count).astype(np.float64)

    @property
    def leaf_counts(self) -> Floats:
        """Return how many leaves each parent has, float64[m]."""
        return np.bincount(self.position, minlength=self.parent_count).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One category as it was seen: unbiased, with the variance of each error.

    float64[n] `leaves`, float64[m] `parents`. Errors of leaves do not depend on each other; `covariance` float64[n] is
    that of a leaf's error with its parent's, nothing in a single month.

    A filter runs behind: part of what a leaf has newly become is in its true value and not yet in the measurement.
    `unseen` float64[n] is the variance of that part, `unseen_in_parent` float64[n] of the part that the measurement of
    its parent misses. Nobody can know more than the rest, about which the measurement errs by the rest of its variance.
    """

    leaves: Floats
    leaf_variance: Floats
    parents: Floats
    parent_variance: Floats
    covariance: Floats
    unseen: Floats
    unseen_in_parent: Floats

    @property
    def leaf_noise(self) -> Floats:
        """Return the variance of leaves' errors without what is unseen, float64[n]."""
        return self.leaf_variance - self.unseen


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is believed of one category before its leaves are looked at.

    `exposure` float64[n] (customers), `variance` float64[n] of a leaf's own deviation, the mean and
    float64[m] variances of the rate that the leaves of one parent share, and how uncertain that mean itself is, for the
    whole city at once.
    """

    exposure: Floats
    variance: Floats
    rate: float
    rate_variance: Floats
    city_rate_variance: float


@dataclass(frozen=True, slots=True, eq=False)
class TreeEstimate:
    """Leaves and parents of one category: means, variances, and each leaf's covariance with its parent's total.

    `city_shift` float64[n] is by how much a leaf errs when the city's rate errs by one standard error: an error that
    all leaves share, and that the variances leave out.
    """

    leaves: Floats
    leaf_variance: Floats
    leaf_covariance: Floats
    parents: Floats
    parent_variance: Floats
    city_shift: Floats


def no_prior(hierarchy: Hierarchy) -> Prior:
    """Return the prior that believes nothing."""
    ones = np.ones(hierarchy.position.size)
    flat = np.full_like(ones, np.inf)
    rates = np.ones(hierarchy.parent_count)
    return Prior(exposure=ones, variance=flat, rate=0.0, rate_variance=rates, city_rate_variance=0.0)


def _decorrelate(seen: Measured, *, hierarchy: Hierarchy) -> tuple[Floats, Floats, Floats]:
    """Return parents as measurements whose error no leaf shares: of which weighted sum of leaves, value, variance."""
    shared = seen.covariance / seen.leaf_variance
    value = seen.parents - hierarchy.sum_by_parent(shared * seen.leaves)
    explained = hierarchy.sum_by_parent(shared * seen.covariance + seen.unseen_in_parent)
    return 1 - shared, value, seen.parent_variance - explained


def estimate_tree(seen: Measured, *, hierarchy: Hierarchy, prior: Prior) -> TreeEstimate:
    """Combine measured leaves, measured parents and the prior."""
    at, add = hierarchy.position, hierarchy.sum_by_parent
    # Given the rate, a leaf is a weighted mean of what was seen and what the rate predicts.
    noise = seen.leaf_noise
    weight = 1 / (1 + noise / prior.variance)
    own = weight * noise
    # The rate, from all leaves of the parent.
    information = prior.exposure / (prior.variance + noise)
    precision = add(information * prior.exposure) + 1 / prior.rate_variance
    rate = (add(information * seen.leaves) + prior.rate / prior.rate_variance) / precision
    pull = (1 - weight) * prior.exposure
    mean = weight * seen.leaves + pull * rate[at]
    # The parent's own measurement corrects a weighted sum of its leaves, and so each of them.
    part, parents, parent_noise = _decorrelate(seen, hierarchy=hierarchy)
    with_part = part * own + pull * (add(pull * part) / precision)[at]
    with_total = own + pull * (add(pull) / precision)[at]
    gain = 1 / (add(part * with_part) + parent_noise)
    corrected = mean + with_part * (gain * (parents - add(part * mean)))[at]
    learned = gain * add(with_part)
    shift = pull / (prior.rate_variance * precision)[at] * np.sqrt(prior.city_rate_variance)
    return TreeEstimate(
        leaves=corrected,
        leaf_variance=seen.unseen + own + pull**2 / precision[at] - with_part**2 * gain[at],
        leaf_covariance=seen.unseen_in_parent + with_total - with_part * learned[at],
        parents=add(corrected),
        parent_variance=add(seen.unseen_in_parent + with_total) - add(with_part) * learned,
        city_shift=shift - with_part * (gain * add(part * shift))[at],
    )
