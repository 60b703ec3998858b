"""What the other categories say of a leaf: where buildings are old, everything in them is old.

The needs of seven categories together are estimated like one category, from customers; by how much they exceed what the
customers lead one to expect is then believed of the eighth, to the extent that the eighth goes along with them in this
city. That extent is a regression over all leaves. Nothing of the eighth category's own measurement enters, so its noise
is not counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from privacy.release.priors import LEAST_CUSTOMERS, LEAST_RATE, Exposure, estimate_prior
from privacy.release.tree import Floats, Hierarchy, Measured, TreeEstimate, estimate_tree


def _add_others(needs: Sequence[Measured], *, column: int) -> Measured:
    """Return all categories but one as if they were one: their noise is independent."""
    others = [each for position, each in enumerate(needs) if position != column]
    names = [each.name for each in fields(Measured)]
    return Measured(**{name: np.sum([getattr(each, name) for each in others], axis=0) for name in names})


def _find_extent(own: Measured, *, customers: Floats, equivalent: Floats) -> float:
    """Return how much of the others' excess a category shares, 0-1: weighted least squares over leaves."""
    rate = max(float(own.leaves.sum() / customers.sum()), LEAST_RATE)
    expected = rate * customers
    excess = rate * (equivalent - customers)
    weight = 1 / (own.leaf_variance + expected) ** 2
    explained = float((weight * excess * (own.leaves - expected)).sum())
    possible = float((weight * excess**2).sum())
    return float(np.clip(explained / possible, 0.0, 1.0)) if possible > 0 else 0.0


def _blend(exposure: Exposure, *, others: TreeEstimate, rate: float, extent: float, hierarchy: Hierarchy) -> Exposure:
    """Return customers, moved towards as many as would usually have the others' needs.

    Both err together, the others being estimated from customers, so variances are mixed as if they erred alike.
    """
    equivalent = np.maximum(others.leaves / rate, LEAST_CUSTOMERS)
    customers = (1 - extent) * exposure.customers + extent * equivalent
    by_customers = exposure.area_uncertainty * hierarchy.sum_by_parent(exposure.customers) ** 2
    by_area = (1 - extent) * by_customers + extent * others.parent_variance / rate**2
    return Exposure(
        customers=customers,
        variance=(1 - extent) * exposure.variance + extent * others.leaf_variance / rate**2,
        area_uncertainty=by_area / hierarchy.sum_by_parent(customers) ** 2,
    )


def share_exposure(needs: Sequence[Measured], *, column: int, hierarchy: Hierarchy, exposure: Exposure) -> Exposure:
    """Return a category's exposure: customers, corrected by what the other categories show."""
    others = _add_others(needs, column=column)
    prior = estimate_prior(others, hierarchy=hierarchy, exposure=exposure)
    tree = estimate_tree(others, hierarchy=hierarchy, prior=prior)
    equivalent = np.maximum(tree.leaves / prior.rate, LEAST_CUSTOMERS)
    extent = _find_extent(needs[column], customers=exposure.customers, equivalent=equivalent)
    return _blend(exposure, others=tree, rate=prior.rate, extent=extent, hierarchy=hierarchy)
