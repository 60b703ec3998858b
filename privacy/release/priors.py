"""What shrinkage leans on: customers and rates of neighbouring leaves, estimated from noised values only.

Spread is found by the method of moments: what varies more than noise and chance explain is taken for real. The floors
keep an estimate that happens to come out at nothing from silencing every leaf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from privacy.release.mixing import estimate_non_negative
from privacy.release.tree import Floats, Hierarchy, Prior

_LEAST_SPREAD = 0.02
_MOST_SPREAD = 4.0
_LEAST_CUSTOMERS = 0.02
_LEAST_RATE = 1e-4
_LEAST_RATE_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Customers of each leaf, steadied by its neighbours, and the variance of that estimate: float64[n] each.

    `area_uncertainty` float64[m] is the squared coefficient of variation of a parent's total.
    """

    customers: Floats
    variance: Floats
    area_uncertainty: Floats


@dataclass(frozen=True, slots=True)
class NoiseVariances:
    """Variances of the noise in the needs of a leaf and of a parent."""

    leaf: float
    parent: float


def _clip_spread(explained: float, *, base: float) -> float:
    return float(np.clip(explained / base, _LEAST_SPREAD, _MOST_SPREAD)) if base > 0 else _LEAST_SPREAD


def _find_customer_spread(customers: Floats, *, mean: Floats, siblings: Floats, noise_variance: float) -> float:
    """Return by how much leaves of one parent differ in customers: squared coefficient of variation."""
    has_siblings = siblings > 1
    deviation = (customers - mean) ** 2 * siblings / np.maximum(siblings - 1, 1)
    excess = (deviation - noise_variance - mean)[has_siblings]
    return _clip_spread(float(excess.sum()), base=float((mean[has_siblings] ** 2).sum()))


def estimate_exposure(customers: Floats, *, hierarchy: Hierarchy, noise_variance: float) -> Exposure:
    """Pull noised customers float64[n] towards the mean of their parent, the more so the less leaves really differ.

    What cutting off negative leaves adds to a parent is taken from its other leaves.
    """
    leaf_counts, at = hierarchy.leaf_counts, hierarchy.position
    parent_mean, parent_variance = estimate_non_negative(
        hierarchy.sum_by_parent(customers) / leaf_counts, variances=noise_variance / leaf_counts
    )
    parent_mean = np.maximum(parent_mean, _LEAST_CUSTOMERS)
    mean = parent_mean[at]
    spread = _find_customer_spread(customers, mean=mean, siblings=leaf_counts[at], noise_variance=noise_variance)
    variance = spread * mean**2 + mean
    weight = variance / (variance + noise_variance)
    steadied = np.maximum(mean + weight * (customers - mean), _LEAST_CUSTOMERS)
    steadied *= (hierarchy.sum_by_parent(mean) / hierarchy.sum_by_parent(steadied))[at]
    return Exposure(
        customers=steadied, variance=weight * noise_variance, area_uncertainty=parent_variance / parent_mean**2
    )


def _estimate_parent_totals(
    leaves: Floats, parents: Floats, *, hierarchy: Hierarchy, noise: NoiseVariances
) -> tuple[Floats, Floats]:
    """Return the needs of parents, from both measurements of them, and their variances: float64[m] each."""
    from_leaves = hierarchy.leaf_counts * noise.leaf
    variance = 1 / (1 / from_leaves + 1 / noise.parent)
    return variance * (hierarchy.sum_by_parent(leaves) / from_leaves + parents / noise.parent), variance


def estimate_prior(
    leaves: Floats, parents: Floats, *, hierarchy: Hierarchy, exposure: Exposure, noise: NoiseVariances
) -> Prior:
    """Learn one category's rates, and how much they differ between and within parents, from its noised needs."""
    customers = exposure.customers
    totals, total_variance = _estimate_parent_totals(leaves, parents, hierarchy=hierarchy, noise=noise)
    rate = max(float(totals.sum() / customers.sum()), _LEAST_RATE)
    expected = rate * customers
    expected_totals = hierarchy.sum_by_parent(expected)
    by_exposure = rate**2 * exposure.variance
    # Squared coefficient of variation of rates: all of it, then the part between parents, the rest is within.
    trust = (expected / (noise.leaf + expected)) ** 2
    excess = (leaves - expected) ** 2 - noise.leaf - expected - by_exposure
    overall = _clip_spread(float((trust * excess).sum()), base=float((trust * expected**2).sum()))
    squares = hierarchy.sum_by_parent(expected**2)
    chance = total_variance + expected_totals + hierarchy.sum_by_parent(by_exposure) + overall * squares
    between = _clip_spread(
        float(((totals - expected_totals) ** 2 - chance).sum()), base=float((expected_totals**2 - squares).sum())
    )
    within = max(overall - between, _LEAST_SPREAD)
    signal = (between + exposure.area_uncertainty) * expected_totals**2
    trust_in_area = signal / (signal + chance)
    local = 1 + trust_in_area * (totals / np.maximum(expected_totals, _LEAST_RATE) - 1)
    local_rate = rate * np.maximum(local, _LEAST_RATE_SHARE)[hierarchy.position]
    local_expected = local_rate * customers
    return Prior(
        exposure=customers,
        variance=within * local_expected**2 + local_expected + local_rate**2 * exposure.variance,
        rate=rate,
        # Where even the customers are uncertain, so is what they lead one to expect.
        rate_variance=(between + exposure.area_uncertainty) * rate**2,
        city_rate_variance=float((chance + signal).sum() / customers.sum() ** 2),
    )
