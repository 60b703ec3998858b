"""Pairs of databases that differ in one household, counted by the real SQL: the joint change is within the plan."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import counts
from privacy.release.plan import PRODUCTS, REGULAR_SHARE, RHO_PER_YEAR, get_sigma
from privacy.release.values import CATEGORIES, Product
from tests.privacy.release.worlds import KEYS, MONTH, Dwelling, make_dwellings, store_dwellings

LEAVES = KEYS.leaf_ids.tolist()
WORST = Dwelling(0, LEAVES[3], frozenset(range(len(CATEGORIES))), frozenset({2, 6}))


def _count(people: sessionmaker[Session]) -> list[counts.ExactCounts]:
    with people.begin() as session:
        counts.load_households(session, keys=KEYS, month=MONTH)
        return counts.count_all(session, keys=KEYS)


def _measure_change(
    people_owner: Engine, people: sessionmaker[Session], dwellings: list[Dwelling], *, without: Dwelling
) -> dict[Product, int]:
    """Return the squared L2 change of each product when one household is taken out."""
    store_dwellings(people_owner, dwellings)
    before = _count(people)
    with people_owner.begin() as connection:
        for table in ("core.needs", "core.households"):
            household_id = UUID(int=without.number)
            connection.execute(text(f"DELETE FROM {table} WHERE household_id = :id"), {"id": household_id})  # noqa: S608 - two fixed names
    after = _count(people)
    return {
        one.product: int(((one.counts - other.counts) ** 2).sum()) for one, other in zip(before, after, strict=True)
    }


@pytest.mark.parametrize("seed", range(20))
def test_one_household_changes_no_product_more_than_planned_and_all_together_less_than_the_month(
    people_owner: Engine, people: sessionmaker[Session], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    dwellings = make_dwellings(rng, count=int(rng.integers(1, 60)), leaf_ids=LEAVES)
    changes = _measure_change(people_owner, people, dwellings, without=dwellings[int(rng.integers(len(dwellings)))])
    assert all(change <= PRODUCTS[product].sensitivity_squared for product, change in changes.items())
    cost = sum(change / (2 * get_sigma(product, month_share=REGULAR_SHARE) ** 2) for product, change in changes.items())
    assert cost <= RHO_PER_YEAR * REGULAR_SHARE


def test_the_bounds_are_tight_for_a_household_that_needs_everything(
    people_owner: Engine, people: sessionmaker[Session]
) -> None:
    changes = _measure_change(people_owner, people, [WORST], without=WORST)
    assert changes == {product: PRODUCTS[product].sensitivity_squared for product in changes}
