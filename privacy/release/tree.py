"""Best linear estimate of leaf counts from noised leaves and noised parents, with the variances that it really has.

Model of one category: a leaf's count is its customers times the rate of its parent area, plus a deviation of its own.
Seen are the leaf and the parent's total, each with noise of known variance. Estimates are posterior means, so leaves
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

    def sum_by_parent(self, values: Floats) -> Floats:
        """Return float64[m] sums of float64[n] over the leaves of each parent."""
        return np.bincount(self.position, weights=values, minlength=self.parent_count).astype(np.float64)

    @property
    def leaf_counts(self) -> Floats:
        """Return how many leaves each parent has, float64[m]."""
        return np.bincount(self.position, minlength=self.parent_count).astype(np.float64)


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


def estimate_tree(
    leaves: Floats,
    parents: Floats,
    *,
    hierarchy: Hierarchy,
    prior: Prior,
    leaf_noise_variance: float,
    parent_noise_variance: float,
) -> TreeEstimate:
    """Combine noised leaves float64[n], noised parents float64[m] and the prior."""
    at = hierarchy.position
    # Given the rate, a leaf is a weighted mean of what was seen and what the rate predicts.
    weight = 1 / (1 + leaf_noise_variance / prior.variance)
    own_variance = weight * leaf_noise_variance
    # The rate, from all leaves of the parent.
    information = prior.exposure / (prior.variance + leaf_noise_variance)
    precision = hierarchy.sum_by_parent(information * prior.exposure) + 1 / prior.rate_variance
    rate = (hierarchy.sum_by_parent(information * leaves) + prior.rate / prior.rate_variance) / precision
    pull = (1 - weight) * prior.exposure
    mean = weight * leaves + pull * rate[at]
    # The parent's own measurement corrects the sum of its leaves.
    total_pull = hierarchy.sum_by_parent(pull)
    total_variance = hierarchy.sum_by_parent(own_variance) + total_pull**2 / precision
    covariance = own_variance + pull * (total_pull / precision)[at]
    gain = 1 / (total_variance + parent_noise_variance)
    surprise = parents - hierarchy.sum_by_parent(mean)
    corrected = mean + covariance * (gain * surprise)[at]
    left = parent_noise_variance * gain
    shift = pull / (prior.rate_variance * precision)[at] * np.sqrt(prior.city_rate_variance)
    return TreeEstimate(
        leaves=corrected,
        leaf_variance=own_variance + pull**2 / precision[at] - covariance**2 * gain[at],
        leaf_covariance=covariance * left[at],
        parents=hierarchy.sum_by_parent(corrected),
        parent_variance=total_variance * left,
        city_shift=shift - covariance * (gain * hierarchy.sum_by_parent(shift))[at],
    )
