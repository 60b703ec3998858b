"""From noised counts to estimates with margins. Costs no budget: it reads nothing but what was drawn.

Same draws, same estimates: a publication that is resumed after a crash comes out byte for byte as it would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from privacy.release.errors import PublicKeysError
from privacy.release.figures import CityTotals, DistrictTable, LeafTable, ParentTable, ReleasedFigures
from privacy.release.ledger_queries import StoredDraw
from privacy.release.priors import NoiseVariances, estimate_exposure, estimate_prior
from privacy.release.repair import RepairedCategory, estimate_factor, repair_category
from privacy.release.slots import DISTRICT_PRODUCTS
from privacy.release.tree import Floats, Hierarchy, TreeEstimate, estimate_tree, no_prior
from privacy.release.values import CATEGORIES, Product, PublicKeys


@dataclass(frozen=True, slots=True)
class Smoothing:
    """What is done to the draws besides consistency."""

    shrinks: bool = True


def _place_leaves(draws: Mapping[Product, StoredDraw], *, keys: PublicKeys) -> Hierarchy:
    """Find the parent of every drawn leaf. Raises PublicKeysError where the lists no longer fit the draw."""
    leaf_ids, parents = draws[Product.NEED_LEAF].keys, draws[Product.NEED_PARENT].keys
    at = np.minimum(np.searchsorted(keys.leaf_ids, leaf_ids), keys.leaf_ids.size - 1)
    own_parents = keys.parents[at]
    position = np.minimum(np.searchsorted(parents, own_parents), parents.size - 1)
    if not (np.array_equal(keys.leaf_ids[at], leaf_ids) and np.array_equal(parents[position], own_parents)):
        raise PublicKeysError(city_code=keys.city_code)
    return Hierarchy(position=position, parent_count=parents.size)


def _estimate_trees(
    draws: Mapping[Product, StoredDraw], *, hierarchy: Hierarchy, smoothing: Smoothing
) -> list[TreeEstimate]:
    """Estimate the bounded needs of each category."""
    leaf_draw, parent_draw, customers = (
        draws[each] for each in (Product.NEED_LEAF, Product.NEED_PARENT, Product.CUSTOMERS_LEAF)
    )
    noise = NoiseVariances(leaf=leaf_draw.sigma**2, parent=parent_draw.sigma**2)
    exposure = estimate_exposure(
        customers.values[:, 0].astype(np.float64), hierarchy=hierarchy, noise_variance=customers.sigma**2
    )
    trees = []
    for column in range(len(CATEGORIES)):
        leaves = leaf_draw.values[:, column].astype(np.float64)
        parents = parent_draw.values[:, column].astype(np.float64)
        prior = no_prior(hierarchy)
        if smoothing.shrinks:
            prior = estimate_prior(leaves, parents, hierarchy=hierarchy, exposure=exposure, noise=noise)
        trees.append(
            estimate_tree(
                leaves,
                parents,
                hierarchy=hierarchy,
                prior=prior,
                leaf_noise_variance=noise.leaf,
                parent_noise_variance=noise.parent,
            )
        )
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
    draws: Mapping[Product, StoredDraw], *, hierarchy: Hierarchy, categories: Sequence[RepairedCategory]
) -> LeafTable:
    """Put needs beside customers and any-need, which stay as drawn: unbiased, with their noise as margin."""
    customers, any_need = draws[Product.CUSTOMERS_LEAF], draws[Product.ANY_NEED_LEAF]
    count = customers.keys.size
    return LeafTable(
        leaf_ids=draws[Product.NEED_LEAF].keys,
        customers=customers.values[:, 0].astype(np.float64),
        customers_sd=np.full(count, customers.sigma),
        any_need=any_need.values[:, 0].astype(np.float64),
        any_need_sd=np.full(count, any_need.sigma),
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
    draws: Sequence[StoredDraw], *, keys: PublicKeys, smoothing: Smoothing | None = None
) -> ReleasedFigures:
    """Turn the draws of one month into its figures. Raises PublicKeysError."""
    by_product = {each.product: each for each in draws}
    hierarchy = _place_leaves(by_product, keys=keys)
    trees = _estimate_trees(by_product, hierarchy=hierarchy, smoothing=smoothing or Smoothing())
    city_draw = by_product[Product.NEED_CITY]
    city, city_variance = city_draw.values[0].astype(np.float64), city_draw.sigma**2
    factor = estimate_factor(trees, city=city, city_noise_variance=city_variance)
    categories = [
        repair_category(tree, hierarchy=hierarchy, factor=factor, city=float(total), city_noise_variance=city_variance)
        for tree, total in zip(trees, city, strict=True)
    ]
    return ReleasedFigures(
        leaves=_build_leaves(by_product, hierarchy=hierarchy, categories=categories),
        parents=ParentTable(
            parents=by_product[Product.NEED_PARENT].keys,
            needs=_stack([each.parents for each in categories]),
            needs_sd=np.sqrt(_stack([each.parent_variance for each in categories])),
        ),
        city=CityTotals(
            needs=np.array([each.city for each in categories]),
            needs_sd=np.sqrt(np.array([each.city_variance for each in categories])),
        ),
        districts=_collect_districts(draws),
    )
