"""What the published releases cost of the promise, by what each says of its own noise: for whoever has no ledger.

The ledger itself stands where people are. A month that was charged there and never published is missing here: its
draw was lost, and `manage.py ledger` alone tells of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.release.accounting import compute_epsilon
from privacy.release.models import Release
from privacy.release.plan import DELTA, MONTHS_PER_YEAR, PRODUCTS, count_months
from privacy.release.values import Product

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class CitySpending:
    """What one release cost; `epsilon` is None where it does not tell its noise."""

    city_code: int
    epsilon: float | None


@dataclass(frozen=True, slots=True)
class MonthSpending:
    """What a month cost a household, that of its dearest city, and the year that ends with it, at `plan.DELTA`."""

    month: date
    epsilon: float
    year_epsilon: float
    cities: tuple[CitySpending, ...]


def compute_release_rho(parameters: Mapping[str, Any]) -> float | None:
    """Return the rho of a release from its sigmas: sensitivity squared / (2 sigma squared), all products together."""
    sigmas: Mapping[str, float] = parameters.get("sigmas", {})
    if not sigmas:
        return None
    return sum(PRODUCTS[Product(name)].sensitivity_squared / (2 * sigma**2) for name, sigma in sigmas.items())


def find_spending(session: Session, *, months: int) -> list[MonthSpending]:
    """Return what the newest `months` released months cost, newest first."""
    query = select(Release.month, Release.city_code, Release.parameters).order_by(Release.city_code)
    costs: dict[date, dict[int, float | None]] = defaultdict(dict)
    for month, city_code, parameters in session.execute(query):
        costs[month][city_code] = compute_release_rho(parameters)
    dearest = {month: max((rho or 0.0 for rho in cities.values()), default=0.0) for month, cities in costs.items()}
    return [
        MonthSpending(
            month,
            _convert(dearest[month]),
            _convert(_sum_year(dearest, until=month)),
            tuple(CitySpending(city, None if rho is None else _convert(rho)) for city, rho in costs[month].items()),
        )
        for month in sorted(costs, reverse=True)[:months]
    ]


def _sum_year(dearest: Mapping[date, float], *, until: date) -> float:
    return sum(rho for month, rho in dearest.items() if 0 <= count_months(month, until=until) < MONTHS_PER_YEAR)


def _convert(rho: float) -> float:
    """Return the epsilon of a rho at `plan.DELTA`, each conversion made once."""
    return _convert_rounded(round(rho, _DIGITS))


@lru_cache(maxsize=4096)
def _convert_rounded(rho: float) -> float:
    return compute_epsilon(rho, delta=DELTA)
