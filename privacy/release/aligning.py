"""Stored draws of several months, brought into the order of the newest: lists of leaves grow between months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.release.errors import PublicKeysError
from privacy.release.filtering import Flags
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.tree import Hierarchy
from privacy.release.values import Product, PublicKeys

REPLAYED = (Product.NEED_LEAF, Product.NEED_PARENT, Product.ANY_NEED_LEAF, Product.CUSTOMERS_LEAF)
"""The products that are followed from month to month."""

REPLAYED_YEARS = 2
"""How far back: what a month says of today two years later is next to nothing."""

Counts = NDArray[np.int64]
Draws = Mapping[Product, StoredDraw]


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """Noised counts of a month in the order of the newest, zero where a leaf was not on the list yet.

    `gap` is how many months it follows the one before. int64[n, w] `needs`, `customers` and `any_need` where `present`
    bool[n]; int64[m, 8] `parents` where `parents_present` bool[m]; `variances` of the noise by product.
    """

    gap: int
    present: Flags
    parents_present: Flags
    needs: Counts
    parents: Counts
    customers: Counts
    any_need: Counts
    variances: Mapping[Product, float]


def place_leaves(draws: Draws, *, keys: PublicKeys) -> Hierarchy:
    """Find the parent of every drawn leaf. Raises PublicKeysError where the lists no longer fit the draw."""
    leaf_ids, parents = draws[Product.NEED_LEAF].keys, draws[Product.NEED_PARENT].keys
    at = np.minimum(np.searchsorted(keys.leaf_ids, leaf_ids), keys.leaf_ids.size - 1)
    own_parents = keys.parents[at]
    position = np.minimum(np.searchsorted(parents, own_parents), parents.size - 1)
    if not (np.array_equal(keys.leaf_ids[at], leaf_ids) and np.array_equal(parents[position], own_parents)):
        raise PublicKeysError(city_code=keys.city_code)
    return Hierarchy(position=position, parent_count=parents.size)


def _spread(draw: StoredDraw, *, keys: Counts, city_code: int) -> tuple[Counts, Flags]:
    """Return a draw's values in the order of newer `keys`, and which of these it has. Raises PublicKeysError."""
    if np.array_equal(draw.keys, keys):
        return draw.values, np.ones(keys.size, dtype=np.bool_)
    at = np.minimum(np.searchsorted(keys, draw.keys), keys.size - 1)
    if not np.array_equal(keys[at], draw.keys):
        raise PublicKeysError(city_code=city_code)
    values, present = np.zeros((keys.size, draw.values.shape[1]), dtype=np.int64), np.zeros(keys.size, dtype=np.bool_)
    values[at], present[at] = draw.values, True
    return values, present


def _align(draws: Draws, *, newest: Draws, gap: int, city_code: int) -> Month:
    def spread(product: Product) -> tuple[Counts, Flags]:
        return _spread(draws[product], keys=newest[product].keys, city_code=city_code)

    needs, present = spread(Product.NEED_LEAF)
    parents, parents_present = spread(Product.NEED_PARENT)
    return Month(
        gap=gap,
        present=present,
        parents_present=parents_present,
        needs=needs,
        parents=parents,
        customers=spread(Product.CUSTOMERS_LEAF)[0],
        any_need=spread(Product.ANY_NEED_LEAF)[0],
        variances={product: draw.sigma**2 for product, draw in draws.items()},
    )


def align_months(newest: Draws, *, earlier: Sequence[EarlierDraws], city_code: int) -> list[Month]:
    """Return all months, oldest first and the newest last. Raises PublicKeysError where a drawn leaf has vanished."""
    months, before = [], None
    for each in sorted(earlier, key=lambda each: -each.months_ago):
        gap = 0 if before is None else before - each.months_ago
        by_product = {draw.product: draw for draw in each.draws}
        months.append(_align(by_product, newest=newest, gap=gap, city_code=city_code))
        before = each.months_ago
    return [*months, _align(newest, newest=newest, gap=before or 0, city_code=city_code)]
