"""Pairs of databases that differ in one household, counted by the real SQL: the joint change is within the plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import counts
from privacy.release.plan import DRAWN_MONTHLY, FIRST_MONTH_SHARE, PRODUCTS, REGULAR_SHARE, RHO_PER_YEAR, get_sigma
from privacy.release.values import CATEGORIES, Product
from tests.privacy.release.lives import (
    INTERESTS,
    OCTOBER,
    PAIN_POINTS,
    TOPICS,
    Life,
    Sent,
    forget,
    make_lives,
    store_lives,
)
from tests.privacy.release.worlds import KEYS, MONTH, Dwelling, make_dwellings, store_dwellings

LEAVES = KEYS.leaf_ids.tolist()
WORST = Dwelling(0, LEAVES[3], frozenset(range(len(CATEGORIES))), frozenset({2, 6}))
FULLEST = Life(
    0,
    consents=True,
    activity=100,
    persona=(7, 2),
    pain_points={each: place < 3 for place, each in enumerate(PAIN_POINTS)},
    interests={each: place < 3 for place, each in enumerate(INTERESTS)},
    topics={each: place < 3 for place, each in enumerate(TOPICS)},
    purchases=tuple((category, date(2026, 10, 20)) for category in range(8)),
    messages=tuple(Sent(category, is_answered=True) for category in range(6)),
    held_out=((6, OCTOBER), (7, OCTOBER)),
)


def _count(people: sessionmaker[Session]) -> list[counts.ExactCounts]:
    with people.begin() as session:
        counts.load_households(session, keys=KEYS, month=MONTH)
        return counts.count_all(session, keys=KEYS)


def _measure_change(
    owner: Engine, people: sessionmaker[Session], world: tuple[Sequence[Dwelling], Sequence[Life]], *, without: int
) -> dict[Product, int]:
    """Return the squared L2 change of each product when one household is taken out of everything."""
    store_dwellings(owner, world[0])
    store_lives(owner, world[1])
    before = _count(people)
    forget(owner, without)
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
    world = dwellings, make_lives(rng, dwellings)
    changes = _measure_change(people_owner, people, world, without=int(rng.integers(len(dwellings))))
    assert changes.keys() == set(DRAWN_MONTHLY) == set(Product)
    assert all(change <= PRODUCTS[product].sensitivity_squared for product, change in changes.items())
    for share in (REGULAR_SHARE, FIRST_MONTH_SHARE):
        cost = sum(change / (2 * get_sigma(product, month_share=share) ** 2) for product, change in changes.items())
        assert cost <= RHO_PER_YEAR * share


def test_the_bounds_are_tight_for_a_household_that_has_everything(
    people_owner: Engine, people: sessionmaker[Session]
) -> None:
    changes = _measure_change(people_owner, people, ([WORST], [FULLEST]), without=0)
    assert changes == {product: PRODUCTS[product].sensitivity_squared for product in Product}
