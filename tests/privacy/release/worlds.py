"""Small invented cities for tests of the release, and noise that tests can see through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.release.counts import ExactCounts
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.plan import FIRST_MONTH_SHARE, get_month_share, get_sigma
from privacy.release.values import CATEGORIES, Product, PublicKeys

CITY = 370200
RECORDER = Recorder(AuditKey(b"k" * 32), Actor.RELEASE)
MONTH = date(2026, 11, 1)
KEYS = PublicKeys(
    city_code=CITY,
    leaf_ids=np.array([11, 12, 13, 21, 22, 31], dtype=np.int64),
    parents=np.array([100, 100, 100, 200, 200, 300], dtype=np.int64),
    districts=np.array([370202, 370202, 370203, 370203, 370203, 370212], dtype=np.int64),
)

_ADD_HOUSEHOLDS = text(
    "INSERT INTO core.households (household_id, city_code, city_from, leaf_id, push_consent)"
    " VALUES (:household_id, :city_code, :city_from, :leaf_id, false)"
)
_ADD_NEEDS = text(
    "INSERT INTO core.needs (household_id, category, city_code, leaf_id, counted)"
    " VALUES (:household_id, :category, :city_code, :leaf_id, :counted)"
)


@dataclass(frozen=True, slots=True)
class Dwelling:
    """A household of a test: its leaf, its needs, and which of them count."""

    number: int
    leaf_id: int
    needs: frozenset[int] = frozenset()
    counted: frozenset[int] = frozenset()
    city_code: int = CITY
    city_from: date | None = None


def make_dwellings(rng: np.random.Generator, *, count: int, leaf_ids: Sequence[int]) -> list[Dwelling]:
    """Invent households with 0-8 needs, at most two of which count."""
    dwellings = []
    for number in range(count):
        needs = rng.permutation(len(CATEGORIES))[: int(rng.choice([0, 0, 1, 2, 3, 8]))].tolist()
        leaf_id = int(rng.choice(np.array(leaf_ids)))
        dwellings.append(Dwelling(number, leaf_id, frozenset(needs), frozenset(needs[:2])))
    return dwellings


def store_dwellings(engine: Engine, dwellings: Sequence[Dwelling]) -> None:
    """Write households and their needs as intake would."""
    homes = [
        {
            "household_id": UUID(int=each.number),
            "city_code": each.city_code,
            "city_from": each.city_from,
            "leaf_id": each.leaf_id,
        }
        for each in dwellings
    ]
    needs = [
        {**home, "category": category, "counted": category in each.counted}
        for home, each in zip(homes, dwellings, strict=True)
        for category in each.needs
    ]
    with engine.begin() as connection:
        if homes:
            connection.execute(_ADD_HOUSEHOLDS, homes)
        if needs:
            connection.execute(_ADD_NEEDS, needs)


@dataclass(slots=True)
class RecordingNoise:
    """Adds a fixed number instead of noise and remembers what it was given."""

    offset: int = 0
    calls: list[tuple[NDArray[np.int64], float]] = field(default_factory=list)

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return the counts, moved by the offset."""
        self.calls.append((counts.copy(), sigma))
        return counts + self.offset

    def compute_rho(self, *, sigma: float, sensitivity_squared: float) -> float:
        """Return the cost by the textbook."""
        return sensitivity_squared / (2 * sigma**2)


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A synthetic city with known truth: positions in km, all needs and those that count, int64[n, 8] each."""

    positions: NDArray[np.float64]
    keys: PublicKeys
    customers: NDArray[np.int64]
    needs: NDArray[np.int64]
    counted: NDArray[np.int64]

    @property
    def parent_position(self) -> NDArray[np.intp]:
        """Return the index of each leaf's parent among the ascending parents."""
        return np.unique(self.keys.parents, return_inverse=True)[1]

    def sum_by_parent(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return int64[m, 8] sums of int64[n, 8]."""
        sums = np.zeros((self.parent_position.max() + 1, values.shape[1]), dtype=np.int64)
        np.add.at(sums, self.parent_position, values)
        return sums


def _make_rates(rng: np.random.Generator, parents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return float64[n, 8] shares of households in need: 3-8 %, alike within a parent, then each its own."""
    area = np.unique(parents, return_inverse=True)[1]
    alike = rng.normal(0, 0.3, (area.max() + 1, len(CATEGORIES)))[area]
    own = rng.normal(0, 0.4, (parents.size, 1)) + rng.normal(0, 0.3, (parents.size, len(CATEGORIES)))
    return np.clip(np.linspace(0.03, 0.08, len(CATEGORIES)) * np.exp(alike + own - 0.17), 0, 0.8)


def make_city(seed: int, *, communities: int, fields: int, households: int) -> City:
    """Invent a dense town of communities amid fields where hardly anybody lives; parents are squares of 3 km."""
    rng = np.random.default_rng(seed)
    positions = np.concatenate([rng.normal(0, 8, (communities, 2)), rng.uniform(-60, 60, (fields, 2))])
    squares = np.floor(positions / 3).astype(np.int64) + 1000
    leaf_ids, parents = np.arange(1, len(positions) + 1), squares[:, 0] * 10_000 + squares[:, 1]
    keys = PublicKeys(CITY, leaf_ids, parents, 370202 + leaf_ids % 3)
    weights = np.concatenate([rng.lognormal(0, 0.85, communities), rng.lognormal(-4, 1, fields)])
    customers = rng.poisson(weights / weights.sum() * households)
    homes = np.repeat(np.arange(len(positions)), customers)
    rates = _make_rates(rng, keys.parents)[homes] * np.exp(rng.normal(-0.125, 0.5, (homes.size, 1)))
    needs = rng.random(rates.shape) < rates
    order = np.where(needs, rng.random(needs.shape), 2.0).argsort(axis=1).argsort(axis=1)
    tables = []
    for flags in (needs, needs & (order < 2)):
        table = np.zeros((len(positions), len(CATEGORIES)), dtype=np.int64)
        np.add.at(table, homes, flags)
        tables.append(table)
    return City(positions, keys, customers.astype(np.int64), tables[0], tables[1])


def count_city(city: City) -> list[ExactCounts]:
    """Return the exact counts of a synthetic city; any-need is not modelled and stands at zero."""
    keys = city.keys
    return [
        ExactCounts(Product.NEED_LEAF, keys.leaf_ids, city.counted),
        ExactCounts(Product.NEED_PARENT, np.unique(keys.parents), city.sum_by_parent(city.counted)),
        ExactCounts(Product.NEED_CITY, np.array([CITY]), city.needs.sum(axis=0, keepdims=True)),
        ExactCounts(Product.ANY_NEED_LEAF, keys.leaf_ids, np.zeros((keys.leaf_ids.size, 1), dtype=np.int64)),
        ExactCounts(Product.CUSTOMERS_LEAF, keys.leaf_ids, city.customers[:, None]),
    ]


def draw_city(city: City, *, seed: int, month_share: float = FIRST_MONTH_SHARE) -> list[StoredDraw]:
    """Noise a synthetic city; a rounded normal stands in for the discrete Gaussian, so that a seed repeats it."""
    rng = np.random.default_rng(seed)
    draws = []
    for exact in count_city(city):
        sigma = get_sigma(exact.product, month_share=month_share)
        values = exact.counts + np.rint(rng.normal(0, sigma, exact.counts.shape)).astype(np.int64)
        draws.append(StoredDraw(exact.product, sigma, exact.keys, values, datetime(2026, 11, 1, tzinfo=UTC)))
    return draws


def make_months(city: City, *, count: int, churn: float, seed: int) -> list[City]:
    """Return a city's first months: each resolves a share of its needs, and as many appear as the first one had."""
    rng = np.random.default_rng(seed)
    cities = [city]

    def renew(now: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
        return now - rng.binomial(now, churn) + rng.poisson(churn * first)

    for _ in range(count - 1):
        now = cities[-1]
        counted = renew(now.counted, city.counted)
        others = renew(now.needs - now.counted, city.needs - city.counted)
        cities.append(replace(city, counted=counted, needs=counted + others))
    return cities


def draw_months(cities: Sequence[City], *, seed: int) -> list[list[StoredDraw]]:
    """Noise a city's first months, each with the share that the plan gives it."""
    return [
        draw_city(city, seed=1000 * seed + number, month_share=get_month_share(months_since_start=number))
        for number, city in enumerate(cities)
    ]


def look_back(months: Sequence[list[StoredDraw]]) -> list[EarlierDraws]:
    """Return all months but the last one as the months before it."""
    return [EarlierDraws(len(months) - 1 - number, tuple(draws)) for number, draws in enumerate(months[:-1])]
