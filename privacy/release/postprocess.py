"""From noised counts to estimates with margins. Costs no budget: it reads nothing but what was drawn.

Same draws, same estimates: a publication that is resumed after a crash comes out byte for byte as it would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.release.aligning import align_months, place_leaves
from privacy.release.figures import CityTotals, DistrictTable, LeafTable, ParentTable, ReleasedFigures
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.priors import estimate_exposure, estimate_prior
from privacy.release.repair import RepairedCategory, estimate_factor, repair_category
from privacy.release.replay import Replayed, replay
from privacy.release.sharing import share_exposure
from privacy.release.slots import DISTRICT_PRODUCTS
from privacy.release.tree import Floats, Hierarchy, TreeEstimate, estimate_tree, no_prior
from privacy.release.values import Product, PublicKeys


@dataclass(frozen=True, slots=True)
class Smoothing:
    """What is done to the draws besides consistency: `shares` says whether categories vouch for each other."""

    shrinks: bool = True
    shares: bool = True


def _estimate_trees(replayed: Replayed, *, hierarchy: Hierarchy, smoothing: Smoothing) -> list[TreeEstimate]:
    """Estimate the bounded needs of each category."""
    if not smoothing.shrinks:
        return [estimate_tree(each, hierarchy=hierarchy, prior=no_prior(hierarchy)) for each in replayed.needs]
    customers = replayed.customers
    exposure = estimate_exposure(customers.mean, hierarchy=hierarchy, variance=customers.variance)
    trees = []
    for column, seen in enumerate(replayed.needs):
        own = exposure
        if smoothing.shares:
            own = share_exposure(replayed.needs, column=column, hierarchy=hierarchy, exposure=exposure)
        prior = estimate_prior(seen, hierarchy=hierarchy, exposure=own)
        trees.append(estimate_tree(seen, hierarchy=hierarchy, prior=prior))
    return trees


def _widen(category: RepairedCategory, *, hierarchy: Hierarchy) -> Floats:
    """Return leaf variances float64[n] whose sum over a parent is never less than the parent's own.

    Shrunken neighbours err together. Whoever adds leaves and their variances, as the heat map does, must not come out
    with too small a margin.
    """
    added = hierarchy.sum_by_parent(category.leaf_variance)
    return category.leaf_variance * np.maximum(1.0, category.parent_variance / added)[hierarchy.position]


def _stack(columns: Sequence[Floats]) -> Floats:
    return np.stack(columns, axis=1)


def _build_leaves(
    leaf_ids: NDArray[np.int64],
    *,
    replayed: Replayed,
    hierarchy: Hierarchy,
    categories: Sequence[RepairedCategory],
) -> LeafTable:
    """Put needs beside customers and any-need, which are followed over months but not shrunk, and so stay unbiased."""
    return LeafTable(
        leaf_ids=leaf_ids,
        customers=replayed.customers.mean,
        customers_sd=np.sqrt(replayed.customers.variance),
        any_need=replayed.any_need.mean,
        any_need_sd=np.sqrt(replayed.any_need.variance),
        needs=_stack([each.leaves for each in categories]),
        needs_sd=np.sqrt(_stack([_widen(each, hierarchy=hierarchy) for each in categories])),
    )


def _collect_districts(draws: Iterable[StoredDraw]) -> dict[Product, DistrictTable]:
    """Return the district products among the draws of a month, as they were drawn."""
    return {
        draw.product: DistrictTable(draw.product, draw.keys, draw.values.astype(np.float64), draw.sigma)
        for draw in draws
        if draw.product in DISTRICT_PRODUCTS
    }


def estimate_figures(
    draws: Sequence[StoredDraw],
    *,
    keys: PublicKeys,
    earlier: Sequence[EarlierDraws] = (),
    smoothing: Smoothing | None = None,
) -> ReleasedFigures:
    """Turn the draws of one month, and of the months before it, into its figures. Raises PublicKeysError."""
    newest = {each.product: each for each in draws}
    hierarchy = place_leaves(newest, keys=keys)
    replayed = replay(align_months(newest, earlier=earlier, city_code=keys.city_code), hierarchy=hierarchy)
    trees = _estimate_trees(replayed, hierarchy=hierarchy, smoothing=smoothing or Smoothing())
    city_draw = newest[Product.NEED_CITY]
    city, city_variance = city_draw.values[0].astype(np.float64), city_draw.sigma**2
    factor = estimate_factor(trees, city=city, city_noise_variance=city_variance)
    categories = [
        repair_category(tree, hierarchy=hierarchy, factor=factor, city=float(total), city_noise_variance=city_variance)
        for tree, total in zip(trees, city, strict=True)
    ]
    leaf_ids = newest[Product.NEED_LEAF].keys
    return ReleasedFigures(
        leaves=_build_leaves(leaf_ids, replayed=replayed, hierarchy=hierarchy, categories=categories),
        parents=ParentTable(
            parents=newest[Product.NEED_PARENT].keys,
            needs=_stack([each.parents for each in categories]),
            needs_sd=np.sqrt(_stack([each.parent_variance for each in categories])),
        ),
        city=CityTotals(
            needs=np.array([each.city for each in categories]),
            needs_sd=np.sqrt(np.array([each.city_variance for each in categories])),
        ),
        districts=_collect_districts(draws),
    )
