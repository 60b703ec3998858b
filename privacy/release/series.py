"""The months of a city as series: of leaves, of parents, and what a leaf is expected to hold by its area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from privacy.release.aligning import Counts, Month
from privacy.release.filtering import Flags
from privacy.release.priors import LEAST_RATE
from privacy.release.tree import Floats, Hierarchy
from privacy.release.values import Product

_STEADYING_CUSTOMERS = 3_000
"""An area's own rate counts as much as the city's where it has that many customers."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A month of some series: how many months it follows the one before, values, noise variances, and which exist."""

    gap: int
    values: Floats
    noise_variance: Floats
    present: Flags


def see_customers(month: Month) -> Seen:
    """Return the noised customers of leaves, float64[n]."""
    return _see(month, values=month.customers[:, 0], product=Product.CUSTOMERS_LEAF)


def see_any_need(month: Month) -> Seen:
    """Return the noised households of leaves with any need, float64[n]."""
    return _see(month, values=month.any_need[:, 0], product=Product.ANY_NEED_LEAF)


def see_needs(month: Month, *, column: int) -> Seen:
    """Return the noised needs of leaves in one category, float64[n]."""
    return _see(month, values=month.needs[:, column], product=Product.NEED_LEAF)


def see_parent_needs(month: Month, *, column: int) -> Seen:
    """Return the noised needs of parents in one category, as measured directly, float64[m]."""
    seen = month.parents[:, column].astype(np.float64)
    variance = np.full(seen.shape, month.variances[Product.NEED_PARENT])
    return Seen(gap=month.gap, values=seen, noise_variance=variance, present=month.parents_present)


def _see(month: Month, *, values: Counts, product: Product) -> Seen:
    seen = values.astype(np.float64)
    variance = np.full(seen.shape, month.variances[product])
    return Seen(gap=month.gap, values=seen, noise_variance=variance, present=month.present)


def see_areas(month: Month, *, hierarchy: Hierarchy) -> Seen:
    """Return the needs of parents float64[m, 8] from both of their measurements, leaves and direct."""
    leaves = np.maximum(hierarchy.sum_by_parent(month.present), 1)[:, None]
    from_leaves, direct = leaves * month.variances[Product.NEED_LEAF], month.variances[Product.NEED_PARENT]
    variance = 1 / (1 / from_leaves + 1 / direct)
    values = variance * (hierarchy.sum_by_parent(month.needs) / from_leaves + month.parents / direct)
    return Seen(
        gap=month.gap,
        values=values,
        noise_variance=np.broadcast_to(variance, values.shape),
        present=np.broadcast_to(month.parents_present[:, None], values.shape),
    )


def sum_leaves(seen: Seen, *, hierarchy: Hierarchy) -> Seen:
    """Return what leaves add up to in each parent, float64[m]."""
    present = hierarchy.sum_by_parent(seen.present) > 0
    variance = hierarchy.sum_by_parent(np.where(seen.present, seen.noise_variance, 0.0))
    return Seen(
        gap=seen.gap,
        values=hierarchy.sum_by_parent(seen.values),
        noise_variance=np.where(present, variance, 1.0),
        present=present,
    )


def average(series: Sequence[Seen]) -> tuple[Floats, Floats]:
    """Return means over the months, weighted by precision, and their variances."""
    precision, weighted = np.zeros(series[0].values.shape), np.zeros(series[0].values.shape)
    for each in series:
        own = np.where(each.present, 1 / each.noise_variance, 0.0)
        precision += own
        weighted += own * each.values
    return weighted / precision, 1 / precision


def expect(area_totals: Floats, *, customers: Floats, hierarchy: Hierarchy) -> Floats:
    """Return what leaves float64[n, w] hold by their customers and their area's rate, from totals float64[m, w]."""
    area = hierarchy.sum_by_parent(customers)[:, None]
    city_rate = np.maximum(area_totals.sum(axis=0) / area.sum(), LEAST_RATE)
    rates = (np.maximum(area_totals, 0.0) + _STEADYING_CUSTOMERS * city_rate) / (area + _STEADYING_CUSTOMERS)
    return np.asarray(customers[:, None] * rates[hierarchy.position])
