"""Exact counts, which live only inside the release transaction: read them, add noise, commit, and they are gone.

The temporary table (contributions.py) holds one row a household: its leaf and district, its needs and those of them
that count, and its slots in the district products. Whatever the stored rows say, a household stands in one leaf, once
in each category and once in each slot; that no more of them count than the noise is made for is checked. All products
are read from this one table, so they describe the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from privacy.release.contributions import load_households
from privacy.release.slots import DISTRICT_PRODUCTS, get_slot_names
from privacy.release.values import CATEGORIES, Product, PublicKeys

__all__ = ["ExactCounts", "count_all", "load_households"]


def _sum_bits(mask: str) -> str:
    return ", ".join(f"sum(({mask} >> {column}) & 1)" for column in range(len(CATEGORIES)))


# Only the fixed column names and the numbers 0-7 go into these statements.
_COUNT = text(
    f"SELECT leaf_id, count(*), count(*) FILTER (WHERE needs <> 0), {_sum_bits('counted')}, {_sum_bits('needs')}"  # noqa: S608 - see above
    " FROM release_households GROUP BY leaf_id"
)
_COUNT_SLOTS = {
    each: text(
        f"SELECT district, slot, count(*) FROM release_households, unnest({each}) AS slot GROUP BY district, slot"  # noqa: S608 - see above
    )
    for each in DISTRICT_PRODUCTS
}


@dataclass(frozen=True, slots=True, eq=False)
class ExactCounts:
    """Counts of one product: int64[n, width], in the order of the keys int64[n]. Never stored, never logged."""

    product: Product
    keys: NDArray[np.int64]
    counts: NDArray[np.int64]


def _read_leaf_rows(session: Session, *, keys: PublicKeys) -> NDArray[np.int64]:
    """Return int64[n, 18]: customers, any need, 8 needs that count, 8 needs; zeros where nobody lives."""
    table = np.zeros((keys.leaf_ids.size, 2 + 2 * len(CATEGORIES)), dtype=np.int64)
    rows = np.array([tuple(row) for row in session.execute(_COUNT)], dtype=np.int64).reshape(-1, 1 + table.shape[1])
    table[np.searchsorted(keys.leaf_ids, rows[:, 0])] = rows[:, 1:]
    return table


def _sum_by_parent(keys: PublicKeys, *, needs: NDArray[np.int64]) -> ExactCounts:
    parents, position = np.unique(keys.parents, return_inverse=True)
    sums = np.zeros((parents.size, needs.shape[1]), dtype=np.int64)
    np.add.at(sums, position, needs)
    return ExactCounts(Product.NEED_PARENT, parents, sums)


def _count_slots(session: Session, *, product: Product, keys: PublicKeys) -> ExactCounts:
    """Count a district product: int64[d, slots], zeros where nobody stands."""
    districts = keys.district_adcodes
    counts = np.zeros((districts.size, len(get_slot_names(product))), dtype=np.int64)
    rows = np.array([tuple(row) for row in session.execute(_COUNT_SLOTS[product])], dtype=np.int64).reshape(-1, 3)
    counts[np.searchsorted(districts, rows[:, 0]), rows[:, 1]] = rows[:, 2]
    return ExactCounts(product, districts, counts)


def count_all(session: Session, *, keys: PublicKeys) -> list[ExactCounts]:
    """Return the exact counts of every product from the table that `load_households` filled."""
    table = _read_leaf_rows(session, keys=keys)
    width = len(CATEGORIES)
    counted, unbounded = table[:, 2 : 2 + width], table[:, 2 + width :]
    city = np.array([keys.city_code], dtype=np.int64)
    return [
        ExactCounts(Product.NEED_LEAF, keys.leaf_ids, counted),
        _sum_by_parent(keys, needs=counted),
        ExactCounts(Product.NEED_CITY, city, unbounded.sum(axis=0, keepdims=True)),
        ExactCounts(Product.ANY_NEED_LEAF, keys.leaf_ids, table[:, 1:2]),
        ExactCounts(Product.CUSTOMERS_LEAF, keys.leaf_ids, table[:, 0:1]),
        *(_count_slots(session, product=each, keys=keys) for each in DISTRICT_PRODUCTS),
    ]
