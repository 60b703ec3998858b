"""Exact counts, which live only inside the release transaction: read them, add noise, commit, and they are gone.

The temporary table holds one row a household: its leaf, its needs and those of them that count, as bit masks of
categories. Whatever the stored rows say, a household stands in one leaf and once in each category; that at most two of
its needs count is checked. All products are read from this one table, so they describe the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.orm import Session

from privacy.release.errors import ContributionBoundError
from privacy.release.plan import NEEDS_PER_HOUSEHOLD
from privacy.release.values import CATEGORIES, Product, PublicKeys

_PREPARE = (
    "SET LOCAL work_mem = '128MB'",
    "DROP TABLE IF EXISTS pg_temp.release_households",
    """CREATE TEMPORARY TABLE release_households (leaf_id bigint NOT NULL, needs int NOT NULL, counted int NOT NULL)
    ON COMMIT DROP""",
)
_FILL = text("""
    INSERT INTO release_households (leaf_id, needs, counted)
    SELECT household.leaf_id, coalesce(need.needs, 0), coalesce(need.counted, 0)
    FROM core.households household
    LEFT JOIN (
        SELECT household_id, bit_or(1 << category) AS needs, bit_or(1 << category) FILTER (WHERE counted) AS counted
        FROM core.needs WHERE city_code = :city_code AND category BETWEEN 0 AND :last_category GROUP BY household_id
    ) need USING (household_id)
    WHERE household.city_code = :city_code AND (household.city_from IS NULL OR household.city_from <= :month)
""")
_EXCEEDS_NEEDS = text(
    "SELECT EXISTS (SELECT FROM release_households WHERE bit_count(counted::bit(32)) > :needs_per_household)"
)
_HAS_UNKNOWN_LEAF = text("""
    SELECT EXISTS (
        SELECT leaf_id FROM release_households EXCEPT SELECT unnest(:leaf_ids)
    )
""").bindparams(bindparam("leaf_ids", type_=ARRAY(BigInteger)))


def _sum_bits(mask: str) -> str:
    return ", ".join(f"sum(({mask} >> {column}) & 1)" for column in range(len(CATEGORIES)))


# Only the fixed column names and the numbers 0-7 go into this statement.
_COUNT = text(
    f"SELECT leaf_id, count(*), count(*) FILTER (WHERE needs <> 0), {_sum_bits('counted')}, {_sum_bits('needs')}"  # noqa: S608 - see above
    " FROM release_households GROUP BY leaf_id"
)


@dataclass(frozen=True, slots=True, eq=False)
class ExactCounts:
    """Counts of one product: int64[n, width], in the order of the keys int64[n]. Never stored, never logged."""

    product: Product
    keys: NDArray[np.int64]
    counts: NDArray[np.int64]


def load_households(session: Session, *, keys: PublicKeys, month: date) -> None:
    """Fill the temporary table from a city's households and check the bounds. Raises ContributionBoundError.

    Left out are those that another city's release of the same month may have counted before they moved here.
    """
    for statement in _PREPARE:
        session.execute(text(statement))
    which = {"city_code": keys.city_code, "month": month, "last_category": len(CATEGORIES) - 1}
    session.execute(_FILL, which)
    if session.scalar(_EXCEEDS_NEEDS, {"needs_per_household": NEEDS_PER_HOUSEHOLD}):
        raise ContributionBoundError(city_code=keys.city_code, rule="needs_per_household")
    if session.scalar(_HAS_UNKNOWN_LEAF, {"leaf_ids": keys.leaf_ids.tolist()}):
        raise ContributionBoundError(city_code=keys.city_code, rule="leaf_is_public")


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
    ]
