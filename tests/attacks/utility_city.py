"""A synthetic city whose truth is known month by month: 2 M customers in 6,000 communities, 8 categories.

Communities cluster around town centres; their sizes are log-normal. How many households need something depends on the
community's age, which all categories share, on an effect of each category, and on the household. Every month 8 % of the
needs are resolved and as many appear, 0.3 % of the households leave and 0.4 % arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

import h3
import numpy as np
from numpy.typing import NDArray

from privacy.release.counts import ExactCounts
from privacy.release.plan import NEEDS_PER_HOUSEHOLD
from privacy.release.values import CATEGORIES, Product, PublicKeys

CITY_CODE = 510100
CHURN = 0.08
_LEAVING, _ARRIVING = 0.003, 0.004
_SPARE = 0.08
_CENTRES = 40
_FEWEST, _MOST = 50, 3000
_LONGITUDE, _LATITUDE = 104.06, 30.65
_KM_PER_DEGREE = 111.32
_WIDTH = len(CATEGORIES)
_HOUSEHOLD_SPREAD = 0.7
_COMMUNITY_CORRECTION, _HOUSEHOLD_CORRECTION = 0.17, 0.2
"""Take from the log-odds what their spread adds to the mean, so that 3-8 % of households need a category."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A month as it is: `customers` and `any_need` int64[n], all needs and those that count int64[n, 8]."""

    customers: Counts
    any_need: Counts
    needs: Counts
    counted: Counts


@dataclass(slots=True, eq=False)
class UtilityCity:
    """Communities at `positions` float64[n, 2] in km, and every dwelling of them, lived in or spare.

    By dwelling: `home` int32[h] its community, ascending; `lives` bool[h]; `needs` bool[8, h]; `odds` float32[h] of the
    household; `order` float32[8, h], by which the bound picks: to whoever lacks the key, a keyed hash is chance that
    stays the same all year. `rates` float32[8, n] are log-odds of a community; `born` float64[8, n] the needs that
    appear in it a month.
    """

    rng: np.random.Generator
    positions: Floats
    keys: PublicKeys
    home: NDArray[np.int32]
    lives: NDArray[np.bool_]
    needs: NDArray[np.bool_]
    odds: NDArray[np.float32]
    order: NDArray[np.float32]
    rates: NDArray[np.float32]
    born: Floats

    def count(self) -> Truth:
        """Return the exact counts of this month."""
        count = self.keys.leaf_ids.size
        counted = _bound(self.needs, order=self.order)
        return Truth(
            customers=np.bincount(self.home[self.lives], minlength=count),
            any_need=np.bincount(self.home[self.needs.any(axis=0)], minlength=count),
            needs=_count_by_home(self.needs, home=self.home, count=count),
            counted=_count_by_home(counted, home=self.home, count=count),
        )

    def advance(self) -> None:
        """Let a month go by."""
        for column in range(_WIDTH):
            self._renew(column)
        self._move()

    def _chances(self, column: int) -> NDArray[np.float32]:
        """Return by how much each dwelling's household tends to need a category, float32[h]."""
        log_odds = self.rates[column][self.home] + self.odds
        return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float32)

    def _renew(self, column: int) -> None:
        needs = self.needs[column]
        needs &= self.rng.random(needs.size, dtype=np.float32) >= CHURN
        weights = self._chances(column) * (self.lives & ~needs)
        total = np.bincount(self.home, weights=weights, minlength=self.keys.leaf_ids.size)
        scale = (self.born[column] / np.maximum(total, 1e-9)).astype(np.float32)
        needs |= self.rng.random(needs.size, dtype=np.float32) < scale[self.home] * weights

    def _move(self) -> None:
        """Empty some dwellings and fill others, with households that need as much as those before them."""
        count = self.keys.leaf_ids.size
        living = np.bincount(self.home[self.lives], minlength=count)
        spare = np.bincount(self.home[~self.lives], minlength=count)
        arriving = (_ARRIVING * living / np.maximum(spare, 1))[self.home]
        chance = self.rng.random(self.home.size)
        came = np.flatnonzero(~self.lives & (chance < arriving))
        self.lives &= chance >= _LEAVING
        self.lives[came] = True
        self.needs &= self.lives
        log_odds = self.rates[:, self.home[came]] + self.odds[came]
        self.needs[:, came] = self.rng.random(log_odds.shape) < 1 / (1 + np.exp(-log_odds))


