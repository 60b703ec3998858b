"""How much of the promise is spent. Pure functions over the lines of the ledger.

A household that moves to another city is counted there: so a month costs what its dearest city cost, and the first
month of the whole ledger, not of each city, takes the larger share. The year is any twelve calendar months in a row,
by the month that a release is named after and, lest months be caught up on in bulk, by the month it was charged in.
Whatever the calendar, 365 days never hold more than that and one regular share: who publishes on 31 January and eleven
months later on 1 January, has charged thirteen months in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from privacy.release.ledger_queries import Charged
from privacy.release.plan import MONTHS_PER_YEAR, REGULAR_SHARE, RHO_PER_YEAR, count_months
from privacy.release.values import LOCAL

_YEAR = timedelta(days=365)
_THIRTEENTH_MONTH = RHO_PER_YEAR * REGULAR_SHARE


def get_first_month(charges: Iterable[Charged]) -> date | None:
    """Return the month that the ledger began with, None when it is empty."""
    return min((each.month for each in charges), default=None)


def get_last_charge(charges: Iterable[Charged]) -> datetime | None:
    """Return when the ledger was charged last by its clocks, None when it is empty."""
    return max((each.charged_at for each in charges), default=None)


def compute_month_costs(charges: Iterable[Charged]) -> dict[date, float]:
    """Return the rho of every charged month: that of its dearest city."""
    cities: dict[date, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for each in charges:
        cities[each.month][each.city_code] += each.rho
    return {month: max(costs.values()) for month, costs in sorted(cities.items())}


def _count_local_months(moment: datetime, *, until: datetime) -> int:
    return count_months(moment.astimezone(LOCAL).date(), until=until.astimezone(LOCAL).date())


def _find_windows(charges: tuple[Charged, ...], *, month: date, now: datetime) -> list[set[date]]:
    """Return the sets of charged months that share a year with the asked one: by charging date, and by name."""
    lately = {each.month for each in charges if _count_local_months(each.charged_at, until=now) < MONTHS_PER_YEAR}
    distances = {each.month: count_months(each.month, until=month) for each in charges}
    by_name = [
        {each for each, distance in distances.items() if last - MONTHS_PER_YEAR < -distance <= last}
        for last in range(MONTHS_PER_YEAR)
    ]
    return [lately, *by_name]


def compute_rho_left(charges: Iterable[Charged], *, city_code: int, month: date, now: datetime) -> float:
    """Return what may still be charged to a city's month without any twelve months exceeding the yearly rho.

    Nor may the 365 days before `now` exceed it by more than a regular month.
    """
    charges = tuple(charges)
    costs = compute_month_costs(charges)
    own = sum(each.rho for each in charges if each.month == month and each.city_code == city_code)
    windows = _find_windows(charges, month=month, now=now)
    others = max(sum(costs[each] for each in window if each != month) for window in windows)
    days = {each.month for each in charges if now - each.charged_at <= _YEAR} - {month}
    others = max(others, sum(costs[each] for each in days) - _THIRTEENTH_MONTH)
    return RHO_PER_YEAR - others - own
