"""What shrinkage leans on: customers and rates of neighbouring leaves, estimated from noised values only.

Spread is found by the method of moments: what varies more than noise and chance explain is taken for real. The floors
keep an estimate that happens to come out at nothing from silencing every leaf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from privacy.release.mixing import estimate_non_negative
from privacy.release.tree import Floats, Hierarchy, Measured, Prior

_LEAST_SPREAD = 0.02
_MOST_SPREAD = 4.0
LEAST_CUSTOMERS = 0.02
LEAST_RATE = 1e-4
_LEAST_RATE_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Customers of each leaf, steadied by its neighbours, and the variance of that estimate: float64[n] each.

    `area_uncertainty` float64[m] is the squared coefficient of variation of a parent's total.
    """

    customers: Floats
    variance: Floats
    area_uncertainty: Floats


def _clip_spread(explained: float, *, base: float) -> float:
    return float(np.clip(explained / base, _LEAST_SPREAD, _MOST_SPREAD)) if base > 0 else _LEAST_SPREAD


def _find_customer_spread(customers: Floats, *, mean: Floats, siblings: Floats, variance: Floats) -> float:
    """Return by how much leaves of one parent differ in customers: squared coefficient of variation."""
    has_siblings = siblings > 1
    deviation = (customers - mean) ** 2 * siblings / np.maximum(siblings - 1, 1)
    excess = (deviation - variance - mean)[has_siblings]
    return _clip_spread(float(excess.sum()), base=float((mean[has_siblings] ** 2).sum()))


def estimate_exposure(customers: Floats, *, hierarchy: Hierarchy, variance: Floats) -> Exposure:
    """Pull customers float64[n], measured with that error variance, towards the mean of their parent.

    The more so the less leaves really differ. What cutting off negative leaves adds to a parent is taken from its
    other leaves.
    """
    leaf_counts, at = hierarchy.leaf_counts, hierarchy.position
    parent_mean, parent_variance = estimate_non_negative(
        hierarchy.sum_by_parent(customers) / leaf_counts, variances=hierarchy.sum_by_parent(variance) / leaf_counts**2
    )
    parent_mean = np.maximum(parent_mean, LEAST_CUSTOMERS)
    mean = parent_mean[at]
    spread = _find_customer_spread(customers, mean=mean, siblings=leaf_counts[at], variance=variance)
    real = spread * mean**2 + mean
    weight = real / (real + variance)
    steadied = np.maximum(mean + weight * (customers - mean), LEAST_CUSTOMERS)
    steadied *= (hierarchy.sum_by_parent(mean) / hierarchy.sum_by_parent(steadied))[at]
    return Exposure(customers=steadied, variance=weight * variance, area_uncertainty=parent_variance / parent_mean**2)


def estimate_parent_totals(seen: Measured, *, hierarchy: Hierarchy) -> tuple[Floats, Floats]:
    """Return the needs of parents, from both measurements of them, and their variances: float64[m] each."""
    from_leaves, shared = hierarchy.sum_by_parent(seen.leaf_variance), hierarchy.sum_by_parent(seen.covariance)
    apart = from_leaves + seen.parent_variance - 2 * shared
    weight = (seen.parent_variance - shared) / apart
    totals = weight * hierarchy.sum_by_parent(seen.leaves) + (1 - weight) * seen.parents
    return totals, (from_leaves * seen.parent_variance - shared**2) / apart


def estimate_prior(seen: Measured, *, hierarchy: Hierarchy, exposure: Exposure) -> Prior:
    """Learn one category's rates, and how much they differ between and within parents, from its measured needs."""
    customers = exposure.customers
    totals, total_variance = estimate_parent_totals(seen, hierarchy=hierarchy)
    rate = max(float(totals.sum() / customers.sum()), LEAST_RATE)
    expected = rate * customers
    expected_totals = hierarchy.sum_by_parent(expected)
    by_exposure = rate**2 * exposure.variance
    # Squared coefficient of variation of rates: all of it, then the part between parents, the rest is within.
    trust = (expected / (seen.leaf_noise + expected)) ** 2
    excess = (seen.leaves - expected) ** 2 - seen.leaf_noise - expected - by_exposure
    overall = _clip_spread(float((trust * excess).sum()), base=float((trust * expected**2).sum()))
    squares = hierarchy.sum_by_parent(expected**2)
    chance = total_variance + expected_totals + hierarchy.sum_by_parent(by_exposure) + overall * squares
    between = _clip_spread(
        float(((totals - expected_totals) ** 2 - chance).sum()), base=float((expected_totals**2 - squares).sum())
    )
    within = max(overall - between, _LEAST_SPREAD)
    signal = (between + exposure.area_uncertainty) * expected_totals**2
    trust_in_area = signal / (signal + chance)
    local = 1 + trust_in_area * (totals / np.maximum(expected_totals, LEAST_RATE) - 1)
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