def _bound(needs: NDArray[np.bool_], *, order: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which needs bool[8, h] count: of each household the first few by its own order."""
    counted = needs.copy()
    over = np.flatnonzero(needs.sum(axis=0, dtype=np.int8) > NEEDS_PER_HOUSEHOLD)
    ranked = np.where(needs[:, over], order[:, over], np.float32(2)).argsort(axis=0).argsort(axis=0)
    counted[:, over] = needs[:, over] & (ranked < NEEDS_PER_HOUSEHOLD)
    return counted


def _count_by_home(needs: NDArray[np.bool_], *, home: NDArray[np.int32], count: int) -> Counts:
    return np.stack([np.bincount(home[each], minlength=count) for each in needs], axis=1)


def _place(rng: np.random.Generator, *, communities: int) -> Floats:
    """Return positions float64[n, 2] in km around town centres, the first of which is the largest."""
    centres = rng.normal(0, 14, (_CENTRES, 2))
    centres[0] = 0
    weights = rng.dirichlet(np.full(_CENTRES, 2.0))
    weights[0] += 0.25
    widths = rng.uniform(1.5, 5, _CENTRES)
    widths[0] = 6
    own = rng.choice(_CENTRES, communities, p=weights / weights.sum())
    return np.asarray(centres[own] + rng.normal(0, 1, (communities, 2)) * widths[own][:, None])


def _make_sizes(rng: np.random.Generator, *, communities: int, customers: int) -> Counts:
    sizes = rng.lognormal(np.log(customers / communities * 0.7), 0.85, communities)
    for _ in range(8):
        sizes = np.clip(sizes * customers / sizes.sum(), _FEWEST, _MOST)
    return np.asarray(np.rint(sizes), dtype=np.int64)


def _find_parents(positions: Floats) -> Counts:
    """Return the H3 res-7 cell of each position."""
    longitudes = _LONGITUDE + positions[:, 0] / (_KM_PER_DEGREE * np.cos(np.radians(_LATITUDE)))
    latitudes = _LATITUDE + positions[:, 1] / _KM_PER_DEGREE
    cells = [h3.latlng_to_cell(*each, 7) for each in zip(latitudes.tolist(), longitudes.tolist(), strict=True)]
    return np.array([h3.str_to_int(cell) for cell in cells], dtype=np.int64)


def _make_rates(rng: np.random.Generator, *, communities: int) -> NDArray[np.float32]:
    """Return log-odds float32[8, n]: of the category, of the community's age, and of both together."""
    usual = np.linspace(0.03, 0.08, _WIDTH)[:, None]
    age = rng.normal(0, 0.5, communities)
    own = rng.normal(0, 0.3, (_WIDTH, communities))
    return np.asarray(np.log(usual / (1 - usual)) - _COMMUNITY_CORRECTION + age + own, dtype=np.float32)


def make_utility_city(seed: int, *, communities: int = 6_000, customers: int = 2_000_000) -> UtilityCity:
    """Invent the city and its first month."""
    rng = np.random.default_rng(seed)
    positions = _place(rng, communities=communities)
    sizes = _make_sizes(rng, communities=communities, customers=customers)
    leaf_ids = np.arange(1, communities + 1)
    keys = PublicKeys(CITY_CODE, leaf_ids, _find_parents(positions), districts=np.full(leaf_ids.shape, CITY_CODE + 2))
    dwellings = sizes + np.ceil(sizes * _SPARE).astype(np.int64)
    home = np.repeat(np.arange(communities, dtype=np.int32), dwellings)
    first = np.repeat(np.cumsum(dwellings) - dwellings, dwellings)
    city = UtilityCity(
        rng=rng,
        positions=positions,
        keys=keys,
        home=home,
        lives=np.arange(home.size) - first < sizes[home],
        needs=np.zeros((_WIDTH, home.size), dtype=np.bool_),
        odds=(rng.standard_normal(home.size, dtype=np.float32) * _HOUSEHOLD_SPREAD - _HOUSEHOLD_CORRECTION),
        order=rng.random((_WIDTH, home.size), dtype=np.float32),
        rates=_make_rates(rng, communities=communities),
        born=np.zeros((_WIDTH, communities)),
    )
    for column in range(_WIDTH):
        city.needs[column] = (rng.random(home.size, dtype=np.float32) < city._chances(column)) & city.lives
        city.born[column] = CHURN * np.bincount(home[city.needs[column]], minlength=communities)
    return city


def to_exact_counts(truth: Truth, *, keys: PublicKeys) -> list[ExactCounts]:
    """Return a month as the release counts it."""
    parents, position = np.unique(keys.parents, return_inverse=True)
    by_parent = np.zeros((parents.size, _WIDTH), dtype=np.int64)
    np.add.at(by_parent, position, truth.counted)
    return [
        ExactCounts(Product.NEED_LEAF, keys.leaf_ids, truth.counted),
        ExactCounts(Product.NEED_PARENT, parents, by_parent),
        ExactCounts(Product.NEED_CITY, np.array([keys.city_code]), truth.needs.sum(axis=0, keepdims=True)),
        ExactCounts(Product.ANY_NEED_LEAF, keys.leaf_ids, truth.any_need[:, None]),
        ExactCounts(Product.CUSTOMERS_LEAF, keys.leaf_ids, truth.customers[:, None]),
    ]
