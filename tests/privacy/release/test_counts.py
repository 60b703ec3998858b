"""Exact counts agree with counting by hand, the bounds are checked, and nothing exact outlives its transaction."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import counts
from privacy.release.errors import ContributionBoundError
from privacy.release.values import Product
from tests.privacy.release.worlds import CITY, KEYS, MONTH, Dwelling, make_dwellings, store_dwellings

LEAVES = KEYS.leaf_ids.tolist()
PARENTS = dict(zip(LEAVES, KEYS.parents.tolist(), strict=True))


def _count(people: sessionmaker[Session]) -> dict[Product, counts.ExactCounts]:
    with people.begin() as session:
        counts.load_households(session, keys=KEYS, month=MONTH)
        return {each.product: each for each in counts.count_all(session, keys=KEYS)}


def _as_counter(exact: counts.ExactCounts) -> Counter[tuple[int, int]]:
    cells = np.argwhere(exact.counts)
    return Counter({(int(exact.keys[row]), int(column)): int(exact.counts[row, column]) for row, column in cells})


def test_every_product_equals_counting_by_hand(people_owner: Engine, people: sessionmaker[Session]) -> None:
    dwellings = make_dwellings(np.random.default_rng(1), count=300, leaf_ids=LEAVES[:-1])
    elsewhere = Dwelling(999, LEAVES[0], frozenset({1}), frozenset({1}), city_code=110000)
    store_dwellings(people_owner, [*dwellings, elsewhere])
    exact = _count(people)
    assert _as_counter(exact[Product.CUSTOMERS_LEAF]) == Counter((each.leaf_id, 0) for each in dwellings)
    assert _as_counter(exact[Product.ANY_NEED_LEAF]) == Counter((each.leaf_id, 0) for each in dwellings if each.needs)
    counted = [(each.leaf_id, category) for each in dwellings for category in each.counted]
    assert _as_counter(exact[Product.NEED_LEAF]) == Counter(counted)
    assert _as_counter(exact[Product.NEED_PARENT]) == Counter((PARENTS[leaf], category) for leaf, category in counted)
    everything = Counter((CITY, category) for each in dwellings for category in each.needs)
    assert _as_counter(exact[Product.NEED_CITY]) == everything
    assert [exact[each].counts.shape for each in (Product.NEED_LEAF, Product.NEED_PARENT, Product.NEED_CITY)] == [
        (6, 8),
        (3, 8),
        (1, 8),
    ]


def test_an_empty_city_counts_zero_everywhere(people_owner: Engine, people: sessionmaker[Session]) -> None:
    store_dwellings(people_owner, [])
    assert all(not each.counts.any() for each in _count(people).values())


def test_a_third_need_that_counts_is_refused(people_owner: Engine, people: sessionmaker[Session]) -> None:
    store_dwellings(people_owner, [Dwelling(1, 11, frozenset({0, 1, 2}), frozenset({0, 1, 2}))])
    with pytest.raises(ContributionBoundError) as caught:
        _count(people)
    assert caught.value.rule == "needs_per_household"


def test_a_household_outside_the_public_leaves_is_refused(people_owner: Engine, people: sessionmaker[Session]) -> None:
    store_dwellings(people_owner, [Dwelling(1, 14)])
    with pytest.raises(ContributionBoundError) as caught:
        _count(people)
    assert caught.value.rule == "leaf_is_public"


def test_a_need_row_that_names_another_leaf_counts_where_the_household_lives(
    people_owner: Engine, people: sessionmaker[Session]
) -> None:
    store_dwellings(people_owner, [Dwelling(1, 11, frozenset({0, 1}), frozenset({0, 1}))])
    with people_owner.begin() as connection:
        connection.execute(text("UPDATE core.needs SET leaf_id = 31 WHERE category = 1"))
    assert _as_counter(_count(people)[Product.NEED_LEAF]) == Counter({(11, 0): 1, (11, 1): 1})


def test_the_exact_table_is_gone_with_its_transaction(people_owner: Engine, people: sessionmaker[Session]) -> None:
    store_dwellings(people_owner, [Dwelling(1, 11)])
    with people() as session:
        counts.load_households(session, keys=KEYS, month=MONTH)
        assert session.scalar(text("SELECT count(*) FROM release_households")) == 1
        session.commit()
        assert session.scalar(text("SELECT to_regclass('pg_temp.release_households')")) is None


def test_a_household_that_came_from_another_city_counts_from_the_next_month(
    people_owner: Engine, people: sessionmaker[Session]
) -> None:
    moved = Dwelling(1, LEAVES[0], frozenset({1}), frozenset({1}), city_from=date(2026, 12, 1))
    store_dwellings(people_owner, [moved])
    assert _as_counter(_count(people)[Product.CUSTOMERS_LEAF]) == Counter()
    with people.begin() as session:
        counts.load_households(session, keys=KEYS, month=date(2026, 12, 1))
        december = {each.product: each for each in counts.count_all(session, keys=KEYS)}
    assert _as_counter(december[Product.CUSTOMERS_LEAF]) == Counter({(LEAVES[0], 0): 1})
